// SPDX-License-Identifier: BSD-2-Clause
/* Members whose address is that of an IPVS service: their weight follows what is live of it; and
 * members whose checks tell a weight. */
#include "tests/unit/resolver/pool_help.h"

#include "base/compiler.h"

#include <stdlib.h>

static struct help_world world;
static struct help_answer answer;
static struct rng rng;

static struct pool_table *three_members(const char *policy)
{
    help_world_init(&world);
    help_pool(&world, policy);
    for (unsigned i = 0; i < 3; i++)
        help_v4(&world, 0, i + 1);
    return pool_table_new(&world.set);
}

static void expect(const struct pool_table *table, uint32_t pool, enum picker_family family,
                   uint64_t turn, const char *numbers)
{
    help_pick(pool_table_bound(table, pool, family), &rng, turn, &answer);
    help_expect(&answer, numbers);
}

static const struct {
    uint32_t weight[3];
    uint32_t share[3]; /* UINT32_MAX = no service */
    double expected[3];
} capacities[] = {
    { { 1, 1, 1 }, { 10000, 10000, 10000 }, { 1. / 3, 1. / 3, 1. / 3 } },
    { { 1, 1, 1 }, { 5000, UINT32_MAX, UINT32_MAX }, { 0.2, 0.4, 0.4 } },
    { { 4, 2, 1 }, { 5000, 10000, UINT32_MAX }, { 0.4, 0.4, 0.2 } },
    { { 4, 2, 1 }, { 3333, 1, 9999 }, { 13332. / 23333, 2. / 23333, 9999. / 23333 } },
    /* more than whole is whole; what is used without any capacity has its weight */
    { { 1, 1, 2 }, { 20000, 10001, UINT32_MAX }, { 0.25, 0.25, 0.5 } },
    { { 1, 1, 0 }, { 0, UINT32_MAX, 10000 }, { 0.5, 0.5, 0 } },
    { { 1, 0, 0 }, { 0, 10000, UINT32_MAX }, { 1, 0, 0 } },
    { { 0, 0, 0 }, { 5000, 10000, UINT32_MAX }, { 1. / 3, 1. / 3, 1. / 3 } },
    { { UINT32_MAX, UINT32_MAX, UINT32_MAX },
      { 10000, 10000, UINT32_MAX },
      { 1. / 3, 1. / 3, 1. / 3 } },
    { { 65535, 65535, 65535 }, { 7, 1, UINT32_MAX }, { 7. / 10008, 1. / 10008, 10000. / 10008 } },
};

START_TEST(weight_follows_capacity)
{
    static struct help_shares shares;
    struct pool_table *table = three_members("weighted");
    struct pool_view view = help_view(&world);
    for (unsigned i = 0; i < 3; i++) {
        world.weight[0][i] = capacities[_i].weight[i];
        world.share[0][i] = capacities[_i].share[i];
        world.members[0][i].service = capacities[_i].share[i] != UINT32_MAX ? i + 1 : 0;
    }
    pool_table_build(table, &view, NULL);
    help_get_shares(pool_table_bound(table, 0, PICKER_A), &shares);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_double_eq_tol(shares.share[i + 1], capacities[_i].expected[i], 1e-9);
    pool_table_free(table);
}
END_TEST

/* The steps of an answer show the weights as they were given, unless they have been cut. */
START_TEST(whole_services_keep_their_weights)
{
    static const struct {
        uint32_t share;
        const char *sum;
    } cases[] = { { 10000, " of 6" }, { 5000, " of 10" }, { 2500, " of 18" } };
    struct pool_table *table = three_members("weighted");
    struct pool_view view = help_view(&world);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        static struct trace trace;
        static struct pick pick;
        struct pick_context ctx = { .rng = &rng, .trace = &trace };
        for (unsigned m = 0; m < 3; m++)
            world.weight[0][m] = 2;
        world.members[0][0].service = 1;
        world.share[0][0] = cases[i].share;
        pool_table_build(table, &view, NULL);
        trace_init(&trace);
        picker_pick(pool_table_bound(table, 0, PICKER_A), &ctx, &pick);
        ck_assert_msg(strstr(trace.steps[1].detail, cases[i].sum) != NULL, "%s",
                      trace.steps[1].detail);
        trace_fini(&trace);
    }
    pool_table_free(table);
}
END_TEST

