// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/picker_node.h"
#include "tests/unit/resolver/picker_help.h"

#include <check.h>
#include <stdlib.h>

static struct help_answer answer;
static struct rng rng;

/* ---- sets --------------------------------------------------------------------------------------
 */

/* Every address `times` times, the other family between. */
static struct picker *doubled_set(enum picker_family family, unsigned count, unsigned times)
{
    enum picker_family other = family == PICKER_A ? PICKER_AAAA : PICKER_A;
    size_t total = (size_t)count * times * 2;
    struct picker_entry *entries = MEM_NEW_ARRAY(struct picker_entry, total);
    for (unsigned i = 0; i < total; i++) {
        entries[i].addr = help_addr(i % 2 == 0 ? family : other, i / 2 % count + 1);
        entries[i].member = i;
    }
    struct picker *set = picker_new_set(family, entries, total, 0, true, 30, "web");
    mem_free(entries);
    return set;
}

static const unsigned doubled[] = { 1, 2, 8, 16, 17, 100, 2000 };

START_TEST(set_drops_doubles_and_the_other_family)
{
    for (unsigned times = 1; times <= 3; times++) {
        struct picker *set = doubled_set((enum picker_family)(times % 2), doubled[_i], times);
        help_pick(set, &rng, 0, &answer);
        ck_assert_uint_eq(answer.count, doubled[_i]);
        for (unsigned i = 0; i < answer.count; i++) {
            HELP_CHECK(answer.number[i] == i + 1);
            HELP_CHECK(answer.member[i] == 2 * i); /* of the first that has the address */
        }
        picker_unref(set);
    }
}
END_TEST

START_TEST(set_without_entries_is_empty)
{
    struct picker_entry entry = { .addr = help_addr(PICKER_AAAA, 1) };
    struct picker *none = picker_new_set(PICKER_A, NULL, 0, 0, true, 30, "web");
    struct picker *other = picker_new_set(PICKER_A, &entry, 1, 0, true, 30, "web");
    ck_assert_int_eq(picker_kind(none), PICKER_EMPTY);
    ck_assert_int_eq(picker_kind(other), PICKER_EMPTY);
    help_pick(other, &rng, 0, &answer);
    ck_assert_uint_eq(answer.count, 0);
    ck_assert_uint_eq(answer.rcode, 0);
    picker_unref(none);
    picker_unref(other);
}
END_TEST

START_TEST(set_gives_its_entries)
{
    const struct picker_entry *entries = NULL;
    size_t count = 0;
    struct picker *set = help_set(PICKER_A, 5, 3, 1, 30, "web");
    ck_assert(picker_is_set(set, &entries, &count));
    ck_assert_uint_eq(count, 3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(help_number(&entries[i].addr), 5 + i);
        ck_assert_uint_eq(entries[i].member, 5 + i);
    }
    ck_assert(picker_turns(set));
    struct picker *empty = picker_new_empty(PICKER_A, 0, "web");
    ck_assert(!picker_is_set(empty, &entries, &count));
    picker_unref(empty);
    picker_unref(set);
}
END_TEST

START_TEST(set_of_one_does_not_turn)
{
    struct picker *set = help_set(PICKER_A, 5, 1, 0, 30, "web");
    ck_assert(!picker_turns(set));
    picker_unref(set);
}
END_TEST

/* ---- folding -----------------------------------------------------------------------------------
 */

static struct picker *two(uint32_t limit)
{
    struct picker *children[] = { help_set(PICKER_A, 1, 2, 0, 50, "a"),
                                  help_set(PICKER_A, 11, 2, 0, 50, "b") };
    return picker_new_rotate(PICKER_A, children, 2, limit, 40, "two");
}

static struct picker *drawn(uint32_t limit)
{
    static const uint32_t weights[] = { 1, 2 };
    struct picker *children[] = { help_set(PICKER_A, 1, 2, 0, 50, "a"),
                                  help_set(PICKER_A, 11, 2, 0, 50, "b") };
    return picker_new_weight(PICKER_A, children, weights, 2, limit, 40, "drawn");
}

static struct picker *plain(uint32_t limit)
{
    return help_set(PICKER_A, 1, 4, limit, 40, "plain");
}

static struct picker *(*const makers[])(uint32_t limit) = { plain, two, drawn };

