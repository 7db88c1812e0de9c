// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "tests/scenario/scenario.h"

#include <string.h>

#define SEED        UINT64_C(0x5eed)
#define TTL_MAX     30 /* of pools where nothing names a TTL: the contract's */
#define UDP_PAYLOAD 1232
#define RDATA_MAX   65535

/* ---- names and zones ---------------------------------------------------------------------------
 */

static struct scenario_zone *zone_of(struct scenario *s, const struct scenario_name *name)
{
    struct scenario_zone *best = NULL;
    for (size_t i = 0; i < s->zone_count; i++) {
        struct scenario_zone *zone = &s->zones[i];
        if (name_is_under(name->owner, zone->apex) &&
            (best == NULL || name_length(zone->apex) > name_length(best->apex)))
            best = zone;
    }
    if (best == NULL)
        scenario_fail(s, "a name is in no zone");
    return best;
}

static unsigned binding_flags(const struct scenario *s, const struct scenario_name *name)
{
    if (name->from_file)
        return ZONE_BIND_FROM_FILE;
    unsigned families = pool_families(&s->set, name->pool);
    return ((families & 1U << PICKER_A) != 0 ? ZONE_BIND_A : 0U) |
           ((families & 1U << PICKER_AAAA) != 0 ? ZONE_BIND_AAAA : 0U) |
           (name->override ? ZONE_BIND_OVERRIDE : 0U);
}

/* Each zone gets the names in it, in the order of the story. */
static void bind_names(struct scenario *s)
{
    for (size_t i = 0; i < s->name_count; i++) {
        struct scenario_name *name = &s->names[i];
        struct scenario_zone *zone = zone_of(s, name);
        struct state_binding *binding = &zone->pools[zone->binding_count];
        zone->bindings[zone->binding_count++] =
            (struct zone_binding){ .owner = name->owner, .flags = binding_flags(s, name) };
        binding->ttl = name->ttl;
        binding->pool = s->pools[name->pool].name;
        for (size_t f = 0; f < PICKER_FAMILIES; f++)
            binding->turn[f] = &s->turns[STATE_TURNS + i * PICKER_FAMILIES + f];
    }
}

static void load_zone(struct scenario *s, struct scenario_zone *zone)
{
    struct errlist errors;
    errlist_init(&errors);
    struct zone_spec spec = { .apex = zone->apex,
                              .file = "zone",
                              .bindings = zone->bindings,
                              .binding_count = zone->binding_count,
                              .seed = SEED };
    zone->zone = zone_load_text(&spec, zone->text, strlen(zone->text), &errors);
    s->line = zone->line;
    if (!errlist_empty(&errors))
        scenario_fail(s, "%s", errors.lines[0]);
    for (size_t i = 0; i < zone->binding_count; i++) {
        if (zone->bindings[i].error != ZONE_BINDING_OK)
            scenario_fail(s, "pool %s cannot be bound: error %d", zone->pools[i].pool,
                          (int)zone->bindings[i].error);
    }
    if (zone->zone == NULL)
        scenario_fail(s, "the zone does not load");
    uint32_t ttl = zone->zone->default_ttl;
    for (size_t i = 0; i < zone->binding_count; i++)
        zone->pools[i].default_ttl = ttl < TTL_MAX ? ttl : TTL_MAX;
    errlist_fini(&errors);
}

static void add_records(struct scenario *s, uint32_t pool, const struct zone *zone,
                        const struct rrset *set)
{
    uint8_t *rdata = mem_alloc(RDATA_MAX);
    for (unsigned i = 0; set != NULL && i < set->count; i++) {
        size_t size = zone_rdata(zone, set, i, rdata);
        struct addr addr = { .family = size == 4 ? ADDR_V4 : ADDR_V6 };
        memcpy(addr.bytes, rdata, size);
        define_record(s, pool, &addr);
    }
    mem_free(rdata);
}

