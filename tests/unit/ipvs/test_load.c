// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/load.h"

#include <check.h>
#include <math.h>

#define TTL 30000

START_TEST(the_factor_falls_between_two_utilisations)
{
    ck_assert_double_eq_tol(load_factor(0), 1, 1e-9);
    ck_assert_double_eq_tol(load_factor(0.8), 1, 1e-9);
    ck_assert_double_eq_tol(load_factor(1.0), 0.55, 1e-9);
    ck_assert_double_eq_tol(load_factor(1.2), 0.1, 1e-9);
    ck_assert_double_eq_tol(load_factor(50), 0.1, 1e-9);
}
END_TEST

START_TEST(a_jump_moves_by_a_tenth_in_a_period)
{
    struct load load = { 0 };
    double last = load_step(&load, 1000, 2, TTL);
    ck_assert_double_eq_tol(last, 1, 1e-9);
    double slowest = 1;
    for (uint64_t ms = 2000; ms <= 1000 + 10 * TTL; ms += 1000) {
        double now = load_step(&load, ms, 2, TTL);
        ck_assert(now <= last + 1e-9);
        ck_assert_double_ge(now, 1 - 0.1 * (double)(ms - 1000) / TTL - 1e-9);
        slowest = fmin(slowest, now);
        last = now;
    }
    ck_assert_double_eq_tol(slowest, 0.1, 0.05);
    struct load quick = { 0 }; /* without a TTL a second is the period, and smoothing slows it */
    load_step(&quick, 1000, 2, 0);
    for (uint64_t ms = 2000; ms <= 6000; ms += 1000)
        last = load_step(&quick, ms, 2, 0);
    ck_assert_double_ge(last, 0.5);
    ck_assert_double_lt(last, 0.7);
}
END_TEST

START_TEST(small_changes_are_kept_back)
{
    struct load load = { 0 };
    double last = load_step(&load, 0, 1, 1000);
    unsigned changes = 0;
    for (uint64_t ms = 1000; ms < 200000; ms += 1000) {
        /* swings around a mean */
        double now = load_step(&load, ms, 1 + 0.03 * sin((double)ms / 5000), 1000);
        if (now < last || now > last) {
            ck_assert_double_ge(fabs(now - last), 0.05 - 1e-9);
            changes++;
        }
        last = now;
    }
    ck_assert_double_eq_tol(last, 0.55, 0.1);
    ck_assert_uint_le(changes, 12);
}
END_TEST

START_TEST(it_comes_back_all_the_way)
{
    struct load load = { 0 };
    for (uint64_t ms = 0; ms < 100000; ms += 1000)
        load_step(&load, ms, 1.2, 1000);
    double factor = 0;
    for (uint64_t ms = 100000; ms < 300000; ms += 1000)
        factor = load_step(&load, ms, 0.1, 1000);
    ck_assert_double_eq(factor, 1);
    load_step(&load, 400000, 1.2, 1000);
    load_reset(&load);
    ck_assert_double_eq(load_step(&load, 401000, 0.5, 1000), 1);
}
END_TEST

START_TEST(the_same_time_changes_nothing)
{
    struct load load = { 0 };
    load_step(&load, 0, 1.2, 1000);
    double factor = load_step(&load, 9000, 1.2, 1000);
    ck_assert_double_lt(factor, 1);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_double_eq(load_step(&load, 9000, 0, 1000), factor);
    ck_assert_double_eq(load_step(&load, 8000, 0, 1000), factor); /* a clock that goes back */
}
END_TEST

START_TEST(an_unknown_utilisation_changes_nothing)
{
    struct load load = { 0 };
    load_step(&load, 0, 1.2, 1000);
    double factor = load_step(&load, 9000, 1.2, 1000);
    ck_assert_double_eq(load_step(&load, 90000, -1, 1000), factor);
    /* and the time until it is known again does not count */
    ck_assert_double_ge(load_step(&load, 90500, 1.2, 1000), factor - 0.05 - 1e-9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("load");
    TCase *tcase = tcase_create("load");
    tcase_add_test(tcase, the_factor_falls_between_two_utilisations);
    tcase_add_test(tcase, a_jump_moves_by_a_tenth_in_a_period);
    tcase_add_test(tcase, small_changes_are_kept_back);
    tcase_add_test(tcase, it_comes_back_all_the_way);
    tcase_add_test(tcase, the_same_time_changes_nothing);
    tcase_add_test(tcase, an_unknown_utilisation_changes_nothing);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
