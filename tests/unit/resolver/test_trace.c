// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/trace.h"

#include <check.h>
#include <stdlib.h>
#include <wchar.h>

START_TEST(trace_add_keeps_order_and_text)
{
    struct trace trace;
    trace_init(&trace);
    trace_add(&trace, "zone", "%s serial %u", "example.test.", 7U);
    trace_add(&trace, "node", "%s", "");
    ck_assert_uint_eq(trace.count, 2);
    ck_assert_str_eq(trace.steps[0].step, "zone");
    ck_assert_str_eq(trace.steps[0].detail, "example.test. serial 7");
    ck_assert_str_eq(trace.steps[1].step, "node");
    ck_assert_str_eq(trace.steps[1].detail, "");
    trace_fini(&trace);
    ck_assert_uint_eq(trace.count, 0);
}
END_TEST

START_TEST(trace_add_leaves_out_what_is_beyond_the_table)
{
    struct trace trace;
    trace_init(&trace);
    for (int i = 0; i < TRACE_STEP_MAX + 10; i++)
        trace_add(&trace, "pick", "%d", i);
    ck_assert_uint_eq(trace.count, TRACE_STEP_MAX);
    ck_assert_str_eq(trace.steps[TRACE_STEP_MAX - 1].detail, "127");
    trace_fini(&trace);
}
END_TEST

START_TEST(trace_add_leaves_out_what_cannot_be_printed)
{
    struct trace trace;
    trace_init(&trace);
    trace_add(&trace, "pick", "%lc", (wint_t)0xd800); /* no character of any locale */
    ck_assert_uint_eq(trace.count, 0);
    trace_fini(&trace);
}
END_TEST

START_TEST(trace_fini_makes_the_trace_usable_again)
{
    struct trace trace;
    trace_init(&trace);
    trace_add(&trace, "a", "1");
    trace_fini(&trace);
    trace_add(&trace, "b", "2");
    ck_assert_uint_eq(trace.count, 1);
    ck_assert_str_eq(trace.steps[0].step, "b");
    trace_fini(&trace);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *tcase = tcase_create("trace");
    tcase_add_test(tcase, trace_add_keeps_order_and_text);
    tcase_add_test(tcase, trace_add_leaves_out_what_is_beyond_the_table);
    tcase_add_test(tcase, trace_add_leaves_out_what_cannot_be_printed);
    tcase_add_test(tcase, trace_fini_makes_the_trace_usable_again);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
