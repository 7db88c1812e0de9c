// SPDX-License-Identifier: BSD-2-Clause
#include "zones/zonedb.h"

#include "base/mem.h"

#include <string.h>

struct slot {
    uint64_t hash;
    uint32_t zone; /* index + 1; 0 = empty */
};

struct zonedb {
    const struct zone **zones;
    size_t count;
    uint64_t seed;
    struct slot *table;
    size_t mask;
    uint64_t depths[2]; /* bit n: some apex has n labels */
};

static struct slot *find_slot(const struct zonedb *db, const uint8_t *apex, uint64_t hash)
{
    size_t at = (size_t)hash & db->mask;
    while (db->table[at].zone != 0) {
        const struct zone *zone = db->zones[db->table[at].zone - 1];
        if (db->table[at].hash == hash && memcmp(zone->apex, apex, zone->apex_length) == 0)
            break;
        at = (at + 1) & db->mask;
    }
    return &db->table[at];
}

struct zonedb *zonedb_new(const struct zone *const *zones, size_t count, uint64_t seed)
{
    struct zonedb *db = MEM_NEW(struct zonedb);
    db->zones = MEM_NEW_ARRAY(const struct zone *, count);
    db->count = count;
    db->seed = seed;
    db->mask = 15;
    while (db->mask < count * 2)
        db->mask = db->mask * 2 + 1;
    db->table = MEM_NEW_ARRAY(struct slot, db->mask + 1);
    for (size_t i = 0; i < count; i++) {
        struct name_hashes hashes;
        db->zones[i] = zone_ref(zones[i]);
        name_hash_all(zones[i]->apex, seed, &hashes);
        struct slot *slot = find_slot(db, zones[i]->apex, hashes.hash[hashes.labels]);
        slot->hash = hashes.hash[hashes.labels];
        slot->zone = (uint32_t)i + 1;
        db->depths[hashes.labels / 64] |= 1ULL << (hashes.labels % 64);
    }
    return db;
}

void zonedb_free(struct zonedb *db)
{
    if (db == NULL)
        return;
    for (size_t i = 0; i < db->count; i++)
        zone_unref(db->zones[i]);
    mem_free(db->zones);
    mem_free(db->table);
    mem_free(db);
}

size_t zonedb_count(const struct zonedb *db)
{
    return db->count;
}

uint64_t zonedb_seed(const struct zonedb *db)
{
    return db->seed;
}

const struct zone *zonedb_zone(const struct zonedb *db, size_t index)
{
    return db->zones[index];
}

const struct zone *zonedb_find(const struct zonedb *db, const uint8_t *name,
                               const struct name_hashes *hashes, unsigned min_depth_skip,
                               size_t *index)
{
    if (hashes->labels < min_depth_skip)
        return NULL;
    for (unsigned labels = hashes->labels - min_depth_skip + 1; labels-- > 0;) {
        if ((db->depths[labels / 64] >> (labels % 64) & 1) == 0)
            continue;
        const uint8_t *suffix = name + hashes->offset[labels];
        const struct slot *slot = find_slot(db, suffix, hashes->hash[labels]);
        if (slot->zone != 0) {
            *index = slot->zone - 1;
            return db->zones[*index];
        }
    }
    return NULL;
}
