// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/quorum.h"

/* Live and all of it in the unit of `quorum` * `scale`. */
struct measure {
    uint64_t live, all, scale;
};

static struct measure measure_of(const struct ipvs_spec *spec, const struct quorum_tally *tally)
{
    switch (spec->quorum_by) {
    case IPVS_BY_WEIGHT:
        return (struct measure){ tally->live_weight, tally->weight, 1 };
    case IPVS_BY_SHARE: /* percent, without dividing; by count where nothing has a weight */
        if (tally->weight > 0)
            return (struct measure){ tally->live_weight * 100, tally->weight * 100, tally->weight };
        return (struct measure){ tally->live * 100, tally->servers * 100, tally->servers };
    case IPVS_BY_COUNT:
        break;
    }
    return (struct measure){ tally->live, tally->servers, 1 };
}

bool quorum_holds(const struct ipvs_spec *spec, const struct quorum_tally *tally, bool was)
{
    if (tally->live == 0)
        return false;
    struct measure measure = measure_of(spec, tally);
    uint64_t quorum = spec->quorum * measure.scale;
    uint64_t margin = spec->hysteresis * measure.scale;
    if (was)
        return measure.live >= (quorum > margin ? quorum - margin : 0);
    uint64_t enough = quorum + margin;
    if (enough > measure.all)
        enough = quorum > measure.all ? quorum : measure.all;
    return measure.live >= enough;
}
