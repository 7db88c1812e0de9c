// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/pool_reach.h"

#include "base/mem.h"

/* One walk under way. */
struct walk {
    struct pool_reach *reach;
    const struct poolset *set;
    const struct pool_view *view;
    uint8_t family; /* enum addr_family */
    size_t depth;
};

void pool_reach_init(struct pool_reach *reach, const struct poolset *set)
{
    *reach = (struct pool_reach){ .marks = MEM_NEW_ARRAY(uint32_t, set->count) };
}

void pool_reach_fini(struct pool_reach *reach)
{
    mem_free(reach->marks);
    mem_free(reach->stack);
    mem_free(reach->entries);
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void enter(struct walk *walk, uint32_t pool, uint32_t ttl)
{
    struct pool_reach *reach = walk->reach;
    if (reach->marks[pool] == reach->stamp)
        return;
    reach->marks[pool] = reach->stamp;
    mem_grow((void **)&reach->stack, &reach->stack_capacity, walk->depth + 1,
             sizeof(*reach->stack));
    reach->stack[walk->depth++] =
        (struct pool_reach_frame){ .pool = pool, .ttl = smaller(ttl, walk->set->pools[pool].ttl) };
}

static void add_addresses(struct walk *walk, const struct pool_reach_frame *at, uint32_t index)
{
    struct pool_reach *reach = walk->reach;
    const struct pool_member *member = &walk->set->pools[at->pool].members[index];
    for (size_t i = 0; i < member->address_count; i++) {
        const struct addr *addr = &member->addresses[i].addr;
        if (addr->family != walk->family ||
            walk->view->address(walk->view->data, at->pool, index, i) == POOL_BARRED)
            continue;
        mem_grow((void **)&reach->entries, &reach->capacity, reach->count + 1,
                 sizeof(*reach->entries));
        reach->entries[reach->count++] =
            (struct picker_entry){ .addr = *addr, .member = member->stat };
        reach->ttl = smaller(reach->ttl, at->ttl);
    }
}

static void step(struct walk *walk)
{
    struct pool_reach_frame *at = &walk->reach->stack[walk->depth - 1];
    const struct pool *pool = &walk->set->pools[at->pool];
    if (at->next == pool->member_count) {
        walk->depth--;
        return;
    }
    uint32_t index = (uint32_t)at->next++;
    uint32_t child = pool->members[index].child;
    if (child == POOL_NONE)
        add_addresses(walk, at, index);
    else if (walk->view->nested(walk->view->data, at->pool, index) != POOL_BARRED)
        enter(walk, child, at->ttl);
}

void pool_reach_enabled(struct pool_reach *reach, const struct poolset *set,
                        const struct pool_view *view, uint32_t pool, enum picker_family family)
{
    struct walk walk = { .reach = reach, .set = set, .view = view };
    walk.family = family == PICKER_A ? ADDR_V4 : ADDR_V6;
    reach->stamp++;
    reach->count = 0;
    reach->ttl = PICKER_TTL_NONE;
    enter(&walk, pool, PICKER_TTL_NONE);
    while (walk.depth > 0)
        step(&walk);
}

/* ---- families ----------------------------------------------------------------------------------
 */

static unsigned member_families(const struct pool_member *member)
{
    unsigned families = 0;
    for (size_t i = 0; i < member->address_count; i++) {
        bool v4 = member->addresses[i].addr.family == ADDR_V4;
        families |= 1U << (v4 ? PICKER_A : PICKER_AAAA);
    }
    return families;
}

/* Pools still to be looked at, and those that ever were. */
struct todo {
    uint32_t *pools;
    size_t count;
    size_t capacity;
    uint8_t *seen; /* a bit for each pool */
};

static void todo_add(struct todo *todo, uint32_t pool)
{
    uint8_t bit = (uint8_t)(1U << pool % 8);
    if ((todo->seen[pool / 8] & bit) != 0)
        return;
    todo->seen[pool / 8] |= bit;
    mem_grow((void **)&todo->pools, &todo->capacity, todo->count + 1, sizeof(*todo->pools));
    todo->pools[todo->count++] = pool;
}

unsigned pool_families(const struct poolset *set, uint32_t pool)
{
    const unsigned both = 1U << PICKER_A | 1U << PICKER_AAAA;
    unsigned families = 0;
    struct todo todo = { .seen = mem_alloc(set->count / 8 + 1) };
    todo_add(&todo, pool);
    while (todo.count > 0 && families != both) {
        const struct pool *at = &set->pools[todo.pools[--todo.count]];
        for (size_t i = 0; i < at->member_count; i++) {
            if (at->members[i].child == POOL_NONE)
                families |= member_families(&at->members[i]);
            else
                todo_add(&todo, at->members[i].child);
        }
    }
    mem_free(todo.pools);
    mem_free(todo.seen);
    return families;
}
