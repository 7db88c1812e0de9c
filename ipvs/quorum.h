// SPDX-License-Identifier: BSD-2-Clause
/* Are enough servers of a service alive? Pure. */
#pragma once

#include "ipvs/director.h"

/* Of the servers that are not disabled. */
struct quorum_tally {
    uint64_t live; /* that take connections: up, with a weight */
    uint64_t servers;
    uint64_t live_weight; /* of those, without slow start: a ramp does not make a service flap */
    uint64_t weight;      /* as configured */
};

/* `was`: the last answer, for the hysteresis. Up from quorum + hysteresis on (or with all servers,
 * when there are not so many), down below quorum - hysteresis, and always when nothing is live. */
bool quorum_holds(const struct ipvs_spec *spec, const struct quorum_tally *tally, bool was);
