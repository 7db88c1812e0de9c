// SPDX-License-Identifier: BSD-2-Clause
/* Runs one attempt of a check on a loop of its own, on the caller's thread. */
#pragma once

#include "health/check.h"

#include <stdbool.h>

struct attempt_end {
    bool done; /* false: the limit passed first, and the attempt was cancelled */
    enum health_result result;
    uint8_t weight;
    char reason[96];
    double duration_ms;
};

/* `prepare` is called when the loop is ready, just before the attempt starts; NULL = nothing to do.
 */
struct attempt_end attempt_run(const struct check *check, struct endpoint target, uint64_t limit_ms,
                               void (*prepare)(void));
