// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "resolver/picker.h"
#include "resolver/picker_node.h"

#include <assert.h>
#include <string.h>

#define OVERLAP_LEAVES 4096  /* with more leaves than this, children are taken to overlap */
#define FLATTEN_LEAVES 65536 /* addresses of a graph that is too deep and becomes one SET */
#define FEW_ENTRIES    16    /* up to here, comparing all with all finds doubles fastest */

#define TYPE_A    1
#define TYPE_AAAA 28
#define CLASS_IN  1

/* ---- doubles -----------------------------------------------------------------------------------
 */

static uint64_t addr_hash(const struct addr *addr)
{
    uint64_t halves[2];
    memcpy(halves, addr->bytes, sizeof(halves));
    uint64_t hash = (halves[0] ^ halves[1] * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL;
    return hash ^ hash >> 32;
}

static bool seen_linear(const struct picker_entry *kept, size_t count, const struct addr *addr)
{
    for (size_t i = 0; i < count; i++) {
        if (addr_equal(&kept[i].addr, addr))
            return true;
    }
    return false;
}

/* Open addressing; a slot holds the index of a kept entry + 1. The address to look up will be kept
 * at index `count`. */
static bool seen_hashed(const struct picker_entry *kept, size_t count, const struct addr *addr,
                        uint32_t *slots, size_t mask)
{
    size_t at = addr_hash(addr) & mask;
    for (; slots[at] != 0; at = (at + 1) & mask) {
        if (addr_equal(&kept[slots[at] - 1].addr, addr))
            return true;
    }
    slots[at] = (uint32_t)count + 1;
    return false;
}

/* Copies the entries of the family without doubles, the first of each; `kept` has room for all. */
static size_t keep_distinct(enum picker_family family, const struct picker_entry *entries,
                            size_t count, struct picker_entry *kept)
{
    uint8_t want = family == PICKER_A ? ADDR_V4 : ADDR_V6;
    uint32_t *slots = NULL;
    size_t size = FEW_ENTRIES;
    size_t n = 0;
    if (count > FEW_ENTRIES) {
        while (size < count * 2)
            size *= 2;
        slots = MEM_NEW_ARRAY(uint32_t, size);
    }
    for (size_t i = 0; i < count; i++) {
        const struct addr *addr = &entries[i].addr;
        if (addr->family != want)
            continue;
        if (slots != NULL ? !seen_hashed(kept, n, addr, slots, size - 1)
                          : !seen_linear(kept, n, addr))
            kept[n++] = entries[i];
    }
    mem_free(slots);
    return n;
}

/* ---- nodes -------------------------------------------------------------------------------------
 */

/* Space for one block: each part begins at a multiple of 8. */
static size_t part_size(size_t count, size_t size)
{
    return (count * size + 7) & ~(size_t)7;
}

static struct picker *node_new(enum picker_kind kind, enum picker_family family, uint32_t ttl,
                               const char *name, size_t storage)
{
    struct picker *node = mem_alloc(part_size(1, sizeof(*node)) + storage);
    node->kind = (uint8_t)kind;
    node->family = (uint8_t)family;
    node->depth = 1;
    node->limit = PICKER_UNLIMITED;
    node->spin = 1;
    node->magic = picker_magic(1);
    node->ttl = ttl;
    node->refs = 1;
    node->name = name;
    node->note = "plain";
    return node;
}

static uint8_t *node_storage(struct picker *node)
{
    return (uint8_t *)node + part_size(1, sizeof(*node));
}

static void node_spin(struct picker *node)
{
    node->spin = node->count;
    node->magic = picker_magic(node->count);
}

static uint8_t *put_16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return out + 2;
}

/* RFC 1035 section 3.2.1; the owner is a pointer to the question, TTL 0: both are patched. */
static void write_record(uint8_t *out, const struct addr *addr)
{
    unsigned size = addr_size(addr);
    out = put_16(out, 0xc00c);
    out = put_16(out, addr->family == ADDR_V4 ? TYPE_A : TYPE_AAAA);
    out = put_16(out, CLASS_IN);
    out = put_16(out, 0);
    out = put_16(out, 0);
    out = put_16(out, size);
    memcpy(out, addr->bytes, size);
}

