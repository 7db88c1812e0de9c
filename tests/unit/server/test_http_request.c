// SPDX-License-Identifier: BSD-2-Clause
#include "server/http.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "tests/support/http_client.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uv_loop_t loop;
static struct http_server *server;
static struct errlist errors;
static struct http_request *deferred; /* "/later" */
static unsigned handled, gone;

static void reply_text(struct http_request *request, unsigned status, const char *text)
{
    struct http_header headers[] = { { "X-Test", "yes" } };
    struct http_reply reply = {
        .status = status, .content_type = "text/plain", .headers = headers, .header_count = 1
    };
    reply.body = mem_strdup(text);
    reply.length = strlen(text);
    http_respond(request, &reply);
}

static void on_gone(void *data)
{
    ck_assert_ptr_eq(data, deferred);
    gone++;
}

/* Answers with what it was given: method, first segment, parameter x, body. */
static void handler(void *data, struct http_request *request)
{
    ck_assert_ptr_eq(data, &loop);
    handled++;
    const struct http_refusal *refusal = http_request_refusal(request);
    if (refusal != NULL) {
        reply_text(request, refusal->status, refusal->message);
        return;
    }
    const struct http_uri *uri = http_request_uri(request);
    const char *first = uri->segment_count == 0 ? "" : uri->segments[0];
    if (strcmp(first, "later") == 0) {
        deferred = request;
        http_defer(request, on_gone, request);
        return;
    }
    ck_assert(!http_request_peer(request)->is_unix);
    ck_assert(addr_is_loopback(&http_request_peer(request)->from.addr));
    size_t length = 0;
    const char *body = http_request_body(request, &length);
    const char *x = http_uri_param(uri, "x");
    const char *header = http_request_header(request, "x-ask");
    struct strbuf text;
    strbuf_init(&text);
    strbuf_addf(&text, "%s %s x=%s ask=%s %zu:%.*s", http_method(request), first,
                x == NULL ? "-" : x, header == NULL ? "-" : header, length,
                length > 100 ? 100 : (int)length, body);
    reply_text(request, 200, text.text);
    strbuf_fini(&text);
}

static void set_up(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    errlist_init(&errors);
    handled = gone = 0;
    deferred = NULL;
    struct http_options options = { .loop = &loop, .handler = handler, .data = &loop };
    struct endpoint endpoint = { .port = 0 };
    ck_assert(addr_parse("127.0.0.1", &endpoint.addr));
    server = http_listen_tcp(&options, &endpoint, "api.listen[0]", &errors);
    ck_assert_ptr_nonnull(server);
}

static void tear_down(void)
{
    http_free(server);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    errlist_fini(&errors);
}

static int client(void)
{
    int fd = http_client_tcp(http_port(server));
    ck_assert_int_ge(fd, 0);
    return fd;
}

#define HOST "Host: 127.0.0.1\r\n"
#define JSON "Content-Type: application/json\r\n"

