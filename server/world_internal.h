// SPDX-License-Identifier: BSD-2-Clause
/* What world.c and its neighbours share while a world is being made. One background thread. */
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

/* What is probed to know whether an address is up. */
struct world_question {
    struct addr addr;
    uint16_t port; /* 0 = not given */
    const uint32_t *checks;
    size_t check_count;
};

/* Members of a pool that is made of the A/AAAA records at `owner`: one per address, named by it, in
 * the file's order. */
void world_fill_from_file(struct world_load_context *ctx, uint32_t pool, const struct zone *zone,
                          const uint8_t *owner);
/* When pools and services are there: families, names, users, real servers. */
void world_make_index(struct world *world);
/* Turns config pools into the resolver's, makes the services, and collects the targets to probe. */
void world_make_pools(struct world_load_context *ctx);
/* Fills `out`; its targets are new references, the same question being one target. */
void world_add_targets(struct world_load_context *ctx, const struct world_question *question,
                       struct pool_address *out);
/* world_services.c. How many references the services will make. */
size_t world_count_service_references(const struct config *config);
void world_make_services(struct world_load_context *ctx);
/* Sorts the real servers by address. */
void world_index_services(struct world *world);
/* When the tails of the pools are there: those of their services. */
void world_find_service_tails(struct world *world);
