// SPDX-License-Identifier: BSD-2-Clause
#include "health/pace.h"

/* `value` +- `percent` of it, at least 1. */
static uint64_t jitter(struct rng *rng, uint64_t value, unsigned percent)
{
    uint64_t span = value * percent / 100;
    uint64_t least = value - span;
    /* a span over 2^31 ms (a month) loses nothing that matters by the cut */
    uint32_t choices = span > INT32_MAX ? UINT32_MAX : (uint32_t)(2 * span + 1);
    uint64_t result = least + rng_below(rng, choices);
    return result > 0 ? result : 1;
}

static uint64_t base_ms(const struct check *check, enum health_result result, bool suspect)
{
    bool again = suspect || result == HEALTH_NO_VERDICT;
    return again && check->confirm_interval_ms < check->interval_ms ? check->confirm_interval_ms
                                                                    : check->interval_ms;
}

uint64_t pace_phase_ms(uint32_t id, uint64_t interval_ms)
{
    struct rng rng;
    rng_seed(&rng, id);
    return interval_ms > 0 ? rng_next(&rng) % interval_ms : 0;
}

uint64_t pace_next_ms(struct rng *rng, const struct check *check, enum health_result result,
                      bool suspect)
{
    unsigned percent = result == HEALTH_NO_VERDICT ? 50 : 10;
    return jitter(rng, base_ms(check, result, suspect), percent);
}

uint64_t pace_pause_ms(const struct check *check, enum health_result result, bool suspect)
{
    return base_ms(check, result, suspect) / 10 + 1;
}
