// SPDX-License-Identifier: BSD-2-Clause
#include "health/check_runner.h"

#include "base/clock.h"
#include "base/compiler.h"
#include "health/pace.h"
#include "tests/support/backend.h"

#include <check.h>
#include <poll.h>
#include <string.h>

#define LIMIT_MS     10000
#define OUTCOMES_MAX 1000

static struct check_loop loop;
static struct check_runner *runner;
static struct backend *backend;
static struct check check;
static uv_timer_t limit;
static bool over;
static uint64_t boot_skip_ms; /* how long the machine "slept" */
static struct check_outcome outcomes[OUTCOMES_MAX];
static uint64_t outcome_at_ms[OUTCOMES_MAX];
static size_t outcome_count;

static uint64_t fake_boot_ms(void *data)
{
    (void)data;
    return 1000000 + boot_skip_ms; /* stands still: a slow machine is no stall here */
}

static void on_publish(void *data, const struct check_outcome *outcome)
{
    (void)data;
    ck_assert_uint_lt(outcome_count, OUTCOMES_MAX);
    outcome_at_ms[outcome_count] = clock_mono_ms();
    outcomes[outcome_count++] = *outcome;
}

static void on_limit(uv_timer_t *timer)
{
    (void)timer;
    over = true;
}

static void start_runner(size_t running_max)
{
    struct check_runner_config config = { .running_max = running_max,
                                          .boot_ms = fake_boot_ms,
                                          .publish = on_publish };
    runner = check_runner_new(&loop, &config);
}

static void set_up(void)
{
    over = false;
    boot_skip_ms = 0;
    outcome_count = 0;
    ck_assert_int_eq(check_loop_init(&loop), 0);
    uv_timer_init(&loop.uv, &limit);
    uv_timer_start(&limit, on_limit, LIMIT_MS, 0);
    backend = backend_new("127.0.0.1", BACKEND_GREET);
    check = (struct check){ .name = "t",
                            .type = CHECK_TCP,
                            .interval_ms = 60000,
                            .timeout_ms = 30000,
                            .confirm_interval_ms = 20,
                            .limits = { .fall = 3, .rise = 2 },
                            .args.tcp.expect = "ok" };
    start_runner(100);
}

static void tear_down(void)
{
    check_runner_free(runner);
    uv_close((uv_handle_t *)&limit, NULL);
    check_loop_fini(&loop);
    backend_free(backend);
}

/* Targets first_id, first_id + 1, ... all at the backend. */
static void set_targets(uint32_t first_id, size_t count, enum health_verdict seed)
{
    struct prober_target targets[200];
    ck_assert_uint_le(count, ARRAY_LEN(targets));
    for (size_t i = 0; i < count; i++) {
        targets[i] = (struct prober_target){ .id = first_id + (uint32_t)i,
                                             .check = &check,
                                             .endpoint = backend_endpoint(backend),
                                             .seed = seed,
                                             .seed_since_ms = 77 };
    }
    check_runner_set_targets(runner, target_set_new(targets, count));
}

/* The first probe of a seeded target, and the second one of another, come at its phase: one whose
 * phase is early saves the test from waiting. */
static uint32_t early_id(void)
{
    uint32_t id = 1;
    while (pace_phase_ms(id, check.interval_ms) > 50)
        id++;
    return id;
}

static void run_until_outcomes(size_t count)
{
    while (outcome_count < count && !over)
        uv_run(&loop.uv, UV_RUN_ONCE);
    ck_assert_msg(!over, "%zu of %zu outcomes", outcome_count, count);
}

static void run_until_accepted(size_t count)
{
    while (backend_accepted(backend) < count && !over)
        uv_run(&loop.uv, UV_RUN_NOWAIT);
    ck_assert(!over);
}

