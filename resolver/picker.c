// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/picker.h"

#include "resolver/picker_node.h"

#include <string.h>

#define RDATA_OFFSET                                                                               \
    12                /* of a record: owner pointer, type, class, TTL, rdata length stand before */
#define TRACE_ADDRS 8 /* addresses named in one step of a trace */

/* One pick under way. */
struct job {
    const struct pick_context *ctx;
    struct pick *out;
    bool unique; /* a record may be in the answer already */
};

/* What the way down to a node leaves for it. */
struct way {
    uint64_t turn;
    uint32_t room; /* answers that it may add */
    uint32_t ttl;  /* smallest of the nodes passed */
};

static void pick_node(const struct picker *node, const struct way *way, struct job *job);

/* ---- traces ------------------------------------------------------------------------------------
 */

static const char *trace_how(const struct picker *node)
{
    if (node->count == 1)
        return "";
    if (node->kind == PICKER_WEIGHT)
        return " drawn by weight";
    return node->spin > 1 ? " in rotation" : " in this order";
}

static void trace_own(const struct picker *node, const char *name, const char *note,
                      struct trace *trace)
{
    const char *what = node->kind == PICKER_SET ? "address" : "member";
    const char *plural = node->kind == PICKER_SET ? "es" : "s";
    struct strbuf text;
    strbuf_init(&text);
    if (node->limit < node->count || node->kind != PICKER_SET)
        strbuf_addf(&text, ", %u answer%s", (unsigned)node->limit, node->limit == 1 ? "" : "s");
    if (node->kind == PICKER_EMPTY)
        trace_add(trace, "pool", "%s: %s, no address, rcode %u", name, note, (unsigned)node->rcode);
    else
        trace_add(trace, "pool", "%s: %s, %u %s%s%s%s", name, note, (unsigned)node->count, what,
                  node->count == 1 ? "" : plural, trace_how(node),
                  node->limit == PICKER_UNLIMITED ? "" : text.text);
    strbuf_fini(&text);
}

/* The pools that were folded into the node come first, the outermost on top. */
static void trace_node(const struct picker *node, struct trace *trace)
{
    const struct picker *outer = node;
    for (; outer->inner != NULL; outer = outer->inner)
        trace_add(trace, "pool", "%s: %s, goes to %s", outer->name, outer->note,
                  outer->inner->name);
    trace_own(node, outer->name, outer->note, trace);
}

/* The records of the runs from `first_run` on are this set's. */
static void trace_set(const struct picker *set, const struct job *job, uint32_t first_run,
                      uint32_t ttl)
{
    const struct pick *out = job->out;
    struct strbuf text;
    const struct picker *own = set;
    unsigned count = 0;
    strbuf_init(&text);
    while (own->inner != NULL)
        own = own->inner;
    for (uint32_t r = first_run; r < out->runs; r++) {
        size_t first = (size_t)(out->run[r].members - set->members);
        for (size_t i = 0; i < out->run[r].count; i++) {
            char addr[ADDR_TEXT_MAX];
            addr_print(&set->entries[(first + i) % set->count].addr, addr);
            if (++count <= TRACE_ADDRS)
                strbuf_addf(&text, " %s", addr);
        }
    }
    if (count > TRACE_ADDRS)
        strbuf_addf(&text, " and %u more", count - TRACE_ADDRS);
    if (ttl != PICKER_TTL_NONE)
        strbuf_addf(&text, ", ttl %u", (unsigned)ttl);
    trace_add(job->ctx->trace, "pick", "%s:%s", own->name, count == 0 ? " nothing new" : text.text);
    strbuf_fini(&text);
}

/* ---- leaves ------------------------------------------------------------------------------------
 */

static void add_run(struct pick *out, const struct picker *set, uint32_t first, uint32_t count)
{
    struct pick_run *run = &out->run[out->runs++];
    run->records = set->records + (size_t)first * out->stride;
    run->members = set->members + first;
    run->count = count;
    out->total += count;
}

static bool pick_has(const struct pick *out, const uint8_t *record)
{
    size_t size = (size_t)out->stride - RDATA_OFFSET;
    for (const struct pick_run *run = out->run; run < out->run + out->runs; run++) {
        const uint8_t *end = run->records + (size_t)run->count * out->stride;
        for (const uint8_t *other = run->records; other < end; other += out->stride) {
            if (memcmp(other + RDATA_OFFSET, record + RDATA_OFFSET, size) == 0)
                return true;
        }
    }
    return false;
}

