// SPDX-License-Identifier: BSD-2-Clause
/* What pools mean, written down again, slow and obvious: the model that the compiled pickers are
 * held to. Nothing is folded, shared or remembered; each question walks the pools anew. */
#pragma once

#include "tests/unit/resolver/pool_help.h"

#define MODEL_MAX 64

/* Addresses in order, by number. */
struct model_list {
    size_t count;
    unsigned number[MODEL_MAX];
    uint32_t ttl;
    uint8_t rcode;
};

/* The part of the model that has a memory: what each pool gave last while it was not down. */
struct model_good {
    struct model_list list[HELP_POOLS][PICKER_FAMILIES];
};

struct model {
    const struct help_world *world;
    enum picker_family family;
};

static inline bool model_has(const struct model_list *list, unsigned number)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->number[i] == number)
            return true;
    }
    return false;
}

static inline void model_add(struct model_list *list, unsigned number)
{
    HELP_CHECK(list->count < MODEL_MAX);
    if (!model_has(list, number))
        list->number[list->count++] = number;
}

static inline bool model_is_family(const struct model *m, const struct addr *addr)
{
    return addr->family == (m->family == PICKER_A ? ADDR_V4 : ADDR_V6);
}

/* The member's addresses of the family whose state is `use` or better. */
static inline void model_addresses(const struct model *m, uint32_t pool, uint32_t member,
                                   enum pool_use worst, struct model_list *out)
{
    const struct pool_member *who = &m->world->members[pool][member];
    for (size_t i = 0; i < who->address_count; i++) {
        if (model_is_family(m, &who->addresses[i].addr) && m->world->use[pool][member][i] <= worst)
            model_add(out, help_number(&who->addresses[i].addr));
    }
}

static inline bool model_down(const struct model *m, uint32_t pool);

static inline bool model_member_live(const struct model *m, uint32_t pool, uint32_t member)
{
    uint32_t child = m->world->members[pool][member].child;
    struct model_list live = { 0 };
    if (child != POOL_NONE)
        return m->world->nested[pool][member] == POOL_LIVE && !model_down(m, child);
    model_addresses(m, pool, member, POOL_LIVE, &live);
    return live.count > 0;
}

static inline unsigned model_live_members(const struct model *m, uint32_t pool)
{
    unsigned live = 0;
    for (uint32_t i = 0; i < m->world->pools[pool].member_count; i++)
        live += model_member_live(m, pool, i);
    return live;
}

static inline bool model_down(const struct model *m, uint32_t pool)
{
    unsigned live = model_live_members(m, pool);
    return live == 0 || live < m->world->pools[pool].min_live;
}

/* Some member has the family at all. */
static inline bool model_has_family(const struct model *m, uint32_t pool)
{
    for (uint32_t i = 0; i < m->world->pools[pool].member_count; i++) {
        uint32_t child = m->world->members[pool][i].child;
        struct model_list all = { 0 };
        model_addresses(m, pool, i, POOL_BARRED, &all);
        if (all.count > 0 || (child != POOL_NONE && model_has_family(m, child)))
            return true;
    }
    return false;
}

/* Members that an operator or the file has not taken away, and that have the family. */
static inline unsigned model_enabled_members(const struct model *m, uint32_t pool)
{
    unsigned enabled = 0;
    for (uint32_t i = 0; i < m->world->pools[pool].member_count; i++) {
        uint32_t child = m->world->members[pool][i].child;
        struct model_list some = { 0 };
        model_addresses(m, pool, i, POOL_FAILED, &some);
        if (child != POOL_NONE)
            enabled +=
                m->world->nested[pool][i] == POOL_LIVE && model_enabled_members(m, child) > 0;
        else
            enabled += some.count > 0;
    }
    return enabled;
}

/* The members that a policy chooses from, as indexes. */
static inline size_t model_candidates(const struct model *m, uint32_t pool, uint32_t *out)
{
    const struct help_world *world = m->world;
    bool positive = false;
    uint32_t first = UINT32_MAX;
    size_t count = 0;
    for (uint32_t i = 0; i < world->pools[pool].member_count; i++)
        positive |= model_member_live(m, pool, i) && world->weight[pool][i] > 0;
    for (uint32_t i = 0; i < world->pools[pool].member_count; i++) {
        if (model_member_live(m, pool, i) && (world->weight[pool][i] > 0 || !positive))
            out[count++] = i;
    }
    if (strcmp(world->pools[pool].policy->name, "failover") != 0)
        return count;
    for (size_t i = 0; i < count; i++) {
        if (world->members[pool][out[i]].order < first)
            first = world->members[pool][out[i]].order;
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (world->members[pool][out[i]].order == first)
            out[kept++] = out[i];
    }
    return kept;
}

