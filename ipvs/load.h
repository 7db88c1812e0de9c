// SPDX-License-Identifier: BSD-2-Clause
/* Load feedback: by how much a service's share in DNS is turned down when what the kernel counts
 * comes near its declared capacity. Damped, since clients follow DNS late: what is told moves by at
 * most a tenth of the whole in the time in which DNS answers are forgotten. Deterministic in time
 * and input. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct load {
    bool started;
    uint64_t last_ms;
    double smooth;    /* the wanted factor, smoothed */
    double moved;     /* follows it at a limited speed */
    double published; /* what was last told */
};

/* 1 up to a utilisation of 0.8, then down in a straight line to 0.1 at 1.2. */
double load_factor(double utilisation);
/* `utilisation` < 0: not known, everything stays. `period_ms`: the TTL; less than a second counts
 * as one. Returns the factor, 0.1..1. */
double load_step(struct load *load, uint64_t now_ms, double utilisation, uint64_t period_ms);
/* Back to a factor of 1. */
void load_reset(struct load *load);
