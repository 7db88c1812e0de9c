// SPDX-License-Identifier: BSD-2-Clause
#include "server/http.h"

#include "base/mem.h"
#include "tests/support/http_client.h"

#include <check.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static uv_loop_t loop;
static struct http_server *server;
static struct errlist errors;
static struct http_stream *stream;
static bool closed;

static void on_closed(void *data)
{
    ck_assert_ptr_eq(data, &loop);
    closed = true;
    stream = NULL;
}

static void handler(void *data, struct http_request *request)
{
    (void)data;
    stream = http_stream_new(request, "text/event-stream", on_closed, &loop);
}

static void set_up(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    errlist_init(&errors);
    stream = NULL;
    closed = false;
    struct http_options options = { .loop = &loop, .handler = handler, .timeout_ms = 500 };
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

static int subscribe(void)
{
    static const char request[] = "GET /e HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    int fd = http_client_tcp(http_port(server));
    ck_assert_int_ge(fd, 0);
    ck_assert(http_client_send(&loop, fd, request, sizeof(request) - 1));
    (void)http_client_turn(&loop, NULL, 30);
    ck_assert_ptr_nonnull(stream);
    return fd;
}

static void expect(int fd, const char *text)
{
    char *got = http_client_wait_text(&loop, fd, text, 3000);
    ck_assert_msg(got != NULL, "%s did not come", text);
    mem_free(got);
}

START_TEST(write_reaches_the_client)
{
    int fd = subscribe();
    expect(fd, "text/event-stream");
    ck_assert(http_stream_write(stream, "one\n", 4));
    expect(fd, "one\n");
    /* longer silence than the time-out: a quiet stream is no idle connection */
    (void)http_client_turn(&loop, NULL, 1800);
    ck_assert(!closed);
    ck_assert(http_stream_write(stream, "two\n", 4));
    ck_assert(http_stream_write(stream, "three\n", 6));
    expect(fd, "three\n");
    (void)close(fd);
}
END_TEST

START_TEST(client_that_leaves_is_noticed_at_the_next_write)
{
    int fd = subscribe();
    (void)close(fd);
    (void)http_client_turn(&loop, NULL, 30);
    for (int i = 0; i < 50 && !closed; i++) {
        (void)http_stream_write(stream, ": keep-alive\n\n", 14);
        (void)http_client_turn(&loop, NULL, 10);
    }
    ck_assert(closed);
}
END_TEST

/* Writes more than sockets and queue can hold; the reader takes nothing. */
START_TEST(slow_reader_is_dropped)
{
    int fd = subscribe();
    char block[16384];
    memset(block, 'x', sizeof(block));
    bool taken = true;
    for (int i = 0; i < 2000 && taken; i++) {
        taken = http_stream_write(stream, block, sizeof(block));
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
    ck_assert(!taken);
    ck_assert(http_client_turn(&loop, &closed, 3000));
    (void)close(fd);
}
END_TEST

/* The server's end of a connection: client and server are one process. */
static int other_end(int fd)
{
    struct sockaddr_in own;
    struct sockaddr_in peer = { 0 };
    socklen_t size = sizeof(own);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&own, &size), 0);
    for (int other = 0; other < 100; other++) {
        size = sizeof(peer);
        if (getpeername(other, (struct sockaddr *)&peer, &size) == 0 &&
            peer.sin_family == AF_INET && peer.sin_port == own.sin_port)
            return other;
    }
    return -1;
}

/* Full sockets, but a queue with room: time decides. */
START_TEST(stuck_reader_is_cut)
{
    int fd = subscribe();
    int other = other_end(fd);
    char block[16384];
    memset(block, 'x', sizeof(block));
    int waiting = -1;
    for (int same = 0; same < 4;) {
        ck_assert(http_stream_write(stream, block, sizeof(block)));
        (void)http_client_turn(&loop, NULL, 2);
        int now = 0;
        ck_assert_int_eq(ioctl(other, SIOCOUTQ, &now), 0);
        same = now > 0 && now == waiting ? same + 1 : 0;
        waiting = now;
    }
    ck_assert(!closed);
    ck_assert(http_client_turn(&loop, &closed, 5000));
    (void)close(fd);
}
END_TEST

START_TEST(server_goes_first)
{
    int fd = subscribe();
    ck_assert(http_stream_write(stream, "last\n", 5));
    http_free(server);
    server = NULL;
    ck_assert(closed);
    expect(fd, "last\n");
    char byte = 0;
    ck_assert_int_eq(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    (void)close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_stream");
    TCase *tcase = tcase_create("stream");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, write_reaches_the_client);
    tcase_add_test(tcase, client_that_leaves_is_noticed_at_the_next_write);
    tcase_add_test(tcase, slow_reader_is_dropped);
    tcase_add_test(tcase, stuck_reader_is_cut);
    tcase_add_test(tcase, server_goes_first);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