static const struct {
    const char *request;
    unsigned status;
    const char *body; /* NULL = any */
} rows[] = {
    { "GET /a?x=1 HTTP/1.1\r\n" HOST "X-Ask: me\r\n\r\n", 200, "GET a x=1 ask=me 0:" },
    { "GET / HTTP/1.0\r\n" HOST "\r\n", 200, "GET  x=- ask=- 0:" },
    { "GET /a%2Fb HTTP/1.1\r\n" HOST "\r\n", 200, "GET a/b x=- ask=- 0:" },
    { "PUT /p HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\n\r\n{}", 200, "PUT p x=- ask=- 2:{}" },
    { "PUT /p HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n"
      "2\r\n{}\r\n3\r\nabc\r\n0\r\n\r\n",
      200, "PUT p x=- ask=- 5:{}abc" },
    { "POST /p HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 200, "POST p x=- ask=- 0:" },
    { "DELETE /p HTTP/1.1\r\n" HOST "\r\n", 200, "DELETE p x=- ask=- 0:" },
    { "PATCH /p HTTP/1.1\r\n" HOST "\r\n", 200, "PATCH p x=- ask=- 0:" },
    /* two readings of one message */
    { "GET / HTTP/1.1\r\n\r\n", 400, NULL },
    { "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400, NULL },
    { "PUT / HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", 400,
      NULL },
    { "PUT / HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400,
      NULL },
    { "PUT / HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\n",
      400, NULL },
    { "PUT / HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: gzip\r\n\r\n", 501, NULL },
    { "PUT / HTTP/1.1\r\n" HOST JSON "Content-Length: x\r\n\r\n", 400, NULL },
    { "PUT / HTTP/1.1\r\n" HOST JSON "Content-Length: 1048577\r\n"
      "Expect: 100-continue\r\n\r\n",
      413, NULL },
    { "PUT / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 200, "PUT  x=- ask=- 2:{}" },
    { "PUT / HTTP/1.1\r\n" HOST "Origin: http://127.0.0.1\r\nContent-Length: 2\r\n\r\n{}", 415,
      NULL },
    { "GET http://127.0.0.1/ HTTP/1.1\r\n" HOST "\r\n", 400, NULL },
    { "GET /%zz HTTP/1.1\r\n" HOST "\r\n", 400, NULL },
    { "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, NULL },
    { "GET / HTTP/1.1\r\n" HOST "Origin: http://evil.example\r\n\r\n", 403, NULL },
};

START_TEST(request_row)
{
    int fd = client();
    ck_assert(http_client_send(&loop, fd, rows[_i].request, strlen(rows[_i].request)));
    struct http_client_answer answer;
    ck_assert(http_client_read(&loop, fd, 3000, &answer));
    ck_assert_msg(answer.status == rows[_i].status, "%s: status %u", rows[_i].request,
                  answer.status);
    if (rows[_i].body != NULL) {
        ck_assert_str_eq(answer.body, rows[_i].body);
        char value[16];
        http_client_header(&answer, "X-Test", value, sizeof(value));
        ck_assert_str_eq(value, "yes");
    }
    http_client_fini(&answer);
    (void)close(fd);
}
END_TEST

/* Sends a body of `size` bytes; returns the status of the answer, 0 when there is none. */
static unsigned status_of_body(size_t size, bool chunked)
{
    int fd = client();
    char *body = mem_alloc(size + 1);
    memset(body, 'a', size);
    char *head = NULL;
    int length =
        chunked
            ? asprintf(&head,
                       "PUT /p HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n%zx\r\n",
                       size)
            : asprintf(&head, "PUT /p HTTP/1.1\r\n" HOST JSON "Content-Length: %zu\r\n\r\n", size);
    ck_assert_int_gt(length, 0);
    ck_assert(http_client_send(&loop, fd, head, (size_t)length));
    free(head);
    (void)http_client_send(&loop, fd, body, size);
    if (chunked)
        (void)http_client_send(&loop, fd, "\r\n0\r\n\r\n", 7);
    mem_free(body);
    struct http_client_answer answer;
    ck_assert(http_client_read(&loop, fd, 3000, &answer));
    unsigned status = answer.status;
    http_client_fini(&answer);
    (void)close(fd);
    return status;
}

START_TEST(body_limits)
{
    ck_assert_uint_eq(status_of_body(HTTP_BODY_MAX, false), 200);
    ck_assert_uint_eq(status_of_body(HTTP_BODY_MAX, true), 200);
    ck_assert_uint_eq(status_of_body(HTTP_BODY_MAX + 1, true), 413);
    ck_assert_uint_eq(status_of_body((size_t)3 * HTTP_BODY_MAX, false), 413);
    ck_assert_uint_eq(handled, 4);
    /* a body without end: the connection is cut, the handler never sees it */
    ck_assert_uint_eq(status_of_body((size_t)16 * HTTP_BODY_MAX, true), 0);
    ck_assert_uint_eq(handled, 4);
}
END_TEST

#define LATER "GET /later HTTP/1.1\r\n" HOST "\r\n"

static int ask_later(void)
{
    int fd = client();
    ck_assert(http_client_send(&loop, fd, LATER, strlen(LATER)));
    (void)http_client_turn(&loop, NULL, 50);
    ck_assert_ptr_nonnull(deferred);
    return fd;
}

START_TEST(answer_later)
{
    int fd = ask_later();
    reply_text(deferred, 201, "done");
    struct http_client_answer answer;
    ck_assert(http_client_read(&loop, fd, 3000, &answer));
    ck_assert_uint_eq(answer.status, 201);
    ck_assert_str_eq(answer.body, "done");
    http_client_fini(&answer);
    ck_assert_uint_eq(gone, 0);
    /* the connection goes on */
    ck_assert(http_client_send(&loop, fd, rows[0].request, strlen(rows[0].request)));
    ck_assert(http_client_read(&loop, fd, 3000, &answer));
    ck_assert_uint_eq(answer.status, 200);
    http_client_fini(&answer);
    (void)close(fd);
}
END_TEST

START_TEST(answer_later_to_nobody)
{
    int fd = ask_later();
    (void)close(fd);
    (void)http_client_turn(&loop, NULL, 30);
    ck_assert_uint_eq(gone, 0); /* asleep, nobody notices: the request stays valid */
    reply_text(deferred, 200, "done");
    (void)http_client_turn(&loop, NULL, 30);
    fd = client();
    ck_assert(http_client_send(&loop, fd, rows[0].request, strlen(rows[0].request)));
    struct http_client_answer answer;
    ck_assert(http_client_read(&loop, fd, 3000, &answer));
    ck_assert_uint_eq(answer.status, 200);
    http_client_fini(&answer);
    (void)close(fd);
}
END_TEST

START_TEST(server_goes_first)
{
    int fd = ask_later();
    http_free(server);
    server = NULL;
    ck_assert_uint_eq(gone, 1);
    struct http_client_answer answer;
    ck_assert(http_client_read(&loop, fd, 3000, &answer));
    ck_assert_uint_eq(answer.status, 503);
    ck_assert_ptr_nonnull(strstr(answer.body, "\"unavailable\""));
    http_client_fini(&answer);
    (void)close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_request");
    TCase *tcase = tcase_create("request");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, request_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tcase, body_limits);
    tcase_add_test(tcase, answer_later);
    tcase_add_test(tcase, answer_later_to_nobody);
    tcase_add_test(tcase, server_goes_first);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
