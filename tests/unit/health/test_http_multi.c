// SPDX-License-Identifier: BSD-2-Clause
#include "health/http_multi.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "tests/support/backend.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LIMIT_MS 5000

struct request {
    struct http_transfer transfer;
    struct http_multi *multi;
    struct request *removes; /* ends this one when it is done itself */
    unsigned done;
    CURLcode code;
    long status;
};

static struct check_loop loop;
static struct backend *backend;
static uv_timer_t limit;
static bool over;

/* How often libuv was made to touch a descriptor that was closed already: in a process with other
 * threads it may be one of theirs by then. Stands in for libc's, which libuv calls. */
static unsigned touched_closed;

int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
    long rc = syscall(SYS_epoll_ctl, epfd, op, fd, event);
    if (rc < 0 && errno == EBADF)
        touched_closed++;
    return (int)rc;
}

static void on_limit(uv_timer_t *timer)
{
    (void)timer;
    over = true;
}

static void set_up(void)
{
    over = false;
    ck_assert_int_eq(check_loop_init(&loop), 0);
    uv_timer_init(&loop.uv, &limit);
    uv_timer_start(&limit, on_limit, LIMIT_MS, 0);
    backend = backend_new("127.0.0.1", BACKEND_HTTP);
}

static void tear_down(void)
{
    uv_close((uv_handle_t *)&limit, NULL);
    check_loop_fini(&loop);
    backend_free(backend);
}

static size_t swallow(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

static void on_done(struct http_transfer *transfer, CURLcode code)
{
    struct request *request = CONTAINER_OF(transfer, struct request, transfer);
    request->done++;
    request->code = code;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &request->status);
    http_multi_give(request->multi, transfer->easy);
    transfer->easy = NULL;
    if (request->removes != NULL && request->removes->done == 0) {
        http_multi_remove(request->multi, &request->removes->transfer);
        http_multi_give(request->multi, request->removes->transfer.easy);
    }
}

static void request_start(struct request *request)
{
    char url[64];
    struct endpoint where = backend_endpoint(backend);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", where.port);
    request->multi = loop.http;
    request->transfer.done = on_done;
    request->transfer.easy = http_multi_take(loop.http);
    ck_assert_ptr_nonnull(request->transfer.easy);
    curl_easy_setopt(request->transfer.easy, CURLOPT_URL, url);
    curl_easy_setopt(request->transfer.easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(request->transfer.easy, CURLOPT_PROXY, "");
    curl_easy_setopt(request->transfer.easy, CURLOPT_WRITEFUNCTION, swallow);
    ck_assert(http_multi_add(loop.http, &request->transfer));
}

static void run_until_done(const struct request *request)
{
    while (request->done == 0 && !over)
        uv_run(&loop.uv, UV_RUN_ONCE);
    ck_assert(!over);
}

START_TEST(add_then_done_once)
{
    struct request request = { .done = 0 };
    request_start(&request);
    ck_assert_uint_eq(request.done, 0);
    run_until_done(&request);
    ck_assert_int_eq(request.code, CURLE_OK);
    ck_assert_int_eq(request.status, 200);
    uv_run(&loop.uv, UV_RUN_NOWAIT);
    ck_assert_uint_eq(request.done, 1);
}
END_TEST

START_TEST(many_at_once)
{
    static struct request requests[100];
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        requests[i] = (struct request){ .done = 0 };
        request_start(&requests[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        run_until_done(&requests[i]);
        ck_assert_int_eq(requests[i].code, CURLE_OK);
    }
}
END_TEST

START_TEST(remove_before_and_after_it_connects)
{
    backend_set_face(backend, BACKEND_SILENT);
    for (unsigned rounds = 0; rounds < 2; rounds++) {
        struct request request = { .done = 0 };
        request_start(&request);
        while (rounds > 0 && backend_accepted(backend) == 0 && !over)
            uv_run(&loop.uv, UV_RUN_NOWAIT);
        http_multi_remove(loop.http, &request.transfer);
        http_multi_give(loop.http, request.transfer.easy);
        ck_assert_uint_eq(request.done, 0);
    }
    ck_assert(backend_wait_open(backend, 0, LIMIT_MS));
}
END_TEST

/* Before the socket is there, and while it connects. */
START_TEST(remove_stops_watching_before_the_socket_closes)
{
    backend_set_face(backend, BACKEND_BLACKHOLE);
    for (unsigned turns = 0; turns < 4; turns++) {
        struct request request = { .done = 0 };
        touched_closed = 0;
        request_start(&request);
        for (unsigned i = 0; i < turns; i++)
            uv_run(&loop.uv, UV_RUN_NOWAIT);
        ck_assert_uint_eq(request.done, 0);
        http_multi_remove(loop.http, &request.transfer);
        http_multi_give(loop.http, request.transfer.easy);
        uv_run(&loop.uv, UV_RUN_NOWAIT);
        ck_assert_uint_eq(touched_closed, 0);
    }
}
END_TEST

/* Both may have ended in the same turn of curl's; the message of the one removed is not told. */
START_TEST(remove_from_within_done)
{
    unsigned removed = 0;
    for (unsigned round = 0; round < 20; round++) {
        struct request second = { .done = 0 };
        struct request first = { .removes = &second };
        request_start(&first);
        request_start(&second);
        run_until_done(&first);
        removed += second.done == 0 ? 1 : 0;
        uv_run(&loop.uv, UV_RUN_NOWAIT);
        ck_assert_uint_eq(first.done, 1);
        ck_assert_uint_le(second.done, 1);
    }
    ck_assert_uint_gt(removed, 0);
}
END_TEST

/* More than one read of curl's waits in the socket when the reset has come: libuv tells of it once.
 */
START_TEST(reset_behind_data_is_seen)
{
    static char body[40000];
    memset(body, 'x', sizeof(body) - 1);
    backend_set_body(backend, body);
    backend_set_face(backend, BACKEND_RESET);
    struct request request = { .done = 0 };
    request_start(&request);
    for (bool sent = false; !sent && !over;) {
        uv_run(&loop.uv, UV_RUN_NOWAIT);
        char *text = backend_last_request(backend);
        sent = text[0] != '\0';
        mem_free(text);
    }
    ck_assert(backend_wait_open(backend, 0, LIMIT_MS));
    run_until_done(&request);
    ck_assert_int_ne(request.code, CURLE_OK);
    ck_assert_int_eq(request.status, 200); /* what came before was not lost */
}
END_TEST

START_TEST(take_gives_clean_handles)
{
    CURL *easy = http_multi_take(loop.http);
    char *url = NULL;
    curl_easy_setopt(easy, CURLOPT_URL, "http://192.0.2.1/");
    http_multi_give(loop.http, easy);
    ck_assert_ptr_eq(http_multi_take(loop.http), easy); /* used again */
    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
    ck_assert(url == NULL || url[0] == '\0');
    http_multi_give(loop.http, easy);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_multi");
    TCase *tcase = tcase_create("http_multi");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, add_then_done_once);
    tcase_add_test(tcase, many_at_once);
    tcase_add_test(tcase, remove_before_and_after_it_connects);
    tcase_add_test(tcase, remove_stops_watching_before_the_socket_closes);
    tcase_add_test(tcase, remove_from_within_done);
    tcase_add_test(tcase, reset_behind_data_is_seen);
    tcase_add_test(tcase, take_gives_clean_handles);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
