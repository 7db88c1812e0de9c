// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/picker.h"

#include "resolver/picker_node.h"
#include "tests/unit/resolver/picker_help.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct help_answer answer;
static struct rng rng;

static void setup(void)
{
    rng_seed(&rng, 1);
}

/* ---- SET ---------------------------------------------------------------------------------------
 */

static const struct set_case {
    size_t count;
    uint32_t limit;
    uint64_t turn;
    const char *expect;
} set_cases[] = {
    { 1, 0, 0, "1" },
    { 1, 8, UINT64_MAX, "1" },
    { 3, 0, 0, "1 2 3" },
    { 3, 0, 1, "2 3 1" },
    { 3, 0, 2, "3 1 2" },
    { 3, 0, 3, "1 2 3" },
    { 3, 8, 4, "2 3 1" },
    { 3, 2, 0, "1 2" },
    { 3, 2, 1, "2 3" },
    { 3, 2, 2, "3 1" },
    { 3, 1, 5, "3" },
    { 4, 0, UINT64_MAX, "4 1 2 3" }, /* 2^64 - 1 = 3 mod 4 */
    { 3, 0, UINT64_MAX, "1 2 3" },   /* and 0 mod 3 */
    { 5, 2, UINT64_MAX - 1, "5 1" }, /* 2^64 - 2 = 4 mod 5 */
    { 7, 3, 1ULL << 32, "5 6 7" },   /* 2^32 = 4 mod 7 */
};

START_TEST(pick_set_window)
{
    const struct set_case *c = &set_cases[_i];
    for (int f = 0; f < PICKER_FAMILIES; f++) {
        struct picker *set = help_set((enum picker_family)f, 1, c->count, c->limit, 30, "web");
        help_pick(set, &rng, c->turn, &answer);
        help_expect(&answer, c->expect);
        ck_assert_uint_eq(answer.ttl, 30);
        ck_assert_uint_eq(answer.rcode, 0);
        for (size_t i = 0; i < answer.count; i++)
            ck_assert_uint_eq(answer.member[i], answer.number[i]);
        picker_unref(set);
    }
}
END_TEST

START_TEST(pick_set_fixed_order)
{
    struct picker_entry entries[3];
    for (unsigned i = 0; i < 3; i++)
        entries[i] = (struct picker_entry){ .addr = help_addr(PICKER_A, 9 - i), .member = i };
    struct picker *set = picker_new_set(PICKER_A, entries, 3, 2, false, PICKER_TTL_NONE, "web");
    ck_assert(!picker_turns(set));
    for (uint64_t turn = 0; turn < 5; turn++) {
        help_pick(set, &rng, turn, &answer);
        help_expect(&answer, "9 8");
        ck_assert_uint_eq(answer.ttl, PICKER_TTL_NONE);
    }
    struct help_shares shares;
    help_get_shares(set, &shares);
    ck_assert_double_eq(shares.share[9], 1.0);
    ck_assert_double_eq(shares.sum, 1.0);
    picker_unref(set);
}
END_TEST

START_TEST(pick_empty_gives_rcode)
{
    struct picker *empty = picker_new_empty(PICKER_AAAA, 2, "web");
    help_pick(empty, &rng, 7, &answer);
    ck_assert_uint_eq(answer.count, 0);
    ck_assert_uint_eq(answer.rcode, 2);
    ck_assert_uint_eq(answer.ttl, PICKER_TTL_NONE);
    ck_assert(!picker_turns(empty));
    ck_assert_int_eq(picker_kind(empty), PICKER_EMPTY);
    picker_unref(empty);
}
END_TEST

/* The multiplication must agree with the division everywhere, at the seams most of all. */
START_TEST(turn_is_exact_division)
{
    static const uint32_t divisors[] = { 1, 2, 3, 5, 7, 8, 10, 63, 64, 1000, 65537, UINT32_MAX };
    for (size_t d = 0; d < ARRAY_LEN(divisors); d++) {
        uint64_t magic = picker_magic(divisors[d]);
        for (unsigned i = 0; i < 200000; i++) {
            uint64_t turn = rng_next(&rng) >> (i % 64);
            if (i % 3 == 0)
                turn -= turn % divisors[d];
            if (i % 6 == 0)
                turn--;
            uint32_t rest;
            HELP_CHECK(picker_turn(turn, divisors[d], magic, &rest) == turn / divisors[d]);
            HELP_CHECK(rest == turn % divisors[d]);
        }
    }
}
END_TEST

