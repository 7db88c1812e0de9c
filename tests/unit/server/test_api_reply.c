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

static const struct {
    unsigned status;
    const char *code;
} codes[] = {
    { 400, "bad_request" }, { 401, "unauthorized" }, { 403, "forbidden" },
    { 404, "not_found" },   { 405, "bad_request" },  { 409, "conflict" },
    { 413, "too_large" },   { 415, "bad_request" },  { 422, "invalid_config" },
    { 500, "internal" },    { 503, "unavailable" },  { 431, "bad_request" },
};

START_TEST(code_row)
{
    ck_assert_str_eq(api_error_code(codes[_i].status), codes[_i].code);
}
END_TEST

START_TEST(error_has_code_message_and_path)
{
    json_t *answer = NULL;
    ck_assert_uint_eq(api_fixture_call(&fixture, "GET", "/v1/pools/no%20pool", NULL, &answer), 404);
    ck_assert_uint_eq(json_object_size(answer), 1);
    ck_assert_uint_eq(json_object_size(json_object_get(answer, "error")), 3);
    ck_assert_str_eq(api_fixture_text(answer, "error.code"), "not_found");
    ck_assert_str_eq(api_fixture_text(answer, "error.message"), "there is no pool no pool");
    ck_assert_str_eq(api_fixture_text(answer, "error.path"), "/v1/pools/no pool");
    json_decref(answer);
    ck_assert_uint_eq(api_fixture_call(&fixture, "PUT", "/", NULL, &answer), 405);
    ck_assert_str_eq(api_fixture_text(answer, "error.path"), "/");
    json_decref(answer);
}
END_TEST

START_TEST(answers_are_counted_by_status)
{
    struct api *api = fixture.api;
    ck_assert_uint_eq(api_fixture_call(&fixture, "GET", "/v1/status", NULL, NULL), 200);
    ck_assert_uint_eq(api_fixture_call(&fixture, "GET", "/v1/ready", NULL, NULL), 200);
    ck_assert_uint_eq(api_fixture_call(&fixture, "GET", "/v1/none", NULL, NULL), 404);
    ck_assert_uint_eq(api->requests[200], 2);
    ck_assert_uint_eq(api->requests[404], 1);
}
END_TEST

START_TEST(json_is_one_line)
{
    struct http_client_answer answer;
    ck_assert_uint_eq(api_fixture_tcp(&fixture, "GET", "/v1/pools", "", NULL, &answer), 200);
    ck_assert_ptr_eq(strchr(answer.body, '\n'), answer.body + answer.body_length - 1);
    ck_assert_ptr_null(strstr(answer.body, ": "));
    http_client_fini(&answer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_reply");
    TCase *tcase = tcase_create("api_reply");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, code_row, 0, (int)(sizeof(codes) / sizeof(codes[0])));
    tcase_add_test(tcase, error_has_code_message_and_path);
    tcase_add_test(tcase, answers_are_counted_by_status);
    tcase_add_test(tcase, json_is_one_line);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
