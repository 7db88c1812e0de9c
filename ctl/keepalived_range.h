// SPDX-License-Identifier: BSD-2-Clause
/* Addresses of a virtual_server_group: one, or a range "192.0.2.1-10", "192.0.2.1-192.0.3.9",
 * "192.0.2.8/29", "2001:db8::1-a". One thread. */
#pragma once

#include "base/addr.h"
#include "ctl/keepalived_scan.h"

#include <stdint.h>

#define KEEPALIVED_RANGE_MAX 4096 /* addresses */

struct keepalived_range {
    struct addr addr; /* the next */
    uint32_t count;   /* that are left, this one included */
};

/* Reads the first word. False with an error. */
bool keepalived_range_read(struct keepalived_report *report, const struct keepalived_node *node,
                           struct keepalived_range *out);
void keepalived_range_next(struct keepalived_range *range);