/* ---- ROTATE ------------------------------------------------------------------------------------
 */

static struct picker *two_sets(uint32_t limit, uint32_t ttl)
{
    struct picker *children[] = { help_set(PICKER_A, 1, 2, 0, 60, "a"),
                                  help_set(PICKER_A, 11, 3, 0, 20, "b") };
    return picker_new_rotate(PICKER_A, children, 2, limit, ttl, "top");
}

START_TEST(pick_rotate_one_answer_is_mixed_radix)
{
    static const char *const expect[] = { "1", "11", "2", "12", "1", "13", "2", "11", "1" };
    struct picker *node = two_sets(1, 40);
    for (size_t i = 0; i < ARRAY_LEN(expect); i++) {
        help_pick(node, &rng, i, &answer);
        help_expect(&answer, expect[i]);
        ck_assert_uint_eq(answer.ttl, i % 2 == 0 ? 40 : 20);
    }
    picker_unref(node);
}
END_TEST

START_TEST(pick_rotate_several)
{
    static const char *const four[] = { "1 2 11 12", "11 12 13 1", "2 1 12 13", "12 13 11 2" };
    static const char *const all[] = { "1 2 11 12 13", "11 12 13 1 2" };
    struct picker *node = two_sets(4, PICKER_TTL_NONE);
    for (size_t i = 0; i < ARRAY_LEN(four); i++) {
        help_pick(node, &rng, i, &answer);
        help_expect(&answer, four[i]);
        ck_assert_uint_eq(answer.ttl, 20);
    }
    picker_unref(node);
    node = two_sets(0, 5);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        help_pick(node, &rng, i, &answer);
        help_expect(&answer, all[i]);
        ck_assert_uint_eq(answer.ttl, 5);
    }
    ck_assert(picker_turns(node));
    picker_unref(node);
}
END_TEST

/* A pool that gives nothing to an answer is not on its path: its TTL does not count. */
START_TEST(pick_rotate_ttl_of_those_that_answer)
{
    struct picker *node = two_sets(2, PICKER_TTL_NONE);
    help_pick(node, &rng, 0, &answer);
    help_expect(&answer, "1 2");
    ck_assert_uint_eq(answer.ttl, 60);
    help_pick(node, &rng, 1, &answer);
    help_expect(&answer, "11 12");
    ck_assert_uint_eq(answer.ttl, 20);
    picker_unref(node);
}
END_TEST

START_TEST(pick_rotate_drops_doubles)
{
    struct picker *children[] = { help_set(PICKER_AAAA, 1, 3, 0, 60, "a"),
                                  help_set(PICKER_AAAA, 2, 3, 0, 20, "b"),
                                  help_set(PICKER_AAAA, 1, 1, 0, 10, "c") };
    struct picker *node = picker_new_rotate(PICKER_AAAA, children, 3, 0, PICKER_TTL_NONE, "top");
    help_pick(node, &rng, 0, &answer);
    help_expect(&answer, "1 2 3 4");
    ck_assert_uint_eq(answer.ttl, 20);
    help_pick(node, &rng, 1, &answer);
    help_expect(&answer, "2 3 4 1");
    ck_assert_uint_eq(answer.ttl, 10);
    help_pick(node, &rng, 4, &answer); /* b from 3 on; then c; a has 2 to add */
    help_expect(&answer, "3 4 2 1");
    picker_unref(node);
}
END_TEST

