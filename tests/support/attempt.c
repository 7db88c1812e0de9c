// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/attempt.h"

#include "base/clock.h"
#include "health/check_loop.h"

#include <assert.h>
#include <stdio.h>

struct attempt_run {
    struct attempt_end end;
    bool started;
    bool over;
};

static void on_done(void *data, const struct check_report *report)
{
    struct attempt_run *run = data;
    assert(run->started); /* not from within start */
    assert(!run->end.done);
    run->end.done = true;
    run->end.result = report->result;
    run->end.weight = report->weight;
    (void)snprintf(run->end.reason, sizeof(run->end.reason), "%s", report->reason);
}

static void on_limit(uv_timer_t *timer)
{
    struct attempt_run *run = timer->data;
    run->over = true;
}

struct attempt_end attempt_run(const struct check *check, struct endpoint target, uint64_t limit_ms,
                               void (*prepare)(void))
{
    struct check_loop loop;
    int rc = check_loop_init(&loop);
    assert(rc == 0);
    (void)rc;
    struct attempt_run run = { .started = false };
    uv_timer_t limit;
    uv_timer_init(&loop.uv, &limit);
    limit.data = &run;
    uv_timer_start(&limit, on_limit, limit_ms, 0);

    if (prepare != NULL)
        prepare();
    const struct check_type *type = check_type_get(check->type);
    uint64_t start_ns = clock_mono_ns();
    struct check_attempt *attempt = type->start(&loop, check, &target, on_done, &run);
    run.started = true;
    while (!run.end.done && !run.over)
        uv_run(&loop.uv, UV_RUN_ONCE);
    run.end.duration_ms = (double)(clock_mono_ns() - start_ns) / 1e6;
    if (!run.end.done)
        type->cancel(attempt);
    uv_close((uv_handle_t *)&limit, NULL);
    check_loop_fini(&loop);
    return run.end;
}
