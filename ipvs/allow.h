// SPDX-License-Identifier: BSD-2-Clause
/* Which changes the privileged helper makes: the VIP must lie in one of the prefixes (of none
 * given: any), and everything must be sound by ipvs_service_fault and ipvs_dest_fault. The helper
 * believes nothing that it is told. A service by mark has no VIP: the firewall decides what it
 * gets. Any thread; immutable after it is made. */
#pragma once

#include "ipvs/ops.h"

#define IPVS_ALLOW_MAX 256

struct ipvs_allow {
    struct prefix prefixes[IPVS_ALLOW_MAX];
    size_t count; /* 0 = any VIP */
};

/* 0, EACCES (not in the prefixes), EINVAL (unsound, or no such operation). */
int ipvs_allow_check(const struct ipvs_allow *allow, const struct ipvs_op *op);
