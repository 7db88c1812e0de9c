// SPDX-License-Identifier: BSD-2-Clause
#include "health/check_tcp.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "tests/support/attempt.h"
#include "tests/support/backend.h"
#include "tests/support/netns.h"

#include <check.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_MS 5000

static struct check tcp_check(const char *send, const char *expect)
{
    struct check check = { .name = "t", .type = CHECK_TCP };
    check.args.tcp = (struct check_tcp_args){ .send = send, .expect = expect };
    return check;
}

static const struct {
    const char *address;
    enum backend_face face;
    const char *body;
    const char *send;
    const char *expect;
    enum health_result result;
    const char *reason;
} cases[] = {
    { "127.0.0.1", BACKEND_SILENT, "", NULL, NULL, HEALTH_PASS, "connected" },
    { "::1", BACKEND_SILENT, "", NULL, NULL, HEALTH_PASS, "connected" },
    { "127.0.0.1", BACKEND_SILENT, "", "hello\n", NULL, HEALTH_PASS, "sent" },
    { "127.0.0.1", BACKEND_REFUSE, "", NULL, NULL, HEALTH_FAIL, "connection refused" },
    { "::1", BACKEND_REFUSE, "", NULL, NULL, HEALTH_FAIL, "connection refused" },
    { "127.0.0.1", BACKEND_GREET, "220 ready\r\n", NULL, "220 ", HEALTH_PASS, "text found" },
    { "::1", BACKEND_GREET, "220 ready\r\n", NULL, "ready", HEALTH_PASS, "text found" },
    { "127.0.0.1", BACKEND_GREET, "x", NULL, "", HEALTH_PASS, "text found" },
    { "127.0.0.1", BACKEND_REPLY, "+PONG\r\n", "PING\r\n", "+PONG", HEALTH_PASS, "text found" },
    { "127.0.0.1", BACKEND_HTTP, "hi", "GET / HTTP/1.0\r\n\r\n", " 200 ", HEALTH_PASS,
      "text found" },
    { "127.0.0.1", BACKEND_HTTP, "hi", "GET / HTTP/1.0\r\n\r\n", " 204 ", HEALTH_FAIL,
      "closed before the text came" },
    { "127.0.0.1", BACKEND_CLOSE, "", NULL, "220", HEALTH_FAIL, "closed before the text came" },
    { "127.0.0.1", BACKEND_HUGE_BODY, "", "GET / HTTP/1.0\r\n\r\n", "never there", HEALTH_FAIL,
      "answer lacks the text" },
};

START_TEST(attempt_table)
{
    struct backend *backend = backend_new(cases[_i].address, cases[_i].face);
    backend_set_body(backend, cases[_i].body);
    struct check check = tcp_check(cases[_i].send, cases[_i].expect);
    struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert(end.done);
    ck_assert_str_eq(end.reason, cases[_i].reason);
    ck_assert_int_eq(end.result, cases[_i].result);
    ck_assert(backend_wait_open(backend, 0, LIMIT_MS)); /* our side has closed */
    backend_free(backend);
}
END_TEST

START_TEST(reset_after_bytes_is_a_failure)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_RESET);
    struct check check = tcp_check("GET / HTTP/1.0\r\n\r\n", "never there");
    struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert(end.done);
    ck_assert_int_eq(end.result, HEALTH_FAIL);
    ck_assert_str_eq(end.reason, "connection reset");
    backend_free(backend);
}
END_TEST

/* The text may come in single bytes; what comes after 4 KiB does not count. */
START_TEST(expect_over_many_pieces)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_TRICKLE);
    backend_set_delay(backend, 1);
    backend_set_body(backend, "a needle in it");
    struct check check = tcp_check("GET / HTTP/1.0\r\n\r\n", "needle");
    struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert_str_eq(end.reason, "text found");
    backend_free(backend);
}
END_TEST

START_TEST(expect_at_the_cap)
{
    char *body = mem_alloc(CHECK_TCP_ANSWER_MAX + 16);
    for (size_t extra = 0; extra <= 1; extra++) {
        memset(body, 'x', CHECK_TCP_ANSWER_MAX + 8);
        memcpy(body + CHECK_TCP_ANSWER_MAX - 6 + extra, "needle", 7);
        struct backend *backend = backend_new("127.0.0.1", BACKEND_GREET);
        backend_set_body(backend, body);
        struct check check = tcp_check(NULL, "needle");
        struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
        ck_assert_str_eq(end.reason, extra == 0 ? "text found" : "answer lacks the text");
        backend_free(backend);
    }
    mem_free(body);
}
END_TEST

/* More than the socket's buffers hold, to a peer that reads. */
START_TEST(send_in_several_parts)
{
    size_t length = 8 * 1024 * 1024;
    char *text = mem_alloc(length + 1);
    memset(text, 'x', length);
    struct backend *backend = backend_new("127.0.0.1", BACKEND_SILENT);
    struct check check = tcp_check(text, NULL);
    struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert_str_eq(end.reason, "sent");
    backend_free(backend);
    mem_free(text);
}
END_TEST

