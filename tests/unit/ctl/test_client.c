// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/client.h"

#include "base/mem.h"
#include "tests/support/canned.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OK(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body

static char error[256];

static struct client *open_client(const char *api, const char *token)
{
    struct client *client = client_new(api, token, error, sizeof(error));
    ck_assert_msg(client != NULL, "%s", error);
    return client;
}

START_TEST(call_sends_what_the_server_wants)
{
    struct canned canned;
    struct client_answer answer;
    canned_start(&canned, OK("{\"a\":1}"), NULL);
    struct client *client = open_client(canned.url, "t0ken");
    ck_assert(
        client_call(client, "PUT", "/v1/x", "{\"state\":\"down\"}", &answer, error, sizeof(error)));
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer.body.text, "{\"a\":1}");
    client_answer_fini(&answer);
    char *request = canned_requests(&canned);
    ck_assert_int_eq(strncmp(request, "PUT /v1/x HTTP/1.1\r\n", 20), 0);
    ck_assert_ptr_nonnull(strstr(request, "\r\nHost: localhost\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "\r\nAuthorization: Bearer t0ken\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "\r\nContent-Type: application/json\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "\r\n\r\n{\"state\":\"down\"}"));
    ck_assert_ptr_null(strstr(request, "Expect"));
    mem_free(request);
    client_free(client);
    canned_stop(&canned);
}
END_TEST

/* What one request set must not be left for the next. */
START_TEST(call_without_body_after_one_with)
{
    struct canned canned;
    struct client_answer answer;
    canned_start(&canned, OK(""), NULL);
    struct client *client = open_client(canned.url, NULL);
    ck_assert(client_call(client, "POST", "/a", "{}", &answer, error, sizeof(error)));
    client_answer_fini(&answer);
    ck_assert(client_call(client, "GET", "/b", NULL, &answer, error, sizeof(error)));
    client_answer_fini(&answer);
    ck_assert(client_call(client, "DELETE", "/c", NULL, &answer, error, sizeof(error)));
    client_answer_fini(&answer);
    char *requests = canned_requests(&canned);
    const char *second = strstr(requests, "GET /b HTTP/1.1\r\n");
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_null(strstr(second, "Content-Type"));
    ck_assert_ptr_null(strstr(second, "Authorization"));
    ck_assert_ptr_nonnull(strstr(second, "DELETE /c HTTP/1.1\r\n"));
    mem_free(requests);
    client_free(client);
    canned_stop(&canned);
}
END_TEST

START_TEST(call_over_a_unix_socket)
{
    char path[64];
    struct canned canned;
    struct client_answer answer;
    (void)snprintf(path, sizeof(path), "/tmp/gslb-canned-%ld", (long)getpid());
    canned_start(&canned, OK("yes"), path);
    struct client *client = open_client(canned.url, NULL);
    ck_assert(client_call(client, "GET", "/v1/status", NULL, &answer, error, sizeof(error)));
    ck_assert_str_eq(answer.body.text, "yes");
    client_answer_fini(&answer);
    client_free(client);
    canned_stop(&canned);
}
END_TEST

START_TEST(call_ignores_proxies)
{
    struct canned canned;
    struct client_answer answer;
    canned_start(&canned, OK("direct"), NULL);
    (void)setenv("http_proxy", "http://127.0.0.1:1", 1);
    (void)setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    struct client *client = open_client(canned.url, NULL);
    ck_assert(client_call(client, "GET", "/", NULL, &answer, error, sizeof(error)));
    ck_assert_str_eq(answer.body.text, "direct");
    client_answer_fini(&answer);
    client_free(client);
    canned_stop(&canned);
}
END_TEST

START_TEST(redirects_are_not_followed)
{
    struct canned canned;
    struct client_answer answer;
    canned_start(&canned, "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", NULL);
    struct client *client = open_client(canned.url, "secret");
    ck_assert(client_call(client, "GET", "/", NULL, &answer, error, sizeof(error)));
    ck_assert_int_eq(answer.status, 302);
    client_answer_fini(&answer);
    client_free(client);
    canned_stop(&canned);
}
END_TEST

START_TEST(nobody_there_is_one_line)
{
    struct client_answer answer;
    struct client *client = open_client("http://127.0.0.1:1", NULL);
    ck_assert(!client_call(client, "GET", "/", NULL, &answer, error, sizeof(error)));
    client_answer_fini(&answer);
    ck_assert_int_eq(strncmp(error, "http://127.0.0.1:1: ", 20), 0);
    ck_assert_ptr_null(strchr(error, '\n'));
    client_free(client);
    client = open_client("unix:/nonexistent/socket", NULL);
    ck_assert(!client_call(client, "GET", "/", NULL, &answer, error, sizeof(error)));
    client_answer_fini(&answer);
    ck_assert_int_eq(strncmp(error, "/nonexistent/socket: ", 21), 0);
    client_free(client);
}
END_TEST

