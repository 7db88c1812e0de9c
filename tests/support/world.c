// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/world.h"

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

struct world_zone {
    uint8_t apex[NAME_MAX_LEN];
    char *text;
    const struct zone *zone;
    struct zone_binding bindings[POOLS_MAX];
    struct state_binding pools[POOLS_MAX];
    size_t binding_count;
};

struct world_pool {
    uint8_t owner[NAME_MAX_LEN];
    struct picker *picker[PICKER_FAMILIES];
    uint32_t ttl;
    bool of_file;
    char *name;
};

struct world {
    struct world_zone zones[ZONES_MAX];
    size_t zone_count;
    struct world_pool pools[POOLS_MAX];
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
    fprintf(stderr, "world: %s: %s\n", what, detail);
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

struct world *world_new(void)
{
    struct world *world = MEM_NEW(struct world);
    world->turns = mem_alloc_aligned(TURNS * sizeof(struct turn));
    world->stats = mem_alloc_aligned(sizeof(*world->stats));
    if (!stats_reserve_members(world->stats, MEMBERS_MAX))
        fail("stats", "no room");
    world->scratch.stats = world->stats;
    rng_seed(&world->scratch.rng, SEED);
    world->state.settings.udp_payload = 1232;
    return world;
}

void world_free(struct world *world)
{
    zonedb_free(world->zonedb);
    for (size_t i = 0; i < world->zone_count; i++) {
        zone_unref(world->zones[i].zone);
        mem_free(world->zones[i].text);
    }
    for (size_t i = 0; i < world->pool_count; i++) {
        picker_unref(world->pools[i].picker[PICKER_A]);
        picker_unref(world->pools[i].picker[PICKER_AAAA]);
        mem_free(world->pools[i].name);
    }
    stats_fini(world->stats);
    mem_free(world->stats);
    mem_free(world->turns);
    mem_free(world->nsid);
    mem_free(world);
}

void world_zone(struct world *world, const char *apex, const char *text)
{
    if (world->zone_count == ZONES_MAX)
        fail(apex, "too many zones");
    struct world_zone *zone = &world->zones[world->zone_count++];
    read_name(apex, zone->apex);
    zone->text = mem_strdup(text);
}

void world_pool(struct world *world, const char *owner, struct picker *a, struct picker *aaaa,
                uint32_t ttl)
{
    if (world->pool_count == POOLS_MAX)
        fail(owner, "too many pools");
    struct world_pool *pool = &world->pools[world->pool_count++];
    read_name(owner, pool->owner);
    pool->picker[PICKER_A] = a;
    pool->picker[PICKER_AAAA] = aaaa;
    pool->ttl = ttl;
    pool->name = mem_strdup(owner);
}

void world_pool_of_file(struct world *world, const char *owner, struct picker *a,
                        struct picker *aaaa)
{
    world_pool(world, owner, a, aaaa, PICKER_TTL_NONE);
    world->pools[world->pool_count - 1].of_file = true;
}

struct picker *world_set(struct world *world, const char *text, uint32_t limit, bool rotate,
                         uint32_t ttl)
{
    struct picker_entry entries[256];
    size_t count = 0;
    char *copy = mem_strdup(text);
    char *rest = copy;
    for (const char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (count == ARRAY_LEN(entries) || world->members == MEMBERS_MAX ||
            !addr_parse(word, &entries[count].addr))
            fail("addresses", text);
        entries[count++].member = world->members++;
    }
    enum picker_family family = entries[0].addr.family == ADDR_V4 ? PICKER_A : PICKER_AAAA;
    mem_free(copy);
    return picker_new_set(family, entries, count, limit, rotate, ttl, "set");
}

void world_nsid(struct world *world, const char *nsid)
{
    world->nsid = mem_strdup(nsid);
    world->state.settings.nsid = (const uint8_t *)world->nsid;
    world->state.settings.nsid_length = (uint16_t)strlen(nsid);
}

/* The zone with the longest apex at or above the pool's name. */
static struct world_zone *zone_of(struct world *world, const struct world_pool *pool)
{
    struct world_zone *best = NULL;
    for (size_t i = 0; i < world->zone_count; i++) {
        struct world_zone *zone = &world->zones[i];
        if (name_is_under(pool->owner, zone->apex) &&
            (best == NULL || name_length(zone->apex) > name_length(best->apex)))
            best = zone;
    }
    if (best == NULL)
        fail(pool->name, "in no zone");
    return best;
}

static void bind_pool(struct world *world, const struct world_pool *pool, size_t index)
{
    struct world_zone *zone = zone_of(world, pool);
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
        state->turn[family] = &world->turns[STATE_TURNS + index * PICKER_FAMILIES + family];
    }
}

static void load_zone(struct world_zone *zone)
{
    struct errlist errors;
    errlist_init(&errors);
    struct zone_spec spec = { .apex = zone->apex,
                              .file = "world",
                              .bindings = zone->bindings,
                              .binding_count = zone->binding_count,
                              .seed = SEED };
    zone->zone = zone_load_text(&spec, zone->text, strlen(zone->text), &errors);
    for (size_t i = 0; i < errors.count; i++)
        fprintf(stderr, "world: %s\n", errors.lines[i]);
    for (size_t i = 0; i < zone->binding_count; i++) {
        if (zone->bindings[i].error != ZONE_BINDING_OK)
            fail(zone->pools[i].pool, "cannot be bound");
    }
    if (zone->zone == NULL)
        fail("zone", "does not load");
    errlist_fini(&errors);
}

static void build(struct world *world)
{
    const struct zone *zones[ZONES_MAX];
    for (size_t i = 0; i < world->pool_count; i++)
        bind_pool(world, &world->pools[i], i);
    for (size_t i = 0; i < world->zone_count; i++) {
        load_zone(&world->zones[i]);
        zones[i] = world->zones[i].zone;
        world->state_zones[i].bindings = world->zones[i].pools;
    }
    world->zonedb = zonedb_new(zones, world->zone_count, SEED);
    world->state.generation = 1;
    world->state.zonedb = world->zonedb;
    world->state.zones = world->state_zones;
    world->state.turns = world->turns;
    world->built = true;
}

const struct state *world_state(struct world *world)
{
    if (!world->built)
        build(world);
    return &world->state;
}

struct resolver_scratch *world_scratch(struct world *world)
{
    return &world->scratch;
}

void world_reset(struct world *world)
{
    for (size_t i = 0; i < TURNS; i++)
        atomic_store_explicit(&world->turns[i].value, 0, memory_order_relaxed);
}

size_t world_answer(struct world *world, const uint8_t *query, size_t size, bool tcp, uint8_t *out,
                    size_t room)
{
    const struct state *state = world_state(world);
    uint8_t *packet = mem_dup(query, size);
    uint8_t *answer = mem_alloc(room);
    struct resolver_request request = { .packet = packet, .size = size, .tcp = tcp };
    resolver_parse(state, &request);
    size_t length = resolver_answer(state, &world->scratch, &request, answer, room);
    memcpy(out, answer, length);
    mem_free(answer);
    mem_free(packet);
    return length;
}

char *world_dig(struct world *world, const char *words)
{
    uint8_t query[DNSMSG_QUERY_MAX];
    bool tcp = false;
    size_t size = dnsmsg_query(words, query, &tcp);
    uint8_t *answer = mem_alloc(MESSAGE_MAX);
    size_t length = world_answer(world, query, size, tcp, answer, MESSAGE_MAX);
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
