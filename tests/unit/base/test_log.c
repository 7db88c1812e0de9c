// SPDX-License-Identifier: BSD-2-Clause
#include "base/log.h"

#include "base/parse.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int saved_stderr = -1;
static int reader = -1;
static int writer = -1;

static void redirect(int fd)
{
    (void)fflush(stderr);
    saved_stderr = dup(STDERR_FILENO);
    ck_assert_int_ge(saved_stderr, 0);
    ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
}

static void restore(void)
{
    if (saved_stderr >= 0) {
        (void)dup2(saved_stderr, STDERR_FILENO);
        (void)close(saved_stderr);
    }
    saved_stderr = -1;
}

static void open_pipe(void)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    reader = fds[0];
    writer = fds[1];
    ck_assert_int_eq(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
}

static void close_pipe(void)
{
    restore();
    (void)close(reader);
    (void)close(writer);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
}

/* Returns what the log wrote. */
static const char *captured(void)
{
    static char text[16384];
    ssize_t length = read(reader, text, sizeof(text) - 1);
    text[length < 0 ? 0 : length] = '\0';
    return text;
}

START_TEST(text_line_has_time_level_topic)
{
    redirect(writer);
    log_warn("health", "%s down, %d of %d failed", "web/a", 3, 3);
    restore();
    const char *line = captured();
    int64_t ms = 0;
    char time[PARSE_TIME_MAX];
    (void)snprintf(time, sizeof(time), "%.24s", line);
    ck_assert_msg(parse_time(time, &ms), "%s", line);
    ck_assert_str_eq(line + 24, " warn  health: web/a down, 3 of 3 failed\n");
}
END_TEST

START_TEST(level_filters)
{
    log_configure(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
    redirect(writer);
    log_info("t", "hidden");
    log_debug("t", "hidden");
    log_error("t", "shown");
    restore();
    ck_assert_str_eq(captured() + 24, " error t: shown\n");
}
END_TEST

START_TEST(text_escapes_controls)
{
    redirect(writer);
    log_info("t", "%s", "a\nb\x1b[0m\tc\xc3\xa9\xff");
    restore();
    ck_assert_str_eq(captured() + 24, " info  t: a\\nb\\x1b[0m\\tc\xc3\xa9\\xff\n");
}
END_TEST

START_TEST(json_line_parses)
{
    static const char *const messages[] = { "plain", "quote \" backslash \\", "\n\t\x01\x7f",
                                            "\xc3\xa9 \xe2\x82\xac", "" };
    static const size_t count = sizeof(messages) / sizeof(messages[0]);
    log_configure(LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
    for (size_t i = 0; i < count; i++) {
        redirect(writer);
        log_debug("zone", "%s", messages[i]);
        restore();
        const char *line = captured();
        json_error_t error;
        json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, &error);
        ck_assert_msg(root != NULL, "%s: %s", error.text, line);
        ck_assert_uint_eq(json_object_size(root), 4);
        ck_assert_str_eq(json_string_value(json_object_get(root, "message")), messages[i]);
        ck_assert_str_eq(json_string_value(json_object_get(root, "level")), "debug");
        ck_assert_str_eq(json_string_value(json_object_get(root, "topic")), "zone");
        int64_t ms = 0;
        ck_assert(parse_time(json_string_value(json_object_get(root, "time")), &ms));
        ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
        json_decref(root);
    }
}
END_TEST

START_TEST(json_replaces_broken_utf8)
{
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    redirect(writer);
    log_info("t", "%s", "a\xff\xc3");
    restore();
    ck_assert_ptr_nonnull(strstr(captured(), "\"message\":\"a\\ufffd\\ufffd\"}\n"));
}
END_TEST

/* Whatever is cut, a line stays one line of at most 4096 bytes and valid JSON. */
START_TEST(long_messages_are_cut)
{
    static char message[9000];
    static const char fill[] = { 'x', '"', '\x01', '\xff' };
    memset(message, fill[_i], sizeof(message) - 1);
    for (int format = 0; format < 2; format++) {
        log_configure(LOG_LEVEL_INFO, format == 0 ? LOG_FORMAT_TEXT : LOG_FORMAT_JSON);
        redirect(writer);
        log_info("t", "%s", message);
        restore();
        const char *line = captured();
        ck_assert_uint_gt(strlen(line), 2000);
        ck_assert_uint_le(strlen(line), 4096);
        ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
        json_t *root = format == 0 ? NULL : json_loads(line, 0, NULL);
        ck_assert(format == 0 || root != NULL);
        json_decref(root);
    }
}
END_TEST

static void flood_until_lost(void)
{
    uint64_t before = log_dropped();
    for (int i = 0; i < 20000 && log_dropped() == before; i++)
        log_info("t", "a line that nobody reads, number %d", i);
    uint64_t after = log_dropped();
    ck_assert_uint_eq(after, before + 1);
    log_info("t", "one more");
    ck_assert_uint_eq(log_dropped(), before + 2);
}

START_TEST(full_pipe_loses_lines_and_counts_them)
{
    redirect(writer);
    flood_until_lost();
    restore();
    /* The flags of a stderr that others share are left alone. */
    ck_assert_int_eq(fcntl(writer, F_GETFL) & O_NONBLOCK, 0);
    const char *text = captured();
    ck_assert_ptr_nonnull(strstr(text, "number 0\n"));
}
END_TEST

START_TEST(full_socket_loses_lines_and_counts_them)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    redirect(fds[1]);
    flood_until_lost();
    restore();
    (void)close(fds[0]);
    (void)close(fds[1]);
}
END_TEST

