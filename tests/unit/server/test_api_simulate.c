// SPDX-License-Identifier: BSD-2-Clause
#include "server/api_internal.h"
#include "tests/support/api_fixture.h"
#include "tests/support/backend.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
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

static json_t *simulate(const char *body, unsigned status)
{
    json_t *answer = NULL;
    ck_assert_uint_eq(api_fixture_call(&fixture, "POST", "/v1/simulate", body, &answer), status);
    return answer;
}

#define SHARES_MAX 4

static const struct {
    const char *body;
    struct {
        const char *address;
        double share;
    } shares[SHARES_MAX];
} rows[] = {
    { "{\"name\":\"www.example.test\"}", { { "192.0.2.1", 0.5 }, { "192.0.2.2", 0.5 } } },
    { "{\"name\":\"www.example.test\",\"type\":\"AAAA\"}", { { "2001:db8::1", 1 } } },
    { "{\"name\":\"x.y.wild.example.test.\",\"type\":\"A\"}",
      { { "192.0.2.1", 0.5 }, { "192.0.2.2", 0.5 } } },
    { "{\"name\":\"alias.example.test\"}", { { "192.0.2.1", 0.5 }, { "192.0.2.2", 0.5 } } },
    { "{\"name\":\"WWW.Example.Test\",\"overlay\":{}}",
      { { "192.0.2.1", 0.5 }, { "192.0.2.2", 0.5 } } },
    { "{\"name\":\"www.example.test\",\"overlay\":{\"members\":{\"web/a\":{\"state\":\"down\"}}}}",
      { { "192.0.2.2", 1 } } },
    { "{\"name\":\"www.example.test\",\"overlay\":{\"members\":{\"web/c\":{\"state\":\"up\"}}}}",
      { { "192.0.2.1", 1.0 / 3 }, { "192.0.2.2", 1.0 / 3 }, { "192.0.2.3", 1.0 / 3 } } },
    { "{\"name\":\"www.example.test\",\"overlay\":{\"members\":{\"web/c\":{\"state\":\"auto\"}}}}",
      { { "192.0.2.1", 0.5 }, { "192.0.2.2", 0.5 } } },
    { "{\"name\":\"far.example.test\"}", { { "198.51.100.1", 1 } } },
    { "{\"name\":\"far.example.test\",\"overlay\":{\"members\":{\"far/p\":{\"state\":\"drain\"}}}}",
      { { "198.51.100.2", 1 } } },
    { "{\"name\":\"top.example.test\"}",
      { { "192.0.2.1", 0.1875 }, { "192.0.2.2", 0.6875 }, { "198.51.100.1", 0.125 } } },
    { "{\"name\":\"top.example.test\",\"overlay\":{\"members\":{\"top/near\":{\"weight\":1},"
      "\"top/own\":{\"weight\":0}}}}",
      { { "192.0.2.1", 0.25 }, { "192.0.2.2", 0.25 }, { "198.51.100.1", 0.5 } } },
    { "{\"name\":\"top.example.test\",\"overlay\":{\"members\":{\"top/near\":{\"state\":\"down\"},"
      "\"top/own\":{\"weight\":null}}}}",
      { { "192.0.2.2", 0.8 }, { "198.51.100.1", 0.2 } } },
    /* down by its check, so it comes back by "all down" only; not when it is down by hand */
    { "{\"name\":\"checked.example.test\"}", { { "127.0.0.1", 1 } } },
    { "{\"name\":\"checked.example.test\",\"overlay\":{\"members\":{\"checked/x\":"
      "{\"state\":\"down\"}}}}",
      { { NULL, 0 } } },
    /* no member has the family */
    { "{\"name\":\"far.example.test\",\"type\":\"AAAA\"}", { { NULL, 0 } } },
};

START_TEST(share_row)
{
    json_t *answer = simulate(rows[_i].body, 200);
    const json_t *shares = json_object_get(answer, "shares");
    size_t count = 0;
    for (; count < SHARES_MAX && rows[_i].shares[count].address != NULL; count++) {
        const json_t *share = json_object_get(shares, rows[_i].shares[count].address);
        ck_assert_msg(fabs(json_number_value(share) - rows[_i].shares[count].share) < 1e-9,
                      "%s: %s", rows[_i].body, api_fixture_text(answer, "shares"));
    }
    ck_assert_uint_eq(json_object_size(shares), count);
    json_decref(answer);
}
END_TEST

START_TEST(overrides_count_unless_they_are_pretended_away)
{
    ck_assert_uint_eq(api_fixture_call(&fixture, "PUT", "/v1/pools/web/members/a/state",
                                       "{\"state\":\"down\"}", NULL),
                      200);
    ck_assert_uint_eq(api_fixture_call(&fixture, "PUT", "/v1/pools/top/members/near/state",
                                       "{\"state\":\"down\"}", NULL),
                      200);
    json_t *answer = simulate("{\"name\":\"www.example.test\"}", 200);
    ck_assert_str_eq(api_fixture_text(answer, "shares"), "{\"192.0.2.2\":1.0}");
    json_decref(answer);
    answer = simulate("{\"name\":\"www.example.test\",\"overlay\":{\"members\":{\"web/a\":"
                      "{\"state\":\"auto\"}}}}",
                      200);
    ck_assert_uint_eq(json_object_size(json_object_get(answer, "shares")), 2);
    json_decref(answer);
    answer = simulate("{\"name\":\"top.example.test\"}", 200);
    ck_assert_uint_eq(json_object_size(json_object_get(answer, "shares")), 2);
    json_decref(answer);
}
END_TEST

static bool is_weighed(void *data)
{
    (void)data;
    return control_told_share(fixture.control.control, 0, 0) == POOL_SHARE_ONE / 4;
}

