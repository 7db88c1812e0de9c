// SPDX-License-Identifier: BSD-2-Clause
/* Giving up root: become server.user with its groups, without any capability, and without the way
 * back. Start-up only, before any thread is made. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* True when done, or nothing to do (not root). False with one sentence in `error`. `user` may be
 * NULL: stay. Keeps CAP_NET_BIND_SERVICE for nothing: sockets are open by then. */
bool privs_drop(const char *user, char *error, size_t error_size);
