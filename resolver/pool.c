// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/pool.h"

#include "base/mem.h"
#include "base/strmap.h"
#include "resolver/pool_side.h"

#include <stdlib.h>
#include <string.h>

/* A pool to be rebuilt; sorted by position, children come first. */
struct touched {
    uint32_t position;
    uint32_t pool;
};

struct pool_table {
    struct pool_builder builder;
    uint32_t *position;     /* by pool: its place in set->order */
    uint32_t *parent_start; /* by pool, count + 1 of them: where its parents begin in `parents` */
    uint32_t *parents;      /* pools that have it as member or as fallback */
    uint32_t *marks;        /* by pool: stamp of the update that touched it last */
    uint32_t stamp;
    struct touched *touched;
    size_t touched_count;
    size_t touched_capacity;
};

/* ---- who stands above whom ---------------------------------------------------------------------
 */

typedef void edge_fn(struct pool_table *table, uint32_t child, uint32_t parent);

static void each_edge(struct pool_table *table, edge_fn *fn)
{
    const struct poolset *set = table->builder.set;
    for (uint32_t p = 0; p < set->count; p++) {
        const struct pool *pool = &set->pools[p];
        for (size_t m = 0; m < pool->member_count; m++) {
            if (pool->members[m].child != POOL_NONE)
                fn(table, pool->members[m].child, p);
        }
        if (pool->all_down == POOL_DOWN_POOL)
            fn(table, pool->fallback, p);
    }
}

static void count_edge(struct pool_table *table, uint32_t child, uint32_t parent)
{
    (void)parent; /* only the number counts here */
    table->parent_start[child + 1]++;
}

/* Fills each range from its end; afterwards parent_start[child] is its beginning. */
static void place_edge(struct pool_table *table, uint32_t child, uint32_t parent)
{
    table->parents[--table->parent_start[child + 1]] = parent;
}

/* After counting, entry p + 1 holds the end of p's range; after placing, its beginning. */
static void link_parents(struct pool_table *table)
{
    size_t count = table->builder.set->count;
    table->parent_start = MEM_NEW_ARRAY(uint32_t, count + 1);
    each_edge(table, count_edge);
    for (size_t p = 0; p < count; p++)
        table->parent_start[p + 1] += table->parent_start[p];
    uint32_t total = table->parent_start[count];
    table->parents = MEM_NEW_ARRAY(uint32_t, total);
    each_edge(table, place_edge);
    memmove(table->parent_start, table->parent_start + 1, count * sizeof(uint32_t));
    table->parent_start[count] = total;
}

struct pool_table *pool_table_new(const struct poolset *set)
{
    struct pool_table *table = MEM_NEW(struct pool_table);
    table->builder.set = set;
    table->builder.sides = MEM_NEW_ARRAY(struct pool_sides, set->count);
    pool_reach_init(&table->builder.reach, set);
    table->position = MEM_NEW_ARRAY(uint32_t, set->count);
    table->marks = MEM_NEW_ARRAY(uint32_t, set->count);
    for (uint32_t i = 0; i < set->count; i++)
        table->position[set->order[i]] = i;
    link_parents(table);
    return table;
}

void pool_table_free(struct pool_table *table)
{
    if (table == NULL)
        return;
    for (size_t p = 0; p < table->builder.set->count; p++) {
        for (int f = 0; f < PICKER_FAMILIES; f++)
            pool_side_fini(&table->builder.sides[p].family[f]);
    }
    pool_reach_fini(&table->builder.reach);
    mem_free(table->builder.sides);
    mem_free(table->builder.members);
    mem_free(table->builder.entries);
    mem_free(table->position);
    mem_free(table->parent_start);
    mem_free(table->parents);
    mem_free(table->marks);
    mem_free(table->touched);
    mem_free(table);
}

/* ---- building ----------------------------------------------------------------------------------
 */

static void rebuild(struct pool_table *table, uint32_t pool)
{
    pool_side_build(&table->builder, pool, PICKER_A);
    pool_side_build(&table->builder, pool, PICKER_AAAA);
}