/* As many as there is room for of the records that the answer has not yet, from `start` on. */
static void add_new(struct pick *out, const struct picker *set, uint32_t start, uint32_t room)
{
    bool open = false; /* the last run ends right before record i */
    for (uint32_t i = start; i < start + set->count && room > 0; i++) {
        if (pick_has(out, set->records + (size_t)i * out->stride)) {
            open = false;
            continue;
        }
        if (open) {
            out->run[out->runs - 1].count++;
            out->total++;
        } else if (out->runs < PICKER_RUNS_MAX) {
            add_run(out, set, i, 1);
        } else {
            return;
        }
        open = true;
        room--;
    }
}

static void pick_set(const struct picker *set, const struct way *way, struct job *job)
{
    struct pick *out = job->out;
    uint32_t start;
    uint32_t before = out->total;
    uint32_t first_run = out->runs;
    uint32_t room = picker_min(way->room, set->limit);
    picker_turn(way->turn, set->spin, set->magic, &start);
    if (job->unique && out->total > 0)
        add_new(out, set, start, room);
    else if (out->runs < PICKER_RUNS_MAX)
        add_run(out, set, start, room);
    if (out->total > before)
        out->ttl = picker_min(out->ttl, way->ttl);
    if (job->ctx->trace != NULL)
        trace_set(set, job, first_run, way->ttl);
}

/* ---- inner nodes --------------------------------------------------------------------------------
 */

/* The depth of pickers is at most PICKER_DEPTH_MAX. NOLINTBEGIN(misc-no-recursion) */

static void pick_rotate(const struct picker *node, const struct way *way, struct job *job)
{
    uint32_t end = job->out->total + way->room;
    uint32_t index;
    struct way down = { .ttl = way->ttl };
    down.turn = picker_turn(way->turn, node->spin, node->magic, &index);
    for (uint32_t i = 0; i < node->count && job->out->total < end; i++) {
        down.room = end - job->out->total;
        pick_node(node->children[index], &down, job);
        index = index + 1 < node->count ? index + 1 : 0;
    }
}

static uint32_t draw_one(const struct picker *node, struct rng *rng)
{
    uint64_t random = rng_next(rng);
    uint32_t column = (uint32_t)picker_high(random, node->count);
    uint64_t fraction = random * node->count;
    const struct picker_column *slot = &node->table[column];
    return fraction < slot->keep ? column : slot->alias;
}

/* Children that are drawn already, in order of their index. */
struct drawn {
    uint32_t count;
    uint32_t index[PICKER_RUNS_MAX];
    uint64_t left; /* weight of those not drawn */
};

