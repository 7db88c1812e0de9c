// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/ramp.h"

struct stairs {
    uint32_t first; /* weight at the start */
    uint32_t rise;  /* of a step */
    uint32_t steps;
};

static struct stairs stairs_of(uint32_t full)
{
    struct stairs stairs = { .first = full / 10, .rise = full / 20 };
    if (stairs.first == 0)
        stairs.first = full == 0 ? 0 : 1;
    if (stairs.rise == 0)
        stairs.rise = 1;
    stairs.steps = (full - stairs.first + stairs.rise - 1) / stairs.rise;
    return stairs;
}

uint32_t ramp_weight(uint32_t full, uint64_t length_ms, uint64_t elapsed_ms)
{
    struct stairs stairs = stairs_of(full);
    if (elapsed_ms >= length_ms)
        return full;
    uint64_t done = elapsed_ms * stairs.steps / length_ms; /* < steps, unless there are none */
    uint64_t weight = stairs.first + done * stairs.rise;
    return weight < full ? (uint32_t)weight : full;
}

uint64_t ramp_next(uint32_t full, uint64_t length_ms, uint64_t elapsed_ms)
{
    struct stairs stairs = stairs_of(full);
    if (elapsed_ms >= length_ms || stairs.steps == 0)
        return length_ms;
    uint64_t done = elapsed_ms * stairs.steps / length_ms;
    return ((done + 1) * length_ms + stairs.steps - 1) / stairs.steps;
}
