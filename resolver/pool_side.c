// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/pool_side.h"

#include "base/mem.h"

#include <stdlib.h>

#define RCODE_SERVFAIL    2
#define FAIL_OPEN_ANSWERS 8 /* of "all" where the config names no limit */

/* One side under way. */
struct job {
    struct pool_builder *builder;
    const struct pool *pool;
    uint32_t index;
    enum picker_family family;
    struct pool_side *side;
    uint32_t unit; /* of the shares: what they all are multiples of */
};

/* ---- members -----------------------------------------------------------------------------------
 */

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* What a member can take of its weight. A service without any capacity is used because an operator
 * wants it, or since all are down: then it counts as it is given. */
static uint32_t share_of(const struct job *job, uint32_t index)
{
    const struct pool_view *view = job->builder->view;
    const struct pool_member *member = &job->pool->members[index];
    if ((member->service == 0 && !member->weighed) || view->share == NULL)
        return POOL_SHARE_ONE;
    uint32_t share = view->share(view->data, job->index, index);
    if (share >= POOL_SHARE_ONE || (share == 0 && member->service != 0))
        return POOL_SHARE_ONE;
    return share;
}

/* In units of the shares: where all are whole, the weight as it is given. */
static uint32_t weight_of(const struct job *job, uint32_t index)
{
    const struct pool_view *view = job->builder->view;
    uint64_t weight = view->weight(view->data, job->index, index);
    weight *= share_of(job, index) / job->unit;
    return weight < UINT32_MAX ? (uint32_t)weight : UINT32_MAX;
}

static void find_unit(struct job *job)
{
    job->unit = POOL_SHARE_ONE;
    for (uint32_t i = 0; i < job->pool->member_count; i++)
        job->unit = common_divisor(job->unit, share_of(job, i));
}

static void add_candidate(struct job *job, uint32_t index, struct picker *picker)
{
    struct pool_builder *builder = job->builder;
    const struct pool_member *member = &job->pool->members[index];
    mem_grow((void **)&builder->members, &builder->member_capacity, builder->member_count + 1,
             sizeof(*builder->members));
    builder->members[builder->member_count++] = (struct policy_member){
        .picker = picker,
        .weight = weight_of(job, index),
        .order = member->order,
        .nested = member->child != POOL_NONE,
    };
}

/* Verdicts are per address: the live ones make the member live, and are what it gives. */
static void judge_addresses(struct job *job, uint32_t index)
{
    struct pool_builder *builder = job->builder;
    const struct pool_member *member = &job->pool->members[index];
    uint8_t family = job->family == PICKER_A ? ADDR_V4 : ADDR_V6;
    bool enabled = false;
    size_t live = 0;
    mem_grow((void **)&builder->entries, &builder->entry_capacity, member->address_count,
             sizeof(*builder->entries));
    for (size_t i = 0; i < member->address_count; i++) {
        if (member->addresses[i].addr.family != family)
            continue;
        enum pool_use use = builder->view->address(builder->view->data, job->index, index, i);
        job->side->has = true;
        enabled |= use != POOL_BARRED;
        if (use == POOL_LIVE)
            builder->entries[live++] =
                (struct picker_entry){ .addr = member->addresses[i].addr, .member = member->stat };
    }
    job->side->enabled += enabled;
    if (live == 0)
        return;
    struct picker *picker =
        picker_new_set(job->family, builder->entries, live, 0, true, PICKER_TTL_NONE, member->name);
    picker_annotate(picker, member->service != 0 ? "service" : "member");
    add_candidate(job, index, picker);
}

static void judge_nested(struct job *job, uint32_t index)
{
    struct pool_builder *builder = job->builder;
    const struct pool_side *child =
        &builder->sides[job->pool->members[index].child].family[job->family];
    job->side->has |= child->has;
    if (builder->view->nested(builder->view->data, job->index, index) == POOL_BARRED)
        return;
    job->side->enabled += child->enabled > 0;
    if (child->live != NULL)
        add_candidate(job, index, picker_ref(child->live));
}

static void judge_members(struct job *job)
{
    job->builder->member_count = 0;
    find_unit(job);
    for (uint32_t i = 0; i < job->pool->member_count; i++) {
        if (job->pool->members[i].child == POOL_NONE)
            judge_addresses(job, i);
        else
            judge_nested(job, i);
    }
    job->side->live_members = (uint32_t)job->builder->member_count;
}

/* Weight 0 = only when all others are down; then they count the same. */
static void apply_weight_zero(struct pool_builder *builder)
{
    size_t kept = 0;
    for (size_t i = 0; i < builder->member_count; i++) {
        if (builder->members[i].weight == 0)
            continue;
        struct policy_member member = builder->members[i];
        builder->members[i] = builder->members[kept];
        builder->members[kept++] = member;
    }
    for (size_t i = kept; i < builder->member_count; i++) {
        if (kept == 0)
            builder->members[i].weight = 1;
        else
            picker_unref(builder->members[i].picker);
    }
    if (kept > 0)
        builder->member_count = kept;
}

static void drop_candidates(struct pool_builder *builder)
{
    for (size_t i = 0; i < builder->member_count; i++)
        picker_unref(builder->members[i].picker);
    builder->member_count = 0;
}

