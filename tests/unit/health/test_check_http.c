// SPDX-License-Identifier: BSD-2-Clause
#include "health/check_http.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "base/version.h"
#include "tests/support/attempt.h"
#include "tests/support/backend.h"
#include "tests/support/netns.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_MS 5000

static struct check http_check(const char *expect_status, const char *expect_body)
{
    struct check check = { .name = "h", .type = CHECK_HTTP };
    check.args.http.expect_body = expect_body;
    ck_assert(check_status_parse(expect_status, check.args.http.expect_status));
    return check;
}

static const struct {
    const char *address;
    enum backend_face face;
    unsigned status;
    const char *body;
    const char *expect_status;
    const char *expect_body;
    enum health_result result;
    const char *reason;
} cases[] = {
    { "127.0.0.1", BACKEND_HTTP, 200, "ok", "200-299", NULL, HEALTH_PASS, "status 200" },
    { "::1", BACKEND_HTTP, 200, "ok", "200-299", NULL, HEALTH_PASS, "status 200" },
    { "127.0.0.1", BACKEND_HTTP, 200, "", "200-299", NULL, HEALTH_PASS, "status 200" },
    { "127.0.0.1", BACKEND_HTTP, 204, "", "200,204", NULL, HEALTH_PASS, "status 204" },
    { "127.0.0.1", BACKEND_HTTP, 302, "", "200,300-399", NULL, HEALTH_PASS, "status 302" },
    { "127.0.0.1", BACKEND_HTTP, 302, "", "200-299", NULL, HEALTH_FAIL, "status 302" },
    { "127.0.0.1", BACKEND_HTTP, 404, "no", "200-299", NULL, HEALTH_FAIL, "status 404" },
    { "127.0.0.1", BACKEND_HTTP, 503, "no", "200-299", "no", HEALTH_FAIL, "status 503" },
    { "127.0.0.1", BACKEND_HTTP, 503, "", "503", NULL, HEALTH_PASS, "status 503" },
    { "127.0.0.1", BACKEND_HTTP, 200, "all is well", "200", "is we", HEALTH_PASS, "status 200" },
    { "127.0.0.1", BACKEND_HTTP, 200, "all is well", "200", "is bad", HEALTH_FAIL,
      "body lacks the text" },
    { "127.0.0.1", BACKEND_HTTP, 200, "", "200", "ok", HEALTH_FAIL, "body lacks the text" },
    { "127.0.0.1", BACKEND_HTTP, 200, "ok", "200", "", HEALTH_PASS, "status 200" },
    { "127.0.0.1", BACKEND_CONTINUE, 200, "ok", "200", "ok", HEALTH_PASS, "status 200" },
    { "127.0.0.1", BACKEND_REFUSE, 0, "", "200", NULL, HEALTH_FAIL, "connection refused" },
    { "::1", BACKEND_REFUSE, 0, "", "200", NULL, HEALTH_FAIL, "connection refused" },
    { "127.0.0.1", BACKEND_ENDLESS_HEADERS, 0, "", "200", NULL, HEALTH_FAIL, "headers too long" },
    { "127.0.0.1", BACKEND_ENDLESS_LINE, 0, "", "200", NULL, HEALTH_FAIL, "header line too long" },
    { "127.0.0.1", BACKEND_GARBAGE, 0, "", "200", NULL, HEALTH_FAIL, "answer is not HTTP" },
    { "127.0.0.1", BACKEND_CUT, 0, "", "200", NULL, HEALTH_FAIL, "answer cut short" },
    { "127.0.0.1", BACKEND_CUT, 0, "", "200", "half", HEALTH_PASS, "status 200" },
    { "127.0.0.1", BACKEND_RESET, 0, "", "200", NULL, HEALTH_FAIL, "connection reset" },
    /* the cap of the body ends the reading: what was asked for has been seen by then, or not */
    { "127.0.0.1", BACKEND_HUGE_BODY, 200, "", "200", NULL, HEALTH_PASS, "status 200" },
    { "127.0.0.1", BACKEND_HUGE_BODY, 200, "", "204", NULL, HEALTH_FAIL, "status 200" },
    { "127.0.0.1", BACKEND_HUGE_BODY, 200, "needle", "200", "needle", HEALTH_PASS, "status 200" },
    { "127.0.0.1", BACKEND_HUGE_BODY, 200, "", "200", "needle", HEALTH_FAIL,
      "body lacks the text" },
};

