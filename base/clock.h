// SPDX-License-Identifier: BSD-2-Clause
/* Time from the system; whatever must be testable takes the time as an argument instead. Any
 * thread. */
#pragma once

#include <stdint.h>

uint64_t clock_mono_ms(void); /* CLOCK_MONOTONIC, for intervals */
uint64_t clock_mono_ns(void);
int64_t clock_wall_ms(void); /* Unix time, for people and files only */
