// SPDX-License-Identifier: BSD-2-Clause
/* When will the last connection of a draining server be gone? Connections end about as radioactive
 * atoms do: a straight line through the logarithms of their numbers, the recent ones counting more,
 * says by how much they shrink in a second. Pure. */
#pragma once

#include <stdint.h>

struct decay {
    uint64_t last_ms; /* of the newest sample */
    unsigned samples;
    /* weighted sums over the samples of 1, t, t^2, y, t y: t seconds before the newest one (so <=
     * 0), y the logarithm of the connections */
    double n, t, tt, y, ty;
};

/* Takes a sample, at most one a second. */
void decay_add(struct decay *decay, uint64_t now_ms, uint64_t connections);
/* Expected time of the end, by now_ms' clock; 0 = not to be told from what was seen (yet). */
uint64_t decay_end_ms(const struct decay *decay);
