// SPDX-License-Identifier: BSD-2-Clause
/* Finding pools by name and members by address, so that an operator's change costs the same in a
 * world of a hundred thousand pools as in one of ten. */
#include "base/mem.h"
#include "server/world_internal.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
    const struct world_name *left = a;
    const struct world_name *right = b;
    return strcmp(left->name, right->name);
}

static int compare_users(const void *a, const void *b)
{
    const struct world_user *left = a;
    const struct world_user *right = b;
    int order = addr_compare(&left->addr, &right->addr);
    if (order != 0)
        return order;
    if (left->pool != right->pool)
        return left->pool < right->pool ? -1 : 1;
    return (left->member > right->member) - (left->member < right->member);
}

static size_t count_addresses(const struct poolset *set)
{
    size_t count = 0;
    for (size_t p = 0; p < set->count; p++) {
        for (size_t m = 0; m < set->pools[p].member_count; m++)
            count += set->pools[p].members[m].address_count;
    }
    return count;
}

static void add_users(struct world *world, uint32_t pool)
{
    for (uint32_t m = 0; m < world->pools.pools[pool].member_count; m++) {
        const struct pool_member *member = &world->pools.pools[pool].members[m];
        for (size_t a = 0; a < member->address_count; a++)
            world->users[world->user_count++] =
                (struct world_user){ .addr = member->addresses[a].addr, .pool = pool, .member = m };
    }
}

/* Children come first in the order. */
static void find_families(struct world *world)
{
    const struct poolset *set = &world->pools;
    world->families = ARENA_NEW_ARRAY(world->arena, uint8_t, set->count);
    for (size_t i = 0; i < set->count; i++) {
        const struct pool *pool = &set->pools[set->order[i]];
        unsigned bits = 0;
        for (size_t m = 0; m < pool->member_count; m++) {
            const struct pool_member *member = &pool->members[m];
            if (member->child != POOL_NONE)
                bits |= world->families[member->child];
            for (size_t a = 0; a < member->address_count; a++)
                bits |= member->addresses[a].addr.family == ADDR_V4 ? 1U << PICKER_A
                                                                    : 1U << PICKER_AAAA;
        }
        world->families[set->order[i]] = (uint8_t)bits;
    }
}

void world_make_index(struct world *world)
{
    const struct poolset *set = &world->pools;
    world->names = ARENA_NEW_ARRAY(world->arena, struct world_name, set->count);
    world->users = ARENA_NEW_ARRAY(world->arena, struct world_user, count_addresses(set));
    for (uint32_t p = 0; p < set->count; p++) {
        world->names[p] = (struct world_name){ .name = set->pools[p].name, .pool = p };
        add_users(world, p);
    }
    find_families(world);
    if (set->count > 0)
        qsort(world->names, set->count, sizeof(*world->names), compare_names);
    if (world->user_count > 0)
        qsort(world->users, world->user_count, sizeof(*world->users), compare_users);
    world_index_services(world);
}

uint32_t world_pool(const struct world *world, const char *name)
{
    const struct world_name key = { .name = name };
    const struct world_name *found = NULL;
    if (world->pools.count > 0)
        found =
            bsearch(&key, world->names, world->pools.count, sizeof(*world->names), compare_names);
    return found != NULL ? found->pool : POOL_NONE;
}

uint32_t world_member(const struct world *world, uint32_t pool, const char *name)
{
    const struct pool *p = &world->pools.pools[pool];
    for (size_t i = 0; i < p->member_count; i++) {
        if (strcmp(p->members[i].name, name) == 0)
            return (uint32_t)i;
    }
    return POOL_NONE;
}

const struct world_user *world_users(const struct world *world, const struct addr *addr,
                                     size_t *count)
{
    size_t low = 0;
    size_t high = world->user_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (addr_compare(&world->users[middle].addr, addr) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < world->user_count && addr_equal(&world->users[low + *count].addr, addr))
        ++*count;
    return *count > 0 ? &world->users[low] : NULL;
}
