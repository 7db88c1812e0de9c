// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/pool_side.h"

#include "tests/unit/resolver/pool_help.h"

#include <stdlib.h>

/* One pool of three members 1, 2 and 3 with one IPv4 address each; the rules row by row. */
static const struct rule {
    const char *what;
    const char *policy;
    enum pool_use use[3];
    uint32_t weight[3];
    uint32_t min_live;
    enum pool_all_down all_down;
    const char *answers[3]; /* to turns 0, 1, 2 */
    unsigned live, enabled;
    bool down;
    uint8_t rcode;
} rules[] = {
    { "all live",
      "round_robin",
      { 0 },
      { 1, 1, 1 },
      1,
      POOL_DOWN_ALL,
      { "1 2 3", "2 3 1", "3 1 2" },
      3,
      3,
      false,
      0 },
    { "one failed",
      "round_robin",
      { 0, POOL_FAILED, 0 },
      { 1, 1, 1 },
      1,
      POOL_DOWN_ALL,
      { "1 3", "3 1", "1 3" },
      2,
      3,
      false,
      0 },
    { "one barred",
      "round_robin",
      { 0, POOL_BARRED, 0 },
      { 1, 1, 1 },
      1,
      POOL_DOWN_ALL,
      { "1 3", "3 1", "1 3" },
      2,
      2,
      false,
      0 },
    { "weight 0 waits",
      "round_robin",
      { 0 },
      { 0, 1, 1 },
      1,
      POOL_DOWN_ALL,
      { "2 3", "3 2", "2 3" },
      3,
      3,
      false,
      0 },
    { "weight 0 in every policy",
      "failover",
      { 0 },
      { 0, 1, 1 },
      1,
      POOL_DOWN_ALL,
      { "2", "2", "2" },
      3,
      3,
      false,
      0 },
    { "weight 0 in all",
      "all",
      { 0 },
      { 0, 0, 5 },
      1,
      POOL_DOWN_ALL,
      { "3", "3", "3" },
      3,
      3,
      false,
      0 },
    { "weight 0 steps in",
      "round_robin",
      { 0, POOL_FAILED, POOL_BARRED },
      { 0, 1, 1 },
      1,
      POOL_DOWN_ALL,
      { "1", "1", "1" },
      1,
      2,
      false,
      0 },
    { "all of weight 0",
      "round_robin",
      { 0 },
      { 0, 0, 0 },
      1,
      POOL_DOWN_ALL,
      { "1 2 3", "2 3 1", "3 1 2" },
      3,
      3,
      false,
      0 },
    { "weight 0 and failed is down",
      "weighted",
      { POOL_FAILED, POOL_FAILED, POOL_FAILED },
      { 0, 1, 1 },
      1,
      POOL_DOWN_ALL,
      { "1 2 3", "2 3 1", "3 1 2" },
      0,
      3,
      true,
      0 },
    { "min_live counts weight 0",
      "round_robin",
      { 0, POOL_FAILED, 0 },
      { 0, 1, 1 },
      2,
      POOL_DOWN_ALL,
      { "3", "3", "3" },
      2,
      3,
      false,
      0 },
    { "below min_live",
      "round_robin",
      { 0, POOL_FAILED, 0 },
      { 1, 1, 1 },
      3,
      POOL_DOWN_ALL,
      { "1 2 3", "2 3 1", "3 1 2" },
      2,
      3,
      true,
      0 },
    { "min_live never brings barred back",
      "round_robin",
      { 0, POOL_BARRED, POOL_FAILED },
      { 1, 1, 1 },
      2,
      POOL_DOWN_ALL,
      { "1 3", "3 1", "1 3" },
      1,
      2,
      true,
      0 },
    { "min_live 0 and none live",
      "round_robin",
      { POOL_FAILED, POOL_FAILED, POOL_FAILED },
      { 1, 1, 1 },
      0,
      POOL_DOWN_NODATA,
      { "", "", "" },
      0,
      3,
      true,
      0 },
    { "all down, all",
      "failover",
      { POOL_FAILED, POOL_FAILED, POOL_FAILED },
      { 1, 1, 1 },
      1,
      POOL_DOWN_ALL,
      { "1 2 3", "2 3 1", "3 1 2" },
      0,
      3,
      true,
      0 },
    { "all down, barred stay away",
      "round_robin",
      { POOL_FAILED, POOL_BARRED, POOL_BARRED },
      { 1, 1, 1 },
      1,
      POOL_DOWN_ALL,
      { "1", "1", "1" },
      0,
      1,
      true,
      0 },
    { "all down, weight 0 is enabled",
      "round_robin",
      { POOL_FAILED, POOL_FAILED, POOL_BARRED },
      { 0, 1, 1 },
      1,
      POOL_DOWN_ALL,
      { "1 2", "2 1", "1 2" },
      0,
      2,
      true,
      0 },
    { "all barred",
      "round_robin",
      { POOL_BARRED, POOL_BARRED, POOL_BARRED },
      { 1, 1, 1 },
      1,
      POOL_DOWN_ALL,
      { "", "", "" },
      0,
      0,
      true,
      0 },
    { "all down, nodata",
      "round_robin",
      { POOL_FAILED, POOL_FAILED, POOL_FAILED },
      { 1, 1, 1 },
      1,
      POOL_DOWN_NODATA,
      { "", "", "" },
      0,
      3,
      true,
      0 },
    { "all down, servfail",
      "round_robin",
      { POOL_FAILED, POOL_FAILED, POOL_FAILED },
      { 1, 1, 1 },
      1,
      POOL_DOWN_SERVFAIL,
      { "", "", "" },
      0,
      3,
      true,
      2 },
    { "one live, servfail waits",
      "round_robin",
      { POOL_FAILED, 0, POOL_FAILED },
      { 1, 1, 1 },
      1,
      POOL_DOWN_SERVFAIL,
      { "2", "2", "2" },
      1,
      3,
      false,
      0 },
    { "all down, last_good without a past",
      "round_robin",
      { POOL_FAILED, POOL_FAILED, POOL_BARRED },
      { 1, 1, 1 },
      1,
      POOL_DOWN_LAST_GOOD,
      { "1 2", "2 1", "1 2" },
      0,
      2,
      true,
      0 },
};

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

