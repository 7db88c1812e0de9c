// SPDX-License-Identifier: BSD-2-Clause
/* Each command's request: method, path and body as the API wants them. */
#include "ctl/command.h"

#include "base/mem.h"
#include "tests/support/canned.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 6

static const struct {
    const char *words[WORDS];
    const char *line; /* of the request */
    const char *body; /* NULL = none */
} rows[] = {
    { { "status" }, "GET /v1/status", NULL },
    { { "pools" }, "GET /v1/pools", NULL },
    { { "pools", "web" }, "GET /v1/pools/web", NULL },
    { { "pools", "../../metrics" }, "GET /v1/pools/..%2F..%2Fmetrics", NULL },
    { { "checks" }, "GET /v1/checks", NULL },
    { { "zones" }, "GET /v1/zones", NULL },
    { { "zones", "example.test" }, "GET /v1/zones/example.test", NULL },
    { { "ready" }, "GET /v1/ready", NULL },
    { { "metrics" }, "GET /metrics", NULL },
    { { "overrides" }, "GET /v1/overrides", NULL },
    { { "overrides", "delete", "o1" }, "DELETE /v1/overrides/o1", NULL },
    { { "reload" }, "POST /v1/reload", NULL },
    { { "reload", NULL }, "POST /v1/reload", "{\"force\":true}" },
    { { "reload", "example.test" }, "POST /v1/zones/example.test/reload", NULL },
    { { "explain", "www.example.test" },
      "GET /v1/explain?name=www.example.test&client=192.0.2.9&ecs=192.0.2.0%2F24",
      NULL },
    { { "explain", "x", "AAAA" }, "GET /v1/explain?name=x&type=AAAA&client=192.0.2.9", NULL },
    { { "down", "web/a" },
      "PUT /v1/pools/web/members/a/state",
      "{\"state\":\"down\",\"reason\":\"why\",\"for\":\"10m\"}" },
    { { "up", "web/2001:db8::1" },
      "PUT /v1/pools/web/members/2001%3Adb8%3A%3A1/state",
      "{\"state\":\"up\",\"reason\":\"why\",\"for\":\"10m\"}" },
    { { "drain", "192.0.2.1" },
      "PUT /v1/backends/192.0.2.1/state",
      "{\"state\":\"drain\",\"reason\":\"why\",\"for\":\"10m\"}" },
    { { "auto", "2001:db8::1" },
      "PUT /v1/backends/2001%3Adb8%3A%3A1/state",
      "{\"state\":\"auto\",\"reason\":\"why\",\"for\":\"10m\"}" },
    { { "weight", "web/a", "0" },
      "PUT /v1/pools/web/members/a/weight",
      "{\"weight\":0,\"reason\":\"why\",\"for\":\"10m\"}" },
    { { "weight", "web/a", "auto" },
      "PUT /v1/pools/web/members/a/weight",
      "{\"weight\":null,\"reason\":\"why\",\"for\":\"10m\"}" },
    { { "simulate", "x.test" },
      "POST /v1/simulate",
      "{\"name\":\"x.test\",\"type\":\"A\",\"overlay\":{\"members\":{}}}" },
    { { "simulate", "x.test", "AAAA", "web/a=down", "web/b=3", "web/b=up" },
      "POST /v1/simulate",
      "{\"name\":\"x.test\",\"type\":\"AAAA\",\"overlay\":{\"members\":{\"web/a\":{\"state\":"
      "\"down\"},\"web/b\":{\"weight\":3,\"state\":\"up\"}}}}" },
    { { "events" }, "GET /v1/events?after=7", NULL },
};

static size_t count_words(const char *const words[WORDS])
{
    size_t count = 0;
    while (count < WORDS && words[count] != NULL)
        count++;
    return count;
}

/* Runs the command against a server that answers {}; its request, owned. */
static char *request_of(const char *const words[WORDS], const struct options *options, char *error,
                        bool *ok)
{
    struct canned canned;
    struct command_context ctx = { .options = options };
    char *text = NULL;
    size_t length = 0;
    canned_start(&canned, "HTTP/1.1 200 X\r\nConnection: close\r\n\r\n{}", NULL);
    ctx.client = client_new(canned.url, NULL, ctx.error, sizeof(ctx.error));
    ctx.out = open_memstream(&text, &length);
    size_t count = count_words(words);
    const struct command *command = command_find(words, count);
    ck_assert_ptr_nonnull(command);
    size_t named = command_words(command);
    ck_assert(count - named >= command->min && count - named <= command->max);
    *ok = command->run(&ctx, words + named, count - named);
    (void)snprintf(error, COMMAND_ERROR_MAX, "%s", ctx.error);
    (void)fclose(ctx.out);
    free(text);
    client_free(ctx.client);
    char *request = canned_requests(&canned);
    canned_stop(&canned);
    return request;
}

START_TEST(request_row)
{
    struct options options = {
        .reason = "why", .span = "10m", .client = "192.0.2.9", .after = "7"
    };
    char line[256];
    char error[COMMAND_ERROR_MAX];
    bool ok = false;
    options.ecs = strstr(rows[_i].line, "ecs=") != NULL ? "192.0.2.0/24" : NULL;
    if (rows[_i].body != NULL && strstr(rows[_i].body, "force") != NULL)
        options.given = OPTION_FORCE;
    char *request = request_of(rows[_i].words, &options, error, &ok);
    int length = snprintf(line, sizeof(line), "%s HTTP/1.1\r\n", rows[_i].line);
    ck_assert_msg(strncmp(request, line, (size_t)length) == 0, "%s", request);
    const char *body = strstr(request, "\r\n\r\n");
    ck_assert_ptr_nonnull(body);
    ck_assert_str_eq(body + 4, rows[_i].body == NULL ? "" : rows[_i].body);
    if (strcmp(rows[_i].words[0], "events") != 0)
        ck_assert_msg(ok, "%s", error);
    mem_free(request);
}
END_TEST

