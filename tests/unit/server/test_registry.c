// SPDX-License-Identifier: BSD-2-Clause
#include "server/registry.h"

#include "base/mem.h"
#include "resolver/stats.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(same_text_same_id)
{
    struct registry *registry = registry_new();
    ck_assert_uint_eq(registry_target(registry, "http a"), 0);
    ck_assert_uint_eq(registry_target(registry, "http b"), 1);
    ck_assert_uint_eq(registry_target(registry, "http a"), 0);
    ck_assert_uint_eq(registry_target_count(registry), 2);
    ck_assert_uint_eq(registry_member(registry, "web", "a"), 0);
    ck_assert_uint_eq(registry_member(registry, "web", "b"), 1);
    ck_assert_uint_eq(registry_member(registry, "app", "a"), 2);
    ck_assert_uint_eq(registry_member(registry, "web", "b"), 1);
    ck_assert_uint_eq(registry_member_count(registry), 3);
    registry_free(registry);
}
END_TEST

START_TEST(turns_are_lasting_and_apart)
{
    struct registry *registry = registry_new();
    struct turn *a = registry_turn(registry, "www.example.", PICKER_A);
    struct turn *aaaa = registry_turn(registry, "www.example.", PICKER_AAAA);
    ck_assert_ptr_ne(a, aaaa);
    ck_assert_uint_eq((uintptr_t)a % CACHE_LINE, 0);
    atomic_store(&a->value, 7);
    /* Many more, so that several blocks are made: the first must stay where it is. */
    for (int i = 0; i < 2000; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "n%d.example.", i);
        struct turn *turn = registry_turn(registry, name, PICKER_A);
        ck_assert_uint_eq(atomic_load(&turn->value), 0);
        atomic_store(&turn->value, (uint64_t)i);
    }
    ck_assert_ptr_eq(registry_turn(registry, "www.example.", PICKER_A), a);
    ck_assert_uint_eq(atomic_load(&a->value), 7);
    ck_assert_uint_eq(atomic_load(&registry_turn(registry, "n1999.example.", PICKER_A)->value),
                      1999);
    registry_free(registry);
    registry_free(NULL);
}
END_TEST

START_TEST(plain_turns_start_at_zero)
{
    struct registry *registry = registry_new();
    struct turn *turns = registry_turns(registry);
    for (size_t i = 0; i < STATE_TURNS; i++)
        ck_assert_uint_eq(atomic_load(&turns[i].value), 0);
    registry_free(registry);
}
END_TEST

/* More names than the workers count: their ids stay within the tables all the same. */
START_TEST(ids_of_members_stay_within_the_table)
{
    const uint32_t most = STATS_CHUNK * STATS_CHUNKS;
    struct registry *registry = registry_new();
    for (uint32_t i = 0; i < most + 5; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "%u", (unsigned)i);
        ck_assert_uint_eq(registry_member(registry, "web", name), i < most ? i : most - 1);
    }
    ck_assert_uint_eq(registry_member_count(registry), most);
    ck_assert_uint_eq(registry_member(registry, "web", "7"), 7);
    struct stats *stats = mem_alloc_aligned(sizeof(*stats));
    ck_assert(stats_reserve_members(stats, registry_member_count(registry)));
    stats_fini(stats);
    mem_free(stats);
    registry_free(registry);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registry");
    TCase *tcase = tcase_create("registry");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, same_text_same_id);
    tcase_add_test(tcase, turns_are_lasting_and_apart);
    tcase_add_test(tcase, plain_turns_start_at_zero);
    tcase_add_test(tcase, ids_of_members_stay_within_the_table);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
