// SPDX-License-Identifier: BSD-2-Clause
#include "server/world.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/strmap.h"
#include "server/world_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_TTL_MAX                                                                            \
    30 /* seconds; where neither the name nor a pool says one (docs/config.md, pools) */

static const char *binding_error_text(enum zone_binding_error error)
{
    switch (error) {
    case ZONE_BINDING_OK:
        break;
    case ZONE_BINDING_CONFLICT:
        return "the zone file has A or AAAA records at this name too; remove them there or set "
               "\"override\": true";
    case ZONE_BINDING_AT_CNAME:
        return "the zone file has a CNAME at this name";
    case ZONE_BINDING_BELOW_CUT:
        return "the name is at or below a delegation (or below a DNAME) of the zone file";
    case ZONE_BINDING_NOT_IN_ZONE:
        return "the name is not in the zone";
    case ZONE_BINDING_NO_ADDRESSES:
        return "the zone file has no A or AAAA records at this name to make a pool of";
    case ZONE_BINDING_TWICE:
        return "the name is given twice";
    case ZONE_BINDING_SIGNED:
        return "the zone is signed, and the answers of a pool cannot be signed yet; take the "
               "DNSSEC records out of the file";
    }
    return "";
}

/* A pool answers both families at its names, also the one that no member has (with NODATA): what
 * the file says there besides would be an answer that no check and no operator can take back. */
static struct zone_binding *make_bindings(const struct config *config,
                                          const struct config_zone *zone)
{
    struct zone_binding *bindings = MEM_NEW_ARRAY(struct zone_binding, zone->name_count);
    for (size_t i = 0; i < zone->name_count; i++) {
        const struct config_name *name = &zone->names[i];
        bindings[i].owner = name->owner;
        if (config->pools[name->pool].from_file) {
            bindings[i].flags = ZONE_BIND_FROM_FILE;
            continue;
        }
        bindings[i].flags =
            ZONE_BIND_A | ZONE_BIND_AAAA | (name->override ? ZONE_BIND_OVERRIDE : 0U);
    }
    return bindings;
}

static void report_bindings(const struct config *config, const struct config_zone *zone,
                            const struct zone_binding *bindings, struct errlist *errors)
{
    for (size_t i = 0; i < zone->name_count; i++) {
        enum zone_binding_error error = bindings[i].error;
        /* The config's own checks tell the last two, in a config that is refused anyway. */
        if (error != ZONE_BINDING_OK && error != ZONE_BINDING_TWICE &&
            error != ZONE_BINDING_NOT_IN_ZONE)
            json_error(&config->doc, errors, zone->names[i].path, "%s", binding_error_text(error));
    }
}

static const struct world_zone *zone_before(const struct world *previous, const uint8_t *apex)
{
    struct name_hashes hashes;
    size_t index = 0;
    name_hash_all(apex, zonedb_seed(previous->zonedb), &hashes);
    const struct zone *found = zonedb_find(previous->zonedb, apex, &hashes, 0, &index);
    return found != NULL && name_equal(found->apex, apex) ? &previous->zones[index] : NULL;
}

/* The zone of this name in the world before, when its compiled bindings mean the same there; NULL
 * otherwise. */
static struct zone *from_before(const struct world *previous, const struct config_zone *zone,
                                struct zone_binding *bindings)
{
    const struct world_zone *old = previous != NULL ? zone_before(previous, zone->apex) : NULL;
    if (old == NULL || old->binding_count != zone->name_count)
        return NULL;
    for (size_t i = 0; i < zone->name_count; i++) {
        unsigned want = bindings[i].flags & (ZONE_BIND_A | ZONE_BIND_AAAA);
        unsigned have = (old->bindings[i].families & 1U << PICKER_A ? ZONE_BIND_A : 0U) |
                        (old->bindings[i].families & 1U << PICKER_AAAA ? ZONE_BIND_AAAA : 0U);
        bool from_file = (bindings[i].flags & ZONE_BIND_FROM_FILE) != 0;
        if (!name_equal(old->bindings[i].owner, zone->names[i].owner) ||
            (!from_file && want != have))
            return NULL;
        bindings[i].flags |= have;
    }
    return zone_ref(old->zone);
}

static struct zone *read_zone(struct world_load_context *ctx, const struct config_zone *zone,
                              struct zone_binding *bindings)
{
    struct zone_spec spec = {
        .apex = zone->apex,
        .file = zone->file,
        .bindings = bindings,
        .binding_count = zone->name_count,
        .seed = ctx->options->seed,
        .records = ctx->options->records,
    };
    struct zone *loaded = zone_load(&spec, ctx->errors);
    if (loaded == NULL)
        report_bindings(ctx->world->config, zone, bindings, ctx->errors);
    return loaded;
}

