// SPDX-License-Identifier: BSD-2-Clause
#include "health/deadline.h"

#include "base/rng.h"

#include <check.h>

#define ITEMS 200

START_TEST(first_of_an_empty_heap)
{
    struct deadline_heap heap = { 0 };
    struct deadline item = { 0 };
    ck_assert_ptr_null(deadline_first(&heap));
    deadline_remove(&heap, &item); /* not in it */
    ck_assert_ptr_null(deadline_first(&heap));
    deadline_heap_fini(&heap);
}
END_TEST

START_TEST(set_moves_both_ways)
{
    struct deadline_heap heap = { 0 };
    struct deadline a = { 0 };
    struct deadline b = { 0 };
    deadline_set(&heap, &a, 10);
    deadline_set(&heap, &b, 20);
    ck_assert_ptr_eq(deadline_first(&heap), &a);
    deadline_set(&heap, &a, 30);
    ck_assert_ptr_eq(deadline_first(&heap), &b);
    deadline_set(&heap, &a, 5);
    ck_assert_ptr_eq(deadline_first(&heap), &a);
    ck_assert_uint_eq(heap.count, 2);
    deadline_heap_fini(&heap);
    ck_assert_uint_eq(a.place, 0);
}
END_TEST

/* Against the simplest thing that is right: a search through all. */
START_TEST(agrees_with_a_linear_search)
{
    struct deadline_heap heap = { 0 };
    static struct deadline items[ITEMS];
    struct rng rng;
    rng_seed(&rng, (uint64_t)_i);
    for (unsigned round = 0; round < 5000; round++) {
        struct deadline *item = &items[rng_below(&rng, ITEMS)];
        if (rng_below(&rng, 3) == 0)
            deadline_remove(&heap, item);
        else
            deadline_set(&heap, item, rng_below(&rng, 1000));
        uint64_t least = UINT64_MAX;
        size_t inside = 0;
        for (size_t i = 0; i < ITEMS; i++) {
            if (items[i].place == 0)
                continue;
            inside++;
            least = items[i].due_ms < least ? items[i].due_ms : least;
        }
        ck_assert_uint_eq(heap.count, inside);
        if (inside == 0)
            ck_assert_ptr_null(deadline_first(&heap));
        else
            ck_assert_uint_eq(deadline_first(&heap)->due_ms, least);
    }
    deadline_heap_fini(&heap);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deadline");
    TCase *tcase = tcase_create("deadline");
    tcase_add_test(tcase, first_of_an_empty_heap);
    tcase_add_test(tcase, set_moves_both_ways);
    tcase_add_loop_test(tcase, agrees_with_a_linear_search, 0, 4);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
