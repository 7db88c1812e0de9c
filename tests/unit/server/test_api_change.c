// SPDX-License-Identifier: BSD-2-Clause
/* Changes: what they answer, that they are served by then, and that nobody's leaving does harm. */
#include "base/mem.h"
#include "server/api_internal.h"
#include "tests/support/api_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define A_STATE "/v1/pools/web/members/a/state"

static struct api_fixture fixture;

static void set_up(void)
{
    api_fixture_start(&fixture, NULL, NULL);
}

static void tear_down(void)
{
    api_fixture_stop(&fixture);
}

static json_t *call(const char *method, const char *target, const char *body)
{
    json_t *answer = NULL;
    ck_assert_uint_eq(api_fixture_call(&fixture, method, target, body, &answer), 200);
    ck_assert_ptr_nonnull(answer);
    return answer;
}

/* True when a real query for the name gets the address. */
static bool answers(const char *address)
{
    char *text = control_fixture_dig(&fixture.control, "www.example.test A");
    ck_assert_ptr_nonnull(text);
    bool found = strstr(text, address) != NULL;
    mem_free(text);
    return found;
}

START_TEST(state_is_served_when_it_is_answered)
{
    for (int i = 0; i < 10; i++) {
        json_t *answer = call("PUT", A_STATE, "{\"state\":\"down\",\"reason\":\"disk\"}");
        ck_assert(!answers("192.0.2.1"));
        ck_assert_str_eq(api_fixture_text(answer, "state"), "admin_down");
        ck_assert_str_eq(api_fixture_text(answer, "pool"), "web");
        ck_assert_str_eq(api_fixture_text(answer, "member"), "a");
        ck_assert_str_eq(api_fixture_text(answer, "saved"), "true");
        ck_assert_str_eq(api_fixture_text(answer, "override.reason"), "disk");
        ck_assert_int_eq(json_integer_value(json_object_get(answer, "generation")),
                         (json_int_t)control_generation(fixture.control.control));
        json_decref(answer);
        answer = call("PUT", A_STATE, "{\"state\":\"auto\"}");
        ck_assert(answers("192.0.2.1"));
        ck_assert_str_eq(api_fixture_text(answer, "override"), "null");
        json_decref(answer);
    }
}
END_TEST

static const struct {
    const char *word;
    const char *state;
    const char *stored;
} states[] = {
    { "up", "admin_up", "up" },
    { "down", "admin_down", "down" },
    { "drain", "draining", "drain" },
};

START_TEST(state_row)
{
    char body[64];
    (void)snprintf(body, sizeof(body), "{\"state\":\"%s\"}", states[_i].word);
    json_t *answer = call("PUT", A_STATE, body);
    ck_assert_str_eq(api_fixture_text(answer, "state"), states[_i].state);
    ck_assert_str_eq(api_fixture_text(answer, "override.state"), states[_i].stored);
    ck_assert_str_eq(api_fixture_text(answer, "override.target"), "web/a");
    json_decref(answer);
}
END_TEST

START_TEST(weight_and_back)
{
    json_t *answer =
        call("PUT", "/v1/pools/web/members/b/weight", "{\"weight\":9,\"reason\":\"load\"}");
    ck_assert_str_eq(api_fixture_text(answer, "weight"), "4");
    ck_assert_str_eq(api_fixture_text(answer, "effective_weight"), "9");
    ck_assert_str_eq(api_fixture_text(answer, "weight_override.weight"), "9");
    ck_assert_str_eq(api_fixture_text(answer, "override.weight"), "9");
    json_decref(answer);
    answer = call("PUT", "/v1/pools/web/members/b/weight", "{\"weight\":0}");
    ck_assert_str_eq(api_fixture_text(answer, "effective_weight"), "0");
    json_decref(answer);
    answer = call("PUT", "/v1/pools/web/members/b/weight", "{\"weight\":null}");
    ck_assert_str_eq(api_fixture_text(answer, "effective_weight"), "4");
    ck_assert_str_eq(api_fixture_text(answer, "override"), "null");
    json_decref(answer);
}
END_TEST

START_TEST(backend_reaches_every_member_with_the_address)
{
    json_t *answer = call("PUT", "/v1/backends/192.0.2.2/state", "{\"state\":\"down\"}");
    ck_assert(!answers("192.0.2.2"));
    ck_assert_str_eq(api_fixture_text(answer, "address"), "192.0.2.2");
    ck_assert_str_eq(api_fixture_text(answer, "state"), "down");
    ck_assert_str_eq(api_fixture_text(answer, "members.web/b.state"), "admin_down");
    ck_assert_str_eq(api_fixture_text(answer, "members.top/own.state"), "admin_down");
    ck_assert_uint_eq(json_object_size(json_object_get(answer, "members")), 2);
    json_decref(answer);
    answer = call("PUT", "/v1/backends/192.0.2.2/state", "{\"state\":\"auto\"}");
    ck_assert_str_eq(api_fixture_text(answer, "state"), "auto");
    ck_assert_str_eq(api_fixture_text(answer, "override"), "null");
    json_decref(answer);
    ck_assert(answers("192.0.2.2"));
}
END_TEST

START_TEST(backend_by_ipv6)
{
    json_t *answer = call("PUT", "/v1/backends/2001:DB8:0::1/state", "{\"state\":\"down\"}");
    ck_assert_str_eq(api_fixture_text(answer, "address"), "2001:db8::1");
    json_decref(answer);
    answer = call("PUT", "/v1/backends/2001%3Adb8%3A%3A1/state", "{\"state\":\"auto\"}");
    json_decref(answer);
}
END_TEST

