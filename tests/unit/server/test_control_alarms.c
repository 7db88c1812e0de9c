// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "base/strbuf.h"
#include "server/control.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOLS 150

static struct control_fixture fixture;
static unsigned events;

static void on_event(void *data, const struct event *event)
{
    (void)data;
    events += strcmp(event->type, "alarm") == 0;
}

static void configure(unsigned first, unsigned count)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_add(&text, "\"pools\": {");
    for (unsigned i = first; i < first + count; i++)
        strbuf_addf(&text,
                    "%s\"p%u\": {\"policy\": \"all\", \"members\": {\"a\": {\"address\": "
                    "\"192.0.2.%u\"}}}",
                    i > first ? "," : "", i, i);
    strbuf_add(&text, "}, \"zones\": {\"example.test\": {\"file\": \"example.test.zone\"}}");
    control_fixture_config(&fixture, text.text);
    strbuf_fini(&text);
}

static void setup(void)
{
    control_fixture_init(&fixture, CONTROL_ZONE);
    configure(0, POOLS);
    ck_assert_msg(control_fixture_start(&fixture), "%s",
                  fixture.errors.count > 0 ? fixture.errors.lines[0] : "?");
    events = 0;
    (void)events_subscribe(control_events(fixture.control), on_event, NULL);
}

static void teardown(void)
{
    control_fixture_fini(&fixture);
}

static void set_all(unsigned count, enum override_state state)
{
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "p%u", i);
        uint32_t pool = world_pool(control_world(fixture.control), name);
        ck_assert(control_override_member_state(fixture.control, pool, 0, state, NULL, "jo", 0));
    }
    control_fixture_served(&fixture);
}

static const struct alarm *alarm_of(const char *key)
{
    for (size_t i = 0; i < alarms_count(control_alarms(fixture.control)); i++) {
        const struct alarm *alarm = alarms_at(control_alarms(fixture.control), i);
        if (strcmp(alarm->key, key) == 0)
            return alarm;
    }
    return NULL;
}

START_TEST(the_first_hundred_are_named_all_are_counted)
{
    set_all(POOLS, OVERRIDE_DOWN);
    ck_assert_uint_eq(alarms_count(control_alarms(fixture.control)), 101);
    ck_assert_ptr_nonnull(alarm_of("pool_down:p0"));
    ck_assert_ptr_null(alarm_of("pool_down:p149"));
    ck_assert_str_eq(alarm_of("pools_down")->text,
                     "150 pools have too few live members, 100 of them are named");
    ck_assert_uint_eq(events, 101);
    set_all(100, OVERRIDE_NONE);
    ck_assert_uint_eq(alarms_count(control_alarms(fixture.control)), 1);
    set_all(POOLS, OVERRIDE_NONE);
    ck_assert_uint_eq(alarms_count(control_alarms(fixture.control)), 0);
    ck_assert_uint_eq(events, 202);
}
END_TEST

static void on_reload(void *data, bool ok, uint64_t generation, const struct errlist *errors)
{
    (void)generation;
    (void)errors;
    *(bool *)data = ok;
}

static bool is_true(void *data)
{
    return *(bool *)data;
}

/* An alarm that stands is as old as its cause: a reload neither clears nor raises it. */
START_TEST(a_reload_keeps_what_still_stands)
{
    bool done = false;
    set_all(2, OVERRIDE_DOWN);
    int64_t since = alarm_of("pool_down:p1")->since_ms;
    ck_assert_uint_eq(events, 2);
    configure(1, 5); /* p0 is gone */
    control_reload(fixture.control, "the test", on_reload, &done);
    ck_assert(control_fixture_until(&fixture, is_true, &done, 10000));
    ck_assert_ptr_null(alarm_of("pool_down:p0"));
    ck_assert_ptr_nonnull(alarm_of("pool_down:p1"));
    ck_assert_int_eq(alarm_of("pool_down:p1")->since_ms, since);
    ck_assert_uint_eq(alarms_count(control_alarms(fixture.control)), 1);
    ck_assert_uint_eq(events, 3);
    uint32_t pool = world_pool(control_world(fixture.control), "p1");
    ck_assert(
        control_override_member_state(fixture.control, pool, 0, OVERRIDE_NONE, NULL, "jo", 0));
    control_fixture_served(&fixture);
    ck_assert_uint_eq(alarms_count(control_alarms(fixture.control)), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_alarms");
    TCase *tcase = tcase_create("control_alarms");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_first_hundred_are_named_all_are_counted);
    tcase_add_test(tcase, a_reload_keeps_what_still_stands);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