static inline bool model_weighted(const struct model *m, uint32_t pool)
{
    return strcmp(m->world->pools[pool].policy->name, "weighted") == 0;
}

static inline bool model_any_nested(const struct model *m, uint32_t pool, const uint32_t *who,
                                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (m->world->members[pool][who[i]].child != POOL_NONE)
            return true;
    }
    return false;
}

/* True when a draw decides something about the answer of a pool that is not down. */
static inline bool model_random(const struct model *m, uint32_t pool)
{
    uint32_t who[HELP_MEMBERS];
    size_t count = model_candidates(m, pool, who);
    if (model_weighted(m, pool) && count > 1)
        return true;
    for (size_t i = 0; i < count; i++) {
        uint32_t child = m->world->members[pool][who[i]].child;
        if (child != POOL_NONE && model_random(m, child))
            return true;
    }
    return false;
}

/* ---- the answer to one query, where no draw decides --------------------------------------------
 */

struct model_way {
    uint64_t turn;
    uint32_t room;
    uint32_t ttl;
};

static inline uint32_t model_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* From position `turn` on, once around, what is new. */
static inline void model_rotate(const struct model_list *list, struct model_way way,
                                struct model_list *out)
{
    for (size_t i = 0; i < list->count && way.room > 0; i++) {
        unsigned number = list->number[(way.turn % list->count + i) % list->count];
        if (model_has(out, number))
            continue;
        model_add(out, number);
        out->ttl = model_min(out->ttl, way.ttl);
        way.room--;
    }
}

static inline uint32_t model_limit(uint32_t max_answers)
{
    return max_answers == 0 ? UINT32_MAX : max_answers;
}

static inline void model_answer(const struct model *m, uint32_t pool, struct model_way way,
                                struct model_list *out);

static inline void model_member_answer(const struct model *m, uint32_t pool, uint32_t member,
                                       struct model_way way, struct model_list *out)
{
    uint32_t child = m->world->members[pool][member].child;
    struct model_list own = { 0 };
    if (child != POOL_NONE) {
        model_answer(m, child, way, out);
        return;
    }
    model_addresses(m, pool, member, POOL_LIVE, &own);
    model_rotate(&own, way, out);
}

static inline void model_answer(const struct model *m, uint32_t pool, struct model_way way,
                                struct model_list *out)
{
    uint32_t who[HELP_MEMBERS];
    size_t count = model_candidates(m, pool, who);
    struct model_list flat = { 0 };
    way.ttl = model_min(way.ttl, m->world->pools[pool].ttl);
    way.room = model_min(way.room, model_limit(m->world->pools[pool].max_answers));
    if (!model_weighted(m, pool) && !model_any_nested(m, pool, who, count)) {
        for (size_t i = 0; i < count; i++)
            model_addresses(m, pool, who[i], POOL_LIVE, &flat);
        model_rotate(&flat, way, out);
        return;
    }
    size_t end = out->count + model_min(way.room, MODEL_MAX);
    for (size_t i = 0; i < count && out->count < end; i++) {
        struct model_way down = { .turn = way.turn / count,
                                  .room = (uint32_t)(end - out->count),
                                  .ttl = way.ttl };
        model_member_answer(m, pool, who[(way.turn % count + i) % count], down, out);
    }
}

/* ---- shares ------------------------------------------------------------------------------------
 */

static inline void model_shares(const struct model *m, uint32_t pool, double share, double *out)
{
    uint32_t who[HELP_MEMBERS];
    size_t count = model_candidates(m, pool, who);
    bool weighted = model_weighted(m, pool);
    struct model_list flat = { 0 };
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += m->world->weight[pool][who[i]];
        model_addresses(m, pool, who[i], POOL_LIVE, &flat);
    }
    bool set = !weighted && !model_any_nested(m, pool, who, count);
    for (size_t i = 0; set && i < flat.count; i++)
        out[flat.number[i]] += share / (double)flat.count;
    for (size_t i = 0; !set && i < count; i++) {
        double part = 1.0 / (double)count;
        struct model_list own = { 0 };
        if (weighted && sum > 0)
            part = m->world->weight[pool][who[i]] / sum;
        model_addresses(m, pool, who[i], POOL_LIVE, &own);
        for (size_t k = 0; k < own.count; k++)
            out[own.number[k]] += share * part / (double)own.count;
        if (m->world->members[pool][who[i]].child != POOL_NONE)
            model_shares(m, m->world->members[pool][who[i]].child, share * part, out);
    }
}

