// SPDX-License-Identifier: BSD-2-Clause
#include "server/api_internal.h"
#include "tests/support/api_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct api_fixture fixture;

static void set_up(void)
{
    api_fixture_start(&fixture, NULL, NULL);
}

static void tear_down(void)
{
    api_fixture_stop(&fixture);
}

START_TEST(target_lists_its_members)
{
    json_t *answer = NULL;
    ck_assert_uint_eq(api_fixture_call(&fixture, "GET", "/v1/checks", NULL, &answer), 200);
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "targets")), 1);
    ck_assert_str_eq(api_fixture_text(answer, "targets.0.check"), "conn");
    ck_assert_str_eq(api_fixture_text(answer, "targets.0.address"), "127.0.0.1");
    ck_assert_str_eq(api_fixture_text(answer, "targets.0.port"), "1");
    ck_assert_str_eq(api_fixture_text(answer, "targets.0.verdict"), "down");
    ck_assert_str_eq(api_fixture_text(answer, "targets.0.last.reason"), "connection refused");
    ck_assert_str_eq(api_fixture_text(answer, "targets.0.members"), "[\"checked/x\"]");
    ck_assert(json_is_integer(api_fixture_at(answer, "targets.0.next_in_ms")));
    json_decref(answer);
}
END_TEST

static const struct {
    const char *target;
    unsigned status;
    const char *code;
} pushes[] = {
    { "/v1/checks/conn/push", 409, "conflict" },
    { "/v1/checks/none/push", 404, "not_found" },
};

START_TEST(push_row)
{
    json_t *answer = NULL;
    ck_assert_uint_eq(api_fixture_call(&fixture, "POST", pushes[_i].target,
                                       "{\"address\":\"127.0.0.1\",\"result\":\"pass\"}", &answer),
                      pushes[_i].status);
    ck_assert_str_eq(api_fixture_text(answer, "error.code"), pushes[_i].code);
    json_decref(answer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_checks");
    TCase *tcase = tcase_create("api_checks");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, target_lists_its_members);
    tcase_add_loop_test(tcase, push_row, 0, (int)(sizeof(pushes) / sizeof(pushes[0])));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
