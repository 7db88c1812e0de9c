// SPDX-License-Identifier: BSD-2-Clause
#include "server/alarms.h"

#include "base/log.h"
#include "server/events.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    unsigned raised, cleared;
};

static void note(void *data, const struct event *event)
{
    struct seen *seen = data;
    ck_assert_str_eq(event->type, "alarm");
    if (strstr(event->data, "\"raised\":true") != NULL)
        seen->raised++;
    else
        seen->cleared++;
}

START_TEST(raise_and_clear)
{
    struct events *events = events_new();
    struct seen seen = { 0 };
    (void)events_subscribe(events, note, &seen);
    struct alarms *alarms = alarms_new(events);
    ck_assert_uint_eq(alarms_count(alarms), 0);
    ck_assert_ptr_null(alarms_at(alarms, 0));

    alarms_raise(alarms, "pool_down:web", "pool %s is down", "web");
    alarms_raise(alarms, "state_save", "disk full");
    alarms_raise(alarms, "reload", "3 errors");
    ck_assert_uint_eq(alarms_count(alarms), 3);
    ck_assert_str_eq(alarms_at(alarms, 0)->key, "pool_down:web");
    ck_assert_str_eq(alarms_at(alarms, 0)->text, "pool web is down");
    ck_assert_int_gt(alarms_at(alarms, 0)->since_ms, 0);
    ck_assert_uint_eq(seen.raised, 3);

    alarms_clear(alarms, "state_save");
    alarms_clear(alarms, "state_save");
    alarms_clear(alarms, "never raised");
    ck_assert_uint_eq(seen.cleared, 1);
    ck_assert_uint_eq(alarms_count(alarms), 2);
    ck_assert_str_eq(alarms_at(alarms, 0)->key, "pool_down:web");
    ck_assert_str_eq(alarms_at(alarms, 1)->key, "reload");
    ck_assert_ptr_null(alarms_at(alarms, 2));
    alarms_free(alarms);
    events_free(events);
}
END_TEST

START_TEST(raise_again_changes_the_text_only)
{
    struct events *events = events_new();
    struct seen seen = { 0 };
    (void)events_subscribe(events, note, &seen);
    struct alarms *alarms = alarms_new(events);
    alarms_raise(alarms, "reload", "1 error");
    int64_t since = alarms_at(alarms, 0)->since_ms;
    alarms_raise(alarms, "reload", "2 errors");
    ck_assert_uint_eq(alarms_count(alarms), 1);
    ck_assert_str_eq(alarms_at(alarms, 0)->text, "2 errors");
    ck_assert_int_eq(alarms_at(alarms, 0)->since_ms, since);
    ck_assert_uint_eq(seen.raised, 1);
    alarms_free(alarms);
    events_free(events);
}
END_TEST

START_TEST(clear_by_prefix)
{
    struct events *events = events_new();
    struct seen seen = { 0 };
    (void)events_subscribe(events, note, &seen);
    struct alarms *alarms = alarms_new(events);
    alarms_raise(alarms, "pool_down:a", "a");
    alarms_raise(alarms, "pool_down:b", "b");
    alarms_raise(alarms, "reload", "r");
    alarms_raise(alarms, "pool_down:c", "c");
    alarms_clear_prefix(alarms, "pool_down:");
    ck_assert_uint_eq(alarms_count(alarms), 1);
    ck_assert_str_eq(alarms_at(alarms, 0)->key, "reload");
    ck_assert_uint_eq(seen.cleared, 3);
    alarms_clear_prefix(alarms, "pool_down:");
    ck_assert_uint_eq(seen.cleared, 3);
    alarms_free(alarms);
    events_free(events);
}
END_TEST

START_TEST(text_is_always_utf8)
{
    struct events *events = events_new();
    struct alarms *alarms = alarms_new(events);
    alarms_raise(alarms, "a", "caf\xc3\xa9");
    alarms_raise(alarms, "b", "bad \xff byte");
    ck_assert_str_eq(alarms_at(alarms, 0)->text, "caf\xc3\xa9");
    ck_assert_str_eq(alarms_at(alarms, 1)->text, "bad ? byte");
    char big[5000];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    alarms_raise(alarms, "c", "%s", big);
    ck_assert_uint_lt(strlen(alarms_at(alarms, 2)->text), 2000);
    alarms_free(alarms);
    alarms_free(NULL);
    events_free(events);
}
END_TEST

int main(void)
{
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    Suite *suite = suite_create("alarms");
    TCase *tcase = tcase_create("alarms");
    tcase_add_test(tcase, raise_and_clear);
    tcase_add_test(tcase, raise_again_changes_the_text_only);
    tcase_add_test(tcase, clear_by_prefix);
    tcase_add_test(tcase, text_is_always_utf8);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
