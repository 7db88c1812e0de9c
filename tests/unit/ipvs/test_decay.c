// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/decay.h"

#include "base/compiler.h"

#include <check.h>
#include <math.h>

#define START 5000000

/* `seconds` samples of n0 connections with a lifetime of `lifetime` seconds from `at_ms` on. */
static void feed(struct decay *decay, uint64_t at_ms, double n0, double lifetime, unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++)
        decay_add(decay, at_ms + i * 1000, (uint64_t)lround(n0 * exp(-(double)i / lifetime)));
}

START_TEST(no_end_is_told_without_a_trend)
{
    struct decay decay = { 0 };
    ck_assert_uint_eq(decay_end_ms(&decay), 0);
    feed(&decay, START, 1000, 10, 3);
    ck_assert_uint_eq(decay_end_ms(&decay), 0); /* too few */
    struct decay flat = { 0 };
    for (unsigned i = 0; i < 50; i++)
        decay_add(&flat, START + i * 1000, 17);
    ck_assert_uint_eq(decay_end_ms(&flat), 0);
    struct decay growing = { 0 };
    for (unsigned i = 0; i < 50; i++)
        decay_add(&growing, START + i * 1000, 17 + i);
    ck_assert_uint_eq(decay_end_ms(&growing), 0);
    struct decay none = { 0 };
    for (unsigned i = 0; i < 50; i++)
        decay_add(&none, START + i * 1000, 0);
    ck_assert_uint_eq(decay_end_ms(&none), 0);
}
END_TEST

static const struct {
    double n0, lifetime;
    unsigned seconds;
} curves[] = {
    { 1000, 10, 4 }, { 1000, 10, 30 }, { 50000, 30, 60 }, { 100000, 300, 120 }, { 200, 60, 100 },
};

START_TEST(the_end_of_an_exponential_is_found)
{
    struct decay decay = { 0 };
    double lifetime = curves[_i].lifetime;
    feed(&decay, START, curves[_i].n0, lifetime, curves[_i].seconds);
    double expected = START + (log(curves[_i].n0) + 0.5772) * lifetime * 1000;
    ck_assert_double_eq_tol((double)decay_end_ms(&decay), expected, lifetime * 1000);
}
END_TEST

START_TEST(old_samples_fade)
{
    struct decay decay = { 0 };
    feed(&decay, START, 100000, 5, 10); /* the short ones go at once, the long ones stay */
    feed(&decay, START + 10000, 13534, 200, 300);
    double expected = START + 10000 + (log(13534) + 0.5772) * 200 * 1000;
    ck_assert_double_eq_tol((double)decay_end_ms(&decay), expected, 200 * 1000);
}
END_TEST

START_TEST(samples_are_taken_once_a_second)
{
    struct decay once = { 0 };
    struct decay often = { 0 };
    feed(&once, START, 1000, 10, 10);
    for (unsigned i = 0; i < 10; i++) {
        for (unsigned again = 0; again < 1000; again += 100)
            decay_add(&often, START + i * 1000 + again,
                      (uint64_t)lround(1000 * exp(-(double)i / 10)));
    }
    ck_assert_uint_eq(often.samples, 10);
    ck_assert_uint_eq(decay_end_ms(&often), decay_end_ms(&once));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decay");
    TCase *tcase = tcase_create("decay");
    tcase_add_test(tcase, no_end_is_told_without_a_trend);
    tcase_add_loop_test(tcase, the_end_of_an_exponential_is_found, 0, (int)ARRAY_LEN(curves));
    tcase_add_test(tcase, old_samples_fade);
    tcase_add_test(tcase, samples_are_taken_once_a_second);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