static void fill_set(struct picker *set, const struct picker_entry *kept)
{
    size_t stride = picker_stride(set->family);
    uint8_t *records = node_storage(set);
    uint8_t *ids = records + part_size(set->count * (size_t)2, stride);
    uint8_t *entries = ids + part_size(set->count * (size_t)2, sizeof(uint32_t));
    uint32_t *members = (uint32_t *)(void *)ids;
    for (uint32_t i = 0; i < set->count * 2; i++) {
        write_record(records + i * stride, &kept[i % set->count].addr);
        members[i] = kept[i % set->count].member;
    }
    memcpy(entries, kept, set->count * sizeof(*kept));
    set->records = records;
    set->members = members;
    set->entries = (const struct picker_entry *)(const void *)entries;
}

struct picker *picker_new_set(enum picker_family family, const struct picker_entry *entries,
                              size_t count, uint32_t limit, bool rotate, uint32_t ttl,
                              const char *name)
{
    struct picker_entry few[FEW_ENTRIES];
    struct picker_entry *kept =
        count <= FEW_ENTRIES ? few : MEM_NEW_ARRAY(struct picker_entry, count);
    struct picker *set = NULL;
    size_t n = keep_distinct(family, entries, count, kept);
    if (n == 0) {
        set = picker_new_empty(family, 0, name);
        goto out;
    }
    set = node_new(PICKER_SET, family, ttl, name,
                   part_size(n * 2, picker_stride((uint8_t)family)) +
                       part_size(n * 2, sizeof(uint32_t)) + part_size(n, sizeof(*kept)));
    set->count = (uint32_t)n;
    set->leaves = set->count;
    set->limit = limit == 0 ? set->count : picker_min(limit, set->count);
    set->turns = rotate && n > 1;
    if (rotate)
        node_spin(set);
    fill_set(set, kept);
out:
    if (kept != few)
        mem_free(kept);
    return set;
}

struct picker *picker_new_empty(enum picker_family family, uint8_t rcode, const char *name)
{
    struct picker *node = node_new(PICKER_EMPTY, family, PICKER_TTL_NONE, name, 0);
    node->rcode = rcode;
    return node;
}

struct picker *picker_new_within(struct picker *inner, uint32_t limit, uint32_t ttl,
                                 const char *name)
{
    struct picker *node = mem_dup(inner, sizeof(*inner));
    node->refs = 1;
    node->inner = inner;
    node->name = name;
    node->note = "plain";
    node->ttl = picker_min(ttl, inner->ttl);
    if (limit > 0)
        node->limit = picker_min(limit, inner->limit);
    return node;
}

struct picker *picker_ref(struct picker *picker)
{
    picker->refs++;
    return picker;
}

/* As deep as a picker, PICKER_DEPTH_MAX; `inner` is a loop, for a chain of pools with one member
 * each may be longer. NOLINTBEGIN(misc-no-recursion) */
void picker_unref(struct picker *picker)
{
    while (picker != NULL && --picker->refs == 0) {
        struct picker *inner = picker->inner;
        bool parent = inner == NULL && picker->children != NULL;
        for (uint32_t i = 0; parent && i < picker->count; i++)
            picker_unref(picker->children[i]);
        mem_free(picker);
        picker = inner;
    }
}

static void collect_leaves(const struct picker *node, struct picker_entry *out, size_t *count,
                           size_t max)
{
    if (node->kind == PICKER_SET) {
        size_t n = node->count < max - *count ? node->count : max - *count;
        memcpy(out + *count, node->entries, n * sizeof(*out));
        *count += n;
    }
    for (uint32_t i = 0; node->children != NULL && i < node->count && *count < max; i++)
        collect_leaves(node->children[i], out, count, max);
}
/* NOLINTEND(misc-no-recursion) */

/* ---- inner nodes -------------------------------------------------------------------------------
 */

/* What is known of the children of a new node. */
struct brood {
    enum picker_family family;
    struct picker **child; /* owned; EMPTY ones are gone */
    uint32_t *weight;      /* owned, or NULL; none is 0 */
    size_t count;
    uint8_t rcode; /* of the last that was EMPTY */
};

static bool all_zero(const uint32_t *weights, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (weights[i] > 0)
            return false;
    }
    return true;
}