static void on_pause(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static void run_for(uint64_t ms)
{
    bool done = false;
    uv_timer_t pause;
    uv_timer_init(&loop.uv, &pause);
    pause.data = &done;
    uv_timer_start(&pause, on_pause, ms, 0);
    while (!done)
        uv_run(&loop.uv, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&pause, NULL);
    uv_run(&loop.uv, UV_RUN_NOWAIT);
}

/* The loop does not run meanwhile. */
static void block_for(int ms)
{
    (void)poll(NULL, 0, ms);
}

START_TEST(unseeded_targets_are_probed_at_once)
{
    set_targets(1, 50, HEALTH_UNKNOWN);
    run_until_outcomes(50);
    bool seen[51] = { false };
    for (size_t i = 0; i < 50; i++) {
        const struct prober_status *status = &outcomes[i].status;
        ck_assert_int_eq(status->result, HEALTH_PASS);
        ck_assert_int_eq(status->verdict, HEALTH_UP); /* the first result stands at once */
        ck_assert_str_eq(status->reason, "text found");
        ck_assert(status->probed);
        ck_assert(outcomes[i].notify);
        ck_assert(!outcomes[i].late);
        ck_assert_int_gt(status->since_ms, 0);
        ck_assert_int_ge(status->at_ms, status->since_ms);
        ck_assert(!seen[status->id]);
        seen[status->id] = true;
        /* and then they take their places in the interval */
        uint64_t place = outcome_at_ms[i] + pace_phase_ms(status->id, 60000);
        ck_assert_uint_ge(outcomes[i].due_ms + 1000, place);
        ck_assert_uint_le(outcomes[i].due_ms, place + 6001);
    }
}
END_TEST

START_TEST(seeded_targets_wait_for_their_phase)
{
    check.interval_ms = 300;
    uint64_t start = clock_mono_ms();
    set_targets(1, 30, HEALTH_UP);
    run_until_outcomes(30);
    for (size_t i = 0; i < 30; i++) {
        uint32_t id = outcomes[i].status.id;
        ck_assert_uint_ge(outcome_at_ms[i], start + pace_phase_ms(id, 300));
        ck_assert_int_eq(outcomes[i].status.verdict, HEALTH_UP);
        ck_assert_int_eq(outcomes[i].status.since_ms, 77);
    }
}
END_TEST

START_TEST(interval_and_jitter_between_probes)
{
    check.interval_ms = 100;
    set_targets(early_id(), 1, HEALTH_UP);
    run_until_outcomes(6);
    for (size_t i = 1; i < 6; i++) {
        ck_assert_uint_ge(outcome_at_ms[i] + 2, outcomes[i - 1].due_ms);
        ck_assert_uint_ge(outcomes[i].due_ms, outcomes[i - 1].due_ms + 89);
    }
    ck_assert_uint_eq(backend_accepted(backend), 6);
}
END_TEST

/* Interval 60 s, yet all of this happens at once: what contradicts the verdict is asked again soon.
 */
START_TEST(suspicion_is_confirmed_soon)
{
    backend_set_face(backend, BACKEND_REFUSE);
    set_targets(early_id(), 1, HEALTH_UP);
    run_until_outcomes(3);
    static const struct {
        enum health_verdict verdict;
        bool suspect;
        bool notify;
    } expected[] = { { HEALTH_UP, true, true },
                     { HEALTH_UP, true, false },
                     { HEALTH_DOWN, false, true } };
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(outcomes[i].status.result, HEALTH_FAIL);
        ck_assert_str_eq(outcomes[i].status.reason, "connection refused");
        ck_assert_int_eq(outcomes[i].status.verdict, expected[i].verdict);
        ck_assert_int_eq(outcomes[i].status.suspect, expected[i].suspect);
        ck_assert_int_eq(outcomes[i].notify, expected[i].notify);
    }
    ck_assert_int_eq(outcomes[1].status.since_ms, 77);
    ck_assert_int_gt(outcomes[2].status.since_ms, 77);
    ck_assert_uint_gt(outcomes[2].due_ms, clock_mono_ms() + 50000); /* settled */
}
END_TEST

