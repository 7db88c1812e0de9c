// SPDX-License-Identifier: BSD-2-Clause
/* `ipvs doctor` and `ipvs realserver`: about hosts rather than the server. One thread. */
#pragma once

#include "ctl/command.h"

/* Looks at the host on which it runs; "" is the root of its file system, another one for tests. */
bool ipvs_host_doctor(struct command_context *ctx, const char *root);
/* SERVICE or SERVICE/SERVER. */
bool ipvs_host_realserver(struct command_context *ctx, const char *target);
