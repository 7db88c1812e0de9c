// SPDX-License-Identifier: BSD-2-Clause
/* For the tests of pools: small worlds of pools whose verdicts, bars and weights stand in arrays.
 * Children have smaller indexes than parents. */
#pragma once

#include "resolver/pool.h"
#include "tests/unit/resolver/picker_help.h"

#define HELP_POOLS     6
#define HELP_MEMBERS   5
#define HELP_ADDRESSES 3

struct help_world {
    struct poolset set;
    struct pool pools[HELP_POOLS];
    struct pool_member members[HELP_POOLS][HELP_MEMBERS];
    struct pool_address addresses[HELP_POOLS][HELP_MEMBERS][HELP_ADDRESSES];
    uint32_t order[HELP_POOLS];
    /* the view */
    enum pool_use use[HELP_POOLS][HELP_MEMBERS][HELP_ADDRESSES];
    enum pool_use nested[HELP_POOLS][HELP_MEMBERS];
    uint32_t weight[HELP_POOLS][HELP_MEMBERS];
    uint32_t share[HELP_POOLS]
                  [HELP_MEMBERS]; /* asked of members with a service and `weighed` ones only */
};

static inline enum pool_use help_use_of(void *data, uint32_t pool, uint32_t member, size_t address)
{
    return ((struct help_world *)data)->use[pool][member][address];
}

static inline enum pool_use help_nested_of(void *data, uint32_t pool, uint32_t member)
{
    return ((struct help_world *)data)->nested[pool][member];
}

static inline uint32_t help_weight_of(void *data, uint32_t pool, uint32_t member)
{
    return ((struct help_world *)data)->weight[pool][member];
}

static inline uint32_t help_share_of(void *data, uint32_t pool, uint32_t member)
{
    const struct help_world *world = data;
    ck_assert(world->members[pool][member].service != 0 || world->members[pool][member].weighed);
    return world->share[pool][member];
}

static inline struct pool_view help_view(struct help_world *world)
{
    return (struct pool_view){ .data = world,
                               .address = help_use_of,
                               .nested = help_nested_of,
                               .weight = help_weight_of,
                               .share = help_share_of };
}

static inline void help_world_init(struct help_world *world)
{
    memset(world, 0, sizeof(*world));
    world->set.pools = world->pools;
    world->set.order = world->order;
}

/* Adds a pool without members, all defaults. */
static inline uint32_t help_pool(struct help_world *world, const char *policy)
{
    static const char *const names[] = { "p0", "p1", "p2", "p3", "p4", "p5" };
    uint32_t index = (uint32_t)world->set.count;
    ck_assert_uint_lt(index, HELP_POOLS);
    world->order[index] = index;
    world->set.count++;
    world->pools[index] = (struct pool){ .name = names[index],
                                         .policy = policy_find(policy),
                                         .ttl = PICKER_TTL_NONE,
                                         .min_live = 1,
                                         .fallback = POOL_NONE,
                                         .members = world->members[index] };
    world->pools[index].max_answers = world->pools[index].policy->default_max_answers;
    return index;
}

/* Adds a member without addresses: live, weight 1. */
static inline uint32_t help_member(struct help_world *world, uint32_t pool)
{
    static const char *const names[] = { "a", "b", "c", "d", "e" };
    uint32_t index = (uint32_t)world->pools[pool].member_count++;
    ck_assert_uint_lt(index, HELP_MEMBERS);
    world->weight[pool][index] = 1;
    world->members[pool][index] = (struct pool_member){ .name = names[index],
                                                        .stat = pool * HELP_MEMBERS + index,
                                                        .child = POOL_NONE,
                                                        .addresses = world->addresses[pool][index],
                                                        .weight = 1,
                                                        .order = index + 1 };
    return index;
}

static inline void help_address(struct help_world *world, uint32_t pool, uint32_t member,
                                enum picker_family family, unsigned number)
{
    size_t index = world->members[pool][member].address_count++;
    ck_assert_uint_lt(index, HELP_ADDRESSES);
    world->addresses[pool][member][index].addr = help_addr(family, number);
}

/* A member with one IPv4 address. */
static inline uint32_t help_v4(struct help_world *world, uint32_t pool, unsigned number)
{
    uint32_t member = help_member(world, pool);
    help_address(world, pool, member, PICKER_A, number);
    return member;
}

static inline uint32_t help_child(struct help_world *world, uint32_t pool, uint32_t child)
{
    uint32_t member = help_member(world, pool);
    world->members[pool][member].child = child;
    return member;
}