START_TEST(rules_row_by_row)
{
    const struct rule *rule = &rules[_i];
    struct pool_table *table = three_members(rule->policy);
    struct pool_view view = help_view(&world);
    struct pool_status status;
    memcpy(world.weight[0], rule->weight, sizeof(rule->weight));
    for (unsigned i = 0; i < 3; i++)
        world.use[0][i][0] = rule->use[i];
    world.pools[0].min_live = rule->min_live;
    world.pools[0].all_down = rule->all_down;
    pool_table_build(table, &view, NULL);
    for (uint64_t turn = 0; turn < 3; turn++) {
        expect(table, 0, PICKER_A, turn, rule->answers[turn]);
        ck_assert_msg(answer.rcode == rule->rcode, "%s", rule->what);
    }
    pool_table_status(table, 0, &status);
    ck_assert_msg(status.live[PICKER_A] == rule->live, "%s", rule->what);
    ck_assert_msg(status.enabled[PICKER_A] == rule->enabled, "%s", rule->what);
    ck_assert_msg(status.down[PICKER_A] == rule->down, "%s", rule->what);
    ck_assert(status.down[PICKER_AAAA]);
    expect(table, 0, PICKER_AAAA, 0, "");
    ck_assert_uint_eq(answer.rcode, 0); /* no member of the family = NODATA, servfail or not */
    pool_table_free(table);
}
END_TEST

START_TEST(families_are_judged_apart)
{
    help_world_init(&world);
    help_pool(&world, "round_robin");
    for (unsigned i = 0; i < 2; i++) {
        uint32_t member = help_v4(&world, 0, i + 1);
        help_address(&world, 0, member, PICKER_AAAA, i + 11);
        help_address(&world, 0, member, PICKER_AAAA, i + 21);
    }
    struct pool_table *table = pool_table_new(&world.set);
    struct pool_view view = help_view(&world);
    world.use[0][0][0] = POOL_FAILED;
    world.use[0][1][1] = POOL_FAILED;
    pool_table_build(table, &view, NULL);
    expect(table, 0, PICKER_A, 0, "2");
    expect(table, 0, PICKER_AAAA, 0, "11 21 22");
    expect(table, 0, PICKER_AAAA, 1, "21 22 11");
    world.use[0][1][2] = POOL_FAILED;
    pool_table_update(table, &view, 0);
    expect(table, 0, PICKER_AAAA, 0, "11 21");
    pool_table_free(table);
}
END_TEST

