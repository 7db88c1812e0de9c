// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/pool_reach.h"

#include "tests/unit/resolver/policy_help.h"
#include "tests/unit/resolver/pool_help.h"

static struct help_world world;

/* p0: a = 1, 2 and v6 3; p1: p0, b = 4; p2: p1, p0, c = v6 5 */
static void make_world(void)
{
    help_world_init(&world);
    for (unsigned i = 0; i < 3; i++)
        help_pool(&world, "round_robin");
    uint32_t a = help_v4(&world, 0, 1);
    help_address(&world, 0, a, PICKER_A, 2);
    help_address(&world, 0, a, PICKER_AAAA, 3);
    help_child(&world, 1, 0);
    help_v4(&world, 1, 4);
    help_child(&world, 2, 1);
    help_child(&world, 2, 0);
    help_address(&world, 2, help_member(&world, 2), PICKER_AAAA, 5);
    world.pools[0].ttl = 20;
    world.pools[1].ttl = 10;
}

static void expect(uint32_t pool, enum picker_family family, const char *numbers, uint32_t ttl)
{
    struct pool_view view = help_view(&world);
    struct pool_reach reach;
    static struct help_answer found;
    pool_reach_init(&reach, &world.set);
    for (int twice = 0; twice < 2; twice++) {
        pool_reach_enabled(&reach, &world.set, &view, pool, family);
        found.count = reach.count;
        for (size_t i = 0; i < reach.count; i++)
            found.number[i] = help_number(&reach.entries[i].addr);
        help_expect(&found, numbers);
        ck_assert_uint_eq(reach.ttl, ttl);
    }
    pool_reach_fini(&reach);
}

START_TEST(enabled_in_file_order_each_pool_once)
{
    make_world();
    expect(0, PICKER_A, "1 2", 20);
    expect(1, PICKER_A, "1 2 4", 10);
    expect(2, PICKER_A, "1 2 4", 10);
    expect(2, PICKER_AAAA, "3 5", 10);
    expect(1, PICKER_AAAA, "3", 10);
}
END_TEST

START_TEST(failed_is_enabled_and_barred_is_not)
{
    make_world();
    world.use[0][0][0] = POOL_FAILED;
    world.use[0][0][1] = POOL_BARRED;
    expect(2, PICKER_A, "1 4", 10);
    world.use[1][1][0] = POOL_BARRED;
    expect(2, PICKER_A, "1", 10);
    world.use[0][0][0] = POOL_BARRED;
    expect(2, PICKER_A, "", PICKER_TTL_NONE);
}
END_TEST

/* What is barred on one way may be reached on another. */
START_TEST(barred_nested_member_closes_its_way_only)
{
    make_world();
    world.nested[1][0] = POOL_BARRED;
    expect(1, PICKER_A, "4", 10);
    expect(2, PICKER_A, "4 1 2", 10);
    expect(2, PICKER_AAAA, "3 5", 20);
    world.nested[2][1] = POOL_BARRED;
    expect(2, PICKER_A, "4", 10);
    expect(2, PICKER_AAAA, "5", PICKER_TTL_NONE);
}
END_TEST

START_TEST(families_whatever_the_state)
{
    make_world();
    ck_assert_uint_eq(pool_families(&world.set, 0), 3);
    world.members[0][0].address_count = 2; /* without v6 */
    world.members[0][0].disabled = true;
    world.use[0][0][0] = POOL_BARRED;
    world.nested[1][0] = POOL_BARRED;
    ck_assert_uint_eq(pool_families(&world.set, 0), 1);
    ck_assert_uint_eq(pool_families(&world.set, 1), 1);
    ck_assert_uint_eq(pool_families(&world.set, 2), 3);
    world.members[1][1].address_count = 0;
    world.members[0][0].address_count = 0;
    ck_assert_uint_eq(pool_families(&world.set, 1), 0);
    ck_assert_uint_eq(pool_families(&world.set, 2), 2);
}
END_TEST

/* 60 layers, each nesting the one before twice: 2^60 ways, 60 pools. */
START_TEST(many_ways_cost_no_more_than_the_pools)
{
    enum { LAYERS = 60 };
    static struct pool pools[LAYERS];
    static struct pool_member members[LAYERS][2];
    struct pool_address address = { .addr = help_addr(PICKER_A, 1) };
    for (uint32_t p = 0; p < LAYERS; p++) {
        for (int i = 0; i < 2; i++)
            members[p][i] = (struct pool_member){ .child = p - 1 };
        pools[p] = (struct pool){ .ttl = 5, .members = members[p], .member_count = 2 };
    }
    members[0][0] = (struct pool_member){ .child = POOL_NONE, .addresses = &address };
    members[0][0].address_count = 1;
    pools[0].member_count = 1;
    struct poolset set = { .pools = pools, .count = LAYERS };
    ck_assert_uint_eq(pool_families(&set, LAYERS - 1), 1);
    help_world_init(&world);
    struct pool_view view = help_view(&world);
    view.nested = NULL;
    struct pool_reach reach;
    pool_reach_init(&reach, &set);
    pool_reach_enabled(&reach, &set, &view, 0, PICKER_A);
    ck_assert_uint_eq(reach.count, 1);
    pool_reach_fini(&reach);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { enabled_in_file_order_each_pool_once,
                                   failed_is_enabled_and_barred_is_not,
                                   barred_nested_member_closes_its_way_only,
                                   families_whatever_the_state,
                                   many_ways_cost_no_more_than_the_pools };
    return policy_run("pool_reach", tests, ARRAY_LEN(tests)) == 0 ? 0 : 1;
}
