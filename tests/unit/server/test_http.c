// SPDX-License-Identifier: BSD-2-Clause
/* The server as a whole: loop, limits, time-outs, start and end. Requests and streams have tests of
 * their own. */
#include "server/http.h"

#include "base/clock.h"
#include "base/mem.h"
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
static unsigned handled;

static void handler(void *data, struct http_request *request)
{
    (void)data;
    handled++;
    const struct http_refusal *refusal = http_request_refusal(request);
    struct http_reply reply = { .status = refusal == NULL ? 200 : refusal->status,
                                .content_type = "text/plain" };
    reply.body = mem_strdup(refusal == NULL ? "ok" : refusal->message);
    reply.length = strlen(reply.body);
    http_respond(request, &reply);
}

static void start(uint64_t timeout_ms)
{
    struct http_options options = { .loop = &loop, .handler = handler, .timeout_ms = timeout_ms };
    struct endpoint endpoint = { .port = 0 };
    ck_assert(addr_parse("127.0.0.1", &endpoint.addr));
    server = http_listen_tcp(&options, &endpoint, "api.listen[0]", &errors);
    ck_assert_ptr_nonnull(server);
}

static void set_up(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    errlist_init(&errors);
    handled = 0;
    server = NULL;
}

static void tear_down(void)
{
    http_free(server);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0); /* nothing left open */
    errlist_fini(&errors);
}