START_TEST(fail_open_gives_eight_unless_told)
{
    static const struct {
        const char *policy;
        bool given;
        uint32_t max_answers;
        size_t answers;
    } limits[] = { { "failover", false, 1, 8 },     { "failover", true, 1, 1 },
                   { "weighted", true, 3, 3 },      { "round_robin", false, 8, 8 },
                   { "round_robin", true, 10, 10 }, { "all", false, 0, 10 } };
    for (size_t l = 0; l < ARRAY_LEN(limits); l++) {
        help_world_init(&world);
        help_pool(&world, limits[l].policy);
        for (unsigned i = 0; i < 10; i++) {
            uint32_t member = i / 3;
            if (i % 3 == 0)
                member = help_member(&world, 0);
            help_address(&world, 0, member, PICKER_A, i);
            world.use[0][member][i % 3] = POOL_FAILED;
        }
        world.pools[0].max_answers = limits[l].max_answers;
        world.pools[0].max_answers_given = limits[l].given;
        struct pool_table *table = pool_table_new(&world.set);
        struct pool_view view = help_view(&world);
        pool_table_build(table, &view, NULL);
        help_pick(pool_table_bound(table, 0, PICKER_A), &rng, 9, &answer);
        ck_assert_uint_eq(answer.count, limits[l].answers);
        ck_assert_uint_eq(answer.number[0], 9);
        pool_table_free(table);
    }
}
END_TEST

START_TEST(last_good_step_by_step)
{
    struct pool_table *table = three_members("round_robin");
    struct pool_view view = help_view(&world);
    world.pools[0].all_down = POOL_DOWN_LAST_GOOD;
    world.use[0][2][0] = POOL_FAILED;
    pool_table_build(table, &view, NULL);
    for (unsigned i = 0; i < 2; i++) {
        world.use[0][i][0] = POOL_FAILED;
        pool_table_update(table, &view, 0);
    }
    expect(table, 0, PICKER_A, 0, "2"); /* 1 went first, 2 was the last that answered */
    world.use[0][1][0] = POOL_BARRED;
    pool_table_update(table, &view, 0);
    expect(table, 0, PICKER_A, 0, "1 3"); /* nothing of it is enabled: as `all` */
    world.use[0][1][0] = POOL_FAILED;
    pool_table_update(table, &view, 0);
    expect(table, 0, PICKER_A, 0, "2");
    world.use[0][2][0] = POOL_LIVE;
    pool_table_update(table, &view, 0);
    expect(table, 0, PICKER_A, 0, "3");
    world.use[0][2][0] = POOL_FAILED;
    pool_table_update(table, &view, 0);
    expect(table, 0, PICKER_A, 0, "3");
    pool_table_free(table);
}
END_TEST

/* p0 = 1, 2; p1 = p0 and 3; the nested pool's own on_all_down never shows above. */
static struct pool_table *nest(struct pool_view *view, const char *policy)
{
    help_world_init(&world);
    help_pool(&world, "round_robin");
    help_pool(&world, policy);
    help_v4(&world, 0, 1);
    help_v4(&world, 0, 2);
    help_child(&world, 1, 0);
    help_v4(&world, 1, 3);
    *view = help_view(&world);
    return pool_table_new(&world.set);
}

START_TEST(nested_pool_below_min_live_is_down_to_its_parent)
{
    struct pool_view view;
    struct pool_table *table = nest(&view, "failover");
    world.pools[0].min_live = 2;
    world.use[0][0][0] = POOL_FAILED;
    pool_table_build(table, &view, NULL);
    expect(table, 0, PICKER_A, 0, "1 2");
    expect(table, 1, PICKER_A, 0, "3");
    world.use[0][0][0] = POOL_LIVE;
    pool_table_update(table, &view, 0);
    expect(table, 1, PICKER_A, 1, "2");
    pool_table_free(table);
}
END_TEST