START_TEST(nobody_tells_shares)
{
    static struct help_shares shares;
    struct pool_table *table = three_members("weighted");
    struct pool_view view = help_view(&world);
    view.share = NULL;
    world.members[0][1].service = 1;
    pool_table_build(table, &view, NULL);
    help_get_shares(pool_table_bound(table, 0, PICKER_A), &shares);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_double_eq_tol(shares.share[i + 1], 1. / 3, 1e-9);
    pool_table_free(table);
}
END_TEST

START_TEST(failed_service_is_as_any_failed_member)
{
    struct pool_table *table = three_members("round_robin");
    struct pool_view view = help_view(&world);
    world.members[0][0].service = 1;
    world.share[0][0] = 0;
    world.use[0][0][0] = POOL_FAILED;
    pool_table_build(table, &view, NULL);
    expect(table, 0, PICKER_A, 0, "2 3");
    world.use[0][1][0] = world.use[0][2][0] = POOL_FAILED;
    pool_table_update(table, &view, 0);
    expect(table, 0, PICKER_A, 0, "1 2 3"); /* fail open */
    world.use[0][0][0] = POOL_BARRED;
    pool_table_update(table, &view, 0);
    expect(table, 0, PICKER_A, 0, "2 3");
    world.use[0][0][0] = POOL_LIVE;
    pool_table_update(table, &view, 0);
    expect(table, 0, PICKER_A, 0, "1");
    pool_table_free(table);
}
END_TEST

static const struct {
    uint32_t weight[3];
    uint32_t share[3]; /* UINT32_MAX = no check tells one */
    double expected[3];
} told[] = {
    { { 1, 1, 1 }, { 10000, 10000, 10000 }, { 1. / 3, 1. / 3, 1. / 3 } },
    { { 1, 1, 2 }, { 7500, 2500, UINT32_MAX }, { 0.25, 0.25 / 3, 2. / 3 } },
    { { 4, 2, 1 }, { 100, 5000, UINT32_MAX }, { 0.04 / 2.04, 1 / 2.04, 1 / 2.04 } },
    /* none: only when all others are down or have none either */
    { { 9, 1, 1 }, { 0, 5000, 5000 }, { 0, 0.5, 0.5 } },
    { { 9, 0, 1 }, { 0, 5000, 100 }, { 0, 0, 1 } },
    { { 9, 1, 1 }, { 0, 0, 0 }, { 1. / 3, 1. / 3, 1. / 3 } },
};

START_TEST(weight_follows_what_checks_tell)
{
    static struct help_shares shares;
    struct pool_table *table = three_members("weighted");
    struct pool_view view = help_view(&world);
    for (unsigned i = 0; i < 3; i++) {
        world.weight[0][i] = told[_i].weight[i];
        world.share[0][i] = told[_i].share[i];
        world.members[0][i].weighed = told[_i].share[i] != UINT32_MAX;
    }
    pool_table_build(table, &view, NULL);
    help_get_shares(pool_table_bound(table, 0, PICKER_A), &shares);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_double_eq_tol(shares.share[i + 1], told[_i].expected[i], 1e-9);
    pool_table_free(table);
}
END_TEST

/* Whatever the policy, as a weight of 0 in the file. */
START_TEST(none_told_is_weight_zero)
{
    struct pool_table *table = three_members("all");
    struct pool_view view = help_view(&world);
    world.members[0][1].weighed = true;
    world.share[0][1] = 0;
    pool_table_build(table, &view, NULL);
    expect(table, 0, PICKER_A, 0, "1 3");
    world.use[0][0][0] = world.use[0][2][0] = POOL_FAILED;
    pool_table_update(table, &view, 0);
    expect(table, 0, PICKER_A, 0, "2");
    pool_table_free(table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pool_share");
    TCase *tcase = tcase_create("pool_share");
    rng_seed(&rng, 7);
    tcase_add_loop_test(tcase, weight_follows_capacity, 0, ARRAY_LEN(capacities));
    tcase_add_test(tcase, whole_services_keep_their_weights);
    tcase_add_test(tcase, nobody_tells_shares);
    tcase_add_test(tcase, failed_service_is_as_any_failed_member);
    tcase_add_loop_test(tcase, weight_follows_what_checks_tell, 0, ARRAY_LEN(told));
    tcase_add_test(tcase, none_told_is_weight_zero);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
