// SPDX-License-Identifier: BSD-2-Clause
/* When to probe next: start phases spread over the interval, jitter on each round, so that probes
 * neither start nor drift together. Pure (the generator is passed in); any thread. */
#pragma once

#include "base/rng.h"
#include "health/check.h"

#include <stdint.h>

/* The place of target `id` in its check's interval, 0 .. interval_ms - 1; the same at each start.
 */
uint64_t pace_phase_ms(uint32_t id, uint64_t interval_ms);
/* From the start of one attempt to the start of the next, by its result: interval +-10 %; +-10 %
 * of confirm_interval while the result is to be confirmed; confirm_interval +-50 % after no
 * verdict, wider because what failed was ours and hit many targets at once. */
uint64_t pace_next_ms(struct rng *rng, const struct check *check, enum health_result result,
                      bool suspect);
/* The least pause after an attempt that took longer than its interval. */
uint64_t pace_pause_ms(const struct check *check, enum health_result result, bool suspect);
