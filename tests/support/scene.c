// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/scene.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZONES_MAX   16
#define POOLS_MAX   64
#define TURNS       (STATE_TURNS + PICKER_FAMILIES * POOLS_MAX)
#define SEED        UINT64_C(0x5eed)
#define DEFAULT_TTL 30
#define MEMBERS_MAX STATS_CHUNK
#define MESSAGE_MAX 65535

struct scene_zone {
    uint8_t apex[NAME_MAX_LEN];
    char *text;
    const struct zone *zone;
    struct zone_binding bindings[POOLS_MAX];
    struct state_binding pools[POOLS_MAX];
    size_t binding_count;
};

struct scene_pool {
    uint8_t owner[NAME_MAX_LEN];
    struct picker *picker[PICKER_FAMILIES];
    uint32_t ttl;
    bool of_file;
    char *name;
};

struct scene {
    struct scene_zone zones[ZONES_MAX];
    size_t zone_count;
    struct scene_pool pools[POOLS_MAX];
    size_t pool_count;
    struct state_zone state_zones[ZONES_MAX];
    struct turn *turns;
    struct zonedb *zonedb;
    struct state state;
    bool built;
    char *nsid;
    uint32_t members;
    struct stats *stats;
    struct resolver_scratch scratch;
};

static void fail(const char *what, const char *detail)
{
    fprintf(stderr, "scene: %s: %s\n", what, detail);
    abort();
}

static void read_name(const char *text, uint8_t *out)
{
    uint8_t name[NAME_MAX_LEN];
    const char *error = NULL;
    if (name_from_text(text, strlen(text), NULL, name, &error) == 0)
        fail(text, error);
    name_lower(name, out);
}

struct scene *scene_new(void)
{
    struct scene *scene = MEM_NEW(struct scene);
    scene->turns = mem_alloc_aligned(TURNS * sizeof(struct turn));
    scene->stats = mem_alloc_aligned(sizeof(*scene->stats));
    if (!stats_reserve_members(scene->stats, MEMBERS_MAX))
        fail("stats", "no room");
    scene->scratch.stats = scene->stats;
    rng_seed(&scene->scratch.rng, SEED);
    scene->state.settings.udp_payload = 1232;
    return scene;
}

void scene_free(struct scene *scene)
{
    zonedb_free(scene->zonedb);
    for (size_t i = 0; i < scene->zone_count; i++) {
        zone_unref(scene->zones[i].zone);
        mem_free(scene->zones[i].text);
    }
    for (size_t i = 0; i < scene->pool_count; i++) {
        picker_unref(scene->pools[i].picker[PICKER_A]);
        picker_unref(scene->pools[i].picker[PICKER_AAAA]);
        mem_free(scene->pools[i].name);
    }
    stats_fini(scene->stats);
    mem_free(scene->stats);
    mem_free(scene->turns);
    mem_free(scene->nsid);
    mem_free(scene);
}

void scene_zone(struct scene *scene, const char *apex, const char *text)
{
    if (scene->zone_count == ZONES_MAX)
        fail(apex, "too many zones");
    struct scene_zone *zone = &scene->zones[scene->zone_count++];
    read_name(apex, zone->apex);
    zone->text = mem_strdup(text);
}

void scene_pool(struct scene *scene, const char *owner, struct picker *a, struct picker *aaaa,
                uint32_t ttl)
{
    if (scene->pool_count == POOLS_MAX)
        fail(owner, "too many pools");
    struct scene_pool *pool = &scene->pools[scene->pool_count++];
    read_name(owner, pool->owner);
    pool->picker[PICKER_A] = a;
    pool->picker[PICKER_AAAA] = aaaa;
    pool->ttl = ttl;
    pool->name = mem_strdup(owner);
}

void scene_pool_of_file(struct scene *scene, const char *owner, struct picker *a,
                        struct picker *aaaa)
{
    scene_pool(scene, owner, a, aaaa, PICKER_TTL_NONE);
    scene->pools[scene->pool_count - 1].of_file = true;
}

struct picker *scene_set(struct scene *scene, const char *text, uint32_t limit, bool rotate,
                         uint32_t ttl)
{
    struct picker_entry entries[256] = { 0 };
    size_t count = 0;
    char *copy = mem_strdup(text);
    char *rest = copy;
    for (const char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (count == ARRAY_LEN(entries) || scene->members == MEMBERS_MAX ||
            !addr_parse(word, &entries[count].addr))
            fail("addresses", text);
        entries[count++].member = scene->members++;
    }
    enum picker_family family = entries[0].addr.family == ADDR_V4 ? PICKER_A : PICKER_AAAA;
    mem_free(copy);
    return picker_new_set(family, entries, count, limit, rotate, ttl, "set");
}

void scene_nsid(struct scene *scene, const char *nsid)
{
    scene->nsid = mem_strdup(nsid);
    scene->state.settings.nsid = (const uint8_t *)scene->nsid;
    scene->state.settings.nsid_length = (uint16_t)strlen(nsid);
}

