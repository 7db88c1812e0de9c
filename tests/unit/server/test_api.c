// SPDX-License-Identifier: BSD-2-Clause
/* Dispatch: who may call what, what is refused, start, reload and end. */
#include "server/api.h"

#include "server/api_internal.h"
#include "tests/support/api_fixture.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct api_fixture fixture;
static char tokens[1024];

static void add_token(const char *name, const char *role, const char *secret)
{
    uint8_t digest[32];
    size_t used = strlen(tokens);
    ck_assert_int_eq(EVP_Digest(secret, strlen(secret), digest, NULL, EVP_sha256(), NULL), 1);
    used += (size_t)snprintf(tokens + used, sizeof(tokens) - used, "%s %s ", name, role);
    for (size_t i = 0; i < sizeof(digest); i++)
        used += (size_t)snprintf(tokens + used, sizeof(tokens) - used, "%02x", digest[i]);
    (void)snprintf(tokens + used, sizeof(tokens) - used, "\n");
}

static void set_up(void)
{
    tokens[0] = '\0';
    add_token("reader", "read", "r-secret");
    add_token("oncall", "operate", "o-secret");
    add_token("boss", "admin", "a-secret");
    api_fixture_start(&fixture, "\"tokens_file\": \"tokens\"", tokens);
}

static void set_up_open(void)
{
    api_fixture_start(&fixture, NULL, NULL);
}

static void tear_down(void)
{
    api_fixture_stop(&fixture);
}

static unsigned status_with(const char *secret, const char *method, const char *target,
                            struct http_client_answer *out)
{
    char headers[128] = "";
    if (secret != NULL)
        (void)snprintf(headers, sizeof(headers), "Authorization: Bearer %s\r\n", secret);
    return api_fixture_tcp(&fixture, method, target, headers, NULL, out);
}

static unsigned status_of(const char *secret, const char *method, const char *target)
{
    struct http_client_answer answer;
    unsigned status = status_with(secret, method, target, &answer);
    http_client_fini(&answer);
    return status;
}

/* The pattern with "x" for each {part}. */
static void target_of(const char *pattern, char *out, size_t size)
{
    size_t used = 0;
    for (; *pattern != '\0' && used + 2 < size; pattern++) {
        bool part = *pattern == '{';
        out[used] = *pattern;
        if (part) {
            out[used] = 'x';
            pattern = strchr(pattern, '}');
        }
        used++;
    }
    out[used] = '\0';
}

/* Every row of the table, with each role: no route is open by oversight. */
START_TEST(roles_hold_for_every_route)
{
    static const char *const secrets[] = { "r-secret", "o-secret", "a-secret" };
    size_t count = 0;
    const struct api_route *routes = api_routes(&count);
    ck_assert_uint_gt(count, 20);
    for (size_t i = 0; i < count; i++) {
        char target[128];
        target_of(routes[i].path, target, sizeof(target));
        ck_assert_uint_eq(status_of(NULL, routes[i].method, target), 401);
        ck_assert_uint_eq(status_of("wrong", routes[i].method, target), 401);
        for (int role = TOKEN_READ; role <= TOKEN_ADMIN; role++) {
            bool may = role >= (int)routes[i].role;
            if (may && routes[i].handle == api_get_events)
                continue; /* has no end; see test_api_events.c */
            unsigned status = status_of(secrets[role], routes[i].method, target);
            ck_assert_msg(may == (status != 403 && status != 401), "%s %s as %s: %u",
                          routes[i].method, target, token_role_name((enum token_role)role), status);
        }
    }
}
END_TEST