static const struct {
    const char *api;
    const char *token;
} bad[] = {
    { "127.0.0.1:8053", NULL },      { "ftp://127.0.0.1", NULL },
    { "unix:relative", NULL },       { "", NULL },
    { "file:///etc/passwd", NULL },  { "http://127.0.0.1:1", "" },
    { "http://127.0.0.1:1", "a b" }, { "http://127.0.0.1:1", "a\r\nX: y" },
};

START_TEST(new_refuses)
{
    error[0] = '\0';
    ck_assert_ptr_null(client_new(bad[_i].api, bad[_i].token, error, sizeof(error)));
    ck_assert_str_ne(error, "");
}
END_TEST

START_TEST(final_slashes_do_no_harm)
{
    struct canned canned;
    struct client_answer answer;
    char url[80];
    canned_start(&canned, OK("x"), NULL);
    (void)snprintf(url, sizeof(url), "%s//", canned.url);
    struct client *client = open_client(url, NULL);
    ck_assert(client_call(client, "GET", "/v1/status", NULL, &answer, error, sizeof(error)));
    client_answer_fini(&answer);
    char *request = canned_requests(&canned);
    ck_assert_int_eq(strncmp(request, "GET /v1/status HTTP", 19), 0);
    mem_free(request);
    client_free(client);
    canned_stop(&canned);
}
END_TEST

static const struct {
    const char *part;
    const char *path;
} parts[] = {
    { "web", "/web" },
    { "a b", "/a%20b" },
    { "a/b", "/a%2Fb" },
    { "2001:db8::1", "/2001%3Adb8%3A%3A1" },
    { "..", "/%2E%2E" },
    { ".", "/%2E" },
    { "...", "/..." },
    { "a%b?c#d", "/a%25b%3Fc%23d" },
    { "caf\xc3\xa9", "/caf%C3%A9" },
    { "", "/" },
};

START_TEST(part_row)
{
    struct strbuf path;
    strbuf_init(&path);
    client_add_part(&path, parts[_i].part);
    ck_assert_str_eq(path.text, parts[_i].path);
    strbuf_fini(&path);
}
END_TEST

START_TEST(params_are_joined)
{
    struct strbuf path;
    strbuf_init(&path);
    strbuf_add(&path, "/x");
    client_add_param(&path, "a", NULL);
    client_add_param(&path, "b", "1&2");
    client_add_param(&path, "c", "");
    ck_assert_str_eq(path.text, "/x?b=1%262&c=");
    strbuf_fini(&path);
}
END_TEST

struct pieces {
    struct strbuf text;
    bool stop;
};

static bool take_piece(void *data, const char *bytes, size_t length)
{
    struct pieces *pieces = data;
    strbuf_add_bytes(&pieces->text, bytes, length);
    return !pieces->stop;
}

START_TEST(stream_passes_pieces_on)
{
    struct canned canned;
    struct client_answer answer;
    struct pieces pieces = { .stop = false };
    strbuf_init(&pieces.text);
    canned_start(&canned, OK("data: x\n\n"), NULL);
    struct client *client = open_client(canned.url, NULL);
    ck_assert(client_stream(client, "/", take_piece, &pieces, &answer, error, sizeof(error)));
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(pieces.text.text, "data: x\n\n");
    ck_assert_str_eq(answer.body.text, "");
    client_answer_fini(&answer);
    pieces.stop = true;
    ck_assert(client_stream(client, "/", take_piece, &pieces, &answer, error, sizeof(error)));
    client_answer_fini(&answer);
    strbuf_fini(&pieces.text);
    client_free(client);
    canned_stop(&canned);
}
END_TEST

START_TEST(stream_collects_a_refusal)
{
    struct canned canned;
    struct client_answer answer;
    struct pieces pieces = { .stop = false };
    strbuf_init(&pieces.text);
    canned_start(&canned, "HTTP/1.1 503 No\r\nConnection: close\r\n\r\n{\"error\":1}", NULL);
    struct client *client = open_client(canned.url, NULL);
    ck_assert(client_stream(client, "/", take_piece, &pieces, &answer, error, sizeof(error)));
    ck_assert_int_eq(answer.status, 503);
    ck_assert_str_eq(answer.body.text, "{\"error\":1}");
    ck_assert_str_eq(pieces.text.text, "");
    client_answer_fini(&answer);
    strbuf_fini(&pieces.text);
    client_free(client);
    canned_stop(&canned);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client");
    TCase *tcase = tcase_create("client");
    tcase_add_test(tcase, call_sends_what_the_server_wants);
    tcase_add_test(tcase, call_without_body_after_one_with);
    tcase_add_test(tcase, call_over_a_unix_socket);
    tcase_add_test(tcase, call_ignores_proxies);
    tcase_add_test(tcase, redirects_are_not_followed);
    tcase_add_test(tcase, nobody_there_is_one_line);
    tcase_add_loop_test(tcase, new_refuses, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, final_slashes_do_no_harm);
    tcase_add_loop_test(tcase, part_row, 0, (int)(sizeof(parts) / sizeof(parts[0])));
    tcase_add_test(tcase, params_are_joined);
    tcase_add_test(tcase, stream_passes_pieces_on);
    tcase_add_test(tcase, stream_collects_a_refusal);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