START_TEST(delete_by_id)
{
    json_decref(call("PUT", A_STATE, "{\"state\":\"down\"}"));
    json_t *list = call("GET", "/v1/overrides", NULL);
    char target[64];
    (void)snprintf(target, sizeof(target), "/v1/overrides/%s",
                   api_fixture_text(list, "overrides.0.id"));
    json_decref(list);
    json_t *answer = call("DELETE", target, NULL);
    ck_assert_str_eq(api_fixture_text(answer, "deleted"), "true");
    ck_assert_str_eq(api_fixture_text(answer, "target"), "web/a");
    json_decref(answer);
    ck_assert(answers("192.0.2.1"));
    ck_assert_uint_eq(api_fixture_call(&fixture, "DELETE", target, NULL, NULL), 404);
}
END_TEST

static const struct {
    const char *target;
    unsigned status;
} absent[] = {
    { "/v1/pools/none/members/a/state", 404 },  { "/v1/pools/web/members/none/state", 404 },
    { "/v1/backends/203.0.113.9/state", 404 },  { "/v1/backends/nonsense/state", 400 },
    { "/v1/backends/192.0.2.1:80/state", 400 },
};

START_TEST(absent_row)
{
    ck_assert_uint_eq(
        api_fixture_call(&fixture, "PUT", absent[_i].target, "{\"state\":\"down\"}", NULL),
        absent[_i].status);
    ck_assert_uint_eq(override_count(control_overrides(fixture.control.control)), 0);
}
END_TEST

START_TEST(reload_answers_with_the_generation)
{
    uint64_t before = control_generation(fixture.control.control);
    json_t *answer = call("POST", "/v1/reload", NULL);
    ck_assert_int_gt(json_integer_value(json_object_get(answer, "generation")), (json_int_t)before);
    json_decref(answer);
    answer = call("POST", "/v1/zones/example.test/reload", NULL);
    ck_assert_str_eq(api_fixture_text(answer, "name"), "example.test");
    ck_assert_str_eq(api_fixture_text(answer, "serial"), "7");
    ck_assert(json_object_get(answer, "generation") != NULL);
    json_decref(answer);
    ck_assert_uint_eq(api_fixture_call(&fixture, "POST", "/v1/zones/x.test/reload", NULL, NULL),
                      404);
}
END_TEST

START_TEST(reload_refused_lists_the_errors)
{
    json_t *answer = NULL;
    control_fixture_write(&fixture.control, "example.test.zone", "bad\nworse\n");
    ck_assert_uint_eq(api_fixture_call(&fixture, "POST", "/v1/reload", NULL, &answer), 422);
    ck_assert_str_eq(api_fixture_text(answer, "error.code"), "invalid_config");
    ck_assert_ptr_nonnull(strstr(api_fixture_text(answer, "errors.0"), "example.test.zone:1: "));
    json_decref(answer);
    ck_assert(answers("192.0.2.1"));
}
END_TEST

/* The client hangs up while its change is on the way. */
START_TEST(client_leaves_while_it_waits)
{
    static const char request[] = "PUT " A_STATE " HTTP/1.1\r\nHost: x\r\n"
                                  "Content-Type: application/json\r\nContent-Length: 16\r\n\r\n"
                                  "{\"state\":\"down\"}";
    for (int i = 0; i < 20; i++) {
        int fd = http_client_unix(fixture.socket);
        ck_assert_int_ge(fd, 0);
        ck_assert(http_client_send(&fixture.control.loop, fd, request, sizeof(request) - 1));
        (void)close(fd);
    }
    control_fixture_served(&fixture.control);
    json_decref(call("GET", "/v1/status", NULL));
    ck_assert(!answers("192.0.2.1"));
}
END_TEST

/* The server ends while a reload is under way, and its request waits. */
START_TEST(server_ends_while_it_waits)
{
    static const char request[] = "POST /v1/reload HTTP/1.1\r\nHost: x\r\n\r\n";
    int fd = http_client_unix(fixture.socket);
    ck_assert_int_ge(fd, 0);
    ck_assert(http_client_send(&fixture.control.loop, fd, request, sizeof(request) - 1));
    (void)uv_run(&fixture.control.loop, UV_RUN_NOWAIT);
    api_free(fixture.api);
    fixture.api = NULL;
    control_fixture_stop(&fixture.control);
    (void)close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_change");
    TCase *tcase = tcase_create("api_change");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, state_is_served_when_it_is_answered);
    tcase_add_loop_test(tcase, state_row, 0, (int)(sizeof(states) / sizeof(states[0])));
    tcase_add_test(tcase, weight_and_back);
    tcase_add_test(tcase, backend_reaches_every_member_with_the_address);
    tcase_add_test(tcase, backend_by_ipv6);
    tcase_add_test(tcase, delete_by_id);
    tcase_add_loop_test(tcase, absent_row, 0, (int)(sizeof(absent) / sizeof(absent[0])));
    tcase_add_test(tcase, reload_answers_with_the_generation);
    tcase_add_test(tcase, reload_refused_lists_the_errors);
    tcase_add_test(tcase, client_leaves_while_it_waits);
    tcase_add_test(tcase, server_ends_while_it_waits);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
