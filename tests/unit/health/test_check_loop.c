// SPDX-License-Identifier: BSD-2-Clause
#include "health/check_loop.h"

#include "base/compiler.h"

#include <check.h>

struct call {
    struct check_later later;
    struct check_loop *loop;
    unsigned count;
    unsigned again; /* how often it asks for another call */
    struct call *forget;
};

static struct check_loop loop;

static void set_up(void)
{
    ck_assert_int_eq(check_loop_init(&loop), 0);
}

static void tear_down(void)
{
    check_loop_fini(&loop);
}

static void run_call(struct check_later *later)
{
    struct call *call = CONTAINER_OF(later, struct call, later);
    call->count++;
    if (call->forget != NULL)
        check_loop_forget(&loop, &call->forget->later);
    if (call->again > 0) {
        call->again--;
        check_loop_later(&loop, &call->later, run_call);
    }
}

START_TEST(later_runs_once_and_not_at_once)
{
    struct call call = { 0 };
    check_loop_later(&loop, &call.later, run_call);
    ck_assert_uint_eq(call.count, 0);
    uv_run(&loop.uv, UV_RUN_DEFAULT);
    ck_assert_uint_eq(call.count, 1);
    uv_run(&loop.uv, UV_RUN_NOWAIT);
    ck_assert_uint_eq(call.count, 1);
}
END_TEST

START_TEST(later_from_within_waits_for_the_next_round)
{
    struct call call = { .again = 2 };
    check_loop_later(&loop, &call.later, run_call);
    for (unsigned round = 1; round <= 3; round++) {
        uv_run(&loop.uv, UV_RUN_NOWAIT);
        ck_assert_uint_eq(call.count, round);
    }
    uv_run(&loop.uv, UV_RUN_DEFAULT); /* ends: nothing is active any more */
    ck_assert_uint_eq(call.count, 3);
}
END_TEST

START_TEST(forget_takes_back)
{
    struct call call = { 0 };
    check_loop_later(&loop, &call.later, run_call);
    check_loop_forget(&loop, &call.later);
    check_loop_forget(&loop, &call.later);
    uv_run(&loop.uv, UV_RUN_DEFAULT);
    ck_assert_uint_eq(call.count, 0);
}
END_TEST

START_TEST(forget_from_within_another_call)
{
    struct call second = { 0 };
    struct call first = { .forget = &second };
    check_loop_later(&loop, &first.later, run_call);
    check_loop_later(&loop, &second.later, run_call);
    uv_run(&loop.uv, UV_RUN_DEFAULT);
    ck_assert_uint_eq(first.count, 1);
    ck_assert_uint_eq(second.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("check_loop");
    TCase *tcase = tcase_create("check_loop");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, later_runs_once_and_not_at_once);
    tcase_add_test(tcase, later_from_within_waits_for_the_next_round);
    tcase_add_test(tcase, forget_takes_back);
    tcase_add_test(tcase, forget_from_within_another_call);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
