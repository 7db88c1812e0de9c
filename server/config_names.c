// SPDX-License-Identifier: BSD-2-Clause
/* From the names by which parts of the config refer to each other to indexes. */
#include "base/strmap.h"
#include "server/config_raw.h"

/* What a name may refer to. */
struct kind {
    const char *what;    /* "pool" */
    const char *section; /* "pools" */
    const struct strmap *map;
    const struct schema_map *all;
    size_t size; /* of an entry */
};

/* The names of the entries of a map, for hints. */
static const char *nearest_name(struct config_build *build, const struct kind *kind,
                                const char *wanted)
{
    const struct schema_map *map = kind->all;
    const char **list = ARENA_NEW_ARRAY(build->config->arena, const char *, map->count);
    for (size_t i = 0; i < map->count; i++)
        list[i] =
            ((const struct schema_named *)(const void *)((const char *)map->items + i * kind->size))
                ->name;
    return schema_nearest(wanted, list, map->count);
}

/* CONFIG_NONE with an error when there is no such entry; without an error when the reference itself
 * was bad. */
static uint32_t find(struct config_build *build, const struct kind *kind,
                     const struct schema_named *ref)
{
    uint64_t index = 0;
    if (ref->name == NULL)
        return CONFIG_NONE;
    if (strmap_get(kind->map, ref->name, &index))
        return (uint32_t)index;
    const char *nearest = nearest_name(build, kind, ref->name);
    json_error(&build->config->doc, build->errors, ref->path,
               "there is no %s \"%.80s\" in \"%s\"%s%s%s", kind->what, ref->name, kind->section,
               nearest == NULL ? "" : ", did you mean \"", nearest == NULL ? "" : nearest,
               nearest == NULL ? "" : "\"?");
    return CONFIG_NONE;
}

uint32_t config_find_pool(struct config_build *build, const struct schema_named *ref)
{
    const struct kind kind = {
        "pool", "pools", build->pools, &build->raw->pools, sizeof(struct raw_pool),
    };
    return find(build, &kind, ref);
}

uint32_t config_find_service(struct config_build *build, const struct schema_named *ref)
{
    const struct kind kind = {
        "service",
        "ipvs.services",
        build->services,
        &build->raw->ipvs.services,
        sizeof(struct raw_service),
    };
    return find(build, &kind, ref);
}

const uint32_t *config_find_checks(struct config_build *build, const struct schema_list *refs,
                                   size_t *count)
{
    const struct kind kind = {
        "check", "checks", build->checks, &build->raw->checks, sizeof(struct raw_check),
    };
    const struct schema_named *names = refs->items;
    uint32_t *checks = ARENA_NEW_ARRAY(build->config->arena, uint32_t, refs->count);
    *count = 0;
    for (size_t i = 0; i < refs->count; i++) {
        uint32_t check = find(build, &kind, &names[i]);
        bool twice = false;
        for (size_t k = 0; k < *count; k++)
            twice = twice || checks[k] == check;
        if (twice)
            json_error(&build->config->doc, build->errors, names[i].path, "is given twice");
        else if (check != CONFIG_NONE)
            checks[(*count)++] = check;
    }
    return checks;
}