static struct zone *load_zone(struct world_load_context *ctx, const struct config_zone *zone,
                              struct zone_binding *bindings)
{
    const struct world *previous = ctx->options->previous;
    const uint8_t *only = ctx->options->only;
    struct zone *kept = NULL;
    if (only != NULL && !name_equal(only, zone->apex))
        kept = from_before(previous, zone, bindings);
    struct zone *loaded = kept != NULL ? kept : read_zone(ctx, zone, bindings);
    if (loaded != NULL || only != NULL || !ctx->world->config->server.partial_reload)
        return loaded;
    kept = from_before(previous, zone, bindings);
    if (kept != NULL)
        log_warn("zone",
                 "%s: the file does not load, the last good version (serial %" PRIu32 ") stays",
                 zone->name, kept->serial);
    return kept;
}

static void fill_zone(struct world_load_context *ctx, struct world_zone *out,
                      const struct config_zone *zone, const struct zone *loaded,
                      const struct zone_binding *bindings)
{
    struct world *world = ctx->world;
    out->zone = loaded;
    out->name = zone->name;
    out->binding_count = zone->name_count;
    out->bindings = ARENA_NEW_ARRAY(world->arena, struct world_binding, zone->name_count);
    for (size_t i = 0; i < zone->name_count; i++) {
        struct world_binding *binding = &out->bindings[i];
        char text[NAME_TEXT_MAX];
        (void)name_to_text(zone->names[i].owner, text);
        binding->name = arena_strdup(world->arena, text);
        binding->owner = zone->names[i].owner;
        binding->pool = zone->names[i].pool;
        binding->ttl = zone->names[i].ttl;
        binding->default_ttl =
            loaded->default_ttl < DEFAULT_TTL_MAX ? loaded->default_ttl : DEFAULT_TTL_MAX;
        binding->families = (bindings[i].flags & ZONE_BIND_A ? 1U << PICKER_A : 0U) |
                            (bindings[i].flags & ZONE_BIND_AAAA ? 1U << PICKER_AAAA : 0U);
        if (world->config->pools[binding->pool].from_file)
            world_fill_from_file(ctx, binding->pool, loaded, binding->owner);
    }
}

static bool is_cancelled(const struct world_load_context *ctx)
{
    return ctx->options->cancelled != NULL && atomic_load(ctx->options->cancelled);
}

/* All zones, so that the errors of all of them show. */
static bool load_zones(struct world_load_context *ctx)
{
    struct world *world = ctx->world;
    const struct config *config = world->config;
    const struct zone **zones = MEM_NEW_ARRAY(const struct zone *, config->zone_count);
    size_t count = 0;
    world->zones = ARENA_NEW_ARRAY(world->arena, struct world_zone, config->zone_count);
    for (size_t i = 0; i < config->zone_count && !is_cancelled(ctx); i++) {
        struct zone_binding *bindings = make_bindings(config, &config->zones[i]);
        struct zone *zone = load_zone(ctx, &config->zones[i], bindings);
        if (zone != NULL) {
            fill_zone(ctx, &world->zones[count], &config->zones[i], zone, bindings);
            zones[count++] = zone;
        }
        mem_free(bindings);
    }
    world->zonedb = zonedb_new(zones, count, ctx->options->seed);
    for (size_t i = 0; i < count; i++)
        zone_unref(zones[i]);
    mem_free(zones);
    return count == config->zone_count;
}

/* Names that could be read; as many as the array has room for. */
static size_t usable_names(const struct config_zone *zone, struct config_name *out)
{
    size_t count = 0;
    for (size_t i = 0; i < zone->name_count; i++) {
        if (zone->names[i].owner != NULL && zone->names[i].pool != CONFIG_NONE)
            out[count++] = zone->names[i];
    }
    return count;
}

/* A config that is refused: what is wrong with its zones is told with the rest, as far as they
 * could be read. */
static void judge_zones(struct world_load_context *ctx)
{
    const struct config *config = ctx->world->config;
    for (size_t i = 0; i < config->zone_count && !is_cancelled(ctx); i++) {
        struct config_zone zone = config->zones[i];
        if (zone.apex == NULL || zone.file == NULL)
            continue;
        zone.names = MEM_NEW_ARRAY(struct config_name, zone.name_count);
        zone.name_count = usable_names(&config->zones[i], zone.names);
        struct zone_binding *bindings = make_bindings(config, &zone);
        zone_unref(read_zone(ctx, &zone, bindings));
        mem_free(bindings);
        mem_free(zone.names);
    }
}

