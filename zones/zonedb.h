// SPDX-License-Identifier: BSD-2-Clause
/* The set of zones that a world serves: immutable, finds the zone with the longest apex above a
 * name by hash. Holds a reference on each zone. Any thread may read; built and freed by one. */
#pragma once

#include "base/name.h"
#include "zones/zone.h"

struct zonedb;

/* Returns owned; takes a reference of its own on each zone. Apexes must differ. `seed` is that of
 * the zones. */
struct zonedb *zonedb_new(const struct zone *const *zones, size_t count, uint64_t seed);
void zonedb_free(struct zonedb *db); /* NULL is allowed */
size_t zonedb_count(const struct zonedb *db);
uint64_t zonedb_seed(const struct zonedb *db);
/* Zones in the order given to zonedb_new. */
const struct zone *zonedb_zone(const struct zonedb *db, size_t index);
/* Longest match; *index is the zone's position. NULL when no zone is at or above the name.
 * `min_depth_skip` = 1 skips a zone whose apex is the name itself (DS is answered by the parent,
 * RFC 4035 section 3.1.4.1), 0 otherwise. No allocation. */
const struct zone *zonedb_find(const struct zonedb *db, const uint8_t *name,
                               const struct name_hashes *hashes, unsigned min_depth_skip,
                               size_t *index);
