// SPDX-License-Identifier: BSD-2-Clause
#include "base/strmap.h"

#include "base/mem.h"
#include "base/rng.h"

#include <string.h>

struct entry {
    char *key; /* NULL = free */
    uint64_t hash;
    uint64_t value;
};

struct strmap {
    struct entry *entries;
    size_t count;
    size_t mask; /* size - 1, size a power of two */
    uint64_t seed;
};

/* FNV-1a over a random start: keys come from the config, whoever wrote it. */
static uint64_t hash_of(const struct strmap *map, const char *key)
{
    uint64_t hash = map->seed;
    for (const char *at = key; *at != '\0'; at++)
        hash = (hash ^ (uint8_t)*at) * 0x100000001b3ULL;
    return hash ^ hash >> 32;
}

static struct entry *find(const struct strmap *map, const char *key, uint64_t hash)
{
    size_t at = (size_t)hash & map->mask;
    while (map->entries[at].key != NULL) {
        if (map->entries[at].hash == hash && strcmp(map->entries[at].key, key) == 0)
            break;
        at = (at + 1) & map->mask;
    }
    return &map->entries[at];
}

struct strmap *strmap_new(void)
{
    struct strmap *map = MEM_NEW(struct strmap);
    map->mask = 15;
    map->entries = MEM_NEW_ARRAY(struct entry, map->mask + 1);
    map->seed = rng_entropy();
    return map;
}

void strmap_free(struct strmap *map)
{
    if (map == NULL)
        return;
    for (size_t i = 0; i <= map->mask; i++)
        mem_free(map->entries[i].key);
    mem_free(map->entries);
    mem_free(map);
}

size_t strmap_count(const struct strmap *map)
{
    return map->count;
}

bool strmap_get(const struct strmap *map, const char *key, uint64_t *value)
{
    const struct entry *entry = find(map, key, hash_of(map, key));
    if (entry->key == NULL)
        return false;
    *value = entry->value;
    return true;
}

static void grow(struct strmap *map)
{
    struct entry *old = map->entries;
    size_t size = map->mask + 1;
    map->mask = size * 2 - 1;
    map->entries = MEM_NEW_ARRAY(struct entry, map->mask + 1);
    for (size_t i = 0; i < size; i++) {
        if (old[i].key != NULL)
            *find(map, old[i].key, old[i].hash) = old[i];
    }
    mem_free(old);
}

bool strmap_put(struct strmap *map, const char *key, uint64_t value)
{
    if ((map->count + 1) * 3 > (map->mask + 1) * 2)
        grow(map);
    uint64_t hash = hash_of(map, key);
    struct entry *entry = find(map, key, hash);
    bool fresh = entry->key == NULL;
    if (fresh) {
        entry->key = mem_strdup(key);
        entry->hash = hash;
        map->count++;
    }
    entry->value = value;
    return fresh;
}
