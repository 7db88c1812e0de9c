// SPDX-License-Identifier: BSD-2-Clause
/* Publishing: makes immutable states from a world and its pool table, hands them to the workers,
 * and frees each when every worker has acknowledged a newer one. Control thread only. What a state
 * points to (world, pickers) is referenced by it, so nothing in use is ever freed. */
#pragma once

#include "resolver/pool.h"
#include "server/worker.h"
#include "server/world.h"

#include <stdint.h>

struct publisher;

/* `release` is called when the last state of a world is gone and the world's own reference count is
 * zero; it may hand the work to another thread. */
struct publisher *publisher_new(struct registry *registry,
                                void (*release)(void *data, struct world *world), void *data);
/* All workers must have ended. Frees every state. */
void publisher_free(struct publisher *publisher);

/* Makes the state of the next generation, from 1 on, and hands it to the workers (none may be there
 * yet). Borrowed. */
const struct state *publisher_publish(struct publisher *publisher, struct world *world,
                                      const struct pool_table *pools, struct worker *const *workers,
                                      unsigned worker_count);
/* Frees what no worker can still use. Returns the oldest generation that a worker serves. */
uint64_t publisher_collect(struct publisher *publisher, struct worker *const *workers,
                           unsigned worker_count);
/* States not yet freed, the newest among them. */
size_t publisher_states(const struct publisher *publisher);
uint64_t publisher_generation(const struct publisher *publisher);
const struct state *publisher_newest(const struct publisher *publisher);
/* References on worlds: one a state, one a current user. */
void publisher_world_unref(struct publisher *publisher, struct world *world);
