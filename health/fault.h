// SPDX-License-Identifier: BSD-2-Clause
/* Whose fault an error of the system is: the target's, or our own (no descriptors, no ports, no
 * memory, no route), which says nothing about the target. Any thread, no state. */
#pragma once

#include "base/addr.h"
#include "health/fsm.h"

struct fault {
    enum health_result result; /* HEALTH_FAIL or HEALTH_NO_VERDICT */
    const char *reason;        /* constant */
};

/* `error` is an errno from making, connecting or using a socket to `target`. ENETUNREACH is ours
 * when this host has no route there (asked of the kernel), else a router on the way said so. */
struct fault fault_of(int error, const struct endpoint *target);