START_TEST(pick_rotate_cuts_at_the_most_runs)
{
    enum { CHILDREN = PICKER_RUNS_MAX + 44 };
    struct picker *children[CHILDREN];
    for (unsigned i = 0; i < CHILDREN; i++)
        children[i] = help_set(PICKER_A, i + 1, 1, 0, 60, "child");
    struct picker *node = picker_new_rotate(PICKER_A, children, CHILDREN, 0, 60, "top");
    help_pick(node, &rng, 100, &answer);
    ck_assert_uint_eq(answer.count, PICKER_RUNS_MAX);
    ck_assert_uint_eq(answer.number[0], 101);
    ck_assert_uint_eq(answer.number[PICKER_RUNS_MAX - 1],
                      (100 + PICKER_RUNS_MAX - 1) % CHILDREN + 1);
    picker_unref(node);
}
END_TEST

/* ---- WEIGHT ------------------------------------------------------------------------------------
 */

#define DRAWS 100000

static struct picker *weighted(const uint32_t *weights, size_t count, uint32_t limit)
{
    struct picker *children[64];
    for (unsigned i = 0; i < count; i++)
        children[i] = help_set(PICKER_A, i, 1, 0, PICKER_TTL_NONE, "child");
    return picker_new_weight(PICKER_A, children, weights, count, limit, 30, "w");
}

static const struct weight_case {
    size_t count;
    uint32_t weights[8];
} weight_cases[] = {
    { 2, { 1, 1 } },
    { 2, { 1, 3 } },
    { 3, { 5, 3, 2 } },
    { 3, { 1, 1, 98 } },
    { 4, { 0, 1, 0, 2 } },
    { 3, { 0, 0, 0 } },
    { 8, { 1, 2, 3, 4, 5, 6, 7, 8 } },
    { 2, { 1U << 31, 1U << 31 } },
    { 3, { UINT32_MAX, UINT32_MAX, UINT32_MAX } },
    { 3, { 1U << 31, 1, 1U << 30 } },
};

static double weight_share(const struct weight_case *c, unsigned i)
{
    double sum = 0;
    for (size_t k = 0; k < c->count; k++)
        sum += c->weights[k];
    return sum > 0 ? c->weights[i] / sum : 1.0 / (double)c->count;
}

START_TEST(pick_weight_within_one_point)
{
    const struct weight_case *c = &weight_cases[_i];
    struct picker *node = weighted(c->weights, c->count, 1);
    struct help_shares shares;
    unsigned hits[8] = { 0 };
    help_get_shares(node, &shares);
    ck_assert_double_eq_tol(shares.sum, 1.0, 1e-12);
    for (unsigned i = 0; i < DRAWS; i++) {
        help_pick(node, &rng, i, &answer);
        HELP_CHECK(answer.count == 1 && answer.ttl == 30);
        hits[answer.number[0]]++;
    }
    for (unsigned i = 0; i < c->count; i++) {
        double want = weight_share(c, i);
        ck_assert_double_eq_tol((double)hits[i] / DRAWS, want, 0.01);
        ck_assert_double_eq_tol(shares.share[i], want, 1e-12);
        if (want == 0)
            ck_assert_uint_eq(hits[i], 0);
    }
    picker_unref(node);
}
END_TEST

/* The table itself, column by column: exact to the last bit that 64 bits of fraction can hold. */
START_TEST(weight_table_is_exact)
{
    const struct weight_case *c = &weight_cases[_i];
    struct picker *node = weighted(c->weights, c->count, 1);
    double share[8] = { 0 };
    for (uint32_t i = 0; i < node->count; i++) {
        double keep = ldexp((double)node->table[i].keep, -64);
        ck_assert_uint_lt(node->table[i].alias, node->count);
        share[i] += keep / node->count;
        share[node->table[i].alias] += (1 - keep) / node->count;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        double want = node->table[i].weight / (double)node->weight_sum;
        ck_assert_double_eq_tol(share[i], want, 1e-15);
    }
    picker_unref(node);
}
END_TEST

/* Chance of the ordered draw (i, j) without replacement. */
static double pair_share(const uint32_t *weights, double sum, unsigned i, unsigned j)
{
    return weights[i] / sum * (weights[j] / (sum - weights[i]));
}