static void expect_pair(const char *overlay, const char *shares)
{
    char body[200];
    (void)snprintf(body, sizeof(body), "{\"name\":\"www.example.test\"%s}", overlay);
    json_t *answer = simulate(body, 200);
    ck_assert_str_eq(api_fixture_text(answer, "shares"), shares);
    json_decref(answer);
}

/* What checks tell counts, but not against a weight that an operator sets or would set. */
START_TEST(told_weights_count)
{
    static const char own[] = ",\"overlay\":{\"members\":{\"web/a\":{\"weight\":3}}}";
    static const char file[] = ",\"overlay\":{\"members\":{\"web/a\":{\"weight\":null}}}";
    static const char told[] = "{\"127.0.0.2\":0.5,\"192.0.2.1\":0.5}";
    static const char set[] = "{\"127.0.0.2\":0.75,\"192.0.2.1\":0.25}";
    char sections[1024];
    struct backend *backend = backend_new("127.0.0.2", BACKEND_HTTP);
    backend_set_header(backend, "X-Weight: 25\r\n");
    memset(&fixture, 0, sizeof(fixture));
    control_fixture_init(&fixture.control, CONTROL_ZONE);
    (void)snprintf(fixture.socket, sizeof(fixture.socket), "%s/api.sock", fixture.control.dir);
    (void)snprintf(
        sections, sizeof(sections),
        "\"api\": {\"listen\": [\"unix:api.sock\"]},"
        "\"checks\": {\"w\": {\"type\": \"http\", \"weight_header\": \"X-Weight\"}},"
        "\"pools\": {\"web\": {\"policy\": \"weighted\", \"members\": {\"a\": {\"address\": "
        "\"127.0.0.2\", \"port\": %u, \"weight\": 4, \"check\": \"w\"}, \"b\": "
        "{\"address\": \"192.0.2.1\"}}}},"
        "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": "
        "{\"www\": \"web\"}}}",
        (unsigned)backend_endpoint(backend).port);
    control_fixture_config(&fixture.control, sections);
    ck_assert(control_fixture_start(&fixture.control));
    api_fixture_listen(&fixture);
    ck_assert(control_fixture_until(&fixture.control, is_weighed, NULL, 5000));
    expect_pair("", told);
    expect_pair(own, set);
    ck_assert_uint_eq(
        api_fixture_call(&fixture, "PUT", "/v1/pools/web/members/a/weight", "{\"weight\":3}", NULL),
        200);
    expect_pair("", set);
    expect_pair(file, told);
    api_fixture_stop(&fixture);
    backend_free(backend);
}
END_TEST

/* Nothing of what is pretended is served. */
START_TEST(nothing_is_published)
{
    (void)http_client_turn(&fixture.control.loop, NULL, 100); /* first verdicts */
    uint64_t generation = control_generation(fixture.control.control);
    json_decref(simulate(rows[5].body, 200));
    (void)http_client_turn(&fixture.control.loop, NULL, 50);
    ck_assert_uint_eq(control_generation(fixture.control.control), generation);
    ck_assert_uint_eq(override_count(control_overrides(fixture.control.control)), 0);
}
END_TEST

#define MEMBERS(text) "{\"name\":\"www.example.test\",\"overlay\":{\"members\":" text "}}"

static const struct {
    const char *body;
    unsigned status;
    const char *path;
} bad[] = {
    { "{}", 400, "name" },
    { "{\"name\":\"a..b\"}", 400, "name" },
    { "{\"name\":7}", 400, "name" },
    { "{\"name\":\"www.example.test\",\"type\":\"MX\"}", 400, "type" },
    { "{\"name\":\"www.example.test\",\"type\":\"NOSUCH\"}", 400, "type" },
    { "{\"name\":\"www.example.test\",\"x\":1}", 400, "x" },
    { "{\"name\":\"www.example.test\",\"overlay\":[]}", 400, "overlay" },
    { "{\"name\":\"www.example.test\",\"overlay\":{\"pools\":{}}}", 400, "overlay.pools" },
    { MEMBERS("[]"), 400, "overlay.members" },
    { MEMBERS("{\"web/a\":7}"), 400, "overlay.members[\"web/a\"]" },
    { MEMBERS("{\"web/a\":{\"state\":\"x\"}}"), 400, "overlay.members[\"web/a\"].state" },
    { MEMBERS("{\"web/a\":{\"weight\":-1}}"), 400, "overlay.members[\"web/a\"].weight" },
    { MEMBERS("{\"web/a\":{\"reason\":\"x\"}}"), 400, "overlay.members[\"web/a\"].reason" },
    { MEMBERS("{\"web/none\":{}}"), 404, "overlay.members[\"web/none\"]" },
    { MEMBERS("{\"none/a\":{}}"), 404, "overlay.members[\"none/a\"]" },
    { MEMBERS("{\"web\":{}}"), 404, "overlay.members.web" },
    { "{\"name\":\"plain.example.test\"}", 404, "name" },
    { "{\"name\":\"none.example.test\"}", 404, "name" },
    { "{\"name\":\"elsewhere.org\"}", 404, "name" },
    { "{\"name\":\"loop.example.test\"}", 404, "name" },
};

START_TEST(bad_row)
{
    json_t *answer = simulate(bad[_i].body, bad[_i].status);
    ck_assert_str_eq(api_fixture_text(answer, "error.path"), bad[_i].path);
    json_decref(answer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_simulate");
    TCase *tcase = tcase_create("api_simulate");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, share_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tcase, overrides_count_unless_they_are_pretended_away);
    tcase_add_test(tcase, nothing_is_published);
    tcase_add_loop_test(tcase, bad_row, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("weights");
    tcase_add_test(tcase, told_weights_count);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