static const enum backend_face silent_faces[] = { BACKEND_SILENT, BACKEND_BLACKHOLE };

START_TEST(timeout_is_a_failure)
{
    backend_set_face(backend, silent_faces[_i]);
    check.timeout_ms = 100;
    set_targets(1, 1, HEALTH_UNKNOWN);
    run_until_outcomes(1);
    ck_assert_int_eq(outcomes[0].status.result, HEALTH_FAIL);
    ck_assert_str_eq(outcomes[0].status.reason, "timeout");
    ck_assert_int_eq(outcomes[0].status.verdict, HEALTH_DOWN);
    ck_assert_double_ge(outcomes[0].status.duration_ms, 99.0);
    ck_assert(backend_wait_open(backend, 0, LIMIT_MS));
}
END_TEST

/* Though the attempts take longer than the interval; and there is a pause between them. */
START_TEST(one_attempt_of_a_target_at_a_time)
{
    backend_set_face(backend, BACKEND_SILENT);
    check.interval_ms = 20;
    check.timeout_ms = 300;
    set_targets(1, 1, HEALTH_UNKNOWN);
    run_until_outcomes(3);
    for (size_t i = 1; i < 3; i++) {
        ck_assert_uint_ge(outcome_at_ms[i], outcome_at_ms[i - 1] + 300);
        ck_assert_uint_ge(outcomes[i].due_ms + 200, outcome_at_ms[i]);
    }
}
END_TEST

/* A thousand starts in a row would look like a stall, and void themselves. */
START_TEST(starts_come_in_batches)
{
    backend_set_face(backend, BACKEND_SILENT);
    set_targets(1, 100, HEALTH_UNKNOWN);
    ck_assert(!backend_wait_accepted(backend, 60, 100)); /* the loop has not run yet */
    run_until_accepted(100);
}
END_TEST

START_TEST(attempts_beyond_the_cap_wait)
{
    check_runner_free(runner);
    start_runner(4);
    backend_set_face(backend, BACKEND_SILENT);
    set_targets(1, 20, HEALTH_UNKNOWN);
    run_until_accepted(4);
    run_for(100);
    ck_assert_uint_eq(backend_accepted(backend), 4);
    ck_assert_uint_eq(outcome_count, 0);
    set_targets(100, 0, HEALTH_UNKNOWN);
    ck_assert(backend_wait_open(backend, 0, LIMIT_MS));
}
END_TEST

START_TEST(late_is_counted_and_no_failure)
{
    check_runner_free(runner);
    start_runner(2);
    backend_set_face(backend, BACKEND_SLOW);
    backend_set_delay(backend, 60);
    check.type = CHECK_HTTP;
    check.args.http = (struct check_http_args){ .path = "/" };
    ck_assert(check_status_parse("200", check.args.http.expect_status));
    check.interval_ms = 100;
    check.timeout_ms = 5000;
    set_targets(1, 10, HEALTH_UNKNOWN);
    run_until_outcomes(20);
    size_t late = 0;
    for (size_t i = 0; i < 20; i++) {
        ck_assert_int_eq(outcomes[i].status.result, HEALTH_PASS);
        late += outcomes[i].late ? 1 : 0;
    }
    ck_assert(!outcomes[0].late);
    ck_assert_uint_ge(late, 2); /* the last ones waited for 4 rounds of 60 ms */
}
END_TEST

/* ---- our own stalls -------------------------------------------------------------------------- */

START_TEST(stall_voids_what_is_under_way)
{
    backend_set_face(backend, BACKEND_SILENT);
    uint32_t id = early_id();
    set_targets(id, 1, HEALTH_UP);
    run_until_accepted(1);
    boot_skip_ms += 60000;
    run_until_outcomes(1);
    ck_assert_int_eq(outcomes[0].status.result, HEALTH_NO_VERDICT);
    ck_assert_str_eq(outcomes[0].status.reason, "local: probes stood still");
    ck_assert_int_eq(outcomes[0].status.verdict, HEALTH_UP);
    ck_assert(!outcomes[0].status.suspect);
    ck_assert_uint_le(outcomes[0].due_ms, clock_mono_ms() + 30); /* asked again soon */
    run_until_accepted(2);
}
END_TEST