START_TEST(pick_weight_without_replacement)
{
    static const uint32_t weights[] = { 5, 3, 1, 1 };
    struct picker *node = weighted(weights, 4, 2);
    unsigned hits[4][4] = { { 0 } };
    for (unsigned i = 0; i < DRAWS; i++) {
        help_pick(node, &rng, i, &answer);
        HELP_CHECK(answer.count == 2);
        hits[answer.number[0]][answer.number[1]]++;
    }
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_uint_eq(hits[i][i], 0);
        for (unsigned j = 0; j < 4; j++) {
            if (i != j)
                ck_assert_double_eq_tol((double)hits[i][j] / DRAWS, pair_share(weights, 10, i, j),
                                        0.006);
        }
    }
    picker_unref(node);
}
END_TEST

START_TEST(pick_weight_all_of_them)
{
    static const uint32_t limits[] = { 0, 5, 6, 100 };
    static const uint32_t weights[] = { 1U << 31, 1, 1U << 31, 1, 7 };
    struct picker *node = weighted(weights, 5, limits[_i]);
    for (unsigned i = 0; i < 2000; i++) {
        unsigned seen = 0;
        help_pick(node, &rng, i, &answer);
        ck_assert_uint_eq(answer.count, 5);
        for (size_t k = 0; k < 5; k++)
            seen |= 1U << answer.number[k];
        ck_assert_uint_eq(seen, 31);
    }
    picker_unref(node);
}
END_TEST

/* A member with two addresses gives both where there is room, else the one that the turn says. */
START_TEST(pick_weight_member_with_addresses)
{
    static const uint32_t weights[] = { 1, 1 };
    for (uint32_t limit = 1; limit <= 4; limit++) {
        struct picker *children[] = { help_set(PICKER_A, 10, 2, 0, PICKER_TTL_NONE, "a"),
                                      help_set(PICKER_A, 20, 1, 0, PICKER_TTL_NONE, "b") };
        struct picker *node = picker_new_weight(PICKER_A, children, weights, 2, limit, 30, "w");
        for (unsigned turn = 0; turn < 200; turn++) {
            unsigned first = 10 + turn % 2;
            help_pick(node, &rng, turn, &answer);
            ck_assert_uint_eq(answer.count, limit < 3 ? limit : 3);
            ck_assert(answer.number[0] == 20 || answer.number[0] == first);
            if (limit > 1)
                ck_assert_uint_eq(answer.number[1],
                                  answer.number[0] == 20 ? first : 10 + (turn + 1) % 2);
        }
        ck_assert(picker_turns(node));
        picker_unref(node);
    }
}
END_TEST

START_TEST(pick_weight_skips_doubles)
{
    static const uint32_t weights[] = { 1, 2, 3 };
    struct picker *children[] = { help_set(PICKER_A, 1, 1, 0, 9, "a"),
                                  help_set(PICKER_A, 1, 1, 0, 9, "b"),
                                  help_set(PICKER_A, 2, 1, 0, 9, "c") };
    struct picker *node = picker_new_weight(PICKER_A, children, weights, 3, 2, 30, "w");
    for (unsigned i = 0; i < 1000; i++) {
        help_pick(node, &rng, i, &answer);
        ck_assert_uint_eq(answer.count, 2);
        ck_assert_uint_ne(answer.number[0], answer.number[1]);
    }
    picker_unref(node);
}
END_TEST

/* The room that a parent leaves bounds a child, whatever its own limit is. */
START_TEST(pick_weight_below_rotate)
{
    static const uint32_t weights[] = { 1, 1, 1 };
    struct picker *children[] = { weighted(weights, 3, 2), help_set(PICKER_A, 2, 2, 0, 60, "b") };
    struct picker *node = picker_new_rotate(PICKER_A, children, 2, 3, 50, "top");
    for (unsigned i = 0; i < 1000; i++) {
        help_pick(node, &rng, i, &answer);
        ck_assert_uint_eq(answer.count, 3);
        ck_assert_uint_eq(answer.ttl, 30);
        ck_assert_uint_ne(answer.number[0], answer.number[1]);
        ck_assert_uint_ne(answer.number[0], answer.number[2]);
        ck_assert_uint_ne(answer.number[1], answer.number[2]);
    }
    picker_unref(node);
}
END_TEST

