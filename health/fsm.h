// SPDX-License-Identifier: BSD-2-Clause
/* State machine of one target: a pure function of counters and the result of one attempt. It alone
 * owns thresholds; check kinds only say how one attempt went. No clock, no I/O; any thread, on its
 * own struct. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum health_result {
    HEALTH_PASS,
    HEALTH_FAIL,
    HEALTH_NO_VERDICT, /* our own failure: no descriptors, no ports, our stall. Changes nothing */
};

enum health_verdict { HEALTH_UNKNOWN, HEALTH_UP, HEALTH_DOWN };

struct fsm_limits {
    unsigned fall; /* failures in a row that take an UP target down, >= 1 */
    unsigned rise; /* passes in a row that bring a DOWN target up, >= 1 */
};

struct fsm {
    enum health_verdict verdict;
    unsigned streak; /* results in a row that contradict the verdict; 0 = settled */
};

/* Takes one result; true when the verdict changed. The first PASS or FAIL of an UNKNOWN target
 * stands at once. */
bool fsm_step(struct fsm *fsm, const struct fsm_limits *limits, enum health_result result);
/* True while results contradict the verdict (UP but failing = "suspect"): probe again after
 * confirm_interval. */
bool fsm_suspect(const struct fsm *fsm);
/* "up", "down", "unknown" */
const char *health_verdict_name(enum health_verdict verdict);
const char *health_result_name(enum health_result result); /* "pass", "fail", "no_verdict" */
