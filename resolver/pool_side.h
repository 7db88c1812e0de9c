// SPDX-License-Identifier: BSD-2-Clause
/* One pool for one family, compiled: from members and their verdicts to the two pickers that others
 * take, `live` for parents and `bound` for names. Control thread. */
#pragma once

#include "resolver/pool_reach.h"

struct pool_side {
    struct picker *live;       /* NULL while down */
    struct picker *bound;      /* on_all_down applied; NULL before the first build only */
    struct picker_entry *good; /* last_good: what `live` gave when there was one */
    size_t good_count;
    size_t good_capacity;
    uint32_t live_members;
    uint32_t enabled;
    bool has; /* some member has the family, whatever its state */
};

struct pool_sides {
    struct pool_side family[PICKER_FAMILIES];
};

/* What building needs besides the side itself; scratch memory is kept from one to the next. */
struct pool_builder {
    const struct poolset *set;
    const struct pool_view *view;
    struct pool_sides *sides; /* of all pools */
    struct pool_reach reach;
    struct policy_member *members; /* candidates; a reference on each picker while in use */
    size_t member_count;
    size_t member_capacity;
    struct picker_entry *entries; /* of one member */
    size_t entry_capacity;
};

/* Pools below must be built already. */
void pool_side_build(struct pool_builder *builder, uint32_t pool, enum picker_family family);
void pool_side_fini(struct pool_side *side);
