// SPDX-License-Identifier: BSD-2-Clause
/* The process of the IPVS helper: `gslbd --ipvs-helper FD --parent PID [PREFIX...]`, started by
 * server/parent.c. Main thread of a process of its own. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Gives up everything but CAP_NET_ADMIN (where it has that: without it, it says EPERM to every
 * request) and the socket, then serves until it ends. Only VIPs in one of the prefixes are touched;
 * none = any. Returns the exit status. */
int ipvs_helper_main(int fd, pid_t parent, char *const *prefixes, size_t count);