static const struct fold_case {
    uint32_t inner, outer, answers;
} fold_cases[] = { { 0, 0, 4 }, { 0, 1, 1 }, { 0, 3, 3 }, { 2, 0, 2 },
                   { 2, 3, 2 }, { 3, 2, 2 }, { 1, 8, 1 }, { 8, 8, 4 } };

/* One child under ROTATE, under WEIGHT and under `within` is the child with smaller bounds. */
static struct picker *wrap(struct picker *child, uint32_t limit, uint32_t ttl, int how)
{
    static const uint32_t weight = 7;
    if (how == 0)
        return picker_new_rotate(PICKER_A, &child, 1, limit, ttl, "outer");
    if (how == 1)
        return picker_new_weight(PICKER_A, &child, &weight, 1, limit, ttl, "outer");
    return picker_new_within(child, limit, ttl, "outer");
}

static void compare_picks(const struct picker *left, const struct picker *right, uint32_t limit)
{
    static struct help_answer other;
    for (uint64_t turn = 0; turn < 20; turn++) {
        struct rng a;
        struct rng b;
        rng_seed(&a, turn);
        rng_seed(&b, turn);
        help_pick(left, &a, turn, &answer);
        help_pick(right, &b, turn, &other);
        ck_assert_uint_eq(answer.count, limit);
        for (size_t i = 0; i < limit; i++)
            ck_assert_uint_eq(answer.number[i], other.number[i]);
    }
}

START_TEST(one_child_folds)
{
    const struct fold_case *c = &fold_cases[_i];
    for (size_t m = 0; m < ARRAY_LEN(makers); m++) {
        for (int how = 0; how < 3; how++) {
            struct picker *expect = makers[m](c->answers);
            struct picker *node = wrap(makers[m](c->inner), c->outer, how == 1 ? 50 : 30, how);
            ck_assert_int_eq(picker_kind(node), picker_kind(expect));
            ck_assert_uint_eq(node->depth, expect->depth);
            ck_assert(picker_turns(node) == picker_turns(expect));
            compare_picks(node, expect, c->answers);
            ck_assert_uint_eq(answer.ttl, how == 1 ? 40 : 30);
            picker_unref(node);
            picker_unref(expect);
        }
    }
}
END_TEST

START_TEST(empty_children_are_dropped)
{
    for (int how = 0; how < 2; how++) {
        static const uint32_t weights[] = { 1, 1, 1 };
        struct picker *children[] = { picker_new_empty(PICKER_A, 0, "e"), plain(0),
                                      picker_new_empty(PICKER_A, 2, "e") };
        struct picker *node = how == 0
                                  ? picker_new_rotate(PICKER_A, children, 3, 0, 30, "outer")
                                  : picker_new_weight(PICKER_A, children, weights, 3, 0, 30, "o");
        ck_assert_int_eq(picker_kind(node), PICKER_SET);
        picker_unref(node);
        children[0] = picker_new_empty(PICKER_A, 2, "e");
        node = picker_new_rotate(PICKER_A, children, 1, 0, 30, "outer");
        ck_assert_int_eq(picker_kind(node), PICKER_EMPTY);
        help_pick(node, &rng, 0, &answer);
        ck_assert_uint_eq(answer.rcode, 2);
        picker_unref(node);
    }
}
END_TEST

START_TEST(weight_zero_is_never_drawn)
{
    static const uint32_t weights[] = { 0, 5, 0 };
    struct picker *children[] = { plain(1), help_set(PICKER_A, 9, 1, 0, 30, "nine"), plain(1) };
    struct picker *node = picker_new_weight(PICKER_A, children, weights, 3, 0, 30, "outer");
    for (uint64_t turn = 0; turn < 100; turn++) {
        help_pick(node, &rng, turn, &answer);
        help_expect(&answer, "9");
    }
    picker_unref(node);
}
END_TEST

/* ---- overlap, depth ----------------------------------------------------------------------------
 */

static bool overlaps(unsigned first, unsigned second, uint32_t limit)
{
    struct picker *children[] = { help_set(PICKER_AAAA, first, 20, 0, 50, "a"),
                                  help_set(PICKER_AAAA, second, 20, 0, 50, "b") };
    struct picker *node = picker_new_rotate(PICKER_AAAA, children, 2, limit, 40, "two");
    bool overlap = node->overlap;
    picker_unref(node);
    return overlap;
}

