// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/request.h"

#include "base/mem.h"
#include "tests/support/canned.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define HEAD(status) "HTTP/1.1 " status " X\r\nConnection: close\r\n\r\n"

static struct canned canned;
static struct options options;
static struct command_context ctx;
static char *text;
static size_t length;

static void start(const char *answer, unsigned given)
{
    canned_start(&canned, answer, NULL);
    options = (struct options){ .given = given };
    ctx = (struct command_context){ .options = &options };
    ctx.client = client_new(canned.url, NULL, ctx.error, sizeof(ctx.error));
    ck_assert_ptr_nonnull(ctx.client);
    ctx.out = open_memstream(&text, &length);
    ck_assert_ptr_nonnull(ctx.out);
}

static void stop(void)
{
    (void)fclose(ctx.out);
    free(text);
    client_free(ctx.client);
    canned_stop(&canned);
}

static const char *printed(void)
{
    (void)fflush(ctx.out);
    return text;
}

static bool run(void)
{
    struct request request = { .method = "GET", .path = "/v1/ready", .show = show_ready };
    return request_run(&ctx, &request);
}

static const struct {
    const char *answer;
    unsigned given;
    bool ok;
    const char *out;
    const char *error;
} rows[] = {
    { HEAD("200") "{\"ready\":true}", 0, true, "ready\n", "" },
    { HEAD("200") "{\"ready\":true}\n", OPTION_JSON, true, "{\"ready\":true}\n", "" },
    { HEAD("404") "{\"error\":{\"code\":\"not_found\",\"message\":\"there is no pool x\"}}", 0,
      false, "", "there is no pool x" },
    { HEAD("404") "{\"error\":{\"message\":\"no\"}}\n", OPTION_JSON, false,
      "{\"error\":{\"message\":\"no\"}}\n", "no" },
    { HEAD("422") "{\"error\":{\"message\":\"refused\"},\"errors\":[\"f:1:2: a\",\"f:3: "
                  "b\\u001b\"]}",
      0, false, "f:1:2: a\nf:3: b?\n", "refused" },
    { HEAD("500") "<html>oops</html>", 0, false, "", "the server answers with HTTP status 500" },
    { HEAD("403") "{\"error\":{\"message\":\"two\\nlines\"}}", 0, false, "", "two?lines" },
    { HEAD("200") "<html></html>", 0, false, "",
      "the server's answer is not JSON; is this the API of gslbd?" },
    { "SSH-2.0-OpenSSH\r\n", 0, false, "", NULL },
    { "", 0, false, "", NULL },
};

START_TEST(run_row)
{
    start(rows[_i].answer, rows[_i].given);
    ck_assert(run() == rows[_i].ok);
    ck_assert_str_eq(printed(), rows[_i].out);
    if (rows[_i].error != NULL)
        ck_assert_str_eq(ctx.error, rows[_i].error);
    else
        ck_assert_str_ne(ctx.error, "");
    ck_assert_ptr_null(strchr(ctx.error, '\n'));
    stop();
}
END_TEST

START_TEST(body_is_sent)
{
    start(HEAD("200") "{}", OPTION_JSON);
    struct request request = { "PUT", "/x", json_pack("{s:s}", "state", "up"), show_member, NULL };
    ck_assert(request_run(&ctx, &request));
    char *sent = canned_requests(&canned);
    ck_assert_ptr_nonnull(strstr(sent, "\r\n\r\n{\"state\":\"up\"}"));
    mem_free(sent);
    stop();
}
END_TEST

START_TEST(get_hands_over)
{
    start(HEAD("200") "{\"a\":1}", 0);
    json_t *root = request_get(&ctx, "/x");
    ck_assert_int_eq(json_integer_value(json_object_get(root, "a")), 1);
    json_decref(root);
    ck_assert_str_eq(printed(), "");
    stop();
    start(HEAD("503") "{\"error\":{\"message\":\"later\"}}", 0);
    ck_assert_ptr_null(request_get(&ctx, "/x"));
    ck_assert_str_eq(ctx.error, "later");
    stop();
}
END_TEST