START_TEST(closed_reader_is_no_signal_on_a_socket)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    (void)close(fds[0]);
    uint64_t before = log_dropped();
    redirect(fds[1]);
    errno = ENOENT;
    log_info("t", "nobody");
    int left = errno;
    restore();
    ck_assert_int_eq(left, ENOENT);
    ck_assert_uint_eq(log_dropped(), before + 1);
    (void)close(fds[1]);
}
END_TEST

START_TEST(file_takes_lines)
{
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    redirect(fileno(file));
    log_info("t", "one");
    log_info("t", "two");
    restore();
    rewind(file);
    char text[200] = "";
    size_t length = fread(text, 1, sizeof(text) - 1, file);
    text[length] = '\0';
    ck_assert_ptr_nonnull(strstr(text, "t: one\n"));
    ck_assert_ptr_nonnull(strstr(text, "t: two\n"));
    (void)fclose(file);
}
END_TEST

#define THREADS 4
#define LINES   200

static void *write_lines(void *arg)
{
    const char *name = arg;
    for (int i = 0; i < LINES; i++)
        log_info(name, "%s%s%s%s", name, name, name, name);
    return NULL;
}

static bool is_whole(const char *line)
{
    static const char *const names[] = { "aaaa", "bbbb", "cccc", "dddd" };
    for (size_t i = 0; i < THREADS; i++) {
        char expected[40];
        (void)snprintf(expected, sizeof(expected), " info  %s: %s%s%s%s\n", names[i], names[i],
                       names[i], names[i], names[i]);
        if (strlen(line) > 24 && strcmp(line + 24, expected) == 0)
            return true;
    }
    return false;
}

START_TEST(lines_of_several_threads_stay_whole)
{
    static char names[THREADS][5] = { "aaaa", "bbbb", "cccc", "dddd" };
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    redirect(fileno(file));
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_lines, names[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    restore();
    rewind(file);
    char line[200];
    int count = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        count++;
        ck_assert_msg(is_whole(line), "%s", line);
    }
    ck_assert_int_eq(count, THREADS * LINES);
    (void)fclose(file);
}
END_TEST

START_TEST(limit_passes_one_a_second)
{
    struct log_limit limit = { 0 };
    ck_assert(log_limit_pass(&limit));
    ck_assert(!log_limit_pass(&limit));
    ck_assert(!log_limit_pass(&limit));
    ck_assert_uint_eq(limit.suppressed, 2);
    limit.next_ms = 0;
    ck_assert(log_limit_pass(&limit));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tcase = tcase_create("log");
    tcase_add_test(tcase, text_line_has_time_level_topic);
    tcase_add_test(tcase, level_filters);
    tcase_add_test(tcase, text_escapes_controls);
    tcase_add_test(tcase, json_line_parses);
    tcase_add_test(tcase, json_replaces_broken_utf8);
    tcase_add_loop_test(tcase, long_messages_are_cut, 0, 4);
    tcase_add_test(tcase, full_pipe_loses_lines_and_counts_them);
    tcase_add_test(tcase, full_socket_loses_lines_and_counts_them);
    tcase_add_test(tcase, closed_reader_is_no_signal_on_a_socket);
    tcase_add_test(tcase, file_takes_lines);
    tcase_add_test(tcase, lines_of_several_threads_stay_whole);
    tcase_add_test(tcase, limit_passes_one_a_second);
    tcase_add_checked_fixture(tcase, open_pipe, close_pipe);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