/* The result that comes first after the stall is void as well, be it good or bad; it is there
 * before the loop runs. */
START_TEST(stall_voids_the_first_result)
{
    if (_i == 0)
        check.args.tcp.expect = NULL; /* on loopback, connect is done when it returns */
    else
        backend_set_face(backend, BACKEND_CLOSE);
    set_targets(1, 1, HEALTH_UNKNOWN);
    ck_assert(backend_wait_accepted(backend, 1, LIMIT_MS));
    if (_i == 1)
        ck_assert(backend_wait_open(backend, 0, LIMIT_MS));
    boot_skip_ms += 60000;
    run_until_outcomes(2);
    ck_assert_int_eq(outcomes[0].status.result, HEALTH_NO_VERDICT);
    ck_assert_int_eq(outcomes[0].status.verdict, HEALTH_UNKNOWN);
    ck_assert_int_eq(outcomes[1].status.result, _i == 0 ? HEALTH_PASS : HEALTH_FAIL);
}
END_TEST

START_TEST(short_gap_is_no_stall)
{
    set_targets(1, 1, HEALTH_UNKNOWN);
    boot_skip_ms += 550;
    run_until_outcomes(1);
    ck_assert_int_eq(outcomes[0].status.result, HEALTH_PASS);
}
END_TEST

START_TEST(no_burst_after_a_stall)
{
    check.interval_ms = 1000;
    set_targets(1, 100, HEALTH_UNKNOWN);
    run_until_outcomes(100);
    block_for(1200); /* now all are overdue */
    boot_skip_ms += 1200;
    uv_run(&loop.uv, UV_RUN_NOWAIT);
    uv_run(&loop.uv, UV_RUN_NOWAIT);
    ck_assert(!backend_wait_accepted(backend, 100 + 20, 100));
    run_until_outcomes(200); /* and each comes within its interval */
}
END_TEST

/* Without the stall to excuse it, what is overdue starts. */
START_TEST(overdue_probes_start)
{
    check.interval_ms = 100;
    set_targets(1, 50, HEALTH_UNKNOWN);
    run_until_outcomes(50);
    block_for(120);
    run_until_accepted(90);
}
END_TEST

/* The answer was there in time; we were not, by a little or by much. */
START_TEST(answer_that_waited_in_a_buffer_counts)
{
    check.timeout_ms = 100;
    check.args.tcp.expect = NULL;
    set_targets(1, 1, HEALTH_UNKNOWN);
    block_for(_i == 0 ? 115 : 400);
    run_until_outcomes(1);
    ck_assert_str_eq(outcomes[0].status.reason, "connected");
}
END_TEST

START_TEST(busy_loop_puts_a_timeout_off_once)
{
    backend_set_face(backend, BACKEND_SILENT);
    check.timeout_ms = 100;
    set_targets(1, 1, HEALTH_UNKNOWN);
    block_for(300);
    run_until_outcomes(1);
    ck_assert_str_eq(outcomes[0].status.reason, "timeout");
    ck_assert_double_ge(outcomes[0].status.duration_ms, 490.0);
}
END_TEST

/* ---- changes of the set ---------------------------------------------------------------------- */

START_TEST(set_targets_keeps_those_that_stay)
{
    backend_set_face(backend, BACKEND_REFUSE);
    uint32_t id = early_id();
    set_targets(id, 1, HEALTH_UP);
    run_until_outcomes(2); /* two of three failures */
    check.name = "renamed";
    set_targets(id, 2, HEALTH_UP);
    run_until_outcomes(3);
    ck_assert_uint_eq(outcomes[2].status.id, id);
    ck_assert_int_eq(outcomes[2].status.verdict, HEALTH_DOWN);
}
END_TEST

