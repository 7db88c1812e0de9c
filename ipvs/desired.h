// SPDX-License-Identifier: BSD-2-Clause
/* From the members of a service to what the kernel should have: they say what they want to be, and
 * here it is seen to that DNS never sends clients to a service without a server. One thread. */
#pragma once

#include "ipvs/member.h"

/* Makes `desired` anew in the room that it has, with the settings of `service`, dests sorted. As
 * long as DNS may answer the VIP (`in_dns`) and no member wants a weight, what last had one keeps
 * it. Then each member remembers what is shown of it. The sorry server may be one of the real ones:
 * that is one destination, and a real server's weight comes before the sorry server's. */
void desired_build(struct ipvs_service *desired, const struct ipvs_service *service,
                   struct roster *roster, struct member *sorry, bool in_dns);
/* Some destination has a weight. NULL is allowed. */
bool desired_serves(const struct ipvs_service *service);