static void copy_good(struct pool_sides *to, const struct pool_sides *from)
{
    for (int f = 0; f < PICKER_FAMILIES; f++) {
        struct pool_side *side = &to->family[f];
        const struct pool_side *old = &from->family[f];
        if (old->good_count == 0)
            continue;
        mem_grow((void **)&side->good, &side->good_capacity, old->good_count, sizeof(*side->good));
        memcpy(side->good, old->good, old->good_count * sizeof(*side->good));
        side->good_count = old->good_count;
    }
}

static struct strmap *map_last_good(const struct poolset *set)
{
    struct strmap *map = strmap_new();
    for (size_t p = 0; p < set->count; p++) {
        if (set->pools[p].all_down == POOL_DOWN_LAST_GOOD)
            strmap_put(map, set->pools[p].name, p);
    }
    return map;
}

/* Pools of the same name keep what they answered last, though the world around is a new one. */
static void carry_over(struct pool_table *table, const struct pool_table *previous)
{
    const struct poolset *set = table->builder.set;
    struct strmap *map = map_last_good(previous->builder.set);
    for (size_t p = 0; p < set->count; p++) {
        uint64_t old;
        if (set->pools[p].all_down == POOL_DOWN_LAST_GOOD &&
            strmap_get(map, set->pools[p].name, &old))
            copy_good(&table->builder.sides[p], &previous->builder.sides[old]);
    }
    strmap_free(map);
}

void pool_table_build(struct pool_table *table, const struct pool_view *view,
                      const struct pool_table *previous)
{
    const struct poolset *set = table->builder.set;
    if (previous != NULL)
        carry_over(table, previous);
    table->builder.view = view;
    for (size_t i = 0; i < set->count; i++)
        rebuild(table, set->order[i]);
    table->builder.view = NULL;
}

static void touch(struct pool_table *table, uint32_t pool)
{
    if (table->marks[pool] == table->stamp)
        return;
    table->marks[pool] = table->stamp;
    mem_grow((void **)&table->touched, &table->touched_capacity, table->touched_count + 1,
             sizeof(*table->touched));
    table->touched[table->touched_count++] =
        (struct touched){ .position = table->position[pool], .pool = pool };
}

static int compare_touched(const void *a, const void *b)
{
    const struct touched *left = a;
    const struct touched *right = b;
    return (left->position > right->position) - (left->position < right->position);
}

/* Builds what is touched and everything above it, each pool once, children first. */
static void rebuild_touched(struct pool_table *table, const struct pool_view *view)
{
    for (size_t i = 0; i < table->touched_count; i++) {
        uint32_t child = table->touched[i].pool;
        for (uint32_t p = table->parent_start[child]; p < table->parent_start[child + 1]; p++)
            touch(table, table->parents[p]);
    }
    qsort(table->touched, table->touched_count, sizeof(*table->touched), compare_touched);
    table->builder.view = view;
    for (size_t i = 0; i < table->touched_count; i++)
        rebuild(table, table->touched[i].pool);
    table->builder.view = NULL;
}

void pool_table_update(struct pool_table *table, const struct pool_view *view, uint32_t pool)
{
    table->stamp++;
    table->touched_count = 0;
    touch(table, pool);
    rebuild_touched(table, view);
}

void pool_table_update_many(struct pool_table *table, const struct pool_view *view, bool *changed)
{
    table->stamp++;
    table->touched_count = 0;
    for (uint32_t p = 0; p < table->builder.set->count; p++) {
        if (changed[p])
            touch(table, p);
    }
    rebuild_touched(table, view);
    for (size_t i = 0; i < table->touched_count; i++)
        changed[table->touched[i].pool] = true;
}

/* ---- questions ---------------------------------------------------------------------------------
 */

struct picker *pool_table_bound(const struct pool_table *table, uint32_t pool,
                                enum picker_family family)
{
    return table->builder.sides[pool].family[family].bound;
}

void pool_table_status(const struct pool_table *table, uint32_t pool, struct pool_status *out)
{
    for (int f = 0; f < PICKER_FAMILIES; f++) {
        const struct pool_side *side = &table->builder.sides[pool].family[f];
        out->live[f] = side->live_members;
        out->enabled[f] = side->enabled;
        out->down[f] = side->live == NULL;
    }
}