static bool judge(struct command_context *of, const json_t *root)
{
    if (json_object_get(root, "failed") == NULL)
        return true;
    request_fail(of, "two\nlines");
    return false;
}

START_TEST(answer_is_judged_after_printing)
{
    struct request request = { "POST", "/x", NULL, show_reload, judge };
    start(HEAD("200") "{\"generation\":1}", 0);
    ck_assert(request_run(&ctx, &request));
    stop();
    start(HEAD("200") "{\"generation\":2,\"failed\":1}", 0);
    ck_assert(!request_run(&ctx, &request));
    ck_assert_str_eq(printed(), "reloaded, generation 2\n");
    ck_assert_str_eq(ctx.error, "two?lines");
    stop();
    start(HEAD("200") "{\"failed\":1}", OPTION_JSON);
    ck_assert(!request_run(&ctx, &request));
    ck_assert_str_eq(printed(), "{\"failed\":1}");
    stop();
    start(HEAD("200") "broken", OPTION_JSON);
    ck_assert(!request_run(&ctx, &request));
    ck_assert_str_eq(ctx.error, "the server's answer is not JSON; is this the API of gslbd?");
    stop();
}
END_TEST

START_TEST(made_answer_is_printed)
{
    json_t *root = json_loads("{\"generation\":1}", 0, NULL);
    start("", 0);
    request_print(&ctx, root, show_reload);
    ck_assert_str_eq(printed(), "reloaded, generation 1\n");
    stop();
    start("", OPTION_JSON);
    request_print(&ctx, root, show_reload);
    ck_assert_str_eq(printed(), "{\"generation\":1}\n");
    stop();
    json_decref(root);
}
END_TEST

START_TEST(weights)
{
    json_t *body = NULL;
    start("", 0);
    ck_assert(request_weight(&ctx, "65535", &body));
    ck_assert_int_eq(json_integer_value(json_object_get(body, "weight")), 65535);
    json_decref(body);
    ck_assert(request_weight(&ctx, "auto", &body));
    ck_assert(json_is_null(json_object_get(body, "weight")));
    json_decref(body);
    ck_assert(!request_weight(&ctx, "65536", &body));
    ck_assert(!request_weight(&ctx, "", &body));
    ck_assert_str_eq(ctx.error, " is not a weight: a number from 0 to 65535, or auto");
    stop();
}
END_TEST

#define EVENT "id: 3\nevent: publish\ndata: {\"generation\":5,\"at\":\"T\"}\n\n"

START_TEST(events_are_lines)
{
    start(HEAD("200") ": hello\n\n" EVENT "data: broken{\n\n", 0);
    ck_assert(!request_events(&ctx, "/v1/events"));
    ck_assert_str_eq(printed(), "T publish generation=5\n");
    ck_assert_str_eq(ctx.error, "the server has ended the stream");
    stop();
    start(HEAD("200") EVENT, OPTION_JSON);
    ck_assert(!request_events(&ctx, "/v1/events"));
    ck_assert_str_eq(printed(), "{\"id\":\"3\",\"event\":\"publish\",\"data\":{\"generation\":5,"
                                "\"at\":\"T\"}}\n");
    stop();
}
END_TEST

START_TEST(events_refused)
{
    start(HEAD("503") "{\"error\":{\"message\":\"full\"}}", 0);
    ck_assert(!request_events(&ctx, "/v1/events"));
    ck_assert_str_eq(ctx.error, "full");
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("request");
    TCase *tcase = tcase_create("request");
    tcase_add_loop_test(tcase, run_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tcase, body_is_sent);
    tcase_add_test(tcase, answer_is_judged_after_printing);
    tcase_add_test(tcase, made_answer_is_printed);
    tcase_add_test(tcase, weights);
    tcase_add_test(tcase, get_hands_over);
    tcase_add_test(tcase, events_are_lines);
    tcase_add_test(tcase, events_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