/* The attempt goes on, and may still use the check that it was started with. */
START_TEST(set_targets_leaves_attempts_alone)
{
    backend_set_face(backend, BACKEND_SLOW);
    backend_set_delay(backend, 100);
    check.args.tcp.send = "GET / HTTP/1.0\r\n\r\n";
    set_targets(5, 1, HEALTH_UNKNOWN);
    run_until_accepted(1);
    for (unsigned round = 0; round < 5; round++)
        set_targets(round < 4 ? 4 : 5, 2, HEALTH_UP);
    run_until_outcomes(1);
    ck_assert_uint_eq(outcomes[0].status.id, 5);
    ck_assert_str_eq(outcomes[0].status.reason, "text found");
    ck_assert_uint_eq(backend_accepted(backend), 1);
}
END_TEST

START_TEST(set_targets_ends_those_that_go)
{
    backend_set_face(backend, BACKEND_SILENT);
    set_targets(1, 3, HEALTH_UNKNOWN);
    run_until_accepted(3);
    set_targets(2, 1, HEALTH_UNKNOWN);
    uv_run(&loop.uv, UV_RUN_NOWAIT);
    ck_assert(backend_wait_open(backend, 1, LIMIT_MS));
    set_targets(1, 0, HEALTH_UNKNOWN);
    ck_assert(backend_wait_open(backend, 0, LIMIT_MS));
    run_for(20);
    ck_assert_uint_eq(outcome_count, 0);
}
END_TEST

/* Waiting, queued and running ones, at random, against leaks and stale pointers. */
START_TEST(set_targets_at_random)
{
    check_runner_free(runner);
    start_runner(8);
    check.interval_ms = 10;
    struct rng rng;
    rng_seed(&rng, 3);
    for (unsigned round = 0; round < 200; round++) {
        outcome_count = 0;
        bool seeded = rng_below(&rng, 2) == 0;
        set_targets(rng_below(&rng, 40), rng_below(&rng, 60), seeded ? HEALTH_UP : HEALTH_UNKNOWN);
        if (rng_below(&rng, 10) == 0)
            boot_skip_ms += 1000;
        for (uint32_t i = rng_below(&rng, 6); i > 0; i--)
            uv_run(&loop.uv, UV_RUN_NOWAIT);
    }
    outcome_count = 0;
    run_until_outcomes(50);
}
END_TEST

/* One probe, and what it told. */
static const struct check_outcome *probe_with(const char *header)
{
    backend_set_header(backend, header);
    run_until_outcomes(outcome_count + 1);
    return &outcomes[outcome_count - 1];
}

static const struct {
    const char *header;
    unsigned weight; /* in force after it */
    bool notify;
} told[] = {
    { "X-Weight: 80\r\n", 80, true },  { "X-Weight: 76\r\n", 80, false },
    { "X-Weight: 84\r\n", 80, false }, { "X-Weight: 75\r\n", 75, true },
    { "X-Weight: 79\r\n", 75, false }, { "X-Weight: 98\r\n", 98, true },
    { "X-Weight: 99\r\n", 98, false }, { "", 100, true },
    { "X-Weight: 99\r\n", 99, true },  { "X-Weight: 3\r\n", 3, true },
    { "X-Weight: 0\r\n", 0, true },    { "X-Weight: 0\r\n", 0, false },
    { "X-Weight: 1\r\n", 1, true },    { "X-Weight: bad\r\n", 100, true },
};

