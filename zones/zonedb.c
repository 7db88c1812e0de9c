// SPDX-License-Identifier: BSD-2-Clause
#include "zones/zonedb.h"

#include "base/mem.h"

#include <string.h>

struct slot {
    uint32_t tag;  /* upper half of the hash */
    uint32_t zone; /* index + 1; 0 = empty */
};

struct zonedb {
    const struct zone **zones;
    size_t count;
    uint64_t seed;
    struct slot *slots;
    uint32_t mask;
    unsigned labels_max; /* of an apex: deeper suffixes need no look */
};

static uint64_t apex_hash(const struct zone *zone, uint64_t seed)
{
    struct name_hashes hashes;
    name_hash_all(zone->apex, seed, &hashes);
    return hashes.hash[hashes.labels];
}

static void insert(struct zonedb *db, uint32_t index)
{
    const struct zone *zone = db->zones[index];
    uint64_t hash = apex_hash(zone, db->seed);
    uint32_t i = (uint32_t)hash & db->mask;
    while (db->slots[i].zone != 0)
        i = (i + 1) & db->mask;
    db->slots[i] = (struct slot){ .tag = (uint32_t)(hash >> 32), .zone = index + 1 };
    if (zone->apex_labels > db->labels_max)
        db->labels_max = zone->apex_labels;
}

struct zonedb *zonedb_new(const struct zone *const *zones, size_t count, uint64_t seed)
{
    uint32_t size = 8;
    while (size < UINT32_MAX / 2 && (uint64_t)size * 7 < (uint64_t)count * 10)
        size *= 2;
    struct zonedb *db = MEM_NEW(struct zonedb);
    db->zones = MEM_NEW_ARRAY(const struct zone *, count);
    db->count = count;
    db->seed = seed;
    db->slots = MEM_NEW_ARRAY(struct slot, size);
    db->mask = size - 1;
    for (size_t i = 0; i < count; i++) {
        db->zones[i] = zone_ref(zones[i]);
        insert(db, (uint32_t)i);
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
    mem_free(db->slots);
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

static const struct zone *find_apex(const struct zonedb *db, const uint8_t *name, size_t length,
                                    uint64_t hash, size_t *index)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    for (uint32_t i = (uint32_t)hash & db->mask;; i = (i + 1) & db->mask) {
        const struct slot *slot = &db->slots[i];
        if (slot->zone == 0)
            return NULL;
        if (slot->tag != tag)
            continue;
        const struct zone *zone = db->zones[slot->zone - 1];
        if (zone->apex_length == length && memcmp(zone->apex, name, length) == 0) {
            *index = slot->zone - 1;
            return zone;
        }
    }
}

const struct zone *zonedb_find(const struct zonedb *db, const uint8_t *name,
                               const struct name_hashes *hashes, unsigned min_depth_skip,
                               size_t *index)
{
    if (min_depth_skip > hashes->labels)
        return NULL;
    unsigned labels = hashes->labels - min_depth_skip;
    if (labels > db->labels_max)
        labels = db->labels_max;
    for (;; labels--) {
        size_t offset = hashes->offset[labels];
        const struct zone *zone = find_apex(
            db, name + offset, (size_t)hashes->offset[0] - offset + 1, hashes->hash[labels], index);
        if (zone != NULL || labels == 0)
            return zone;
    }
}
