// SPDX-License-Identifier: BSD-2-Clause
/* What must outlive a reload, by name: ids of check targets, of (pool, member) statistics, and
 * rotation counters of (name, type). Entries are never removed: the process's history of names is
 * its bound. Control thread only; the counters themselves are used by the workers. */
#pragma once

#include "resolver/state.h"

#include <stdint.h>

struct registry;

struct registry *registry_new(void);
void registry_free(struct registry *registry);
/* Same text, same id, from 0 on. */
uint32_t registry_target(struct registry *registry, const char *identity);
uint32_t registry_target_count(const struct registry *registry);
/* Beyond what struct stats counts, all further ones share the last id. */
uint32_t registry_member(struct registry *registry, const char *pool, const char *member);
uint32_t registry_member_count(const struct registry *registry);
/* Borrowed for the life of the registry. */
struct turn *registry_turn(struct registry *registry, const char *name, enum picker_family family);
/* The shared counters of plain RRsets, STATE_TURNS of them. */
struct turn *registry_turns(struct registry *registry);