/* What else the config names, and what it may not change while we run. */
static bool check_config(const struct world_load_context *ctx)
{
    const struct world_options *options = ctx->options;
    const struct config *config = ctx->world->config;
    size_t before = ctx->errors->count + ctx->errors->dropped;
    if (options->only != NULL)
        return true; /* it is the one in use */
    if (options->previous != NULL)
        (void)config_same_start_only(options->previous->config, config, ctx->errors);
    if (options->check != NULL)
        options->check(config, ctx->errors);
    return ctx->errors->count + ctx->errors->dropped == before;
}

static struct config *load_config(const struct world_load_context *ctx, const char *file,
                                  bool *sound)
{
    if (ctx->options->only == NULL)
        return config_load_any(file, sound, ctx->errors);
    const struct json_doc *doc = &ctx->options->previous->config->doc;
    *sound = true;
    return config_load_text(file, doc->text, doc->length, ctx->errors);
}

/* Everything is looked at even when something is wrong already, so that all errors show at once. */
static bool load_all(struct world_load_context *ctx, const char *file)
{
    bool sound = false;
    ctx->world->config = load_config(ctx, file, &sound);
    if (ctx->world->config == NULL)
        return false;
    bool ok = check_config(ctx) && sound;
    if (sound)
        return load_zones(ctx) && ok;
    judge_zones(ctx);
    return false;
}

static void raise_tail(struct world *world, uint32_t pool, uint32_t ttl)
{
    if (pool != POOL_NONE && world->tail_s[pool] < ttl)
        world->tail_s[pool] = ttl;
}

static void find_zone_tails(struct world *world, const struct world_zone *zone)
{
    for (size_t i = 0; i < zone->binding_count; i++) {
        const struct world_binding *binding = &zone->bindings[i];
        uint32_t ttl =
            binding->ttl != PICKER_TTL_NONE ? binding->ttl : world->pools.pools[binding->pool].ttl;
        raise_tail(world, binding->pool, ttl == PICKER_TTL_NONE ? binding->default_ttl : ttl);
    }
}

/* The longest TTL that a name gives out a pool's answers with: a drain is over when that has
 * passed. Parents come after children in the order, so it is walked from its end. */
static void find_tails(struct world *world)
{
    world->tail_s = ARENA_NEW_ARRAY(world->arena, uint32_t, world->pools.count);
    for (size_t z = 0; z < zonedb_count(world->zonedb); z++)
        find_zone_tails(world, &world->zones[z]);
    for (size_t i = world->pools.count; i-- > 0;) {
        uint32_t index = world->pools.order[i];
        const struct pool *pool = &world->pools.pools[index];
        for (size_t m = 0; m < pool->member_count; m++)
            raise_tail(world, pool->members[m].child, world->tail_s[index]);
        raise_tail(world, pool->fallback, world->tail_s[index]);
    }
    world_find_service_tails(world);
}

struct world *world_load(const char *file, const struct world_options *options,
                         struct errlist *errors)
{
    struct world *world = MEM_NEW(struct world);
    struct world_load_context ctx = {
        .world = world, .options = options, .errors = errors, .identities = strmap_new()
    };
    world->refs = 1;
    world->arena = arena_new(0);
    bool ok = load_all(&ctx, file);
    if (ok) {
        world_make_pools(&ctx);
        find_tails(world);
        world_make_index(world);
    }
    strmap_free(ctx.identities);
    mem_free(ctx.targets);
    if (ok)
        return world;
    world_free(world);
    return NULL;
}

void world_attach(struct world *world, struct registry *registry)
{
    for (size_t i = 0; i < world->target_count; i++)
        world->targets[i].id = registry_target(registry, world->targets[i].identity);
    for (size_t i = 0; i < world->reference_count; i++)
        world->references[i] = world->targets[world->references[i]].id;
    for (size_t p = 0; p < world->pools.count; p++) {
        for (size_t m = 0; m < world->pools.pools[p].member_count; m++)
            world->members[p][m].stat =
                registry_member(registry, world->pools.pools[p].name, world->members[p][m].name);
    }
    for (size_t z = 0; z < zonedb_count(world->zonedb); z++) {
        for (size_t i = 0; i < world->zones[z].binding_count; i++) {
            struct world_binding *binding = &world->zones[z].bindings[i];
            for (int f = 0; f < PICKER_FAMILIES; f++)
                binding->turn[f] = registry_turn(registry, binding->name, (enum picker_family)f);
        }
    }
}

void world_free(struct world *world)
{
    if (world == NULL)
        return;
    zonedb_free(world->zonedb);
    config_free(world->config);
    arena_free(world->arena);
    mem_free(world);
}
