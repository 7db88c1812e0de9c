// SPDX-License-Identifier: BSD-2-Clause
/* Runs the checks of a set of targets on one loop: when to start, how many at once, when to give
 * up, what the result makes of the verdict, and whether a failure was our own. Knows no locks and
 * no other threads; health/prober.c puts it on a thread. Probe thread only. */
#pragma once

#include "health/check_loop.h"
#include "health/prober.h"
#include "health/target_set.h"

#include <stdbool.h>
#include <stdint.h>

struct check_runner;

/* One attempt that has ended. */
struct check_outcome {
    struct prober_status status; /* all but next_in_ms */
    uint64_t due_ms;             /* of the next attempt, by clock_mono_ms */
    bool notify; /* verdict, suspicion or weight changed, or it was the first result */
    bool late;   /* it had started more than an interval late */
};

struct check_runner_config {
    size_t running_max; /* attempts at the same time, each with a descriptor; further ones queue */
    /* Milliseconds that go on while the process is stopped and the machine sleeps; NULL = the
     * system's. Tests bring their own. */
    uint64_t (*boot_ms)(void *data);
    void (*publish)(void *data, const struct check_outcome *outcome);
    void *data;
};

/* Returns owned. Borrows `loop`, and config->data for the callbacks. */
struct check_runner *check_runner_new(struct check_loop *loop,
                                      const struct check_runner_config *config);
/* Ends all attempts without a result. The memory goes with the last close callback of the loop. */
void check_runner_free(struct check_runner *runner);
/* Takes `set`. Targets with an id that it had before go on as they are. */
void check_runner_set_targets(struct check_runner *runner, struct target_set *set);
