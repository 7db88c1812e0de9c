// SPDX-License-Identifier: BSD-2-Clause
#include "server/publish.h"

#include "base/mem.h"

#include <string.h>

struct published {
    struct published *older;
    struct world *world;
    struct state state;
    struct state_zone *zones;
    struct state_binding *bindings; /* of all zones, in one block */
    size_t binding_count;
};

struct publisher {
    struct registry *registry;
    void (*release)(void *data, struct world *world);
    void *data;
    struct published *newest;
    uint64_t generation;
};

#define UDP_PAYLOAD 1232 /* what fits an IPv6 packet of the minimal MTU (RFC 9715) */

struct publisher *publisher_new(struct registry *registry,
                                void (*release)(void *data, struct world *world), void *data)
{
    struct publisher *publisher = MEM_NEW(struct publisher);
    publisher->registry = registry;
    publisher->release = release;
    publisher->data = data;
    return publisher;
}

void publisher_world_unref(struct publisher *publisher, struct world *world)
{
    if (world != NULL && --world->refs == 0)
        publisher->release(publisher->data, world);
}

static void published_free(struct publisher *publisher, struct published *published)
{
    for (size_t i = 0; i < published->binding_count; i++) {
        for (int f = 0; f < PICKER_FAMILIES; f++)
            picker_unref(published->bindings[i].picker[f]);
    }
    publisher_world_unref(publisher, published->world);
    mem_free(published->bindings);
    mem_free(published->zones);
    mem_free(published);
}

void publisher_free(struct publisher *publisher)
{
    if (publisher == NULL)
        return;
    while (publisher->newest != NULL) {
        struct published *published = publisher->newest;
        publisher->newest = published->older;
        published_free(publisher, published);
    }
    mem_free(publisher);
}

static size_t count_bindings(const struct world *world)
{
    size_t count = 0;
    for (size_t z = 0; z < zonedb_count(world->zonedb); z++)
        count += world->zones[z].binding_count;
    return count;
}

static void fill_binding(struct state_binding *out, const struct world *world,
                         const struct world_binding *binding, const struct pool_table *pools)
{
    for (int f = 0; f < PICKER_FAMILIES; f++) {
        if ((binding->families & 1U << f) == 0)
            continue;
        out->picker[f] = picker_ref(pool_table_bound(pools, binding->pool, (enum picker_family)f));
        out->turn[f] = binding->turn[f];
    }
    out->ttl = binding->ttl;
    out->default_ttl = binding->default_ttl;
    out->pool = world->pools.pools[binding->pool].name;
}

static void fill_zones(struct published *published, const struct world *world,
                       const struct pool_table *pools)
{
    size_t zone_count = zonedb_count(world->zonedb);
    published->binding_count = count_bindings(world);
    published->bindings = MEM_NEW_ARRAY(struct state_binding, published->binding_count);
    published->zones = MEM_NEW_ARRAY(struct state_zone, zone_count);
    struct state_binding *next = published->bindings;
    for (size_t z = 0; z < zone_count; z++) {
        published->zones[z].bindings = next;
        for (size_t i = 0; i < world->zones[z].binding_count; i++)
            fill_binding(next++, world, &world->zones[z].bindings[i], pools);
    }
}

static struct state_settings settings_of(const struct world *world)
{
    const char *nsid = world->config->server.nsid;
    struct state_settings settings = { .udp_payload = UDP_PAYLOAD };
    if (nsid != NULL) {
        settings.nsid = (const uint8_t *)nsid;
        settings.nsid_length = (uint16_t)strlen(nsid);
    }
    return settings;
}

const struct state *publisher_publish(struct publisher *publisher, struct world *world,
                                      const struct pool_table *pools, struct worker *const *workers,
                                      unsigned worker_count)
{
    struct published *published = MEM_NEW(struct published);
    fill_zones(published, world, pools);
    published->world = world;
    world->refs++;
    published->state = (struct state){
        .generation = ++publisher->generation,
        .zonedb = world->zonedb,
        .zones = published->zones,
        .turns = registry_turns(publisher->registry),
        .settings = settings_of(world),
        .world = world,
    };
    published->older = publisher->newest;
    publisher->newest = published;
    for (unsigned i = 0; i < worker_count; i++) {
        (void)stats_reserve_members(worker_stats(workers[i]),
                                    registry_member_count(publisher->registry));
        worker_publish(workers[i], &published->state);
    }
    return &published->state;
}

uint64_t publisher_collect(struct publisher *publisher, struct worker *const *workers,
                           unsigned worker_count)
{
    uint64_t oldest = publisher->generation;
    for (unsigned i = 0; i < worker_count; i++) {
        uint64_t generation = worker_generation(workers[i]);
        if (generation < oldest)
            oldest = generation;
    }
    struct published **link = &publisher->newest;
    while (*link != NULL && (*link)->state.generation >= oldest)
        link = &(*link)->older;
    struct published *unused = *link;
    *link = NULL;
    while (unused != NULL) {
        struct published *older = unused->older;
        published_free(publisher, unused);
        unused = older;
    }
    return oldest;
}

size_t publisher_states(const struct publisher *publisher)
{
    size_t count = 0;
    for (const struct published *p = publisher->newest; p != NULL; p = p->older)
        count++;
    return count;
}

uint64_t publisher_generation(const struct publisher *publisher)
{
    return publisher->generation;
}

const struct state *publisher_newest(const struct publisher *publisher)
{
    return publisher->newest == NULL ? NULL : &publisher->newest->state;
}
