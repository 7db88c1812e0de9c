// SPDX-License-Identifier: BSD-2-Clause
/* Virtual addresses on interfaces, by rtnetlink: what a request says, and which answers are fine.
 * Any thread, no state. */
#pragma once

#include "base/addr.h"

#include <stdbool.h>

struct nl_msg;

/* The request that adds `addr` to `interface` as a host address (/32, /128) or deletes it; IPv6
 * without the detection of duplicates, for which an address would wait, and which a peer director
 * that holds the same one would make fail. Returns owned (nlmsg_free), or NULL with an errno in
 * *error: ENODEV when there is no such interface in this network namespace. */
struct nl_msg *ipvs_vip_request(bool add, const struct addr *addr, const char *interface,
                                int *error);
/* What is as wished already is done: 0, or the error. */
int ipvs_vip_result(bool add, int error);
