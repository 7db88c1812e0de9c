// SPDX-License-Identifier: BSD-2-Clause
/* One suite of tests for whoever does operations on an IPVS table: the kernel and the fake answer
 * alike. Where they differ, the fake is wrong. */
#pragma once

#include "ipvs/ops.h"

#include <check.h>

#define IPVS_SUITE_NO_INTERFACE "absent0" /* the name of no interface, of any host */

struct ipvs_suite_host {
    /* Called before and after each test: a back end whose table is empty, with the kernel's own
     * timeouts, no daemons and no VIPs. */
    struct ipvs_backend (*open)(void);
    void (*close)(void);
    bool (*has_vip)(const struct addr *addr, const char *interface);
    const char *interface; /* is there, and may have VIPs and daemons */
    const char *lacks;     /* the one scheduler that is not there; NULL = all are */
    bool small_limits;     /* thresholds above INT32_MAX are refused, as newer kernels do */
};

/* Adds all test cases to `suite`; borrows `host`. */
void ipvs_suite_add(Suite *suite, const struct ipvs_suite_host *host);
