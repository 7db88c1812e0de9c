// SPDX-License-Identifier: BSD-2-Clause
/* Slow start: the weight of a server on its way from a tenth of its full weight to all of it. Goes
 * up in equal steps of one weight unit or of 5 % of the full weight, whichever is more, so that the
 * kernel is written to seldom. Weights are whole numbers: with full weights below 10 there are few
 * steps, and with 1 there is none. Pure. */
#pragma once

#include <stdint.h>

/* `length_ms` > 0 is the whole ramp, `elapsed_ms` what has passed of it. */
uint32_t ramp_weight(uint32_t full, uint64_t length_ms, uint64_t elapsed_ms);
/* Time from the ramp's start to its next step; `length_ms` for the last one and from there on. */
uint64_t ramp_next(uint32_t full, uint64_t length_ms, uint64_t elapsed_ms);
