// SPDX-License-Identifier: BSD-2-Clause
/* What world.c and world_pools.c share while a world is being made. One background thread. */
#pragma once

#include "base/strmap.h"
#include "server/world.h"

struct world_load_context {
    struct world *world;
    const struct world_options *options;
    struct errlist *errors;
    struct strmap *identities;    /* identity -> index in `targets` */
    struct world_target *targets; /* growing */
    size_t target_count;
    size_t target_capacity;
};

/* Members of a pool that is made of the A/AAAA records at `owner`: one per address, named by it, in
 * the file's order. */
void world_fill_from_file(struct world_load_context *ctx, uint32_t pool, const struct zone *zone,
                          const uint8_t *owner);
/* When the pools are there: families, names, users. */
void world_make_index(struct world *world);
/* Turns config pools into the resolver's, and collects the targets to probe. */
void world_make_pools(struct world_load_context *ctx);
