// SPDX-License-Identifier: BSD-2-Clause
/* Balancing policies: one file and one table row each. A policy sees live members only (down,
 * drained and disabled ones, the rule for weight 0, min_live and on_all_down are dealt with once,
 * in pool.c) and returns a picker. Control thread; pure. */
#pragma once

#include "resolver/picker.h"

struct policy_member {
    struct picker *picker; /* this member's answers for the family; the policy takes its own
                              reference when it keeps it */
    uint32_t weight;       /* > 0 */
    uint32_t order;        /* failover tier, smaller first */
    bool nested;           /* a pool; otherwise `picker` is a SET of the member's addresses */
};

struct policy_input {
    enum picker_family family;
    const char *pool;
    uint32_t ttl;         /* PICKER_TTL_NONE when the pool has none */
    uint32_t max_answers; /* 0 = no limit */
    const struct policy_member *members;
    size_t count; /* >= 1 */
};

struct policy {
    const char *name;
    uint32_t default_max_answers;                              /* 0 = no limit */
    struct picker *(*build)(const struct policy_input *input); /* returns one reference */
};

/* The rows: one file each. */
extern const struct policy policy_round_robin;
extern const struct policy policy_weighted;
extern const struct policy policy_failover;
extern const struct policy policy_all;

const struct policy *
policy_find(const char *name); /* NULL when this version has none of that name */
/* NULL-terminated names, for the config's word list. */
const char *const *policy_names(void);