/* Pools of a zone file's own records get their members now. */
static void fill_from_files(struct scenario *s)
{
    for (size_t i = 0; i < s->name_count; i++) {
        struct scenario_name *name = &s->names[i];
        if (!name->from_file)
            continue;
        const struct zone *zone = zone_of(s, name)->zone;
        struct name_hashes hashes;
        name_hash_all(name->owner, SEED, &hashes);
        const struct zone_node *node = zone_node_at(zone, name->owner, hashes.hash[hashes.labels]);
        if (node == NULL)
            scenario_fail(s, "no node for %s", s->pools[name->pool].name);
        add_records(s, name->pool, zone, zone_node_rrset(node, RRTYPE_A));
        add_records(s, name->pool, zone, zone_node_rrset(node, RRTYPE_AAAA));
    }
}

static void make_zonedb(struct scenario *s)
{
    const struct zone *zones[SCENARIO_ZONES];
    for (size_t i = 0; i < s->zone_count; i++) {
        zones[i] = s->zones[i].zone;
        s->state_zones[i].bindings = s->zones[i].pools;
    }
    s->zonedb = zonedb_new(zones, s->zone_count, SEED);
}

/* ---- states ------------------------------------------------------------------------------------
 */

/* Whether the zone asks the pool for that family at this name. */
static bool answers_family(const struct zone_binding *binding, size_t family)
{
    return (binding->flags & (family == PICKER_A ? ZONE_BIND_A : ZONE_BIND_AAAA)) != 0;
}

void publish(struct scenario *s)
{
    size_t used[SCENARIO_ZONES] = { 0 };
    for (size_t i = 0; i < s->name_count; i++) {
        struct scenario_zone *zone = zone_of(s, &s->names[i]);
        size_t index = used[zone - s->zones]++;
        for (size_t f = 0; f < PICKER_FAMILIES; f++) {
            struct picker **slot = &zone->pools[index].picker[f];
            struct picker *old = *slot;
            *slot = NULL;
            if (answers_family(&zone->bindings[index], f))
                *slot =
                    picker_ref(pool_table_bound(s->table, s->names[i].pool, (enum picker_family)f));
            picker_unref(old);
        }
    }
    s->state.generation++;
}

void publish_update(struct scenario *s, uint32_t pool)
{
    pool_table_update(s->table, &s->view, pool);
    publish(s);
}

void publish_reload(struct scenario *s)
{
    struct pool_table *next = pool_table_new(&s->set);
    pool_table_build(next, &s->view, s->table);
    pool_table_free(s->table);
    s->table = next;
    publish(s);
}

void publish_start(struct scenario *s)
{
    unsigned line = s->line;
    size_t turns = STATE_TURNS + SCENARIO_NAMES * (size_t)PICKER_FAMILIES;
    s->turns = mem_alloc_aligned(turns * sizeof(*s->turns));
    bind_names(s);
    for (size_t i = 0; i < s->zone_count; i++)
        load_zone(s, &s->zones[i]);
    s->line = line;
    fill_from_files(s);
    health_start(s);
    make_zonedb(s);
    s->state = (struct state){ .zonedb = s->zonedb, .zones = s->state_zones, .turns = s->turns };
    s->state.settings.udp_payload = UDP_PAYLOAD;
    s->stats = mem_alloc_aligned(sizeof(*s->stats));
    if (!stats_reserve_members(s->stats, s->stats_ids))
        scenario_fail(s, "too many members");
    s->scratch.stats = s->stats;
    rng_seed(&s->scratch.rng, SEED);
    s->table = pool_table_new(&s->set);
    pool_table_build(s->table, &s->view, NULL);
    publish(s);
}

void publish_stop(struct scenario *s)
{
    zonedb_free(s->zonedb);
    for (size_t i = 0; i < s->zone_count; i++) {
        for (size_t b = 0; b < s->zones[i].binding_count; b++) {
            picker_unref(s->zones[i].pools[b].picker[PICKER_A]);
            picker_unref(s->zones[i].pools[b].picker[PICKER_AAAA]);
        }
        zone_unref(s->zones[i].zone);
        mem_free(s->zones[i].text);
    }
    pool_table_free(s->table);
    stats_fini(s->stats);
    mem_free(s->stats);
    mem_free(s->turns);
}
