// SPDX-License-Identifier: BSD-2-Clause
/* A struct state for tests in a few lines: zones from text, pools from addresses, and answers to
 * questions asked in words. What does not load aborts with the loader's messages. One thread.
 *
 *     struct world *world = world_new();
 *     world_zone(world, "example.test", zone_text);
 *     world_pool(world, "www.example.test", world_set("192.0.2.1 192.0.2.2", 0, true), NULL);
 *     char *text = world_dig(world, "www.example.test A edns=1232"); */
#pragma once

#include "resolver/resolver.h"
#include "tests/support/dnsmsg.h"

/* Not the symbols of server/world.h, which some programs link as well. */
#define world_free test_world_free
#define world_pool test_world_pool

struct world;

struct world *world_new(void);
void world_free(struct world *world);

/* Zones and pools in any order, before the first question. A pool's pickers are taken over; NULL =
 * that family is not answered by it. `ttl` is the name's own, or PICKER_TTL_NONE. */
void world_zone(struct world *world, const char *apex, const char *text);
void world_pool(struct world *world, const char *owner, struct picker *a, struct picker *aaaa,
                uint32_t ttl);
/* The same for a pool that is made of the file's own A and AAAA at the name. */
void world_pool_of_file(struct world *world, const char *owner, struct picker *a,
                        struct picker *aaaa);
/* A SET of the addresses in `text` (one family, single spaces); its members have the ids
 * 0, 1, ... in order of creation over the whole world. */
struct picker *world_set(struct world *world, const char *text, uint32_t limit, bool rotate,
                         uint32_t ttl);
void world_nsid(struct world *world, const char *nsid);

/* Built at the first call; borrowed. */
const struct state *world_state(struct world *world);
struct resolver_scratch *world_scratch(struct world *world);

/* All rotation counters back to 0. */
void world_reset(struct world *world);

/* Parses and answers. The query is given a block of just its size, and so is the answer (`room`),
 * so that sanitizers see a step beyond. */
size_t world_answer(struct world *world, const uint8_t *query, size_t size, bool tcp, uint8_t *out,
                    size_t room);
/* Asks in the words of dnsmsg_query; the answer must pass dnsmsg_check and ldns. Returns the text
 * of dnsmsg_print, owned (mem_free); "nothing" when there was no answer. */
char *world_dig(struct world *world, const char *words);