START_TEST(attempt_table)
{
    struct backend *backend = backend_new(cases[_i].address, cases[_i].face);
    backend_set_status(backend, cases[_i].status);
    backend_set_body(backend, cases[_i].body);
    struct check check = http_check(cases[_i].expect_status, cases[_i].expect_body);
    struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert(end.done);
    ck_assert_str_eq(end.reason, cases[_i].reason);
    ck_assert_int_eq(end.result, cases[_i].result);
    ck_assert(backend_wait_open(backend, 0, LIMIT_MS)); /* our side has closed */
    backend_free(backend);
}
END_TEST

/* Closed before a byte was sent: as the request meets the close, it may look like a reset. */
START_TEST(closed_without_an_answer_is_a_failure)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_CLOSE);
    struct check check = http_check("200", NULL);
    struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert(end.done);
    ck_assert_int_eq(end.result, HEALTH_FAIL);
    ck_assert(strcmp(end.reason, "closed without an answer") == 0 ||
              strcmp(end.reason, "connection reset") == 0);
    backend_free(backend);
}
END_TEST

START_TEST(body_text_at_the_cap)
{
    char *body = mem_alloc(CHECK_HTTP_BODY_MAX + 16);
    for (size_t extra = 0; extra <= 1; extra++) {
        memset(body, 'x', CHECK_HTTP_BODY_MAX + 8);
        memcpy(body + CHECK_HTTP_BODY_MAX - 6 + extra, "needle", 7);
        struct backend *backend = backend_new("127.0.0.1", BACKEND_HUGE_BODY);
        backend_set_body(backend, body);
        struct check check = http_check("200", "needle");
        struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
        ck_assert_str_eq(end.reason, extra == 0 ? "status 200" : "body lacks the text");
        backend_free(backend);
    }
    mem_free(body);
}
END_TEST

START_TEST(body_of_exactly_the_cap)
{
    char *body = mem_alloc(CHECK_HTTP_BODY_MAX + 1);
    memset(body, 'x', CHECK_HTTP_BODY_MAX);
    struct backend *backend = backend_new("127.0.0.1", BACKEND_HTTP);
    backend_set_body(backend, body);
    struct check check = http_check("200", NULL);
    struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert_str_eq(end.reason, "status 200");
    backend_free(backend);
    mem_free(body);
}
END_TEST

/* ---- the weight ------------------------------------------------------------------------------ */

#define IGNORED     "status 200, weight header ignored: not one number from 0 to 100"
#define OK(headers) "HTTP/1.1 200 OK\r\n" headers "Content-Length: 2\r\n\r\nok"
#define CHUNKED(trailer)                                                                           \
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" trailer "\r\n"

static const struct {
    const char *answer;
    unsigned weight;
    const char *reason;
} weights[] = {
    { OK(""), 100, "status 200" },
    { OK("X-Weight: 75\r\n"), 75, "status 200, weight 75 %" },
    { OK("X-Weight: 75%\r\n"), 75, "status 200, weight 75 %" },
    { OK("x-wEIGHT:0\r\n"), 0, "status 200, weight 0 %" },
    { OK("X-Weight: \t 100%  \r\n"), 100, "status 200, weight 100 %" },
    { OK("X-Weight: 007\r\n"), 7, "status 200, weight 7 %" },
    { OK("X-Weights: 1\r\nX-Weigh: 2\r\nAX-Weight: 3\r\n"), 100, "status 200" },
    { OK("X-Weight: 101\r\n"), 100, IGNORED },
    { OK("X-Weight: -1\r\n"), 100, IGNORED },
    { OK("X-Weight: +5\r\n"), 100, IGNORED },
    { OK("X-Weight: 7.5\r\n"), 100, IGNORED },
    { OK("X-Weight: 7 5\r\n"), 100, IGNORED },
    { OK("X-Weight: 75%%\r\n"), 100, IGNORED },
    { OK("X-Weight: %\r\n"), 100, IGNORED },
    { OK("X-Weight:\r\n"), 100, IGNORED },
    { OK("X-Weight: high\r\n"), 100, IGNORED },
    { OK("X-Weight: 18446744073709551626\r\n"), 100, IGNORED },
    /* twice is a list */
    { OK("X-Weight: 20\r\nX-Weight: 20\r\n"), 100, IGNORED },
    { OK("X-Weight: 20, 30\r\n"), 100, IGNORED },
    /* the last answer counts, and only what comes before its body */
    { "HTTP/1.1 100 Continue\r\nX-Weight: 10\r\n\r\n" OK(""), 100, "status 200" },
    { "HTTP/1.1 100 Continue\r\nX-Weight: x\r\n\r\n" OK("X-Weight: 30\r\n"), 30,
      "status 200, weight 30 %" },
    { CHUNKED("X-Weight: 10\r\n"), 100, "status 200" },
    { CHUNKED("X-Weight: x\r\n"), 100, "status 200" },
    /* what fails weighs nothing, and says why it fails */
    { "HTTP/1.1 503 No\r\nX-Weight: 10\r\nContent-Length: 0\r\n\r\n", 100, "status 503" },
    { "HTTP/1.1 503 No\r\nX-Weight: x\r\nContent-Length: 0\r\n\r\n", 100, "status 503" },
};

