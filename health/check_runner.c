// SPDX-License-Identifier: BSD-2-Clause
#include "health/check_runner.h"

#include "base/clock.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "health/deadline.h"
#include "health/pace.h"

#include <uv.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The loop shows by a heartbeat that it runs. A gap in it is a stall: this process was stopped, the
 * machine slept, or a callback took too long. */
#define BEAT_MS  100
#define STALL_MS 500
/* Attempts started before sockets and timers have their turn again: starting a thousand at once
 * would itself be a stall. */
#define START_BATCH 50
/* A timeout that is seen so much late is put off once by as much: the loop was busy, and what the
 * target sent meanwhile was not looked at. */
#define BUSY_MS 50
/* A told weight that has changed by less is not worth a change of anything. */
#define WEIGHT_STEP 5

static const char stall_reason[] = "local: probes stood still";

enum target_state {
    TARGET_WAITING, /* in the heap until its next attempt is due */
    TARGET_QUEUED,  /* due, waits for a free place */
    TARGET_RUNNING, /* in the heap until its attempt times out */
};

struct target {
    struct deadline deadline;
    const struct prober_target *spec; /* in the runner's set */
    struct check_runner *runner;
    enum target_state state;
    struct fsm fsm;
    int64_t since_ms;
    uint8_t weight; /* in force, see take_weight */
    bool probed;
    bool spread;   /* its place in the interval is still to be taken */
    bool extended; /* the timeout of this attempt was put off */
    bool late;
    uint64_t due_ms; /* when the attempt should start or should have started */
    uint64_t started_ns;
    struct check_attempt *attempt;
    const struct check_type *type;  /* of the attempt */
    struct target_set *attempt_set; /* that the attempt borrows from */
    TAILQ_ENTRY(target) link;       /* of the queue or of those running */
};
TAILQ_HEAD(target_list, target);

struct check_runner {
    struct check_loop *loop;
    struct check_runner_config config;
    struct rng rng;
    uint64_t beat_ms; /* last sign of life, by config.boot_ms */
    uv_timer_t beat;
    uv_timer_t wake;  /* at the first deadline */
    uv_idle_t hurry;  /* active when deadlines have passed or more is to start: no sleep */
    uv_check_t check; /* after sockets were served: deadlines are looked at here */
    unsigned handles; /* open */

    struct target_set *set;
    struct target **targets; /* sorted by id, like those of `set` */
    size_t count;
    struct deadline_heap heap;
    struct target_list queue;
    struct target_list running;
    size_t running_count;
};

