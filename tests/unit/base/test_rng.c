// SPDX-License-Identifier: BSD-2-Clause
#include "base/rng.h"

#include <check.h>
#include <stdlib.h>

START_TEST(seed_repeats_and_differs)
{
    struct rng a;
    struct rng b;
    struct rng c;
    rng_seed(&a, 0);
    rng_seed(&b, 0);
    rng_seed(&c, 1);
    ck_assert(a.state[0] != 0 || a.state[1] != 0);
    unsigned same = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t value = rng_next(&a);
        ck_assert_uint_eq(value, rng_next(&b));
        same += value == rng_next(&c);
    }
    ck_assert_uint_eq(same, 0);
}
END_TEST

/* Chi-squared over the buckets; the limit is far in the tail (p < 1e-6), the seed is fixed. */
START_TEST(below_is_uniform)
{
    static const uint32_t sizes[] = { 1, 2, 3, 7, 10, 64, 100 };
    uint32_t n = sizes[_i];
    struct rng rng;
    rng_seed(&rng, 42);
    double counts[100] = { 0 };
    const double draws = 100000;
    for (int i = 0; i < 100000; i++) {
        uint32_t value = rng_below(&rng, n);
        ck_assert_uint_lt(value, n);
        counts[value]++;
    }
    double expected = draws / n;
    double chi = 0;
    for (uint32_t i = 0; i < n; i++)
        chi += (counts[i] - expected) * (counts[i] - expected) / expected;
    ck_assert_double_lt(chi, n + 5 * 1.5 * n + 20);
}
END_TEST

START_TEST(below_reaches_large_values)
{
    struct rng rng;
    rng_seed(&rng, 7);
    uint32_t highest = 0;
    for (int i = 0; i < 1000; i++) {
        uint32_t value = rng_below(&rng, UINT32_MAX);
        highest = value > highest ? value : highest;
    }
    ck_assert_uint_gt(highest, UINT32_MAX / 100 * 98);
}
END_TEST

START_TEST(entropy_differs)
{
    uint64_t a = rng_entropy();
    uint64_t b = rng_entropy();
    ck_assert_uint_ne(a, b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rng");
    TCase *tcase = tcase_create("rng");
    tcase_add_test(tcase, seed_repeats_and_differs);
    tcase_add_loop_test(tcase, below_is_uniform, 0, 7);
    tcase_add_test(tcase, below_reaches_large_values);
    tcase_add_test(tcase, entropy_differs);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
