// SPDX-License-Identifier: BSD-2-Clause
/* What the IPVS helper never does, forbidden to it by the kernel (seccomp(2)): should it be taken
 * over through what it reads, CAP_NET_ADMIN is of less use. Main thread, at the start. */
#pragma once

#include <stdbool.h>

/* From now on: no socket of another kind than netlink and local (those that are open stay), no
 * other program, no look into other processes, no way into the kernel besides. Such calls fail with
 * EPERM. Needs PR_SET_NO_NEW_PRIVS. False where there are no such filters. */
bool sandbox_netlink_only(void);