static uint64_t system_boot_ms(void *data)
{
    (void)data;
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void set_wake(struct check_runner *runner);
static void pump(struct check_runner *runner);

static void put_waiting(struct target *target, uint64_t due_ms)
{
    target->state = TARGET_WAITING;
    target->due_ms = due_ms;
    deadline_set(&target->runner->heap, &target->deadline, due_ms);
}

static void put_queued(struct target *target, uint64_t due_ms)
{
    target->state = TARGET_QUEUED;
    target->due_ms = due_ms;
    deadline_remove(&target->runner->heap, &target->deadline);
    TAILQ_INSERT_TAIL(&target->runner->queue, target, link);
}

/* Out of the running ones; the attempt itself has ended. */
static void leave_running(struct target *target)
{
    struct check_runner *runner = target->runner;
    TAILQ_REMOVE(&runner->running, target, link);
    runner->running_count--;
    target->attempt = NULL;
    target_set_unref(target->attempt_set);
    target->attempt_set = NULL;
}

/* Counted from the start of the last attempt, so that a slow answer does not stretch the interval.
 */
static uint64_t next_due_ms(struct target *target, enum health_result result)
{
    const struct check *check = target->spec->check;
    bool suspect = fsm_suspect(&target->fsm);
    uint64_t delay = pace_next_ms(&target->runner->rng, check, result, suspect);
    if (target->spread && !suspect && result != HEALTH_NO_VERDICT) {
        delay = pace_phase_ms(target->spec->id, check->interval_ms);
        target->spread = false;
    }
    uint64_t due = target->started_ns / 1000000 + delay;
    uint64_t earliest = clock_mono_ms() + pace_pause_ms(check, result, suspect);
    return due > earliest ? due : earliest;
}

/* True when the weight in force has changed. All and nothing are never rounded away. */
static bool take_weight(struct target *target, const struct check_report *report)
{
    int old = target->weight;
    int told = report->weight;
    bool edge = told == 0 || told == CHECK_WEIGHT_FULL || old == 0 || old == CHECK_WEIGHT_FULL;
    if (report->result != HEALTH_PASS || told == old || (!edge && abs(told - old) < WEIGHT_STEP))
        return false;
    target->weight = report->weight;
    return true;
}

static void publish(struct target *target, const struct check_report *report, bool notify)
{
    struct check_outcome outcome = {
        .status = {
            .id = target->spec->id,
            .verdict = target->fsm.verdict,
            .suspect = fsm_suspect(&target->fsm),
            .probed = true,
            .result = report->result,
            .weight = target->weight,
            .duration_ms = (double)(clock_mono_ns() - target->started_ns) / 1e6,
            .at_ms = clock_wall_ms(),
            .since_ms = target->since_ms,
        },
        .due_ms = target->due_ms,
        .notify = notify,
        .late = target->late,
    };
    (void)snprintf(outcome.status.reason, sizeof(outcome.status.reason), "%s", report->reason);
    target->runner->config.publish(target->runner->config.data, &outcome);
}

/* The one way by which a result counts. */
static void finish(struct target *target, const struct check_report *report)
{
    leave_running(target);
    bool was_suspect = fsm_suspect(&target->fsm);
    bool changed = fsm_step(&target->fsm, &target->spec->check->limits, report->result);
    bool weighed = take_weight(target, report);
    bool notify = changed || weighed || !target->probed || was_suspect != fsm_suspect(&target->fsm);
    target->probed = true;
    if (changed)
        target->since_ms = clock_wall_ms();
    put_waiting(target, next_due_ms(target, report->result));
    publish(target, report, notify);
}

static void abandon(struct target *target, enum health_result result, const char *reason)
{
    const struct check_report report = { .result = result, .reason = reason };
    target->type->cancel(target->attempt);
    finish(target, &report);
}

/* True when no sign of life was given for too long; told once for each stall. */
static bool stalled(struct check_runner *runner)
{
    uint64_t now = runner->config.boot_ms(runner->config.data);
    bool stall = now > runner->beat_ms + BEAT_MS + STALL_MS;
    if (stall)
        runner->beat_ms = now;
    return stall;
}

/* What became due during the stall does not start as one burst now, but spread over the interval.
 */
static void respread(struct check_runner *runner)
{
    uint64_t now = clock_mono_ms();
    for (size_t i = 0; i < runner->count; i++) {
        struct target *target = runner->targets[i];
        if (!target->probed || target->state == TARGET_RUNNING || target->due_ms > now)
            continue;
        if (target->state == TARGET_QUEUED)
            TAILQ_REMOVE(&runner->queue, target, link);
        put_waiting(target,
                    now + pace_phase_ms(target->spec->id, target->spec->check->interval_ms));
    }
}

/* Whatever was under way says nothing about its target: the answer may have come, and gone stale,
 * or a peer may have given up on us. */
static void void_attempts(struct check_runner *runner)
{
    respread(runner);
    struct target *target = NULL;
    while ((target = TAILQ_FIRST(&runner->running)) != NULL)
        abandon(target, HEALTH_NO_VERDICT, stall_reason);
}

static void on_attempt_done(void *data, const struct check_report *report)
{
    const struct check_report stood = { .result = HEALTH_NO_VERDICT, .reason = stall_reason };
    struct target *target = data;
    struct check_runner *runner = target->runner;
    bool stall = stalled(runner);
    finish(target, stall ? &stood : report);
    if (stall)
        void_attempts(runner);
    pump(runner);
    set_wake(runner);
}

static void start(struct target *target)
{
    struct check_runner *runner = target->runner;
    const struct check *check = target->spec->check;
    target->state = TARGET_RUNNING;
    TAILQ_INSERT_TAIL(&runner->running, target, link);
    runner->running_count++;
    target_set_ref(runner->set);
    target->attempt_set = runner->set;
    target->extended = false;
    target->started_ns = clock_mono_ns();
    uint64_t now = target->started_ns / 1000000;
    target->late = now > target->due_ms + check->interval_ms;
    deadline_set(&runner->heap, &target->deadline, now + check->timeout_ms);
    target->type = check_type_get(check->type);
    target->attempt =
        target->type->start(runner->loop, check, &target->spec->endpoint, on_attempt_done, target);
}

static void on_hurry(uv_idle_t *idle)
{
    (void)idle; /* it is there that the loop does not sleep */
}

/* Starts what may start; what is over a batch goes on in the loop's next round. */
static void pump(struct check_runner *runner)
{
    for (unsigned i = 0; runner->running_count < runner->config.running_max; i++) {
        struct target *target = TAILQ_FIRST(&runner->queue);
        if (target == NULL)
            break;
        if (i == START_BATCH) {
            uv_idle_start(&runner->hurry, on_hurry);
            break;
        }
        TAILQ_REMOVE(&runner->queue, target, link);
        start(target);
    }
}

static void expire(struct target *target, uint64_t now)
{
    uint64_t behind = now - target->deadline.due_ms;
    if (behind <= BUSY_MS || target->extended) {
        abandon(target, HEALTH_FAIL, "timeout");
        return;
    }
    target->extended = true;
    deadline_set(&target->runner->heap, &target->deadline, now + behind);
}

static void run_due(struct check_runner *runner)
{
    uint64_t now = clock_mono_ms();
    struct deadline *first = NULL;
    while ((first = deadline_first(&runner->heap)) != NULL && first->due_ms <= now) {
        struct target *target = CONTAINER_OF(first, struct target, deadline);
        if (target->state == TARGET_RUNNING)
            expire(target, now);
        else
            put_queued(target, target->due_ms);
    }
    pump(runner);
}

/* Not acted upon here, before sockets are served: an answer that waits in a buffer comes first. */
static void on_wake(uv_timer_t *timer)
{
    struct check_runner *runner = CONTAINER_OF(timer, struct check_runner, wake);
    uv_idle_start(&runner->hurry, on_hurry);
}

static void set_wake(struct check_runner *runner)
{
    struct deadline *first = deadline_first(&runner->heap);
    if (first == NULL) {
        uv_timer_stop(&runner->wake);
        return;
    }
    uint64_t now = uv_now(&runner->loop->uv);
    uv_timer_start(&runner->wake, on_wake, first->due_ms > now ? first->due_ms - now : 0, 0);
}

static void on_check(uv_check_t *check)
{
    struct check_runner *runner = CONTAINER_OF(check, struct check_runner, check);
    uv_idle_stop(&runner->hurry);
    if (stalled(runner))
        void_attempts(runner);
    run_due(runner);
    set_wake(runner);
}

static void on_beat(uv_timer_t *timer)
{
    struct check_runner *runner = CONTAINER_OF(timer, struct check_runner, beat);
    if (stalled(runner))
        void_attempts(runner);
    runner->beat_ms = runner->config.boot_ms(runner->config.data);
    set_wake(runner);
}

static struct target *target_new(struct check_runner *runner, const struct prober_target *spec)
{
    struct target *target = MEM_NEW(struct target);
    target->runner = runner;
    target->spec = spec;
    target->fsm.verdict = spec->seed;
    target->since_ms = (int64_t)spec->seed_since_ms;
    target->weight = prober_seed_weight(spec);
    target->spread = spec->seed == HEALTH_UNKNOWN;
    uint64_t now = clock_mono_ms();
    if (spec->seed == HEALTH_UNKNOWN)
        put_queued(target, now);
    else
        put_waiting(target, now + pace_phase_ms(spec->id, spec->check->interval_ms));
    return target;
}

static void target_free(struct target *target)
{
    struct check_runner *runner = target->runner;
    if (target->state == TARGET_RUNNING) {
        target->type->cancel(target->attempt);
        leave_running(target);
    } else if (target->state == TARGET_QUEUED) {
        TAILQ_REMOVE(&runner->queue, target, link);
    }
    deadline_remove(&runner->heap, &target->deadline);
    mem_free(target);
}

void check_runner_set_targets(struct check_runner *runner, struct target_set *set)
{
    struct target **targets = MEM_NEW_ARRAY(struct target *, set->count);
    size_t old = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct prober_target *spec = &set->targets[i];
        while (old < runner->count && runner->targets[old]->spec->id < spec->id)
            target_free(runner->targets[old++]);
        if (old < runner->count && runner->targets[old]->spec->id == spec->id) {
            targets[i] = runner->targets[old++];
            targets[i]->spec = spec;
        } else {
            targets[i] = target_new(runner, spec);
        }
    }
    while (old < runner->count)
        target_free(runner->targets[old++]);
    mem_free(runner->targets);
    runner->targets = targets;
    runner->count = set->count;
    if (runner->set != NULL)
        target_set_unref(runner->set);
    runner->set = set;
    pump(runner);
    set_wake(runner);
}

