// SPDX-License-Identifier: BSD-2-Clause
#include "server/config.h"

#include "base/mem.h"
#include "base/strmap.h"
#include "server/config_raw.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)64 * 1024 * 1024)

static size_t error_count(const struct errlist *errors)
{
    return errors->count + errors->dropped;
}

/* The folder of a path, for relative paths in the file. Returns owned. */
static char *folder_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    if (slash == NULL)
        return mem_strdup(".");
    char *folder = mem_strdup(file);
    folder[slash == file ? 1 : slash - file] = '\0';
    return folder;
}

/* Room for the pools of the file and for those that names may make. */
static void make_pools(struct config *config, const struct raw_config *raw)
{
    const struct raw_zone *zones = raw->zones.items;
    size_t count = raw->pools.count;
    for (size_t i = 0; i < raw->zones.count; i++)
        count += zones[i].names.count;
    config->pools = ARENA_NEW_ARRAY(config->arena, struct config_pool, count);
}

bool config_is_sound(const struct config_build *build)
{
    return error_count(build->errors) == build->errors_before;
}

/* From names to indexes, with all cross-checks. */
static void resolve(struct config *config, const struct raw_config *raw, size_t errors_before,
                    struct errlist *errors)
{
    struct config_build build = { .config = config,
                                  .raw = raw,
                                  .errors = errors,
                                  .errors_before = errors_before,
                                  .pools = strmap_new(),
                                  .checks = strmap_new(),
                                  .services = strmap_new() };
    config->server = raw->server;
    config->api = raw->api;
    make_pools(config, raw);
    config_check_listen(&build);
    config_build_checks(&build);
    config_build_ipvs(&build);
    config_build_pools(&build);
    config_build_zones(&build);
    config_build_order(&build);
    strmap_free(build.pools);
    strmap_free(build.checks);
    strmap_free(build.services);
}

/* --- errors in the order of the file --- */

struct placed_line {
    char *line;
    unsigned long row, column;
    size_t found; /* keeps the order of what is said of one place */
};

static int by_place(const void *a, const void *b)
{
    const struct placed_line *left = a;
    const struct placed_line *right = b;
    if (left->row != right->row)
        return left->row < right->row ? -1 : 1;
    if (left->column != right->column)
        return left->column < right->column ? -1 : 1;
    return left->found < right->found ? -1 : 1;
}

/* Lines from `first` on all begin with "FILE:LINE:COL:". */
static void sort_errors(struct errlist *errors, size_t first, const char *file)
{
    size_t count = errors->count - first;
    size_t prefix = strlen(file);
    struct placed_line *places = MEM_NEW_ARRAY(struct placed_line, count);
    for (size_t i = 0; i < count; i++) {
        char *line = errors->lines[first + i];
        places[i] = (struct placed_line){ .line = line, .found = i };
        if (strlen(line) <= prefix + 1)
            continue; /* the name of the file was too long for a line */
        char *at = line + prefix + 1;
        places[i].row = strtoul(at, &at, 10);
        places[i].column = *at == ':' ? strtoul(at + 1, NULL, 10) : 0;
    }
    if (count > 1)
        qsort(places, count, sizeof(*places), by_place);
    for (size_t i = 0; i < count; i++)
        errors->lines[first + i] = places[i].line;
    mem_free(places);
}

/* NULL when the text is no JSON. */
static struct config *load_any(const char *file, const char *text, size_t length, bool *sound,
                               struct errlist *errors)
{
    size_t before = error_count(errors);
    size_t first = errors->count;
    struct config *config = MEM_NEW(struct config);
    config->arena = arena_new(0);
    config->file = mem_strdup(file);
    bool parsed = json_doc_parse_on(&config->doc, file, text, length, errors);
    if (parsed) {
        char *folder = folder_of(file);
        struct schema_context ctx = {
            .doc = &config->doc, .arena = config->arena, .errors = errors, .folder = folder
        };
        struct raw_config *raw = ARENA_NEW(config->arena, struct raw_config);
        /* What could be read is cross-checked too, so that all errors are told at once. */
        (void)schema_read(&ctx, &config_schema, config->doc.root, "", raw);
        resolve(config, raw, before, errors);
        mem_free(folder);
    }
    *sound = error_count(errors) == before;
    if (!*sound)
        sort_errors(errors, first, file);
    if (parsed)
        return config;
    config_free(config);
    return NULL;
}

static struct config *only_sound(struct config *config, bool sound)
{
    if (sound)
        return config;
    config_free(config);
    return NULL;
}

struct config *config_load_text(const char *file, const char *text, size_t length,
                                struct errlist *errors)
{
    bool sound = false;
    struct config *config = load_any(file, text, length, &sound, errors);
    return only_sound(config, sound);
}

struct config *config_load_any(const char *file, bool *sound, struct errlist *errors)
{
    size_t length = 0;
    *sound = false;
    char *text = json_read_file(file, FILE_MAX, &length, errors);
    if (text == NULL)
        return NULL;
    struct config *config = load_any(file, text, length, sound, errors);
    mem_free(text);
    return config;
}

struct config *config_load(const char *file, struct errlist *errors)
{
    bool sound = false;
    struct config *config = config_load_any(file, &sound, errors);
    return only_sound(config, sound);
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    json_doc_fini(&config->doc);
    arena_free(config->arena);
    mem_free(config->file);
    mem_free(config);
}

bool config_same_start_only(const struct config *before, const struct config *after,
                            struct errlist *errors)
{
    struct schema_context ctx = { .doc = &after->doc, .errors = errors };
    return schema_same_start_only(&ctx, &config_schema, before->doc.root, after->doc.root, "");
}

void config_schema_print(struct strbuf *out)
{
    schema_print(&config_schema, "", out);
}
