// SPDX-License-Identifier: BSD-2-Clause
#include "base/version.h"
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

static json_t *get(const char *target)
{
    json_t *answer = NULL;
    ck_assert_uint_eq(api_fixture_call(&fixture, "GET", target, NULL, &answer), 200);
    ck_assert_ptr_nonnull(answer);
    return answer;
}

START_TEST(status_counts)
{
    json_t *status = get("/v1/status");
    ck_assert_str_eq(api_fixture_text(status, "version"), GSLB_VERSION);
    ck_assert_str_eq(api_fixture_text(status, "zones"), "1");
    ck_assert_str_eq(api_fixture_text(status, "pools"), "4");
    ck_assert_str_eq(api_fixture_text(status, "workers"), "2");
    ck_assert_str_eq(api_fixture_text(status, "members.disabled"), "1");
    ck_assert_str_eq(api_fixture_text(status, "members.down"), "1");
    ck_assert_str_eq(api_fixture_text(status, "members.up"), "2");
    ck_assert_str_eq(api_fixture_text(status, "members.unknown"), "5");
    ck_assert(json_is_integer(json_object_get(status, "generation")));
    ck_assert_int_ge(json_integer_value(json_object_get(status, "uptime_s")), 0);
    json_decref(status);
}
END_TEST

START_TEST(status_lists_alarms)
{
    alarms_raise(control_alarms(fixture.control.control), "test", "text of %d", 7);
    json_t *status = get("/v1/status");
    json_t *alarms = json_object_get(status, "alarms");
    size_t last = json_array_size(alarms) - 1;
    ck_assert_str_eq(api_fixture_text(json_array_get(alarms, last), "key"), "test");
    ck_assert_str_eq(api_fixture_text(json_array_get(alarms, last), "text"), "text of 7");
    ck_assert_str_ne(api_fixture_text(json_array_get(alarms, last), "since"), "");
    json_decref(status);
}
END_TEST

START_TEST(ready_is_200)
{
    json_t *ready = get("/v1/ready");
    ck_assert_str_eq(api_fixture_text(ready, "ready"), "true");
    json_decref(ready);
}
END_TEST

START_TEST(pools_in_order)
{
    json_t *pools = get("/v1/pools");
    json_t *one = get("/v1/pools/far");
    ck_assert_str_eq(api_fixture_text(pools, "pools.0.name"), "web");
    ck_assert_str_eq(api_fixture_text(pools, "pools.3.name"), "checked");
    ck_assert(json_equal(json_array_get(json_object_get(pools, "pools"), 1), one));
    json_decref(pools);
    json_decref(one);
}
END_TEST

START_TEST(zone_by_any_spelling)
{
    static const char *const names[] = { "example.test", "example.test.", "EXAMPLE.Test",
                                         "ex%61mple.test" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char target[64];
        (void)snprintf(target, sizeof(target), "/v1/zones/%s", names[i]);
        json_t *zone = get(target);
        ck_assert_str_eq(api_fixture_text(zone, "serial"), "7");
        json_decref(zone);
    }
    json_t *zones = get("/v1/zones");
    ck_assert_uint_eq(json_array_size(json_object_get(zones, "zones")), 1);
    json_decref(zones);
}
END_TEST

START_TEST(overrides_are_listed)
{
    json_t *answer = get("/v1/overrides");
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "overrides")), 0);
    json_decref(answer);
    ck_assert_uint_eq(api_fixture_call(&fixture, "PUT", "/v1/pools/far/members/p/state",
                                       "{\"state\":\"drain\",\"reason\":\"r\",\"for\":60}", NULL),
                      200);
    answer = get("/v1/overrides");
    ck_assert_str_eq(api_fixture_text(answer, "overrides.0.target"), "far/p");
    ck_assert_str_eq(api_fixture_text(answer, "overrides.0.state"), "drain");
    ck_assert_str_eq(api_fixture_text(answer, "overrides.0.reason"), "r");
    json_decref(answer);
}
END_TEST

static const struct {
    const char *method;
    const char *target;
    unsigned status;
    const char *code;
} refusals[] = {
    { "GET", "/v1/pools/none", 404, "not_found" },
    { "GET", "/v1/pools/WEB", 404, "not_found" },
    { "GET", "/v1/zones/none.test", 404, "not_found" },
    { "GET", "/v1/zones/test", 404, "not_found" },
    { "GET", "/v1/zones/a..b", 404, "not_found" },
    { "POST", "/v1/ipvs/plan", 503, "unavailable" },
    { "POST", "/v1/ipvs/apply", 503, "unavailable" },
};

START_TEST(refusal_row)
{
    json_t *answer = NULL;
    ck_assert_uint_eq(
        api_fixture_call(&fixture, refusals[_i].method, refusals[_i].target, NULL, &answer),
        refusals[_i].status);
    ck_assert_str_eq(api_fixture_text(answer, "error.code"), refusals[_i].code);
    json_decref(answer);
}
END_TEST

START_TEST(ipvs_without_a_section)
{
    json_t *ipvs = get("/v1/ipvs");
    ck_assert_str_eq(api_fixture_text(ipvs, "available"), "false");
    ck_assert_str_ne(api_fixture_text(ipvs, "reason"), "");
    ck_assert_str_eq(api_fixture_text(ipvs, "services"), "[]");
    ck_assert_str_eq(api_fixture_text(ipvs, "foreign"), "[]");
    json_decref(ipvs);
}
END_TEST

START_TEST(texts_have_their_types)
{
    static const struct {
        const char *target, *type, *part;
    } texts[] = {
        { "/metrics", "text/plain; version=0.0.4; charset=utf-8", "\ngslb_generation " },
        { "/", "text/html; charset=utf-8", "<title>gslbd</title>" },
        { "/v1/openapi.json", "application/json", "\"openapi\":\"3." },
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct http_client_answer answer;
        char value[256];
        ck_assert_uint_eq(api_fixture_tcp(&fixture, "GET", texts[i].target, "", NULL, &answer),
                          200);
        http_client_header(&answer, "Content-Type", value, sizeof(value));
        ck_assert_str_eq(value, texts[i].type);
        ck_assert_ptr_nonnull(strstr(answer.body, texts[i].part));
        http_client_header(&answer, "Content-Security-Policy", value, sizeof(value));
        ck_assert((value[0] != '\0') == (i == 1));
        http_client_fini(&answer);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_read");
    TCase *tcase = tcase_create("api_read");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, status_counts);
    tcase_add_test(tcase, status_lists_alarms);
    tcase_add_test(tcase, ready_is_200);
    tcase_add_test(tcase, pools_in_order);
    tcase_add_test(tcase, zone_by_any_spelling);
    tcase_add_test(tcase, overrides_are_listed);
    tcase_add_loop_test(tcase, refusal_row, 0, (int)(sizeof(refusals) / sizeof(refusals[0])));
    tcase_add_test(tcase, ipvs_without_a_section);
    tcase_add_test(tcase, texts_have_their_types);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