static void brood_init(struct brood *brood, enum picker_family family,
                       struct picker *const *children, const uint32_t *weights, size_t count)
{
    bool equal = weights != NULL && all_zero(weights, count);
    *brood = (struct brood){ .family = family };
    brood->child = MEM_NEW_ARRAY(struct picker *, count);
    if (weights != NULL)
        brood->weight = MEM_NEW_ARRAY(uint32_t, count);
    for (size_t i = 0; i < count; i++) {
        bool never = weights != NULL && !equal && weights[i] == 0;
        if (children[i]->kind == PICKER_EMPTY || never) {
            brood->rcode = children[i]->rcode;
            picker_unref(children[i]);
            continue;
        }
        if (weights != NULL)
            brood->weight[brood->count] = equal ? 1 : weights[i];
        brood->child[brood->count++] = children[i];
    }
}

static void brood_fini(struct brood *brood)
{
    mem_free(brood->child);
    mem_free(brood->weight);
}

/* The limits of a new node that its children set. */
struct extent {
    uint8_t depth;
    uint32_t leaves;
    bool turns;
};

static struct extent brood_extent(const struct brood *brood)
{
    struct extent extent = { .depth = 1 };
    for (size_t i = 0; i < brood->count; i++) {
        const struct picker *child = brood->child[i];
        if (child->depth >= extent.depth)
            extent.depth = (uint8_t)(child->depth + 1);
        extent.leaves += picker_min(child->leaves, UINT32_MAX - extent.leaves);
        extent.turns |= child->turns;
    }
    return extent;
}

/* All leaves in one array, owned by the caller. */
static struct picker_entry *brood_leaves(const struct brood *brood, size_t max, size_t *count)
{
    struct picker_entry *leaves = MEM_NEW_ARRAY(struct picker_entry, max);
    *count = 0;
    for (size_t i = 0; i < brood->count && *count < max; i++)
        collect_leaves(brood->child[i], leaves, count, max);
    return leaves;
}

static bool brood_overlaps(const struct brood *brood, uint32_t total)
{
    if (total > OVERLAP_LEAVES)
        return true;
    size_t count;
    struct picker_entry *leaves = brood_leaves(brood, total, &count);
    struct picker_entry *kept = MEM_NEW_ARRAY(struct picker_entry, count);
    bool overlaps = keep_distinct(brood->family, leaves, count, kept) < count;
    mem_free(kept);
    mem_free(leaves);
    return overlaps;
}

static uint32_t smallest_ttl(const struct picker *node, uint32_t ttl);

