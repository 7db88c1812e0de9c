// SPDX-License-Identifier: BSD-2-Clause
#include "base/name.h"
#include "base/strmap.h"
#include "server/config_raw.h"

#include <string.h>

/* Reads a name into the arena, in lower case; NULL with an error at its key. */
static const uint8_t *read_name(struct config_build *build, const struct schema_named *named,
                                const uint8_t *origin)
{
    uint8_t wire[NAME_MAX_LEN];
    const char *error = NULL;
    size_t length = name_from_text(named->name, strlen(named->name), origin, wire, &error);
    if (length == 0) {
        json_error_key(&build->config->doc, build->errors, named->path, "not a domain name: %s",
                       error);
        return NULL;
    }
    name_lower(wire, wire);
    return arena_dup(build->config->arena, wire, length, 1);
}

/* Notes a name and the path where it stands; with an error at its key when it was noted before. */
static void note(struct config_build *build, struct strmap *seen, const uint8_t *name,
                 const struct schema_named *named)
{
    char text[NAME_TEXT_MAX];
    (void)name_to_text(name, text);
    uint64_t first = 0;
    if (strmap_get(seen, text, &first))
        json_error_key(&build->config->doc, build->errors, named->path, "is the same name as %s",
                       (const char *)(uintptr_t)first); /* NOLINT(performance-no-int-to-ptr) */
    else
        (void)strmap_put(seen, text, (uintptr_t)named->path);
}

/* --- names backed by pools --- */

struct pool_key {
    const char *key;
    bool given;
};

/* With "pool", only that pool says how it is balanced and checked. */
static void refuse_pool_keys(struct config_build *build, const struct raw_name *raw)
{
    const struct pool_key keys[] = {
        { "policy", raw->keys.policy_given },        { "max_answers", raw->keys.max_answers_given },
        { "check", raw->keys.check_given },          { "min_live", raw->keys.min_live_given },
        { "on_all_down", raw->keys.all_down_given },
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (!keys[i].given)
            continue;
        char path[JSON_PATH_MAX];
        (void)json_path_key(path, sizeof(path), raw->named.path, keys[i].key);
        json_error_key(&build->config->doc, build->errors, path,
                       "belongs to the pool \"%s\"; here it goes with a check and no pool only",
                       raw->pool.name == NULL ? "" : raw->pool.name);
    }
}

/* A pool of the records that the zone file has at the name; world.c puts the members in. */
static uint32_t make_pool(struct config_build *build, const struct raw_name *raw,
                          const uint8_t *owner)
{
    struct config *config = build->config;
    struct config_pool *pool = &config->pools[config->pool_count];
    char text[NAME_TEXT_MAX];
    size_t length = name_to_text(owner, text);
    if (length > 1)
        text[length - 1] = '\0';
    pool->name = arena_strdup(config->arena, text);
    pool->path = raw->named.path;
    pool->from_file = true;
    config_pool_keys(build, &raw->keys, pool);
    config_check_port(build, pool->checks, pool->check_count, 0, pool->path);
    uint64_t taken = 0;
    if (strmap_get(build->pools, pool->name, &taken))
        json_error_key(&config->doc, build->errors, raw->named.path,
                       "makes a pool of the name \"%s\", which \"pools\" has already", pool->name);
    return (uint32_t)config->pool_count++;
}

static uint32_t pool_of_name(struct config_build *build, const struct raw_name *raw,
                             const uint8_t *owner)
{
    if (raw->pool_given) {
        refuse_pool_keys(build, raw);
        return config_find_pool(build, &raw->pool);
    }
    if (raw->keys.check_given && owner != NULL)
        return make_pool(build, raw, owner);
    if (!raw->keys.check_given && !raw->named.unread)
        json_error(&build->config->doc, build->errors, raw->named.path,
                   "needs a \"pool\", or a \"check\" for the zone file's own addresses");
    return CONFIG_NONE;
}

static void build_name(struct config_build *build, const struct config_zone *zone,
                       const struct raw_name *raw, struct config_name *out)
{
    *out = (struct config_name){ .key = raw->named.name,
                                 .path = raw->named.path,
                                 .owner = read_name(build, &raw->named, zone->apex),
                                 .ttl = PICKER_TTL_NONE,
                                 .override = raw->override };
    out->pool = pool_of_name(build, raw, out->owner);
    /* The keys of a pool that was made here have been judged with it. */
    out->ttl = raw->pool_given            ? config_ttl(build, &raw->keys, raw->named.path)
               : out->pool != CONFIG_NONE ? build->config->pools[out->pool].ttl
                                          : PICKER_TTL_NONE;
    if (out->owner != NULL && zone->apex != NULL && !name_is_under(out->owner, zone->apex))
        json_error_key(&build->config->doc, build->errors, raw->named.path,
                       "lies outside of its zone; names are relative to the zone, without a dot at "
                       "the end");
}

/* --- zones --- */

static void build_zone(struct config_build *build, const struct raw_zone *raw,
                       struct strmap *owners, struct config_zone *zone)
{
    const struct raw_name *names = raw->names.items;
    zone->name = raw->named.name;
    zone->path = raw->named.path;
    zone->file = raw->file;
    zone->apex = read_name(build, &raw->named, NULL);
    zone->name_count = raw->names.count;
    zone->names = ARENA_NEW_ARRAY(build->config->arena, struct config_name, zone->name_count);
    for (size_t i = 0; i < zone->name_count; i++) {
        build_name(build, zone, &names[i], &zone->names[i]);
        if (zone->names[i].owner != NULL)
            note(build, owners, zone->names[i].owner, &names[i].named);
    }
}

/* Owners are held together over all zones: a pool that a name makes is known by its owner alone. */
void config_build_zones(struct config_build *build)
{
    struct config *config = build->config;
    const struct raw_zone *raws = build->raw->zones.items;
    struct strmap *apexes = strmap_new();
    struct strmap *owners = strmap_new();
    config->zone_count = build->raw->zones.count;
    config->zones = ARENA_NEW_ARRAY(config->arena, struct config_zone, config->zone_count);
    for (size_t i = 0; i < config->zone_count; i++) {
        struct config_zone *zone = &config->zones[i];
        build_zone(build, &raws[i], owners, zone);
        if (zone->apex != NULL)
            note(build, apexes, zone->apex, &raws[i].named);
    }
    strmap_free(apexes);
    strmap_free(owners);
}