struct check_runner *check_runner_new(struct check_loop *loop,
                                      const struct check_runner_config *config)
{
    struct check_runner *runner = MEM_NEW(struct check_runner);
    runner->loop = loop;
    runner->config = *config;
    if (runner->config.boot_ms == NULL)
        runner->config.boot_ms = system_boot_ms;
    rng_seed(&runner->rng, rng_entropy());
    TAILQ_INIT(&runner->queue);
    TAILQ_INIT(&runner->running);
    uv_timer_init(&loop->uv, &runner->beat);
    uv_timer_init(&loop->uv, &runner->wake);
    uv_idle_init(&loop->uv, &runner->hurry);
    uv_check_init(&loop->uv, &runner->check);
    runner->handles = 4;
    runner->beat_ms = runner->config.boot_ms(runner->config.data);
    uv_timer_start(&runner->beat, on_beat, BEAT_MS, BEAT_MS);
    uv_check_start(&runner->check, on_check);
    return runner;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct check_runner *runner = handle->data;
    if (--runner->handles == 0)
        mem_free(runner);
}

static void close_handle(struct check_runner *runner, uv_handle_t *handle)
{
    handle->data = runner;
    uv_close(handle, on_handle_closed);
}

void check_runner_free(struct check_runner *runner)
{
    for (size_t i = 0; i < runner->count; i++)
        target_free(runner->targets[i]);
    mem_free(runner->targets);
    deadline_heap_fini(&runner->heap);
    if (runner->set != NULL)
        target_set_unref(runner->set);
    close_handle(runner, (uv_handle_t *)&runner->beat);
    close_handle(runner, (uv_handle_t *)&runner->wake);
    close_handle(runner, (uv_handle_t *)&runner->hurry);
    close_handle(runner, (uv_handle_t *)&runner->check);
}