START_TEST(strangers_learn_nothing)
{
    struct http_client_answer answer;
    char value[64];
    ck_assert_uint_eq(status_of(NULL, "GET", "/v1/nothing/here"), 401);
    ck_assert_uint_eq(status_of(NULL, "BREW", "/v1/status"), 401);
    ck_assert_uint_eq(status_with(NULL, "GET", "/v1/status", &answer), 401);
    http_client_header(&answer, "WWW-Authenticate", value, sizeof(value));
    ck_assert_int_eq(strncmp(value, "Bearer", 6), 0);
    ck_assert_ptr_nonnull(strstr(answer.body, "\"code\":\"unauthorized\""));
    http_client_fini(&answer);
    /* the page asks for the token itself, and holds no data */
    ck_assert_uint_eq(status_with(NULL, "GET", "/", &answer), 401);
    ck_assert_ptr_nonnull(strstr(answer.body, "<!doctype html>"));
    ck_assert_ptr_null(strstr(answer.body, "192.0.2.1"));
    http_client_fini(&answer);
}
END_TEST

static const struct {
    const char *method;
    const char *target;
    unsigned status;
    const char *code;
    const char *allow; /* "" = none */
} refusals[] = {
    { "GET", "/v1/nothing", 404, "not_found", "" },
    { "GET", "/v1/status/", 404, "not_found", "" },
    { "GET", "/V1/status", 404, "not_found", "" },
    { "GET", "/v1/pools//members", 404, "not_found", "" },
    { "HEAD", "/v1/status", 405, NULL, "GET" },
    { "OPTIONS", "/v1/status", 405, "bad_request", "GET" },
    { "DELETE", "/v1/pools/web", 405, "bad_request", "GET" },
    { "GET", "/v1/reload", 405, "bad_request", "POST" },
    { "TRACE", "/", 405, "bad_request", "GET" },
    { "GET", "/v1/status?x=1", 400, "bad_request", "" },
    { "GET", "/v1/%ff", 400, "bad_request", "" },
};

START_TEST(refusal_row)
{
    struct http_client_answer answer;
    char allow[64];
    char code[64];
    ck_assert_uint_eq(status_with("a-secret", refusals[_i].method, refusals[_i].target, &answer),
                      refusals[_i].status);
    http_client_header(&answer, "Allow", allow, sizeof(allow));
    ck_assert_str_eq(allow, refusals[_i].allow);
    if (refusals[_i].code != NULL) {
        (void)snprintf(code, sizeof(code), "\"code\":\"%s\"", refusals[_i].code);
        ck_assert_msg(strstr(answer.body, code) != NULL, "%s", answer.body);
    }
    http_client_fini(&answer);
}
END_TEST

START_TEST(no_web_page_gets_in)
{
    struct http_client_answer answer;
    static const char evil[] = "Authorization: Bearer a-secret\r\nOrigin: http://evil.example\r\n";
    ck_assert_uint_eq(api_fixture_tcp(&fixture, "POST", "/v1/reload", evil, NULL, &answer), 403);
    ck_assert_ptr_nonnull(strstr(answer.body, "\"code\":\"forbidden\""));
    http_client_fini(&answer);
}
END_TEST

START_TEST(get_takes_no_body)
{
    struct http_client_answer answer;
    ck_assert_uint_eq(api_fixture_tcp(&fixture, "GET", "/v1/status",
                                      "Authorization: Bearer a-secret\r\n", "{}", &answer),
                      400);
    http_client_fini(&answer);
}
END_TEST

START_TEST(tokens_are_read_again)
{
    ck_assert_uint_eq(status_of("new-secret", "GET", "/v1/status"), 401);
    add_token("new", "read", "new-secret");
    control_fixture_write(&fixture.control, "tokens", tokens);
    api_reload(fixture.api);
    ck_assert_uint_eq(status_of("new-secret", "GET", "/v1/status"), 200);
    /* a broken file: the old ones stay, and an alarm says so */
    control_fixture_write(&fixture.control, "tokens", "broken\n");
    api_reload(fixture.api);
    ck_assert_uint_eq(status_of("new-secret", "GET", "/v1/status"), 200);
    struct alarms *alarms = control_alarms(fixture.control.control);
    size_t before = alarms_count(alarms);
    bool raised = false;
    for (size_t i = 0; i < before; i++)
        raised = raised || strcmp(alarms_at(alarms, i)->key, "api_access") == 0;
    ck_assert(raised);
    control_fixture_write(&fixture.control, "tokens", tokens);
    api_reload(fixture.api);
    ck_assert_uint_eq(alarms_count(alarms), before - 1);
    api_reload(NULL);
}
END_TEST