START_TEST(only_the_bound_pool_applies_its_all_down)
{
    struct pool_view view;
    struct pool_table *table = nest(&view, "round_robin");
    world.pools[0].all_down = POOL_DOWN_SERVFAIL;
    world.use[0][0][0] = POOL_FAILED;
    world.use[0][1][0] = POOL_FAILED;
    pool_table_build(table, &view, NULL);
    expect(table, 0, PICKER_A, 0, "");
    ck_assert_uint_eq(answer.rcode, 2);
    expect(table, 1, PICKER_A, 0, "3");
    world.use[1][1][0] = POOL_FAILED;
    pool_table_update(table, &view, 1);
    expect(table, 1, PICKER_A, 1, "2 3 1");
    ck_assert_uint_eq(answer.rcode, 0);
    pool_table_free(table);
}
END_TEST

START_TEST(barred_nested_member_counts_for_nothing)
{
    struct pool_view view;
    struct pool_table *table = nest(&view, "round_robin");
    struct pool_status status;
    world.nested[1][0] = POOL_BARRED;
    pool_table_build(table, &view, NULL);
    expect(table, 1, PICKER_A, 0, "3");
    pool_table_status(table, 1, &status);
    ck_assert_uint_eq(status.enabled[PICKER_A], 1);
    world.use[1][1][0] = POOL_FAILED;
    pool_table_update(table, &view, 1);
    expect(table, 1, PICKER_A, 0, "3");
    world.use[1][1][0] = POOL_BARRED;
    pool_table_update(table, &view, 1);
    expect(table, 1, PICKER_A, 0, "");
    pool_table_free(table);
}
END_TEST

/* p0 is what p1 = 3 falls back on. */
START_TEST(fallback_pool_answers_for_one_that_is_down)
{
    struct pool_view view;
    struct pool_table *table = nest(&view, "round_robin");
    world.members[1][0] = world.members[1][1];
    world.members[1][0].addresses = world.addresses[1][0];
    world.addresses[1][0][0] = world.addresses[1][1][0];
    world.pools[1].member_count = 1;
    world.pools[1].all_down = POOL_DOWN_POOL;
    world.pools[1].fallback = 0;
    world.pools[1].ttl = 9;
    world.pools[0].ttl = 20;
    world.use[1][0][0] = POOL_FAILED;
    pool_table_build(table, &view, NULL);
    expect(table, 1, PICKER_A, 1, "2 1");
    ck_assert_uint_eq(answer.ttl, 9); /* both pools are on the path */
    world.use[0][0][0] = POOL_BARRED;
    world.use[0][1][0] = POOL_FAILED;
    pool_table_update(table, &view, 0);
    expect(table, 1, PICKER_A, 0, "3"); /* the fallback is down too: as `all` of its own */
    world.use[0][0][0] = POOL_LIVE;
    world.use[1][0][0] = POOL_BARRED;
    pool_table_update(table, &view, 0);
    pool_table_update(table, &view, 1);
    expect(table, 1, PICKER_A, 0, "1"); /* its own are taken away: still a pool that is down */
    pool_table_free(table);
}
END_TEST

START_TEST(traces_say_why)
{
    static struct trace trace;
    static struct pick pick;
    struct pool_table *table = three_members("weighted");
    struct pool_view view = help_view(&world);
    struct pick_context ctx = { .rng = &rng, .trace = &trace };
    for (unsigned i = 0; i < 3; i++)
        world.use[0][i][0] = POOL_FAILED;
    pool_table_build(table, &view, NULL);
    trace_init(&trace);
    picker_pick(pool_table_bound(table, 0, PICKER_A), &ctx, &pick);
    ck_assert_str_eq(trace.steps[0].detail,
                     "p0: down, all enabled members answer, 3 addresses in rotation");
    trace_fini(&trace);
    pool_table_free(table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pool_side");
    TCase *tcase = tcase_create("pool_side");
    rng_seed(&rng, 7);
    tcase_add_loop_test(tcase, rules_row_by_row, 0, ARRAY_LEN(rules));
    tcase_add_test(tcase, families_are_judged_apart);
    tcase_add_test(tcase, fail_open_gives_eight_unless_told);
    tcase_add_test(tcase, last_good_step_by_step);
    tcase_add_test(tcase, nested_pool_below_min_live_is_down_to_its_parent);
    tcase_add_test(tcase, only_the_bound_pool_applies_its_all_down);
    tcase_add_test(tcase, barred_nested_member_counts_for_nothing);
    tcase_add_test(tcase, fallback_pool_answers_for_one_that_is_down);
    tcase_add_test(tcase, traces_say_why);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