/* ---- shares, traces ----------------------------------------------------------------------------
 */

START_TEST(shares_of_a_graph)
{
    static const uint32_t weights[] = { 1, 3 };
    struct picker *shared = help_set(PICKER_A, 1, 2, 0, 60, "shared");
    struct picker *inner[] = { picker_ref(shared), help_set(PICKER_A, 5, 1, 0, 60, "five") };
    struct picker *outer[] = { shared, picker_new_weight(PICKER_A, inner, weights, 2, 1, 60, "w") };
    struct picker *node = picker_new_rotate(PICKER_A, outer, 2, 1, 60, "top");
    struct help_shares shares;
    help_get_shares(node, &shares);
    ck_assert_double_eq_tol(shares.share[1], 0.25 + 0.5 * 0.25 * 0.5, 1e-12);
    ck_assert_double_eq_tol(shares.share[2], 0.25 + 0.5 * 0.25 * 0.5, 1e-12);
    ck_assert_double_eq_tol(shares.share[5], 0.5 * 0.75, 1e-12);
    ck_assert_double_eq_tol(shares.sum, 1.0, 1e-12);
    picker_unref(node);
}
END_TEST

static void trace_pick(const struct picker *picker, uint64_t turn, struct trace *trace)
{
    static struct pick pick;
    struct pick_context ctx = { .rng = &rng, .turn = turn, .trace = trace };
    trace_init(trace);
    picker_pick(picker, &ctx, &pick);
    help_read(&pick, &answer);
}

START_TEST(trace_names_each_step)
{
    static const uint32_t weights[] = { 1, 0 };
    static struct trace trace;
    struct picker *web = help_set(PICKER_A, 1, 3, 2, 30, "web");
    picker_annotate(web, "round_robin");
    struct picker *children[] = { web, help_set(PICKER_A, 9, 1, 0, 30, "none") };
    struct picker *top = picker_new_weight(PICKER_A, children, weights, 2, 1, 20, "top");
    picker_annotate(top, "weighted");
    trace_pick(top, 4, &trace);
    help_expect(&answer, "2");
    ck_assert_uint_eq(trace.count, 3);
    ck_assert_str_eq(trace.steps[0].step, "pool");
    ck_assert_str_eq(trace.steps[0].detail, "top: weighted, goes to web");
    ck_assert_str_eq(trace.steps[1].detail, "web: round_robin, 3 addresses in rotation, 1 answer");
    ck_assert_str_eq(trace.steps[2].step, "pick");
    ck_assert_str_eq(trace.steps[2].detail, "web: 192.0.0.2, ttl 20");
    trace_fini(&trace);
    picker_unref(top);
}
END_TEST

START_TEST(trace_names_the_draw)
{
    static const uint32_t weights[] = { 2, 2 };
    static struct trace trace;
    struct picker *children[] = { help_set(PICKER_A, 1, 1, 0, PICKER_TTL_NONE, "m"),
                                  help_set(PICKER_A, 1, 1, 0, PICKER_TTL_NONE, "m") };
    struct picker *top =
        picker_new_weight(PICKER_A, children, weights, 2, 1, PICKER_TTL_NONE, "top");
    trace_pick(top, 0, &trace);
    ck_assert_uint_eq(trace.count, 4);
    ck_assert_str_eq(trace.steps[0].detail, "top: plain, 2 members drawn by weight, 1 answer");
    ck_assert_str_eq(trace.steps[1].detail, "top: drew m, weight 2 of 4");
    ck_assert_str_eq(trace.steps[2].detail, "m: plain, 1 address");
    ck_assert_str_eq(trace.steps[3].detail, "m: 192.0.0.1");
    trace_fini(&trace);
    picker_unref(top);
}
END_TEST

