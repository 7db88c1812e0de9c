// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/stats.h"

#include "base/mem.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

static struct stats *stats;

static void set_up(void)
{
    stats = mem_alloc_aligned(sizeof(*stats));
}

static void tear_down(void)
{
    stats_fini(stats);
    mem_free(stats);
}

START_TEST(stats_add_adds)
{
    stats_add(&stats->queries[STATS_UDP], 1);
    stats_add(&stats->queries[STATS_UDP], 41);
    ck_assert_uint_eq(stats_get(&stats->queries[STATS_UDP]), 42);
    ck_assert_uint_eq(stats_get(&stats->queries[STATS_TCP]), 0);
}
END_TEST

START_TEST(stats_member_counts_in_every_chunk)
{
    static const uint32_t ids[] = { 0, 1, STATS_CHUNK - 1, STATS_CHUNK, 3 * STATS_CHUNK };
    ck_assert(stats_reserve_members(stats, 3 * STATS_CHUNK + 1));
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        for (size_t n = 0; n <= i; n++)
            stats_member(stats, ids[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        ck_assert_uint_eq(stats_get_member(stats, ids[i]), i + 1);
    ck_assert_uint_eq(stats_get_member(stats, 2), 0);
}
END_TEST

START_TEST(stats_member_without_a_chunk_is_not_counted)
{
    stats_member(stats, 5);
    ck_assert_uint_eq(stats_get_member(stats, 5), 0);
    ck_assert(stats_reserve_members(stats, STATS_CHUNK));
    stats_member(stats, STATS_CHUNK); /* one beyond what was reserved */
    ck_assert_uint_eq(stats_get_member(stats, STATS_CHUNK), 0);
}
END_TEST

START_TEST(stats_reserve_members_keeps_what_was_counted)
{
    ck_assert(stats_reserve_members(stats, 1));
    stats_member(stats, 0);
    ck_assert(stats_reserve_members(stats, 10 * STATS_CHUNK));
    ck_assert_uint_eq(stats_get_member(stats, 0), 1);
}
END_TEST

START_TEST(stats_reserve_members_refuses_more_than_the_table)
{
    ck_assert(!stats_reserve_members(stats, STATS_CHUNK * STATS_CHUNKS + 1));
    ck_assert(!stats_reserve_members(stats, UINT32_MAX));
    ck_assert(stats_reserve_members(stats, 0));
    ck_assert_uint_eq(stats_get_member(stats, UINT32_MAX), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stats");
    TCase *tcase = tcase_create("stats");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, stats_add_adds);
    tcase_add_test(tcase, stats_member_counts_in_every_chunk);
    tcase_add_test(tcase, stats_member_without_a_chunk_is_not_counted);
    tcase_add_test(tcase, stats_reserve_members_keeps_what_was_counted);
    tcase_add_test(tcase, stats_reserve_members_refuses_more_than_the_table);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
