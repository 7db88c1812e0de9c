// SPDX-License-Identifier: BSD-2-Clause
/* Which addresses lie below a pool, through nested pools, each pool entered once. A reach is
 * scratch memory for many walks over one poolset. Control thread. */
#pragma once

#include "resolver/pool.h"

struct pool_reach_frame {
    uint32_t pool;
    uint32_t ttl; /* smallest of the pools on the way */
    size_t next;  /* member to look at */
};

struct pool_reach {
    uint32_t *marks; /* by pool: stamp of the walk that entered it last */
    uint32_t stamp;
    struct pool_reach_frame *stack;
    size_t stack_capacity;
    struct picker_entry *entries; /* found by the last walk; valid until the next */
    size_t count;
    size_t capacity;
    uint32_t ttl; /* smallest of the pools that gave entries, and those above them */
};

void pool_reach_init(struct pool_reach *reach, const struct poolset *set);
void pool_reach_fini(struct pool_reach *reach);
/* Every address of the family that is not barred, nor below a nested member that is, in file order;
 * doubles may be among them. */
void pool_reach_enabled(struct pool_reach *reach, const struct poolset *set,
                        const struct pool_view *view, uint32_t pool, enum picker_family family);