/* What can answer, in file order. */
static inline void model_support(const struct model *m, uint32_t pool, struct model_list *out)
{
    uint32_t who[HELP_MEMBERS];
    size_t count = model_candidates(m, pool, who);
    for (size_t i = 0; i < count; i++) {
        uint32_t child = m->world->members[pool][who[i]].child;
        model_addresses(m, pool, who[i], POOL_LIVE, out);
        if (child != POOL_NONE)
            model_support(m, child, out);
    }
}

/* ---- on_all_down -------------------------------------------------------------------------------
 */

struct model_walk {
    bool entered[HELP_POOLS];
};

/* Every enabled address below, each pool entered once; the TTL of all that have some. */
static inline void model_reach(const struct model *m, uint32_t pool, uint32_t ttl,
                               struct model_walk *walk, struct model_list *out)
{
    if (walk->entered[pool])
        return;
    walk->entered[pool] = true;
    ttl = model_min(ttl, m->world->pools[pool].ttl);
    for (uint32_t i = 0; i < m->world->pools[pool].member_count; i++) {
        uint32_t child = m->world->members[pool][i].child;
        struct model_list own = { 0 };
        model_addresses(m, pool, i, POOL_FAILED, &own);
        for (size_t k = 0; k < own.count; k++) {
            model_add(out, own.number[k]);
            out->ttl = model_min(out->ttl, ttl);
        }
        if (child != POOL_NONE && m->world->nested[pool][i] != POOL_BARRED)
            model_reach(m, child, ttl, walk, out);
    }
}

/* The set that a pool that is down answers from, and how many of it. */
static inline void model_down_set(const struct model *m, uint32_t pool,
                                  const struct model_good *good, struct model_list *set,
                                  uint32_t *room)
{
    const struct pool *who = &m->world->pools[pool];
    struct model_list all = { .ttl = PICKER_TTL_NONE };
    struct model_walk walk = { 0 };
    model_reach(m, pool, PICKER_TTL_NONE, &walk, &all);
    *set = (struct model_list){ .ttl = all.ttl };
    if (who->all_down == POOL_DOWN_LAST_GOOD) {
        const struct model_list *last = &good->list[pool][m->family];
        for (size_t i = 0; i < last->count; i++) {
            if (model_has(&all, last->number[i]))
                model_add(set, last->number[i]);
        }
    }
    *room = model_limit(who->max_answers);
    if (set->count > 0)
        return;
    *set = all;
    if (!who->max_answers_given && who->max_answers != 0)
        *room = 8;
}

/* The answer for a name bound to the pool; only where nothing is drawn. */
static inline void model_bound(const struct model *m, uint32_t pool, const struct model_good *good,
                               uint64_t turn, struct model_list *out)
{
    const struct pool *who = &m->world->pools[pool];
    struct model_way way = { .turn = turn, .room = UINT32_MAX, .ttl = PICKER_TTL_NONE };
    struct model_list set;
    *out = (struct model_list){ .ttl = PICKER_TTL_NONE };
    if (!model_down(m, pool)) {
        model_answer(m, pool, way, out);
    } else if (!model_has_family(m, pool) || who->all_down == POOL_DOWN_NODATA) {
        return;
    } else if (who->all_down == POOL_DOWN_SERVFAIL) {
        out->rcode = 2;
    } else if (who->all_down == POOL_DOWN_POOL && !model_down(m, who->fallback)) {
        way.ttl = who->ttl;
        model_answer(m, who->fallback, way, out);
    } else {
        model_down_set(m, pool, good, &set, &way.room);
        way.ttl = set.ttl;
        model_rotate(&set, way, out);
    }
}

/* To be called after each change, as the control thread builds after each. */
static inline void model_remember(const struct help_world *world, struct model_good *good)
{
    for (uint32_t p = 0; p < world->set.count; p++) {
        for (int f = 0; f < PICKER_FAMILIES; f++) {
            struct model m = { .world = world, .family = (enum picker_family)f };
            struct model_list *list = &good->list[p][f];
            if (model_down(&m, p))
                continue;
            *list = (struct model_list){ 0 };
            model_support(&m, p, list);
        }
    }
}