static uint32_t child_at(const struct picker *node, uint64_t point)
{
    uint32_t low = 0;
    uint32_t high = node->count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (node->start[middle] <= point)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* A child that was not drawn before, by its share of the weight that is left: a point on the line
 * from which the pieces of the others are cut out. */
static uint32_t draw_next(const struct picker *node, struct drawn *drawn, struct rng *rng)
{
    uint64_t point = picker_high(rng_next(rng), drawn->left);
    uint32_t at = 0;
    for (; at < drawn->count && point >= node->start[drawn->index[at]]; at++)
        point += node->table[drawn->index[at]].weight;
    uint32_t child = child_at(node, point);
    memmove(drawn->index + at + 1, drawn->index + at,
            (drawn->count - at) * sizeof(drawn->index[0]));
    drawn->index[at] = child;
    drawn->count++;
    drawn->left -= node->table[child].weight;
    return child;
}

static void trace_draw(const struct picker *node, uint32_t child, struct trace *trace)
{
    trace_add(trace, "pick", "%s: drew %s, weight %u of %llu", node->name,
              node->children[child]->name, (unsigned)node->table[child].weight,
              (unsigned long long)node->weight_sum);
}

static void pick_drawn(const struct picker *node, uint32_t child, const struct way *down,
                       struct job *job)
{
    if (job->ctx->trace != NULL)
        trace_draw(node, child, job->ctx->trace);
    pick_node(node->children[child], down, job);
}

static void pick_several(const struct picker *node, const struct way *way, struct job *job)
{
    uint32_t end = job->out->total + way->room;
    struct way down = *way;
    struct drawn drawn;
    drawn.count = 0;
    drawn.left = node->weight_sum;
    while (job->out->total < end && drawn.count < node->count && drawn.count < PICKER_RUNS_MAX) {
        down.room = end - job->out->total;
        pick_drawn(node, draw_next(node, &drawn, job->ctx->rng), &down, job);
    }
}

static void pick_weight(const struct picker *node, const struct way *way, struct job *job)
{
    if (way->room == 1 && (!job->unique || job->out->total == 0))
        pick_drawn(node, draw_one(node, job->ctx->rng), way, job);
    else
        pick_several(node, way, job);
}

static void pick_node(const struct picker *node, const struct way *way, struct job *job)
{
    struct way here = *way;
    here.ttl = picker_min(way->ttl, node->ttl);
    if (job->ctx->trace != NULL)
        trace_node(node, job->ctx->trace);
    if (node->kind == PICKER_SET) {
        pick_set(node, &here, job);
        return;
    }
    /* An answer may hold no more than fits behind what is there. */
    here.room = picker_min(picker_min(way->room, node->limit), UINT32_MAX - job->out->total);
    job->unique |= node->overlap;
    if (node->kind == PICKER_ROTATE)
        pick_rotate(node, &here, job);
    else if (node->kind == PICKER_WEIGHT)
        pick_weight(node, &here, job);
    else
        job->out->rcode = node->rcode;
}

/* From nodes that give one answer the way down is straight: one child at each. */
static const struct picker *descend(const struct picker *node, struct rng *rng, struct way *way)
{
    while (way->room == 1 && (node->kind == PICKER_WEIGHT || node->kind == PICKER_ROTATE)) {
        uint32_t child;
        if (node->kind == PICKER_WEIGHT)
            child = draw_one(node, rng);
        else
            way->turn = picker_turn(way->turn, node->spin, node->magic, &child);
        node = node->children[child];
        way->ttl = picker_min(way->ttl, node->ttl);
    }
    return node;
}

static void pick_leaf(const struct picker *set, const struct way *way, struct pick *out)
{
    uint32_t start;
    picker_turn(way->turn, set->spin, set->magic, &start);
    out->ttl = way->ttl;
    out->runs = 0;
    out->total = 0;
    add_run(out, set, start, picker_min(way->room, set->limit));
}

/* Out of line: the frame that it needs would slow the plain SET down. */
__attribute__((noinline)) static void pick_graph(const struct picker *picker,
                                                 const struct pick_context *ctx, struct pick *out)
{
    struct way way = { .turn = ctx->turn, .room = picker->limit, .ttl = picker->ttl };
    struct job job = { .ctx = ctx, .out = out };
    const struct picker *node = picker;
    if (ctx->trace == NULL)
        node = descend(picker, ctx->rng, &way);
    if (node->kind == PICKER_SET && ctx->trace == NULL) {
        pick_leaf(node, &way, out);
        return;
    }
    out->ttl = PICKER_TTL_NONE;
    out->runs = 0;
    out->total = 0;
    pick_node(node, &way, &job);
}

void picker_pick(const struct picker *picker, const struct pick_context *ctx, struct pick *out)
{
    out->rcode = 0;
    out->stride = picker_stride(picker->family);
    if (LIKELY(picker->kind == PICKER_SET && ctx->trace == NULL)) {
        struct way way = { .turn = ctx->turn, .room = picker->limit, .ttl = picker->ttl };
        pick_leaf(picker, &way, out);
    } else {
        pick_graph(picker, ctx, out);
    }
}

/* ---- questions ----------------------------------------------------------------------------------
 */

static void share_set(const struct picker *set, double share, picker_share_fn *fn, void *data)
{
    for (uint32_t i = 0; i < set->spin; i++)
        fn(data, &set->entries[i].addr, set->entries[i].member, share / set->spin);
}

static void share_node(const struct picker *node, double share, picker_share_fn *fn, void *data)
{
    if (node->kind == PICKER_SET) {
        share_set(node, share, fn, data);
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        double part = node->kind == PICKER_WEIGHT
                          ? (double)node->table[i].weight / (double)node->weight_sum
                          : 1.0 / node->count;
        share_node(node->children[i], share * part, fn, data);
    }
}

/* NOLINTEND(misc-no-recursion) */

void picker_shares(const struct picker *picker, picker_share_fn *fn, void *data)
{
    share_node(picker, 1.0, fn, data);
}

bool picker_turns(const struct picker *picker)
{
    return picker->turns;
}

enum picker_kind picker_kind(const struct picker *picker)
{
    return (enum picker_kind)picker->kind;
}

bool picker_is_set(const struct picker *picker, const struct picker_entry **entries, size_t *count)
{
    if (picker->kind != PICKER_SET)
        return false;
    *entries = picker->entries;
    *count = picker->count;
    return true;
}