static int client(void)
{
    int fd = http_client_tcp(http_port(server));
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void send_text(int fd, const char *text)
{
    ck_assert(http_client_send(&loop, fd, text, strlen(text)));
}

static unsigned status_of(int fd)
{
    struct http_client_answer answer;
    ck_assert(http_client_read(&loop, fd, 3000, &answer));
    unsigned status = answer.status;
    http_client_fini(&answer);
    return status;
}

#define GET "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

START_TEST(answers_and_keeps_alive)
{
    start(0);
    int fd = client();
    for (int i = 0; i < 3; i++) {
        send_text(fd, GET);
        struct http_client_answer answer;
        ck_assert(http_client_read(&loop, fd, 3000, &answer));
        ck_assert_uint_eq(answer.status, 200);
        ck_assert_str_eq(answer.body, "ok");
        ck_assert(!answer.closed);
        char value[64];
        http_client_header(&answer, "X-Content-Type-Options", value, sizeof(value));
        ck_assert_str_eq(value, "nosniff");
        http_client_header(&answer, "Cache-Control", value, sizeof(value));
        ck_assert_str_eq(value, "no-store");
        http_client_fini(&answer);
    }
    ck_assert_uint_eq(handled, 3);
    (void)close(fd);
}
END_TEST

START_TEST(pipelined_requests_are_all_answered)
{
    start(0);
    int fd = client();
    send_text(fd, GET GET GET);
    ck_assert(http_client_turn(&loop, NULL, 50));
    ck_assert_uint_eq(handled, 3);
    (void)close(fd);
}
END_TEST

/* A client that sends a byte now and then is cut off when the time for a request is over. */
START_TEST(slow_request_is_cut)
{
    start(300);
    int fd = client();
    uint64_t began = clock_mono_ms();
    unsigned sent = 0;
    while (http_client_send(&loop, fd, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + (sent % 20), 1)) {
        sent++;
        ck_assert_uint_lt(clock_mono_ms() - began, 5000);
        (void)http_client_turn(&loop, NULL, 50);
    }
    ck_assert_uint_ge(clock_mono_ms() - began, 300);
    ck_assert_uint_eq(handled, 0);
    (void)close(fd);
}
END_TEST

START_TEST(idle_connection_is_cut)
{
    start(300);
    int fd = client();
    struct http_client_answer answer;
    ck_assert(http_client_read(&loop, fd, 5000, &answer));
    ck_assert(answer.closed);
    ck_assert_uint_eq(answer.status, 0);
    http_client_fini(&answer);
    (void)close(fd);
}
END_TEST

/* All connections taken by silent clients: the next one waits until they are cut off. */
START_TEST(connections_are_limited)
{
    start(300);
    int silent[HTTP_CONNECTIONS_MAX];
    for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
        silent[i] = client();
    (void)http_client_turn(&loop, NULL, 50);
    int fd = client();
    send_text(fd, GET);
    (void)http_client_turn(&loop, NULL, 100);
    ck_assert_uint_eq(handled, 0);
    ck_assert_uint_eq(status_of(fd), 200);
    (void)close(fd);
    for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
        (void)close(silent[i]);
}
END_TEST

/* A request with a head of `size` bytes: in the target or in a header. */
static unsigned status_with_head(size_t size, bool target)
{
    int fd = client();
    char *filler = mem_alloc(size + 1);
    memset(filler, 'a', size);
    char *text = NULL;
    int length =
        target ? asprintf(&text, "GET /%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", filler)
               : asprintf(&text, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: %s\r\n\r\n", filler);
    ck_assert_int_gt(length, 0);
    (void)http_client_send(&loop, fd, text, (size_t)length);
    unsigned status = status_of(fd);
    free(text);
    mem_free(filler);
    (void)close(fd);
    return status;
}

START_TEST(heads_are_limited)
{
    start(0);
    ck_assert_uint_eq(status_with_head(10000, false), 200);
    ck_assert_uint_eq(status_with_head(40000, false), 431);
    ck_assert_uint_eq(status_with_head(3000, true), 200);
    ck_assert_uint_eq(status_with_head(5000, true), 400);
    ck_assert_uint_eq(status_with_head(40000, true), 414);
}
END_TEST

START_TEST(garbage_does_no_harm)
{
    static const char *const garbage[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "\x16\x03\x01\x02",
        "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "\xff\xfe\xfd\r\n\r\n",
        "GET  /  HTTP/1.1\r\n\r\n",
    };
    start(300);
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        int fd = client();
        send_text(fd, garbage[i]);
        struct http_client_answer answer;
        (void)http_client_read(&loop, fd, 2000, &answer);
        ck_assert_uint_ne(answer.status, 200);
        http_client_fini(&answer);
        (void)close(fd);
    }
    int fd = client();
    send_text(fd, GET);
    ck_assert_uint_eq(status_of(fd), 200);
    (void)close(fd);
}
END_TEST

START_TEST(listen_fails_with_a_place)
{
    start(0);
    struct http_options options = { .loop = &loop, .handler = handler };
    struct endpoint endpoint = { .port = http_port(server) };
    ck_assert(addr_parse("127.0.0.1", &endpoint.addr));
    ck_assert_ptr_null(http_listen_tcp(&options, &endpoint, "api.listen[1]", &errors));
    ck_assert_ptr_null(
        http_listen_unix(&options, "/nonexistent/s", HTTP_NO_GROUP, "api.listen[2]", &errors));
    ck_assert_uint_eq(errors.count, 2);
    ck_assert_int_eq(strncmp(errors.lines[1], "api.listen[2]: ", 15), 0);
}
END_TEST

START_TEST(listens_on_a_unix_socket)
{
    char path[] = "/tmp/gslb-http-XXXXXX";
    int made = mkstemp(path);
    ck_assert_int_ge(made, 0);
    (void)close(made);
    (void)unlink(path);
    struct http_options options = { .loop = &loop, .handler = handler };
    server = http_listen_unix(&options, path, HTTP_NO_GROUP, "api.listen[0]", &errors);
    ck_assert_ptr_nonnull(server);
    int fd = http_client_unix(path);
    ck_assert_int_ge(fd, 0);
    send_text(fd, "GET / HTTP/1.1\r\nHost: gslb\r\n\r\n");
    ck_assert_uint_eq(status_of(fd), 200);
    (void)close(fd);
    http_free(server);
    server = NULL;
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *tcase = tcase_create("http");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, answers_and_keeps_alive);
    tcase_add_test(tcase, pipelined_requests_are_all_answered);
    tcase_add_test(tcase, slow_request_is_cut);
    tcase_add_test(tcase, idle_connection_is_cut);
    tcase_add_test(tcase, connections_are_limited);
    tcase_add_test(tcase, heads_are_limited);
    tcase_add_test(tcase, garbage_does_no_harm);
    tcase_add_test(tcase, listen_fails_with_a_place);
    tcase_add_test(tcase, listens_on_a_unix_socket);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
