// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/sse.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    char text[1024];
};

static void note(void *data, const char *id, const char *type, const char *text)
{
    struct seen *seen = data;
    size_t used = strlen(seen->text);
    (void)snprintf(seen->text + used, sizeof(seen->text) - used, "[%s|%s|%s]", id, type, text);
}

static const struct {
    const char *stream;
    const char *events;
} rows[] = {
    { "", "" },
    { ": comment\n\n", "" },
    { "id: 7\nevent: verdict\ndata: {}\n\n", "[7|verdict|{}]" },
    { "data: a\n\ndata: b\n\n", "[||a][||b]" },
    { "id: 1\ndata: a\n\ndata: b\n\n", "[1||a][1||b]" },
    { "event: x\ndata: a\n\ndata: b\n\n", "[|x|a][||b]" },
    { "data: a\ndata: b\n\n", "[||a\nb]" },
    { "data:a\r\n\r\n", "[||a]" },
    { "data\n\n", "[||]" },
    { "event: x\n\n", "" },
    { "other: x\nretry: 5\ndata: a\n\n", "[||a]" },
    { "data: unfinished\n", "" },
    { "data: a: b\n\n", "[||a: b]" },
};

START_TEST(feed_row)
{
    /* in one piece, and byte by byte */
    for (size_t step = 1; step < 200; step += 198) {
        struct sse sse;
        struct seen seen = { "" };
        sse_init(&sse, note, &seen);
        size_t length = strlen(rows[_i].stream);
        for (size_t at = 0; at < length; at += step)
            ck_assert(
                sse_feed(&sse, rows[_i].stream + at, length - at < step ? length - at : step));
        ck_assert_str_eq(seen.text, rows[_i].events);
        sse_fini(&sse);
    }
}
END_TEST

START_TEST(endless_line_is_refused)
{
    struct sse sse;
    struct seen seen = { "" };
    char block[4096];
    memset(block, 'x', sizeof(block));
    sse_init(&sse, note, &seen);
    bool ok = true;
    size_t total = 0;
    for (; ok && total < 4 * SSE_LINE_MAX; total += sizeof(block))
        ok = sse_feed(&sse, block, sizeof(block));
    ck_assert(!ok);
    ck_assert_uint_le(total, SSE_LINE_MAX + 2 * sizeof(block));
    sse_fini(&sse);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sse");
    TCase *tcase = tcase_create("sse");
    tcase_add_loop_test(tcase, feed_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tcase, endless_line_is_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