/* Refused here, without asking the server. */
static const struct {
    const char *words[WORDS];
    const char *error;
} bad[] = {
    { { "down", "web" }, "web is neither POOL/MEMBER nor an IP address" },
    { { "down", "/a" }, "/a is not POOL/MEMBER" },
    { { "down", "web/" }, "web/ is not POOL/MEMBER" },
    { { "weight", "web", "5" }, "web is not POOL/MEMBER" },
    { { "weight", "web/a", "many" }, "many is not a weight" },
    { { "weight", "web/a", "-1" }, "-1 is not a weight" },
    { { "weight", "web/a", "65536" }, "65536 is not a weight" },
    { { "overrides", "delete" }, "usage: gslbctl overrides" },
    { { "overrides", "remove", "o1" }, "usage: gslbctl overrides" },
    { { "simulate", "x.test", "web/a=down", "web/b" }, "web/b is not POOL/MEMBER=STATE" },
    { { "ipvs", "flush" }, "there is no command ipvs flush, see gslbctl ipvs --help" },
};

START_TEST(bad_row)
{
    struct options options = { 0 };
    char error[COMMAND_ERROR_MAX];
    bool ok = true;
    char *request = request_of(bad[_i].words, &options, error, &ok);
    ck_assert(!ok);
    ck_assert_str_eq(request, "");
    ck_assert_msg(strncmp(error, bad[_i].error, strlen(bad[_i].error)) == 0, "%s", error);
    mem_free(request);
}
END_TEST

static const struct {
    const char *name;
    size_t words;
    unsigned given;
    const char *error; /* NULL = all is well */
} checks[] = {
    { "status", 0, 0, NULL },
    { "status", 0, OPTIONS_GLOBAL, NULL },
    { "status", 1, 0, "usage: gslbctl status" },
    { "down", 0, 0, "usage: gslbctl down POOL/MEMBER|ADDRESS" },
    { "down", 1, OPTION_REASON | OPTION_FOR, NULL },
    { "down", 2, 0, "usage: gslbctl down POOL/MEMBER|ADDRESS" },
    { "status", 0, OPTION_FOR, "--for does not go with status" },
    { "explain", 1, OPTION_CLIENT | OPTION_ECS, NULL },
    { "explain", 1, OPTION_REASON, "--reason does not go with explain" },
    { "explain", 3, 0, "usage: gslbctl explain NAME [TYPE]" },
    { "ipvs", 0, 0, "usage: gslbctl ipvs COMMAND [ARGUMENT...]" },
};

START_TEST(check_row)
{
    struct options options = { .given = checks[_i].given, .word_count = checks[_i].words + 1 };
    char error[COMMAND_ERROR_MAX] = "";
    const struct command *command = command_find(&checks[_i].name, 1);
    bool ok = command_check(command, &options, error, sizeof(error));
    ck_assert(ok == (checks[_i].error == NULL));
    ck_assert_str_eq(error, ok ? "" : checks[_i].error);
}
END_TEST

START_TEST(find_and_help)
{
    struct strbuf text;
    static const char *const none[] = { "nonsense", "" };
    static const char *const two[] = { "ipvs", "list" };
    static const char *const down = "down";
    ck_assert_ptr_null(command_find(none, 1));
    ck_assert_ptr_null(command_find(none + 1, 1));
    ck_assert_ptr_null(command_find(NULL, 0));
    ck_assert_str_eq(command_find(two, 1)->name, "ipvs");
    ck_assert_uint_eq(command_words(command_find(two, 1)), 1);
    ck_assert_str_eq(command_find(two, 2)->name, "ipvs list");
    ck_assert_uint_eq(command_words(command_find(two, 2)), 2);
    strbuf_init(&text);
    command_help(NULL, &text);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_ptr_nonnull(strstr(text.text, rows[i].words[0]));
    ck_assert_ptr_nonnull(strstr(text.text, "--token-file"));
    strbuf_clear(&text);
    command_help(command_find(&down, 1), &text);
    ck_assert_ptr_nonnull(strstr(text.text, "usage: gslbctl down POOL/MEMBER|ADDRESS\n"));
    ck_assert_ptr_nonnull(strstr(text.text, "--reason"));
    ck_assert_ptr_null(strstr(text.text, "--client"));
    strbuf_clear(&text);
    command_help(command_find(two, 1), &text);
    ck_assert_ptr_nonnull(strstr(text.text, "  ipvs list "));
    strbuf_clear(&text);
    command_help(command_find(two, 2), &text);
    ck_assert_ptr_nonnull(strstr(text.text, "usage: gslbctl ipvs list\n"));
    ck_assert_ptr_nonnull(strstr(text.text, "--persistent-conn"));
    strbuf_fini(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command");
    TCase *tcase = tcase_create("command");
    tcase_add_loop_test(tcase, request_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_loop_test(tcase, bad_row, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_loop_test(tcase, check_row, 0, (int)(sizeof(checks) / sizeof(checks[0])));
    tcase_add_test(tcase, find_and_help);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