START_TEST(weight_table)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_REPLY);
    backend_set_body(backend, weights[_i].answer);
    struct check check = http_check("200", NULL);
    check.args.http.weight_header = "X-Weight";
    struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert(end.done);
    ck_assert_str_eq(end.reason, weights[_i].reason);
    ck_assert_uint_eq(end.weight, weights[_i].weight);
    backend_free(backend);
}
END_TEST

START_TEST(weight_is_told_to_those_who_ask)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_HTTP);
    backend_set_header(backend, "X-Weight: none\r\n");
    struct check check = http_check("200", "needle");
    struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert_str_eq(end.reason, "body lacks the text");
    backend_set_body(backend, "needle");
    end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert_str_eq(end.reason, "status 200");
    ck_assert_uint_eq(end.weight, CHECK_WEIGHT_FULL);
    backend_set_header(backend, "X-Weight: 33\r\n");
    check.args.http.weight_header = "X-Weight";
    end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert_uint_eq(end.weight, 33);
    check.args.http.method = "HEAD"; /* so that there is no text */
    check.args.http.expect_body = NULL;
    end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert_int_eq(end.result, HEALTH_PASS);
    ck_assert_uint_eq(end.weight, 33);
    backend_free(backend);
}
END_TEST

/* ---- what is sent ---------------------------------------------------------------------------- */

static char *request_of(struct check *check, const char *address, struct endpoint *where)
{
    struct backend *backend = backend_new(address, BACKEND_HTTP);
    *where = backend_endpoint(backend);
    struct attempt_end end = attempt_run(check, *where, LIMIT_MS, NULL);
    ck_assert_str_eq(end.reason, "status 200");
    char *request = backend_last_request(backend);
    backend_free(backend);
    return request;
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

START_TEST(request_defaults)
{
    static const char *const addresses[] = { "127.0.0.1", "::1" };
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        struct check check = http_check("200", NULL);
        struct endpoint where;
        char *request = request_of(&check, addresses[i], &where);
        char text[ENDPOINT_TEXT_MAX];
        char host[sizeof(text) + 16];
        endpoint_print(&where, text);
        (void)snprintf(host, sizeof(host), "\r\nHost: %s\r\n", text);
        ck_assert_ptr_eq(strstr(request, "GET / HTTP/1.1\r\n"), request);
        ck_assert_ptr_nonnull(strstr(request, host));
        ck_assert_ptr_nonnull(strstr(request, "\r\nUser-Agent: gslbd/" GSLB_VERSION "\r\n"));
        ck_assert_ptr_nonnull(strstr(request, "\r\nConnection: close\r\n"));
        mem_free(request);
    }
}
END_TEST

