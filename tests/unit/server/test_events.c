// SPDX-License-Identifier: BSD-2-Clause
#include "server/events.h"

#include "base/parse.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    unsigned count;
    uint64_t first, last;
    char type[16];
    char data[256];
};

static void note(void *data, const struct event *event)
{
    struct seen *seen = data;
    if (seen->count++ == 0)
        seen->first = event->id;
    seen->last = event->id;
    (void)snprintf(seen->type, sizeof(seen->type), "%s", event->type);
    (void)snprintf(seen->data, sizeof(seen->data), "%s", event->data);
}

static void emit(struct events *events, int n)
{
    for (int i = 0; i < n; i++)
        events_emit(events, "verdict", json_pack("{s:i}", "n", i));
}

START_TEST(emit_reaches_subscribers)
{
    struct events *events = events_new();
    struct seen one = { 0 };
    struct seen two = { 0 };
    uint32_t first = events_subscribe(events, note, &one);
    uint32_t second = events_subscribe(events, note, &two);
    ck_assert_uint_ne(first, second);
    emit(events, 1);
    events_unsubscribe(events, first);
    events_unsubscribe(events, first); /* twice does no harm */
    events_emit(events, "alarm", json_pack("{s:s}", "key", "k"));
    ck_assert_uint_eq(one.count, 1);
    ck_assert_uint_eq(two.count, 2);
    ck_assert_uint_eq(two.last, 2);
    ck_assert_str_eq(one.type, "verdict");
    ck_assert_str_eq(two.type, "alarm");
    events_free(events);
}
END_TEST

START_TEST(emit_adds_the_time)
{
    struct events *events = events_new();
    struct seen seen = { 0 };
    (void)events_subscribe(events, note, &seen);
    events_emit(events, "publish", json_pack("{s:s}", "text", "two\nlines"));
    ck_assert_ptr_null(strchr(seen.data, '\n'));
    json_t *object = json_loads(seen.data, 0, NULL);
    ck_assert_ptr_nonnull(object);
    int64_t at = 0;
    ck_assert(parse_time(json_string_value(json_object_get(object, "at")), &at));
    ck_assert_int_gt(at, 0);
    ck_assert_str_eq(json_string_value(json_object_get(object, "text")), "two\nlines");
    json_decref(object);
    events_free(events);
}
END_TEST

START_TEST(emit_survives_a_broken_object)
{
    struct events *events = events_new();
    struct seen seen = { 0 };
    (void)events_subscribe(events, note, &seen);
    events_emit(events, "alarm", json_pack("{s:s}", "text", "\xff"));
    ck_assert_uint_eq(seen.count, 1);
    ck_assert_str_eq(seen.data, "{}");
    events_free(events);
}
END_TEST

static const struct {
    int emitted;
    uint64_t after;
    unsigned count;
    uint64_t first;
} replays[] = {
    { 0, 0, 0, 0 },
    { 3, 0, 3, 1 },
    { 3, 2, 1, 3 },
    { 3, 3, 0, 0 },
    { 3, 99, 3, 1 }, /* an id of an earlier process */
    { EVENTS_KEPT, 0, EVENTS_KEPT, 1 },
    { EVENTS_KEPT + 10, 0, EVENTS_KEPT, 11 },
    { EVENTS_KEPT + 10, 5, EVENTS_KEPT, 11 },
    { EVENTS_KEPT + 10, EVENTS_KEPT + 9, 1, EVENTS_KEPT + 10 },
};

START_TEST(replay_gives_what_is_kept)
{
    struct events *events = events_new();
    struct seen seen = { 0 };
    emit(events, replays[_i].emitted);
    events_replay(events, replays[_i].after, note, &seen);
    ck_assert_uint_eq(seen.count, replays[_i].count);
    ck_assert_uint_eq(seen.first, replays[_i].first);
    if (seen.count > 0)
        ck_assert_uint_eq(seen.last, (uint64_t)replays[_i].emitted);
    events_free(events);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("events");
    TCase *tcase = tcase_create("events");
    tcase_add_test(tcase, emit_reaches_subscribers);
    tcase_add_test(tcase, emit_adds_the_time);
    tcase_add_test(tcase, emit_survives_a_broken_object);
    tcase_add_loop_test(tcase, replay_gives_what_is_kept, 0,
                        (int)(sizeof(replays) / sizeof(replays[0])));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