START_TEST(told_weights_are_damped)
{
    backend_set_face(backend, BACKEND_HTTP);
    check.type = CHECK_HTTP;
    check.interval_ms = 50;
    check.args.http = (struct check_http_args){ .weight_header = "X-Weight" };
    (void)check_status_parse("200", check.args.http.expect_status);
    set_targets(1, 1, HEALTH_UNKNOWN);
    run_until_outcomes(1); /* which is always told */
    ck_assert_uint_eq(outcomes[0].status.weight, 100);
    for (size_t i = 0; i < ARRAY_LEN(told); i++) {
        const struct check_outcome *outcome = probe_with(told[i].header);
        ck_assert_msg(outcome->status.weight == told[i].weight, "%zu: %u", i,
                      (unsigned)outcome->status.weight);
        ck_assert_msg(outcome->notify == told[i].notify, "%zu", i);
    }
    ck_assert_int_eq(probe_with("X-Weight: 40\r\n")->status.weight, 40);
    backend_set_status(backend, 503); /* a failure tells none */
    const struct check_outcome *outcome = probe_with("");
    ck_assert_int_eq(outcome->status.result, HEALTH_FAIL);
    ck_assert_uint_eq(outcome->status.weight, 40);
}
END_TEST

START_TEST(seeded_weight_stands_until_a_pass)
{
    const struct prober_target target = { .id = early_id(),
                                          .check = &check,
                                          .endpoint = backend_endpoint(backend),
                                          .seed = HEALTH_UP,
                                          .seed_weight = 30 };
    backend_set_face(backend, BACKEND_REFUSE);
    check_runner_set_targets(runner, target_set_new(&target, 1));
    run_until_outcomes(1);
    ck_assert_int_eq(outcomes[0].status.result, HEALTH_FAIL);
    ck_assert_uint_eq(outcomes[0].status.weight, 30);
    backend_set_face(backend, BACKEND_GREET);
    run_until_outcomes(2);
    ck_assert_int_eq(outcomes[1].status.result, HEALTH_PASS);
    ck_assert_uint_eq(outcomes[1].status.weight, 100); /* this check tells none */
    ck_assert(outcomes[1].notify);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("check_runner");
    TCase *tcase = tcase_create("check_runner");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, unseeded_targets_are_probed_at_once);
    tcase_add_test(tcase, seeded_targets_wait_for_their_phase);
    tcase_add_test(tcase, interval_and_jitter_between_probes);
    tcase_add_test(tcase, suspicion_is_confirmed_soon);
    tcase_add_loop_test(tcase, timeout_is_a_failure, 0, (int)ARRAY_LEN(silent_faces));
    tcase_add_test(tcase, one_attempt_of_a_target_at_a_time);
    tcase_add_test(tcase, starts_come_in_batches);
    tcase_add_test(tcase, attempts_beyond_the_cap_wait);
    tcase_add_test(tcase, late_is_counted_and_no_failure);
    tcase_add_test(tcase, stall_voids_what_is_under_way);
    tcase_add_loop_test(tcase, stall_voids_the_first_result, 0, 2);
    tcase_add_test(tcase, short_gap_is_no_stall);
    tcase_add_test(tcase, no_burst_after_a_stall);
    tcase_add_test(tcase, overdue_probes_start);
    tcase_add_loop_test(tcase, answer_that_waited_in_a_buffer_counts, 0, 2);
    tcase_add_test(tcase, busy_loop_puts_a_timeout_off_once);
    tcase_add_test(tcase, set_targets_keeps_those_that_stay);
    tcase_add_test(tcase, set_targets_leaves_attempts_alone);
    tcase_add_test(tcase, set_targets_ends_those_that_go);
    tcase_add_test(tcase, set_targets_at_random);
    tcase_add_test(tcase, told_weights_are_damped);
    tcase_add_test(tcase, seeded_weight_stands_until_a_pass);
    suite_add_tcase(suite, tcase);
    SRunner *srunner = srunner_create(suite);
    srunner_run_all(srunner, CK_NORMAL);
    int failed = srunner_ntests_failed(srunner);
    srunner_free(srunner);
    return failed == 0 ? 0 : 1;
}
