// SPDX-License-Identifier: BSD-2-Clause
/* A network of its own for a forked test: only loopback, and the test's own choice of ports. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NETNS_FORBIDDEN 77 /* exit status of a child that may not have one */

/* Moves this process into a new network namespace with loopback up; false where that is forbidden.
 */
bool netns_enter(void);
/* The ports that the kernel gives to outgoing connections; false when that failed. */
bool netns_port_range(uint16_t low, uint16_t high);
/* Runs `child` in a forked process and returns its exit status, -1 when it did not exit by itself.
 */
int netns_fork(int (*child)(void));
