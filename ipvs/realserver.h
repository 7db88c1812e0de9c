// SPDX-License-Identifier: BSD-2-Clause
/* A script for the real servers of a service: POSIX sh with iproute2; sysctl.d and systemd-networkd
 * keep it over a reboot. Idempotent, as is its undoing, and it takes nothing away that another
 * service's script on the same host needs. Pure; any thread. */
#pragma once

#include "base/strbuf.h"
#include "ipvs/model.h"

/* All servers of the service are reached in the same way, so that one script serves them all. */
bool realserver_is_uniform(const struct ipvs_service *service);
/* The script, or the one that takes it back. `service` is uniform and has at least one server. */
void realserver_print(const char *name, const struct ipvs_service *service, bool undo,
                      struct strbuf *out);