START_TEST(overlap_is_seen)
{
    ck_assert(!overlaps(1, 21, 0));
    ck_assert(overlaps(1, 20, 0));
    ck_assert(overlaps(1, 1, 2));
    ck_assert(!overlaps(1, 1, 1)); /* one answer has no doubles */
}
END_TEST

START_TEST(many_leaves_are_taken_to_overlap)
{
    struct picker *children[] = { help_set(PICKER_A, 1, 3000, 0, 50, "a"),
                                  help_set(PICKER_A, 10001, 3000, 0, 50, "b") };
    struct picker *node = picker_new_rotate(PICKER_A, children, 2, 3002, 40, "two");
    ck_assert(node->overlap);
    help_pick(node, &rng, 0, &answer);
    ck_assert_uint_eq(answer.count, 3002);
    ck_assert_uint_eq(answer.number[3001], 10002);
    picker_unref(node);
}
END_TEST

START_TEST(too_deep_becomes_a_set)
{
    struct picker *node = help_set(PICKER_A, 0, 1, 0, 1000, "leaf");
    for (unsigned level = 1; level < 20; level++) {
        struct picker *children[] = { node, help_set(PICKER_A, level, 1, 0, 1000 - level, "n") };
        node = picker_new_rotate(PICKER_A, children, 2, 0, PICKER_TTL_NONE, "level");
        ck_assert_uint_le(node->depth, PICKER_DEPTH_MAX);
        bool flat = level % PICKER_DEPTH_MAX == 0;
        ck_assert_int_eq(picker_kind(node), flat ? PICKER_SET : PICKER_ROTATE);
        help_pick(node, &rng, 0, &answer);
        ck_assert_uint_eq(answer.count, level + 1);
        ck_assert_uint_eq(answer.ttl, 1000 - level);
    }
    picker_unref(node);
}
END_TEST

/* ---- references --------------------------------------------------------------------------------
 */

START_TEST(children_live_as_long_as_parents)
{
    struct picker *leaf = plain(0);
    struct picker *first = picker_new_within(picker_ref(leaf), 2, 30, "first");
    struct picker *children[] = { picker_ref(leaf), picker_ref(first) };
    struct picker *second = picker_new_rotate(PICKER_A, children, 2, 0, 30, "second");
    ck_assert_uint_eq(leaf->refs, 3);
    picker_unref(leaf);
    picker_unref(first);
    help_pick(second, &rng, 1, &answer); /* `first` begins, then what the leaf adds */
    help_expect(&answer, "1 2 3 4");
    picker_unref(second);
    picker_unref(NULL);
}
END_TEST

/* A chain of pools with one member each costs no stack. */
START_TEST(long_chain_folds_and_frees)
{
    struct picker *node = plain(0);
    for (unsigned i = 0; i < 300000; i++)
        node = picker_new_rotate(PICKER_A, &node, 1, 0, 30, "chain");
    ck_assert_uint_eq(node->depth, 1);
    help_pick(node, &rng, 2, &answer);
    help_expect(&answer, "3 4 1 2");
    picker_unref(node);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("picker_build");
    TCase *set = tcase_create("set");
    TCase *inner = tcase_create("inner");
    tcase_add_loop_test(set, set_drops_doubles_and_the_other_family, 0, ARRAY_LEN(doubled));
    tcase_add_test(set, set_without_entries_is_empty);
    tcase_add_test(set, set_gives_its_entries);
    tcase_add_test(set, set_of_one_does_not_turn);
    tcase_add_loop_test(inner, one_child_folds, 0, ARRAY_LEN(fold_cases));
    tcase_add_test(inner, empty_children_are_dropped);
    tcase_add_test(inner, weight_zero_is_never_drawn);
    tcase_add_test(inner, overlap_is_seen);
    tcase_add_test(inner, many_leaves_are_taken_to_overlap);
    tcase_add_test(inner, too_deep_becomes_a_set);
    tcase_add_test(inner, children_live_as_long_as_parents);
    tcase_add_test(inner, long_chain_folds_and_frees);
    suite_add_tcase(suite, set);
    suite_add_tcase(suite, inner);
    rng_seed(&rng, 2);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
