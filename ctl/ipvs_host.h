// SPDX-License-Identifier: BSD-2-Clause
/* The commands that look at a host rather than at the server. One thread. */
#pragma once

#include "ctl/command.h"

/* Looks at the host on which it runs; "" is the root of its file system, another one for tests. */
bool ipvs_host_doctor(struct command_context *ctx, const char *root);
/* SERVICE or SERVICE/SERVER. */
bool ipvs_host_realserver(struct command_context *ctx, const char *target);
/* What the kernel of this host balances now; `root` as above. */
bool ipvs_host_connections(struct command_context *ctx, const char *root);
/* Virtual servers of a keepalived.conf as our JSON; what has no counterpart goes to standard error,
 * a line each. */
bool ipvs_host_import(struct command_context *ctx, const char *file);
