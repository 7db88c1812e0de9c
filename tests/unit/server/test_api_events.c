// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "server/api_internal.h"
#include "tests/support/api_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct api_fixture fixture;

static void set_up(void)
{
    api_fixture_start(&fixture, NULL, NULL);
}

static void tear_down(void)
{
    api_fixture_stop(&fixture);
}

static int subscribe(const char *headers)
{
    char request[256];
    int fd = http_client_unix(fixture.socket);
    ck_assert_int_ge(fd, 0);
    int length =
        snprintf(request, sizeof(request), "GET /v1/events HTTP/1.1\r\nHost: x\r\n%s\r\n", headers);
    ck_assert(http_client_send(&fixture.control.loop, fd, request, (size_t)length));
    return fd;
}

static char *wait_for(int fd, const char *text)
{
    char *got = http_client_wait_text(&fixture.control.loop, fd, text, 5000);
    ck_assert_msg(got != NULL, "%s does not come", text);
    return got;
}

static void emit(const char *text)
{
    events_emit(control_events(fixture.control.control), "alarm", json_pack("{s:s}", "text", text));
}

START_TEST(event_comes_with_id_type_and_data)
{
    int fd = subscribe("");
    char *head = wait_for(fd, ": events follow\n\n");
    ck_assert_ptr_nonnull(strstr(head, "HTTP/1.1 200 OK\r\n"));
    ck_assert_ptr_nonnull(strstr(head, "Content-Type: text/event-stream\r\n"));
    ck_assert_ptr_nonnull(strstr(head, "Cache-Control: no-store\r\n"));
    mem_free(head);
    emit("first\nline");
    char *text = wait_for(fd, "}\n\n");
    ck_assert_ptr_nonnull(strstr(text, "id: "));
    ck_assert_ptr_nonnull(strstr(text, "\nevent: alarm\ndata: {\"text\":\"first\\nline\""));
    mem_free(text);
    (void)close(fd);
}
END_TEST

START_TEST(nothing_old_comes_unasked)
{
    emit("before");
    int fd = subscribe("");
    mem_free(wait_for(fd, ": events follow\n\n"));
    emit("after");
    char *text = wait_for(fd, "after");
    ck_assert_ptr_null(strstr(text, "before"));
    mem_free(text);
    (void)close(fd);
}
END_TEST

START_TEST(last_event_id_brings_what_was_missed)
{
    emit("one");
    emit("two");
    int fd = subscribe("Last-Event-ID: 0\r\n");
    char *text = wait_for(fd, "two");
    ck_assert_ptr_nonnull(strstr(text, "one"));
    mem_free(text);
    (void)close(fd);
}
END_TEST

START_TEST(bad_last_event_id)
{
    json_t *answer = NULL;
    ck_assert_uint_eq(api_fixture_call(&fixture, "GET", "/v1/events?after=x", NULL, &answer), 400);
    ck_assert_str_eq(api_fixture_text(answer, "error.path"), "after");
    json_decref(answer);
    int fd = subscribe("Last-Event-ID: -1\r\n");
    mem_free(wait_for(fd, "400 Bad Request"));
    (void)close(fd);
}
END_TEST

START_TEST(changes_are_events)
{
    int fd = subscribe("");
    mem_free(wait_for(fd, ": events follow\n\n"));
    ck_assert_uint_eq(api_fixture_call(&fixture, "PUT", "/v1/pools/web/members/a/state",
                                       "{\"state\":\"down\",\"reason\":\"watch me\"}", NULL),
                      200);
    char *text = wait_for(fd, "event: publish");
    ck_assert_ptr_nonnull(strstr(text, "event: override"));
    ck_assert_ptr_nonnull(strstr(text, "watch me"));
    mem_free(text);
    (void)close(fd);
}
END_TEST

/* Readers are bounded, and leave room for who wants to look. */
START_TEST(readers_are_limited)
{
    int readers[API_STREAMS_MAX];
    for (size_t i = 0; i < API_STREAMS_MAX; i++) {
        readers[i] = subscribe("");
        mem_free(wait_for(readers[i], ": events follow\n\n"));
    }
    int fd = subscribe("");
    mem_free(wait_for(fd, "503 Service Unavailable"));
    (void)close(fd);
    ck_assert_uint_eq(api_fixture_call(&fixture, "GET", "/v1/status", NULL, NULL), 200);
    /* those that left are found at the next event */
    for (size_t i = 0; i < API_STREAMS_MAX; i++)
        (void)close(readers[i]);
    for (int i = 0; i < 20; i++) {
        emit("x");
        (void)http_client_turn(&fixture.control.loop, NULL, 5);
    }
    fd = subscribe("");
    mem_free(wait_for(fd, ": events follow\n\n"));
    (void)close(fd);
}
END_TEST

/* Nobody reads: the queue is bounded, the rest goes on. */
START_TEST(slow_reader_is_dropped)
{
    char big[16384];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    int fd = subscribe("");
    (void)http_client_turn(&fixture.control.loop, NULL, 30);
    for (int i = 0; i < 1000; i++) {
        emit(big);
        (void)uv_run(&fixture.control.loop, UV_RUN_NOWAIT);
    }
    ck_assert_uint_eq(api_fixture_call(&fixture, "GET", "/v1/status", NULL, NULL), 200);
    (void)close(fd);
}
END_TEST

START_TEST(stream_ends_with_the_server)
{
    int fd = subscribe("");
    mem_free(wait_for(fd, ": events follow\n\n"));
    api_free(fixture.api);
    fixture.api = NULL;
    mem_free(wait_for(fd, "0\r\n\r\n")); /* the last chunk: an orderly end */
    (void)close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_events");
    TCase *tcase = tcase_create("api_events");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, event_comes_with_id_type_and_data);
    tcase_add_test(tcase, nothing_old_comes_unasked);
    tcase_add_test(tcase, last_event_id_brings_what_was_missed);
    tcase_add_test(tcase, bad_last_event_id);
    tcase_add_test(tcase, changes_are_events);
    tcase_add_test(tcase, readers_are_limited);
    tcase_add_test(tcase, slow_reader_is_dropped);
    tcase_add_test(tcase, stream_ends_with_the_server);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
