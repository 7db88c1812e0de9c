// SPDX-License-Identifier: BSD-2-Clause
/* The control API (docs/api.md): listeners, who may do what, routes. Everything runs
 * on the control thread. */
#pragma once

#include "base/errlist.h"
#include "server/config.h"

struct api;
struct control;

/* Opens the listeners of the current config and starts to answer. Returns owned; NULL with errors
 * added, or without when the config has no API. */
struct api *api_new(struct control *control, struct errlist *errors);
/* What of the config's API section can only be known here: the tokens file, the group. For
 * `gslbd -t`; any one thread. */
void api_check(const struct config *config, struct errlist *errors);
/* After a reload was adopted: reads tokens and group again; when that fails, the old ones stay and
 * an alarm is raised. NULL is allowed. */
void api_reload(struct api *api);
/* Closes the listeners; requests that wait are answered with 503. NULL is allowed. The loop has to
 * run once more for the memory to go. */
void api_free(struct api *api);