START_TEST(request_host_path_and_headers)
{
    static const struct check_header headers[] = {
        { "X-Probe", "a b" }, { "X-Empty", "" }, { "Host", "wrong.test" }, { "User-Agent", "mine" }
    };
    struct check check = http_check("200", NULL);
    check.args.http.host = "www.example.test";
    check.args.http.path = "/a/../b?q=%20&x=1#y";
    check.args.http.headers = headers;
    check.args.http.header_count = ARRAY_LEN(headers);
    struct endpoint where;
    char *request = request_of(&check, "127.0.0.1", &where);
    ck_assert_ptr_eq(strstr(request, "GET /a/../b?q=%20&x=1#y HTTP/1.1\r\n"), request);
    ck_assert_ptr_nonnull(strstr(request, "\r\nHost: www.example.test\r\n"));
    ck_assert_uint_eq(count_of(request, "\r\nHost:"), 1);
    ck_assert_ptr_nonnull(strstr(request, "\r\nX-Probe: a b\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "\r\nX-Empty:\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "\r\nUser-Agent: mine\r\n"));
    ck_assert_uint_eq(count_of(request, "User-Agent:"), 1);
    mem_free(request);
}
END_TEST

static const struct {
    const char *method;
    const char *line;
    const char *has;
} methods[] = {
    { "GET", "GET / HTTP/1.1\r\n", "\r\nAccept:" },
    { "HEAD", "HEAD / HTTP/1.1\r\n", "\r\nAccept:" },
    { "OPTIONS", "OPTIONS / HTTP/1.1\r\n", "\r\nAccept:" },
    { "POST", "POST / HTTP/1.1\r\n", "\r\nContent-Length: 0\r\n" },
    { "PUT", "PUT / HTTP/1.1\r\n", "\r\nContent-Length: 0\r\n" },
    { "X-OWN", "X-OWN / HTTP/1.1\r\n", "\r\nAccept:" },
};

START_TEST(request_methods)
{
    struct check check = http_check("200", NULL);
    check.args.http.method = methods[_i].method;
    struct endpoint where;
    char *request = request_of(&check, "127.0.0.1", &where);
    ck_assert_ptr_eq(strstr(request, methods[_i].line), request);
    ck_assert_ptr_nonnull(strstr(request, methods[_i].has));
    mem_free(request);
}
END_TEST

/* Neither the environment's proxy nor a redirect leads anywhere else. */
START_TEST(no_proxy_and_no_redirect)
{
    struct backend *proxy = backend_new("127.0.0.1", BACKEND_HTTP);
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", backend_endpoint(proxy).port);
    setenv("http_proxy", url, 1);
    setenv("all_proxy", url, 1);
    struct backend *backend = backend_new("127.0.0.1", BACKEND_HTTP);
    struct check check = http_check("200", NULL);
    struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    ck_assert_str_eq(end.reason, "status 200");
    ck_assert_uint_eq(backend_accepted(backend), 1);
    ck_assert_uint_eq(backend_accepted(proxy), 0);
    backend_set_status(backend, 301);
    end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert_str_eq(end.reason, "status 301");
    ck_assert_uint_eq(backend_accepted(backend), 2);
    backend_free(backend);
    backend_free(proxy);
}
END_TEST

/* ---- what cannot be sent --------------------------------------------------------------------- */

static const struct check_header good_header[] = { { "X-One", "a\tb \xc3\xbc" } };
static const struct check_header no_name[] = { { "", "1" } };
static const struct check_header blank_name[] = { { "X One", "1" } };
static const struct check_header colon_name[] = { { "X:One", "1" } };
static const struct check_header broken_value[] = { { "X-One", "1\r\nX-Two: 2" } };
static const struct check_header framing[] = { { "content-LENGTH", "5" } };
static const struct check_header chunked[] = { { "Transfer-Encoding", "chunked" } };

