// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"

#include <check.h>
#include <stdlib.h>
#include <time.h>

START_TEST(mono_never_goes_back)
{
    uint64_t last = clock_mono_ns();
    ck_assert_uint_gt(last, 0);
    for (int i = 0; i < 10000; i++) {
        uint64_t now = clock_mono_ns();
        ck_assert_uint_ge(now, last);
        last = now;
    }
}
END_TEST

START_TEST(units_agree)
{
    uint64_t before = clock_mono_ns() / 1000000;
    uint64_t ms = clock_mono_ms();
    uint64_t after = clock_mono_ns() / 1000000;
    ck_assert_uint_ge(ms, before);
    ck_assert_uint_le(ms, after);
}
END_TEST

START_TEST(wall_is_unix_time)
{
    int64_t before = (int64_t)time(NULL) - 1;
    int64_t ms = clock_wall_ms();
    int64_t after = (int64_t)time(NULL) + 1;
    ck_assert_int_ge(ms / 1000, before);
    ck_assert_int_le(ms / 1000, after);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clock");
    TCase *tcase = tcase_create("clock");
    tcase_add_test(tcase, mono_never_goes_back);
    tcase_add_test(tcase, units_agree);
    tcase_add_test(tcase, wall_is_unix_time);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