/* Deeper than PICKER_DEPTH_MAX, which the config refuses: never empty, never deep. */
static struct picker *brood_flatten(struct brood *brood, const struct extent *extent,
                                    uint32_t limit, uint32_t ttl, const char *name)
{
    size_t count;
    struct picker_entry *leaves =
        brood_leaves(brood, picker_min(extent->leaves, FLATTEN_LEAVES), &count);
    for (size_t i = 0; i < brood->count; i++) {
        ttl = smallest_ttl(brood->child[i], ttl);
        picker_unref(brood->child[i]);
    }
    struct picker *set = picker_new_set(brood->family, leaves, count, limit, true, ttl, name);
    mem_free(leaves);
    return set;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as a picker */
static uint32_t smallest_ttl(const struct picker *node, uint32_t ttl)
{
    ttl = picker_min(ttl, node->ttl);
    for (uint32_t i = 0; node->children != NULL && i < node->count; i++)
        ttl = smallest_ttl(node->children[i], ttl);
    return ttl;
}

/* The cases that need no inner node; NULL when one is needed. */
static struct picker *brood_fold(struct brood *brood, const struct extent *extent, uint32_t limit,
                                 uint32_t ttl, const char *name)
{
    if (brood->count == 0)
        return picker_new_empty(brood->family, brood->rcode, name);
    if (brood->count == 1)
        return picker_new_within(brood->child[0], limit, ttl, name);
    if (extent->depth > PICKER_DEPTH_MAX)
        return brood_flatten(brood, extent, limit, ttl, name);
    return NULL;
}

/* Fills what ROTATE and WEIGHT have in common; the children lie at the start of the storage. */
static void node_adopt(struct picker *node, const struct brood *brood, const struct extent *extent,
                       uint32_t limit)
{
    struct picker **children = (struct picker **)(void *)node_storage(node);
    memcpy(children, brood->child, brood->count * sizeof(*children));
    node->children = children;
    node->count = (uint32_t)brood->count;
    node->depth = extent->depth;
    node->leaves = extent->leaves;
    if (limit > 0)
        node->limit = limit;
    node->overlap = limit != 1 && brood_overlaps(brood, extent->leaves);
}

struct picker *picker_new_rotate(enum picker_family family, struct picker *const *children,
                                 size_t count, uint32_t limit, uint32_t ttl, const char *name)
{
    struct brood brood;
    brood_init(&brood, family, children, NULL, count);
    struct extent extent = brood_extent(&brood);
    struct picker *node = brood_fold(&brood, &extent, limit, ttl, name);
    if (node == NULL) {
        node =
            node_new(PICKER_ROTATE, family, ttl, name, part_size(brood.count, sizeof(*children)));
        node_adopt(node, &brood, &extent, limit);
        node_spin(node);
        node->turns = true;
    }
    brood_fini(&brood);
    return node;
}

/* ---- alias table -------------------------------------------------------------------------------
 */

/* Walker's method as by Vose, in whole numbers: each column holds `sum` units, child i brings
 * weight[i] * count of them; a child that brings less shares its column with one that has more. */
static void fill_table(struct picker_column *table, const uint32_t *weight, uint32_t count,
                       uint64_t sum)
{
    __extension__ typedef unsigned __int128 wide;
    wide *units = MEM_NEW_ARRAY(wide, count);
    uint32_t *stack = MEM_NEW_ARRAY(uint32_t, count); /* small ones from below, large from above */
    uint32_t small = 0;
    uint32_t large = count;
    for (uint32_t i = 0; i < count; i++) {
        units[i] = (wide)weight[i] * count;
        table[i] = (struct picker_column){ .keep = UINT64_MAX, .alias = i, .weight = weight[i] };
        if (units[i] < sum)
            stack[small++] = i;
        else
            stack[--large] = i;
    }
    while (small > 0 && large < count) {
        uint32_t poor = stack[--small];
        uint32_t rich = stack[large];
        table[poor].keep = (uint64_t)((units[poor] << 64) / sum);
        table[poor].alias = rich;
        units[rich] -= sum - units[poor];
        if (units[rich] < sum) {
            large++;
            stack[small++] = rich;
        }
    }
    mem_free(stack);
    mem_free(units);
}

static void fill_weights(struct picker *node, const struct brood *brood)
{
    uint8_t *table = node_storage(node) + part_size(brood->count, sizeof(brood->child[0]));
    uint8_t *line = table + part_size(brood->count, sizeof(struct picker_column));
    uint64_t *start = (uint64_t *)(void *)line;
    assert(brood->weight != NULL);
    for (size_t i = 0; i < brood->count; i++) {
        start[i] = node->weight_sum;
        node->weight_sum += brood->weight[i];
    }
    node->table = (const struct picker_column *)(const void *)table;
    node->start = start;
    fill_table((struct picker_column *)(void *)table, brood->weight, node->count, node->weight_sum);
}

struct picker *picker_new_weight(enum picker_family family, struct picker *const *children,
                                 const uint32_t *weights, size_t count, uint32_t limit,
                                 uint32_t ttl, const char *name)
{
    struct brood brood;
    brood_init(&brood, family, children, weights, count);
    struct extent extent = brood_extent(&brood);
    struct picker *node = brood_fold(&brood, &extent, limit, ttl, name);
    if (node == NULL) {
        node = node_new(PICKER_WEIGHT, family, ttl, name,
                        part_size(brood.count, sizeof(*children)) +
                            part_size(brood.count, sizeof(struct picker_column)) +
                            part_size(brood.count, sizeof(uint64_t)));
        node_adopt(node, &brood, &extent, limit);
        fill_weights(node, &brood);
        node->turns = extent.turns;
    }
    brood_fini(&brood);
    return node;
}

void picker_annotate(struct picker *picker, const char *note)
{
    picker->note = note;
}