START_TEST(open_on_loopback_without_tokens)
{
    ck_assert_uint_eq(status_of(NULL, "GET", "/v1/status"), 200);
    ck_assert_uint_eq(status_of(NULL, "POST", "/v1/reload"), 200);
}
END_TEST

START_TEST(new_fails_with_the_place)
{
    struct errlist errors;
    errlist_init(&errors);
    /* both listeners are taken by the API that runs */
    ck_assert_ptr_null(api_new(fixture.control.control, &errors));
    ck_assert_uint_eq(errors.count, 2);
    ck_assert_ptr_nonnull(strstr(errors.lines[0], "gslb.json:"));
    ck_assert_ptr_nonnull(strstr(errors.lines[0], ": api.listen[0]: cannot bind: "));
    ck_assert_ptr_nonnull(strstr(errors.lines[1], ": api.listen[1]: "));
    errlist_fini(&errors);
    ck_assert_uint_eq(status_of(NULL, "GET", "/v1/status"), 200);
}
END_TEST

START_TEST(free_ends_what_waits)
{
    api_free(fixture.api);
    fixture.api = NULL;
    api_free(NULL);
    ck_assert_int_ne(access(fixture.socket, F_OK), 0);
    api_fixture_listen(&fixture);
    ck_assert_uint_eq(status_of(NULL, "GET", "/v1/status"), 200);
}
END_TEST

static const struct {
    const char *api;   /* the section */
    const char *error; /* part of the only one; NULL = none */
} checks[] = {
    { "{\"listen\": [\"127.0.0.1:8053\"]}", NULL },
    { "{\"unix_group\": \"no-such-group\"}", "api.unix_group: there is no group no-such-group" },
    { "{\"unix_group\": \"root\"}", NULL },
    { "{\"tokens_file\": \"/nonexistent/tokens\"}", "/nonexistent/tokens:1: No such file" },
};

START_TEST(check_row)
{
    char text[256];
    struct errlist errors;
    errlist_init(&errors);
    int length = snprintf(text, sizeof(text), "{\"api\": %s}", checks[_i].api);
    struct config *config = config_load_text("x.json", text, (size_t)length, &errors);
    ck_assert_msg(config != NULL, "%s", errors.count > 0 ? errors.lines[0] : "");
    api_check(config, &errors);
    ck_assert_uint_eq(errors.count, checks[_i].error == NULL ? 0 : 1);
    if (checks[_i].error != NULL)
        ck_assert_msg(strstr(errors.lines[0], checks[_i].error) != NULL, "%s", errors.lines[0]);
    config_free(config);
    errlist_fini(&errors);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api");
    TCase *tcase = tcase_create("tokens");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, roles_hold_for_every_route);
    tcase_add_test(tcase, strangers_learn_nothing);
    tcase_add_loop_test(tcase, refusal_row, 0, (int)(sizeof(refusals) / sizeof(refusals[0])));
    tcase_add_test(tcase, no_web_page_gets_in);
    tcase_add_test(tcase, get_takes_no_body);
    tcase_add_test(tcase, tokens_are_read_again);
    suite_add_tcase(suite, tcase);
    TCase *open = tcase_create("open");
    tcase_add_checked_fixture(open, set_up_open, tear_down);
    tcase_add_test(open, open_on_loopback_without_tokens);
    tcase_add_test(open, new_fails_with_the_place);
    tcase_add_test(open, free_ends_what_waits);
    suite_add_tcase(suite, open);
    TCase *check = tcase_create("check");
    tcase_add_loop_test(check, check_row, 0, (int)(sizeof(checks) / sizeof(checks[0])));
    suite_add_tcase(suite, check);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
