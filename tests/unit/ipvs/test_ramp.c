// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/ramp.h"

#include <check.h>

#define LENGTH 60000

START_TEST(small_weights_have_few_steps)
{
    ck_assert_uint_eq(ramp_weight(0, LENGTH, 0), 0);
    ck_assert_uint_eq(ramp_next(0, LENGTH, 0), LENGTH);
    ck_assert_uint_eq(ramp_weight(1, LENGTH, 0), 1);
    ck_assert_uint_eq(ramp_next(1, LENGTH, 0), LENGTH);
    ck_assert_uint_eq(ramp_weight(2, LENGTH, 0), 1);
    ck_assert_uint_eq(ramp_next(2, LENGTH, 0), LENGTH);
    ck_assert_uint_eq(ramp_weight(2, LENGTH, LENGTH - 1), 1);
    ck_assert_uint_eq(ramp_weight(2, LENGTH, LENGTH), 2);
    ck_assert_uint_eq(ramp_weight(3, LENGTH, LENGTH / 2), 2);
    ck_assert_uint_eq(ramp_weight(100, LENGTH, 0), 10);
    ck_assert_uint_eq(ramp_weight(100, LENGTH, LENGTH / 2), 55);
    ck_assert_uint_eq(ramp_weight(100, LENGTH, LENGTH * 2), 100);
    ck_assert_uint_eq(ramp_next(100, LENGTH, LENGTH * 2), LENGTH);
}
END_TEST

/* From step to step as ramp_next says: nothing changes before, something does then. */
static void climb(uint32_t full, uint64_t length)
{
    uint32_t rise_max = full / 20 > 1 ? full / 20 : 1;
    uint32_t weight = ramp_weight(full, length, 0);
    ck_assert_uint_ge(weight, 1);
    ck_assert(weight == 1 || weight * 10 <= full);
    uint64_t at = 0;
    unsigned steps = 0;
    while (at < length) {
        uint64_t next = ramp_next(full, length, at);
        ck_assert_uint_gt(next, at);
        ck_assert_uint_le(next, length);
        ck_assert_uint_eq(ramp_weight(full, length, next - 1), weight);
        uint32_t then = ramp_weight(full, length, next);
        if (length > 100 && full > 1)
            ck_assert(then > weight && then - weight <= rise_max);
        weight = then;
        at = next;
        steps++;
    }
    ck_assert_uint_eq(weight, full);
    ck_assert_uint_le(steps, 40);
}

START_TEST(every_ramp_rises_in_small_steps)
{
    for (uint32_t full = 1; full <= 3000; full++)
        climb(full, 10007);
    climb(65535, 60000);
    climb(65535, 86400000);
    climb(20, 1); /* shorter than its steps */
    climb(1000, 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ramp");
    TCase *tcase = tcase_create("ramp");
    tcase_add_test(tcase, small_weights_have_few_steps);
    tcase_add_test(tcase, every_ramp_rises_in_small_steps);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