static const struct {
    const char *method;
    const char *path;
    const char *host;
    const struct check_header *header;
    const char *why;
} validity[] = {
    { NULL, NULL, NULL, NULL, NULL },
    { "GET", "/", "h", NULL, NULL },
    { "PROPFIND", "/?a=b", "h:80", good_header, NULL },
    { "", "/", NULL, NULL, "method" },
    { "GE T", "/", NULL, NULL, "method" },
    { "GET\r\n", "/", NULL, NULL, "method" },
    { "CONNECT", "/", NULL, NULL, "method" },
    { "GET", "", NULL, NULL, "path" },
    { "GET", "x", NULL, NULL, "path" },
    { "GET", "http://other/", NULL, NULL, "path" },
    { "GET", "/a b", NULL, NULL, "path" },
    { "GET", "/ HTTP/1.1\r\nX: y", NULL, NULL, "path" },
    { "GET", "/\xc3\xbc", NULL, NULL, "path" },
    { "GET", "/", "", NULL, "host" },
    { "GET", "/", "a b", NULL, "host" },
    { "GET", "/", "a\r\nX: y", NULL, "host" },
    { "GET", "/", NULL, no_name, "header name" },
    { "GET", "/", NULL, blank_name, "header name" },
    { "GET", "/", NULL, colon_name, "header name" },
    { "GET", "/", NULL, broken_value, "header value" },
    { "GET", "/", NULL, framing, "header is one" },
    { "GET", "/", NULL, chunked, "header is one" },
};

START_TEST(validity_table)
{
    struct check check = http_check("200", NULL);
    struct check_http_args *args = &check.args.http;
    args->method = validity[_i].method;
    args->path = validity[_i].path;
    args->host = validity[_i].host;
    args->headers = validity[_i].header;
    args->header_count = validity[_i].header != NULL ? 1 : 0;
    const char *why = "not set";
    ck_assert_int_eq(check_http_valid(args, &why), validity[_i].why == NULL);
    if (validity[_i].why == NULL) {
        ck_assert_ptr_null(why);
        return;
    }
    ck_assert_ptr_eq(strstr(why, validity[_i].why), why);
    struct backend *backend = backend_new("127.0.0.1", BACKEND_HTTP);
    struct attempt_end end = attempt_run(&check, backend_endpoint(backend), LIMIT_MS, NULL);
    ck_assert_int_eq(end.result, HEALTH_FAIL);
    ck_assert_str_eq(end.reason, why);
    ck_assert_uint_eq(backend_accepted(backend), 0);
    backend_free(backend);
}
END_TEST

/* ---- waiting, and our own failures ----------------------------------------------------------- */

static const enum backend_face waiting[] = { BACKEND_BLACKHOLE, BACKEND_SILENT, BACKEND_TRICKLE,
                                             BACKEND_SLOW };

START_TEST(cancel_while_waiting)
{
    struct backend *backend = backend_new("127.0.0.1", waiting[_i]);
    struct check check = http_check("200", NULL);
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
    struct check check = http_check("200", NULL);
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
    struct check check = http_check("200", NULL);
    struct attempt_end end = attempt_run(&check, target, LIMIT_MS, NULL);
    close(holder);
    close(listener);
    return ready && end.done && end.result == HEALTH_NO_VERDICT ? 0 : 3;
}

static int dead_port_is_ours(void)
{
    struct endpoint target;
    if (!netns_enter())
        return NETNS_FORBIDDEN;
    if (!netns_port_range(40000, 40000) || !endpoint_parse("127.0.0.1:40000", &target))
        return 1;
    struct check check = http_check("200", NULL);
    struct attempt_end end = attempt_run(&check, target, LIMIT_MS, NULL);
    return end.done && end.result == HEALTH_FAIL ? 0 : 2;
}

static int no_route(void)
{
    struct endpoint target;
    if (!netns_enter())
        return NETNS_FORBIDDEN;
    if (!endpoint_parse("192.0.2.1:80", &target))
        return 1;
    struct check check = http_check("200", NULL);
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
    Suite *suite = suite_create("check_http");
    TCase *tcase = tcase_create("check_http");
    tcase_add_loop_test(tcase, attempt_table, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, closed_without_an_answer_is_a_failure);
    tcase_add_test(tcase, body_text_at_the_cap);
    tcase_add_test(tcase, body_of_exactly_the_cap);
    tcase_add_loop_test(tcase, weight_table, 0, (int)ARRAY_LEN(weights));
    tcase_add_test(tcase, weight_is_told_to_those_who_ask);
    tcase_add_test(tcase, request_defaults);
    tcase_add_test(tcase, request_host_path_and_headers);
    tcase_add_loop_test(tcase, request_methods, 0, (int)ARRAY_LEN(methods));
    tcase_add_test(tcase, no_proxy_and_no_redirect);
    tcase_add_loop_test(tcase, validity_table, 0, (int)ARRAY_LEN(validity));
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