static const struct {
    enum backend_face face;
    const char *send;
    const char *expect;
} waiting[] = {
    { BACKEND_BLACKHOLE, NULL, NULL },
    { BACKEND_SILENT, NULL, "220" },
    { BACKEND_SILENT, "PING", "PONG" },
    { BACKEND_GREET, NULL, "not what it says" },
    { BACKEND_TRICKLE, "GET / HTTP/1.0\r\n\r\n", "never there" },
};

/* The type has no clock of its own: it waits until the prober ends it, and then lets go. */
START_TEST(cancel_while_waiting)
{
    struct backend *backend = backend_new("127.0.0.1", waiting[_i].face);
    struct check check = tcp_check(waiting[_i].send, waiting[_i].expect);
    struct attempt_end end = attempt_run(&check, backend_endpoint(backend), 100, NULL);
    ck_assert(!end.done);
    ck_assert(backend_wait_open(backend, 0, LIMIT_MS));
    backend_free(backend);
}
END_TEST

static struct rlimit saved_limit;

static void take_descriptors(void)
{
    getrlimit(RLIMIT_NOFILE, &saved_limit);
    struct rlimit none = { .rlim_cur = 0, .rlim_max = saved_limit.rlim_max };
    setrlimit(RLIMIT_NOFILE, &none);
}

START_TEST(no_descriptors_is_no_verdict)
{
    struct endpoint target;
    ck_assert(endpoint_parse("127.0.0.1:9", &target));
    struct check check = tcp_check(NULL, NULL);
    struct attempt_end end = attempt_run(&check, target, LIMIT_MS, take_descriptors);
    setrlimit(RLIMIT_NOFILE, &saved_limit);
    ck_assert(end.done);
    ck_assert_int_eq(end.result, HEALTH_NO_VERDICT);
    ck_assert_str_eq(end.reason, "local: no descriptors left");
}
END_TEST

/* One port for outgoing connections, and a connection that has it. */
static int no_ports_left(void)
{
    struct endpoint target;
    struct sockaddr_storage sa;
    if (!netns_enter())
        return NETNS_FORBIDDEN;
    if (!netns_port_range(40000, 40000) || !endpoint_parse("127.0.0.1:45000", &target))
        return 1;
    socklen_t length = endpoint_to_sockaddr(&target, &sa);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int holder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ready = bind(listener, (const struct sockaddr *)&sa, length) == 0 &&
                 listen(listener, 8) == 0 &&
                 connect(holder, (const struct sockaddr *)&sa, length) == 0;
    struct check check = tcp_check(NULL, NULL);
    struct attempt_end end = attempt_run(&check, target, LIMIT_MS, NULL);
    close(holder);
    close(listener);
    return ready && end.done && end.result == HEALTH_NO_VERDICT ? 0 : 3;
}

/* The only port there is for us is the one that is dead: the kernel connects the socket to itself.
 */
static int dead_port_is_ours(void)
{
    struct endpoint target;
    if (!netns_enter())
        return NETNS_FORBIDDEN;
    if (!netns_port_range(40000, 40000) || !endpoint_parse("127.0.0.1:40000", &target))
        return 1;
    struct check check = tcp_check("echo", "echo");
    struct attempt_end end = attempt_run(&check, target, LIMIT_MS, NULL);
    return end.done && end.result == HEALTH_FAIL && strcmp(end.reason, "connection refused") == 0
               ? 0
               : 2;
}

static int no_route(void)
{
    struct endpoint target;
    if (!netns_enter())
        return NETNS_FORBIDDEN;
    if (!endpoint_parse("192.0.2.1:80", &target))
        return 1;
    struct check check = tcp_check(NULL, NULL);
    struct attempt_end end = attempt_run(&check, target, LIMIT_MS, NULL);
    return end.done && end.result == HEALTH_NO_VERDICT && strcmp(end.reason, "local: no route") == 0
               ? 0
               : 2;
}

static int (*const own_networks[])(void) = { no_ports_left, dead_port_is_ours, no_route };

START_TEST(in_a_network_of_its_own)
{
    int status = netns_fork(own_networks[_i]);
    if (status != NETNS_FORBIDDEN)
        ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("check_tcp");
    TCase *tcase = tcase_create("check_tcp");
    tcase_add_loop_test(tcase, attempt_table, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, reset_after_bytes_is_a_failure);
    tcase_add_test(tcase, expect_over_many_pieces);
    tcase_add_test(tcase, expect_at_the_cap);
    tcase_add_test(tcase, send_in_several_parts);
    tcase_add_loop_test(tcase, cancel_while_waiting, 0, (int)ARRAY_LEN(waiting));
    tcase_add_test(tcase, no_descriptors_is_no_verdict);
    tcase_add_loop_test(tcase, in_a_network_of_its_own, 0, (int)ARRAY_LEN(own_networks));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