/* NULL when the pool is down: nothing is live, or less than min_live. */
static struct picker *build_live(struct job *job)
{
    struct pool_builder *builder = job->builder;
    const struct pool *pool = job->pool;
    if (job->side->live_members == 0 || job->side->live_members < pool->min_live)
        return NULL;
    apply_weight_zero(builder);
    struct policy_input input = {
        .family = job->family,
        .pool = pool->name,
        .ttl = pool->ttl,
        .max_answers = pool->max_answers,
        .members = builder->members,
        .count = builder->member_count,
    };
    struct picker *live = pool->policy->build(&input);
    picker_annotate(live, pool->policy->name);
    return live;
}

/* ---- on_all_down -------------------------------------------------------------------------------
 */

static struct picker *empty(const struct job *job, uint8_t rcode, const char *note)
{
    struct picker *picker = picker_new_empty(job->family, rcode, job->pool->name);
    picker_annotate(picker, note);
    return picker;
}

/* Every enabled address; `reach` holds them. */
static struct picker *fail_open(const struct job *job)
{
    const struct pool *pool = job->pool;
    const struct pool_reach *reach = &job->builder->reach;
    if (reach->count == 0)
        return empty(job, 0, "no member is enabled");
    bool limited = pool->max_answers_given || pool->max_answers == 0;
    struct picker *picker = picker_new_set(job->family, reach->entries, reach->count,
                                           limited ? pool->max_answers : FAIL_OPEN_ANSWERS, true,
                                           reach->ttl, pool->name);
    picker_annotate(picker, "down, all enabled members answer");
    return picker;
}

static int compare_entries(const void *a, const void *b)
{
    const struct picker_entry *left = a;
    const struct picker_entry *right = b;
    return addr_compare(&left->addr, &right->addr);
}

/* What answered last, as far as it is still enabled; NULL when nothing is. */
static struct picker *last_good(const struct job *job)
{
    const struct pool_side *side = job->side;
    const struct pool_reach *reach = &job->builder->reach;
    struct picker *picker = NULL;
    struct picker_entry *enabled = mem_dup(reach->entries, reach->count * sizeof(*reach->entries));
    struct picker_entry *kept = MEM_NEW_ARRAY(struct picker_entry, side->good_count);
    size_t count = 0;
    qsort(enabled, reach->count, sizeof(*enabled), compare_entries);
    for (size_t i = 0; i < side->good_count; i++) {
        const struct picker_entry *entry =
            bsearch(&side->good[i], enabled, reach->count, sizeof(*enabled), compare_entries);
        if (entry != NULL)
            kept[count++] = *entry;
    }
    if (count > 0) {
        picker = picker_new_set(job->family, kept, count, job->pool->max_answers, true, reach->ttl,
                                job->pool->name);
        picker_annotate(picker, "down, the last good members answer");
    }
    mem_free(kept);
    mem_free(enabled);
    return picker;
}

/* NULL when the fallback is down too. */
static struct picker *fallback(const struct job *job)
{
    const struct pool_sides *other = &job->builder->sides[job->pool->fallback];
    struct picker *live = other->family[job->family].live;
    if (live == NULL)
        return NULL;
    live = picker_new_within(picker_ref(live), 0, job->pool->ttl, job->pool->name);
    picker_annotate(live, "down, on_all_down");
    return live;
}

static struct picker *build_down(struct job *job)
{
    struct pool_builder *builder = job->builder;
    struct picker *picker = NULL;
    if (!job->side->has)
        return empty(job, 0, "no member has this family");
    if (job->pool->all_down == POOL_DOWN_NODATA)
        return empty(job, 0, "down, on_all_down nodata");
    if (job->pool->all_down == POOL_DOWN_SERVFAIL)
        return empty(job, RCODE_SERVFAIL, "down, on_all_down servfail");
    if (job->pool->all_down == POOL_DOWN_POOL)
        picker = fallback(job);
    if (picker != NULL)
        return picker;
    pool_reach_enabled(&builder->reach, builder->set, builder->view, job->index, job->family);
    if (job->pool->all_down == POOL_DOWN_LAST_GOOD && builder->reach.count > 0)
        picker = last_good(job);
    return picker != NULL ? picker : fail_open(job);
}

/* ---- the side ----------------------------------------------------------------------------------
 */

static void remember(void *data, const struct addr *addr, uint32_t member, double share)
{
    struct pool_side *side = data;
    (void)share; /* what can answer is asked, not how often */
    mem_grow((void **)&side->good, &side->good_capacity, side->good_count + 1, sizeof(*side->good));
    side->good[side->good_count++] = (struct picker_entry){ .addr = *addr, .member = member };
}

static void remember_good(struct job *job)
{
    job->side->good_count = 0;
    picker_shares(job->side->live, remember, job->side);
}

void pool_side_build(struct pool_builder *builder, uint32_t pool, enum picker_family family)
{
    struct job job = {
        .builder = builder,
        .pool = &builder->set->pools[pool],
        .index = pool,
        .family = family,
        .side = &builder->sides[pool].family[family],
    };
    struct pool_side *side = job.side;
    side->enabled = 0;
    side->has = false;
    picker_unref(side->live);
    picker_unref(side->bound);
    judge_members(&job);
    side->live = build_live(&job);
    drop_candidates(builder);
    if (side->live != NULL && job.pool->all_down == POOL_DOWN_LAST_GOOD)
        remember_good(&job);
    side->bound = side->live != NULL ? picker_ref(side->live) : build_down(&job);
}

void pool_side_fini(struct pool_side *side)
{
    picker_unref(side->live);
    picker_unref(side->bound);
    mem_free(side->good);
}