START_TEST(trace_of_empty_and_of_many)
{
    static struct trace trace;
    struct picker *empty = picker_new_empty(PICKER_A, 2, "web");
    picker_annotate(empty, "down, on_all_down servfail");
    trace_pick(empty, 0, &trace);
    ck_assert_uint_eq(trace.count, 1);
    ck_assert_str_eq(trace.steps[0].detail, "web: down, on_all_down servfail, no address, rcode 2");
    trace_fini(&trace);
    picker_unref(empty);
    struct picker *many = help_set(PICKER_A, 1, 10, 0, 30, "many");
    trace_pick(many, 9, &trace);
    ck_assert_str_eq(trace.steps[1].detail,
                     "many: 192.0.0.10 192.0.0.1 192.0.0.2 192.0.0.3 192.0.0.4 192.0.0.5 "
                     "192.0.0.6 192.0.0.7 and 2 more, ttl 30");
    trace_fini(&trace);
    picker_unref(many);
}
END_TEST

static struct picker *traced_graph(int which)
{
    static const uint32_t weights[] = { 1, 3 };
    if (which < 3)
        return two_sets((uint32_t)which, 30);
    struct picker *children[] = { two_sets(0, 30), help_set(PICKER_A, 21, 2, 0, 7, "c") };
    return picker_new_weight(PICKER_A, children, weights, 2, (uint32_t)which - 3, 60, "w");
}

/* The same answer with and without a trace, though the ways through the code differ. */
START_TEST(trace_changes_nothing)
{
    static struct trace trace;
    static struct help_answer plain;
    struct picker *node = traced_graph(_i);
    for (uint64_t turn = 0; turn < 100; turn++) {
        rng_seed(&rng, turn);
        help_pick(node, &rng, turn, &plain);
        rng_seed(&rng, turn);
        trace_pick(node, turn, &trace);
        ck_assert_uint_eq(answer.count, plain.count);
        ck_assert_mem_eq(answer.number, plain.number, plain.count * sizeof(plain.number[0]));
        ck_assert_mem_eq(answer.member, plain.member, plain.count * sizeof(plain.member[0]));
        ck_assert_uint_eq(answer.ttl, plain.ttl);
        trace_fini(&trace);
    }
    picker_unref(node);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("picker");
    TCase *set = tcase_create("set");
    TCase *rotate = tcase_create("rotate");
    TCase *weight = tcase_create("weight");
    TCase *trace = tcase_create("questions");
    TCase *const cases[] = { set, rotate, weight, trace };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        tcase_add_checked_fixture(cases[i], setup, NULL);
        suite_add_tcase(suite, cases[i]);
    }
    tcase_add_loop_test(set, pick_set_window, 0, ARRAY_LEN(set_cases));
    tcase_add_test(set, pick_set_fixed_order);
    tcase_add_test(set, pick_empty_gives_rcode);
    tcase_add_test(set, turn_is_exact_division);
    tcase_add_test(rotate, pick_rotate_one_answer_is_mixed_radix);
    tcase_add_test(rotate, pick_rotate_several);
    tcase_add_test(rotate, pick_rotate_ttl_of_those_that_answer);
    tcase_add_test(rotate, pick_rotate_drops_doubles);
    tcase_add_test(rotate, pick_rotate_cuts_at_the_most_runs);
    tcase_add_loop_test(weight, pick_weight_within_one_point, 0, ARRAY_LEN(weight_cases));
    tcase_add_loop_test(weight, weight_table_is_exact, 0, ARRAY_LEN(weight_cases));
    tcase_add_test(weight, pick_weight_without_replacement);
    tcase_add_loop_test(weight, pick_weight_all_of_them, 0, 4);
    tcase_add_test(weight, pick_weight_member_with_addresses);
    tcase_add_test(weight, pick_weight_skips_doubles);
    tcase_add_test(weight, pick_weight_below_rotate);
    tcase_add_test(trace, shares_of_a_graph);
    tcase_add_test(trace, trace_names_each_step);
    tcase_add_test(trace, trace_names_the_draw);
    tcase_add_test(trace, trace_of_empty_and_of_many);
    tcase_add_loop_test(trace, trace_changes_nothing, 0, 7);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
