// SPDX-License-Identifier: BSD-2-Clause
#include "server/control.h"
#include "server/worker_internal.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct outcome {
    unsigned calls;
    uint64_t generation;
};

static void note(void *data, uint64_t generation, bool saved)
{
    struct outcome *outcome = data;
    (void)saved;
    outcome->calls++;
    outcome->generation = generation;
}

static bool was_called(void *data)
{
    return ((struct outcome *)data)->calls > 0;
}

START_TEST(a_burst_is_one_publish)
{
    struct control_fixture f;
    struct outcome outcome = { 0 };
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, CONTROL_SECTIONS);
    ck_assert(control_fixture_start(&f));
    uint32_t pool = world_pool(control_world(f.control), "web");
    uint64_t before = control_generation(f.control);
    for (int i = 0; i < 1000; i++) {
        enum override_state state = i % 2 == 0 ? OVERRIDE_DOWN : OVERRIDE_NONE;
        ck_assert(
            control_override_member_state(f.control, pool, (uint32_t)i % 3, state, NULL, "jo", 0));
    }
    ck_assert_uint_eq(control_generation(f.control), before);
    control_when_served(f.control, note, &outcome);
    ck_assert_uint_eq(outcome.calls, 0);
    ck_assert(control_fixture_until(&f, was_called, &outcome, 5000));
    ck_assert_uint_eq(control_generation(f.control), before + 1);
    ck_assert_uint_eq(outcome.generation, before + 1);
    control_fixture_fini(&f);
}
END_TEST

START_TEST(nothing_to_wait_for_is_answered_too)
{
    struct control_fixture f;
    struct outcome outcome = { 0 };
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, CONTROL_SECTIONS);
    ck_assert(control_fixture_start(&f));
    control_when_served(f.control, note, &outcome);
    ck_assert(control_fixture_until(&f, was_called, &outcome, 5000));
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_uint_eq(outcome.generation, 1);
    control_fixture_fini(&f);
}
END_TEST

/* Whoever waits when the server ends is told, not forgotten. */
START_TEST(the_end_answers_those_who_wait)
{
    struct control_fixture f;
    struct outcome outcome = { 0 };
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, CONTROL_SECTIONS);
    ck_assert(control_fixture_start(&f));
    ck_assert(control_override_member_state(f.control, 0, 0, OVERRIDE_DOWN, NULL, "jo", 0));
    control_when_served(f.control, note, &outcome);
    control_fixture_stop(&f);
    ck_assert_uint_eq(outcome.calls, 1);
    control_fixture_fini(&f);
}
END_TEST

static bool is_true(void *data)
{
    return *(bool *)data;
}

static void set_true(void *data, uint64_t generation, bool saved)
{
    (void)generation;
    (void)saved;
    *(bool *)data = true;
}

static bool never(void *data)
{
    struct control_fixture *f = data;
    static unsigned turn;
    turn++;
    ck_assert(control_override_member_state(
        f->control, 0, turn % 3, turn % 2 == 0 ? OVERRIDE_DOWN : OVERRIDE_UP, NULL, "jo", 0));
    return false;
}

/* A worker that gets no time must not make states pile up; when it is back, the newest is served.
 */
START_TEST(workers_that_lag_are_waited_for)
{
    struct control_fixture f;
    bool served = false;
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, CONTROL_SECTIONS);
    ck_assert(control_fixture_start(&f));
    struct worker *worker = listen_workers(f.set)[0];
    uint64_t before = control_generation(f.control);
    worker->started = false; /* is not woken */
    (void)control_fixture_until(&f, never, &f, 500);
    ck_assert_uint_gt(control_generation(f.control), before);
    ck_assert_uint_le(control_generation(f.control), before + 3);
    worker->started = true;
    control_when_served(f.control, set_true, &served);
    ck_assert(control_fixture_until(&f, is_true, &served, 5000));
    ck_assert_uint_gt(control_generation(f.control), before + 1);
    control_fixture_fini(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_publish");
    TCase *tcase = tcase_create("control_publish");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_burst_is_one_publish);
    tcase_add_test(tcase, nothing_to_wait_for_is_answered_too);
    tcase_add_test(tcase, the_end_answers_those_who_wait);
    tcase_add_test(tcase, workers_that_lag_are_waited_for);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
