// SPDX-License-Identifier: BSD-2-Clause
/* From what is wanted and what is there to the ordered list of changes. Pure: the list is what
 * `plan` shows and what is applied. Never flushes; touches only what is ours; make before break.
 * Any one thread. */
#pragma once

#include "ipvs/ops.h"

enum ipvs_mode { IPVS_SHARED, IPVS_EXCLUSIVE, IPVS_OBSERVE };

/* A sorted set of keys, such as those that we have created. */
struct ipvs_keys {
    struct ipvs_key *items; /* owned */
    size_t count;
    size_t capacity;
};
void ipvs_keys_init(struct ipvs_keys *keys);
void ipvs_keys_fini(struct ipvs_keys *keys);
bool ipvs_keys_has(const struct ipvs_keys *keys, const struct ipvs_key *key);
bool ipvs_keys_add(struct ipvs_keys *keys, const struct ipvs_key *key);    /* false: was there */
bool ipvs_keys_remove(struct ipvs_keys *keys, const struct ipvs_key *key); /* false: was not */

struct ipvs_reconcile {
    const struct ipvs_table *desired; /* sorted, normal form. Daemons: with `daemons` only */
    const struct ipvs_table *actual;  /* sorted */
    const struct ipvs_keys *owned; /* services that we have made: those not desired any more go */
    enum ipvs_mode mode;           /* EXCLUSIVE: whatever is not desired goes. The mode OBSERVE is
                                      the caller's: the plan is made as for SHARED */
    bool daemons;                  /* desired.daemons are to be brought about; else left alone */
};

struct ipvs_plan {
    struct ipvs_op *ops; /* owned */
    size_t count;
    size_t capacity;
    size_t live;              /* destinations of ours in `actual` with weight > 0 */
    size_t live_removed;      /* those of them that the plan deletes */
    struct ipvs_keys foreign; /* in `actual`, neither desired nor owned (EXCLUSIVE: none) */
};
void ipvs_plan_init(struct ipvs_plan *plan);
void ipvs_plan_fini(struct ipvs_plan *plan);
/* Makes the plan anew. Order, so that no service is ever without a destination that it could have:
 * timeouts; new services, each with its destinations at once; destinations that get more weight,
 * and new ones, in standing services; edits of services; destinations that get less weight or other
 * settings; deleted destinations; deleted services; daemons stopped, then started. Linear in the
 * size of both tables. */
void ipvs_reconcile(const struct ipvs_reconcile *input, struct ipvs_plan *plan);