/* The zone with the longest apex at or above the pool's name. */
static struct scene_zone *zone_of(struct scene *scene, const struct scene_pool *pool)
{
    struct scene_zone *best = NULL;
    for (size_t i = 0; i < scene->zone_count; i++) {
        struct scene_zone *zone = &scene->zones[i];
        if (name_is_under(pool->owner, zone->apex) &&
            (best == NULL || name_length(zone->apex) > name_length(best->apex)))
            best = zone;
    }
    if (best == NULL)
        fail(pool->name, "in no zone");
    return best;
}

static void bind_pool(struct scene *scene, const struct scene_pool *pool, size_t index)
{
    struct scene_zone *zone = zone_of(scene, pool);
    struct zone_binding *binding = &zone->bindings[zone->binding_count];
    struct state_binding *state = &zone->pools[zone->binding_count++];
    binding->owner = pool->owner;
    if (pool->of_file)
        binding->flags = ZONE_BIND_FROM_FILE;
    else
        binding->flags = (pool->picker[PICKER_A] != NULL ? ZONE_BIND_A : 0U) |
                         (pool->picker[PICKER_AAAA] != NULL ? ZONE_BIND_AAAA : 0U) |
                         ZONE_BIND_OVERRIDE;
    state->ttl = pool->ttl;
    state->default_ttl = DEFAULT_TTL;
    state->pool = pool->name;
    for (size_t family = 0; family < PICKER_FAMILIES; family++) {
        state->picker[family] = pool->picker[family];
        state->turn[family] = &scene->turns[STATE_TURNS + index * PICKER_FAMILIES + family];
    }
}

static void load_zone(struct scene_zone *zone)
{
    struct errlist errors;
    errlist_init(&errors);
    struct zone_spec spec = { .apex = zone->apex,
                              .file = "scene",
                              .bindings = zone->bindings,
                              .binding_count = zone->binding_count,
                              .seed = SEED };
    zone->zone = zone_load_text(&spec, zone->text, strlen(zone->text), &errors);
    for (size_t i = 0; i < errors.count; i++)
        fprintf(stderr, "scene: %s\n", errors.lines[i]);
    for (size_t i = 0; i < zone->binding_count; i++) {
        if (zone->bindings[i].error != ZONE_BINDING_OK)
            fail(zone->pools[i].pool, "cannot be bound");
    }
    if (zone->zone == NULL)
        fail("zone", "does not load");
    errlist_fini(&errors);
}

static void build(struct scene *scene)
{
    const struct zone *zones[ZONES_MAX];
    for (size_t i = 0; i < scene->pool_count; i++)
        bind_pool(scene, &scene->pools[i], i);
    for (size_t i = 0; i < scene->zone_count; i++) {
        load_zone(&scene->zones[i]);
        zones[i] = scene->zones[i].zone;
        scene->state_zones[i].bindings = scene->zones[i].pools;
    }
    scene->zonedb = zonedb_new(zones, scene->zone_count, SEED);
    scene->state.generation = 1;
    scene->state.zonedb = scene->zonedb;
    scene->state.zones = scene->state_zones;
    scene->state.turns = scene->turns;
    scene->built = true;
}

const struct state *scene_state(struct scene *scene)
{
    if (!scene->built)
        build(scene);
    return &scene->state;
}

struct resolver_scratch *scene_scratch(struct scene *scene)
{
    return &scene->scratch;
}

void scene_reset(struct scene *scene)
{
    for (size_t i = 0; i < TURNS; i++)
        atomic_store_explicit(&scene->turns[i].value, 0, memory_order_relaxed);
}

size_t scene_answer(struct scene *scene, const uint8_t *query, size_t size, bool tcp, uint8_t *out,
                    size_t room)
{
    const struct state *state = scene_state(scene);
    uint8_t *packet = mem_dup(query, size);
    uint8_t *answer = mem_alloc(room);
    struct resolver_request request = { .packet = packet, .size = size, .tcp = tcp };
    resolver_parse(state, &request);
    size_t length = resolver_answer(state, &scene->scratch, &request, answer, room);
    memcpy(out, answer, length);
    mem_free(answer);
    mem_free(packet);
    return length;
}

char *scene_dig(struct scene *scene, const char *words)
{
    uint8_t query[DNSMSG_QUERY_MAX];
    bool tcp = false;
    size_t size = dnsmsg_query(words, query, &tcp);
    uint8_t *answer = mem_alloc(MESSAGE_MAX);
    size_t length = scene_answer(scene, query, size, tcp, answer, MESSAGE_MAX);
    char *text = NULL;
    if (length == 0) {
        text = mem_strdup("nothing");
    } else {
        const char *error = dnsmsg_check(answer, length);
        text = dnsmsg_print(answer, length);
        if (error != NULL || text == NULL)
            fail(words, error != NULL ? error : "ldns does not take the answer");
    }
    mem_free(answer);
    return text;
}
