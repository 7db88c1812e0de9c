// SPDX-License-Identifier: BSD-2-Clause
/* Bodies and parameters: every mistake is 400 with the key at fault, and changes nothing. */
#include "base/clock.h"
#include "server/api_internal.h"
#include "tests/support/api_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define STATE  "/v1/pools/web/members/a/state"
#define WEIGHT "/v1/pools/web/members/a/weight"
#define LONG   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

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
    const char *method;
    const char *target;
    const char *body;
    const char *path; /* of the error */
} bad[] = {
    { "PUT", STATE, NULL, "state" },
    { "PUT", STATE, "{}", "state" },
    { "PUT", STATE, "", "state" },
    { "PUT", STATE, "[]", "" },
    { "PUT", STATE, "null", "" },
    { "PUT", STATE, "\"down\"", "" },
    { "PUT", STATE, "{\"state\":\"down\"", "" },
    { "PUT", STATE, "{\"state\":\"down\"} x", "" },
    { "PUT", STATE, "{\"state\":\"down\",\"state\":\"up\"}", "" },
    { "PUT", STATE, "{\"state\":\"Down\"}", "state" },
    { "PUT", STATE, "{\"state\":\"\"}", "state" },
    { "PUT", STATE, "{\"state\":1}", "state" },
    { "PUT", STATE, "{\"state\":null}", "state" },
    { "PUT", STATE, "{\"state\":[\"down\"]}", "state" },
    { "PUT", STATE, "{\"state\":\"down\\u0000\"}", "" },
    { "PUT", STATE, "{\"state\":\"down\",\"why\":\"x\"}", "why" },
    { "PUT", STATE, "{\"state\":\"down\",\"a b\":1}", "[\"a b\"]" },
    { "PUT", STATE, "{\"state\":\"down\",\"reason\":7}", "reason" },
    { "PUT", STATE, "{\"state\":\"down\",\"reason\":\"" LONG LONG LONG LONG "\"}", "reason" },
    { "PUT", STATE, "{\"state\":\"down\",\"reason\":\"\xff\"}", "" },
    { "PUT", STATE, "{\"state\":\"down\",\"for\":\"soon\"}", "for" },
    { "PUT", STATE, "{\"state\":\"down\",\"for\":\"10\"}", "for" },
    { "PUT", STATE, "{\"state\":\"down\",\"for\":0}", "for" },
    { "PUT", STATE, "{\"state\":\"down\",\"for\":\"0s\"}", "for" },
    { "PUT", STATE, "{\"state\":\"down\",\"for\":-5}", "for" },
    { "PUT", STATE, "{\"state\":\"down\",\"for\":1e300}", "for" },
    { "PUT", STATE, "{\"state\":\"down\",\"for\":\"99999d\"}", "for" },
    { "PUT", STATE, "{\"state\":\"down\",\"for\":null}", "for" },
    { "PUT", WEIGHT, "{}", "weight" },
    { "PUT", WEIGHT, "{\"weight\":-1}", "weight" },
    { "PUT", WEIGHT, "{\"weight\":65536}", "weight" },
    { "PUT", WEIGHT, "{\"weight\":1.5}", "weight" },
    { "PUT", WEIGHT, "{\"weight\":\"5\"}", "weight" },
    { "PUT", WEIGHT, "{\"weight\":true}", "weight" },
    { "PUT", WEIGHT, "{\"weight\":1000000000000000000000}", "" },
    { "POST", "/v1/reload", "{\"now\":true}", "now" },
    { "POST", "/v1/reload?zone=x", NULL, "zone" },
    { "DELETE", "/v1/overrides/o1", "{\"x\":1}", "x" },
    { "GET", "/v1/explain", NULL, "name" },
    { "GET", "/v1/explain?Name=x", NULL, "Name" },
    { "GET", "/v1/pools?x", NULL, "x" },
};

START_TEST(bad_row)
{
    json_t *answer = NULL;
    ck_assert_uint_eq(
        api_fixture_call(&fixture, bad[_i].method, bad[_i].target, bad[_i].body, &answer), 400);
    ck_assert_str_eq(api_fixture_text(answer, "error.code"), "bad_request");
    ck_assert_str_eq(api_fixture_text(answer, "error.path"), bad[_i].path);
    ck_assert_str_ne(api_fixture_text(answer, "error.message"), "");
    json_decref(answer);
    ck_assert_uint_eq(override_count(control_overrides(fixture.control.control)), 0);
}
END_TEST

START_TEST(deep_body_is_refused)
{
    char *deep = malloc(100001);
    json_t *answer = NULL;
    memset(deep, '[', 100000);
    deep[100000] = '\0';
    ck_assert_uint_eq(api_fixture_call(&fixture, "PUT", STATE, deep, &answer), 400);
    json_decref(answer);
    free(deep);
}
END_TEST

static const struct {
    const char *body;
    int64_t span_ms;
} spans[] = {
    { "{\"state\":\"down\"}", 0 },
    { "{\"state\":\"down\",\"for\":\"10m\"}", 600000 },
    { "{\"state\":\"down\",\"for\":\"1500ms\"}", 1500 },
    { "{\"state\":\"down\",\"for\":90}", 90000 },
    { "{\"state\":\"down\",\"for\":2.5}", 2500 },
    { "{\"state\":\"down\",\"for\":\"1d\",\"reason\":\"\"}", 86400000 },
};

START_TEST(span_row)
{
    int64_t before = clock_wall_ms();
    ck_assert_uint_eq(api_fixture_call(&fixture, "PUT", STATE, spans[_i].body, NULL), 200);
    const struct override_store *store = control_overrides(fixture.control.control);
    ck_assert_uint_eq(override_count(store), 1);
    int64_t until = override_at(store, 0)->until_ms;
    if (spans[_i].span_ms == 0) {
        ck_assert_int_eq(until, 0);
        return;
    }
    ck_assert_int_ge(until, before + spans[_i].span_ms);
    ck_assert_int_le(until, clock_wall_ms() + spans[_i].span_ms);
}
END_TEST

START_TEST(empty_object_is_no_body)
{
    ck_assert_uint_eq(api_fixture_call(&fixture, "POST", "/v1/reload", "{}", NULL), 200);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_body");
    TCase *tcase = tcase_create("body");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, bad_row, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_loop_test(tcase, span_row, 0, (int)(sizeof(spans) / sizeof(spans[0])));
    tcase_add_test(tcase, deep_body_is_refused);
    tcase_add_test(tcase, empty_object_is_no_body);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
