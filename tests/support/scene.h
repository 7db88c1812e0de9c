// SPDX-License-Identifier: BSD-2-Clause
/* A struct state for tests in a few lines: zones from text, pools from addresses, and answers to
 * questions asked in words. What does not load aborts with the loader's messages. One thread.
 *
 *     struct scene *scene = scene_new();
 *     scene_zone(scene, "example.test", zone_text);
 *     scene_pool(scene, "www.example.test",
 *                scene_set(scene, "192.0.2.1 192.0.2.2", 0, true, 30), NULL, PICKER_TTL_NONE);
 *     char *text = scene_dig(scene, "www.example.test A edns=1232"); */
#pragma once

#include "resolver/resolver.h"
#include "tests/support/dnsmsg.h"

struct scene;

struct scene *scene_new(void);
void scene_free(struct scene *scene);

/* Zones and pools in any order, before the first question. A pool's pickers are taken over; NULL =
 * that family is not answered by it. `ttl` is the name's own, or PICKER_TTL_NONE. */
void scene_zone(struct scene *scene, const char *apex, const char *text);
void scene_pool(struct scene *scene, const char *owner, struct picker *a, struct picker *aaaa,
                uint32_t ttl);
/* The same for a pool that is made of the file's own A and AAAA at the name. */
void scene_pool_of_file(struct scene *scene, const char *owner, struct picker *a,
                        struct picker *aaaa);
/* A SET of the addresses in `text` (one family, single spaces); its members have the ids
 * 0, 1, ... in order of creation over the whole scene. */
struct picker *scene_set(struct scene *scene, const char *text, uint32_t limit, bool rotate,
                         uint32_t ttl);
void scene_nsid(struct scene *scene, const char *nsid);

/* Built at the first call; borrowed. */
const struct state *scene_state(struct scene *scene);
struct resolver_scratch *scene_scratch(struct scene *scene);

/* All rotation counters back to 0. */
void scene_reset(struct scene *scene);

/* Parses and answers. The query is given a block of just its size, and so is the answer (`room`),
 * so that sanitizers see a step beyond. */
size_t scene_answer(struct scene *scene, const uint8_t *query, size_t size, bool tcp, uint8_t *out,
                    size_t room);
/* Asks in the words of dnsmsg_query; the answer must pass dnsmsg_check and ldns. Returns the text
 * of dnsmsg_print, owned (mem_free); "nothing" when there was no answer. */
char *scene_dig(struct scene *scene, const char *words);
