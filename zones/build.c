// SPDX-License-Identifier: BSD-2-Clause
#include "zones/build.h"

#include "base/clock.h"
#include "base/mem.h"
#include "zones/rrtype.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define POLL_EVERY 1024   /* records between looks at `cancel` */
#define TRIM_FROM  100000 /* records from which on memory is given back to the system */

void build_error(struct build *build, const struct build_record *record, const char *format, ...)
{
    char message[1536];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    errlist_add(build->errors, "%s:%u: %s", record == NULL ? build->spec->file : record->file,
                record == NULL ? 1 : record->line, message);
    build->error_count++;
}

const char *build_name(const uint8_t *name, char *buf)
{
    (void)name_to_text(name, buf);
    return buf;
}

static bool poll_cancel(struct build *build)
{
    const struct zone_spec *spec = build->spec;
    if (spec->records != NULL)
        atomic_store_explicit(spec->records, build->records, memory_order_relaxed);
    build->cancelled =
        spec->cancel != NULL && atomic_load_explicit(spec->cancel, memory_order_relaxed);
    return !build->cancelled;
}

static void refuse_owner(struct build *build, const struct scan_record *record)
{
    char name[NAME_TEXT_MAX];
    char apex[NAME_TEXT_MAX];
    struct build_record place = { .file = record->file, .line = record->line };
    build_error(build, &place, "%s is not in the zone %s", build_name(record->owner, name),
                build_name(build->zone->apex, apex));
}

/* Node of the record's owner; NODES_NONE with an error when that is not in the zone. */
static uint32_t owner_node(struct build *build, const struct scan_record *record)
{
    uint8_t lower[NAME_MAX_LEN];
    struct name_hashes hashes;
    const struct zone *zone = build->zone;
    size_t length = name_length(record->owner);
    if (length == build->owner_length && memcmp(record->owner, build->owner, length) == 0)
        return build->owner_node;
    name_lower(record->owner, lower);
    name_hash_all(lower, zone->seed, &hashes);
    if (hashes.labels < zone->apex_labels ||
        memcmp(lower + hashes.offset[zone->apex_labels], zone->apex, zone->apex_length) != 0) {
        refuse_owner(build, record);
        return NODES_NONE;
    }
    memcpy(build->owner, record->owner, length);
    build->owner_length = length;
    build->owner_node = nodes_add(&build->nodes, lower, &hashes);
    return build->owner_node;
}

static void note_special(struct build *build, const struct scan_record *record)
{
    switch (record->type) {
    case RRTYPE_RRSIG:
    case RRTYPE_NSEC:
    case RRTYPE_NSEC3:
        build->is_signed = true;
        break;
    case RRTYPE_SOA:
        build->default_ttl_known = record->default_ttl_known;
        build->default_ttl = record->default_ttl;
        break;
    default:
        break;
    }
}

static bool add_record(void *data, const struct scan_record *record)
{
    struct build *build = data;
    if (++build->records % POLL_EVERY == 0 && !poll_cancel(build))
        return false;
    uint32_t index = owner_node(build, record);
    if (index == NODES_NONE)
        return true;
    note_special(build, record);
    struct build_node *node = &build->nodes.items[index];
    struct build_record *kept = arena_alloc(build->work, sizeof(*kept) + record->rdata_length,
                                            _Alignof(struct build_record));
    kept->next = node->records;
    kept->file = record->file;
    kept->line = record->line;
    kept->ttl = record->ttl;
    kept->type = record->type;
    kept->length = record->rdata_length;
    memcpy(kept->rdata, record->rdata, record->rdata_length);
    node->records = kept;
    if (!record->ttl_known)
        build_error(build, kept,
                    "no TTL: neither here, nor a $TTL, an earlier TTL or a SOA before it");
    return true;
}

/* Servers have thousands of zones with a handful of records; the arena's chunks double from here.
 */
#define ARENA_FIRST 4096

static struct zone *zone_new(const struct zone_spec *spec, struct name_hashes *hashes)
{
    uint8_t apex[NAME_MAX_LEN];
    struct arena *arena = arena_new(ARENA_FIRST);
    struct zone *zone = ARENA_NEW(arena, struct zone);
    name_lower(spec->apex, apex);
    name_hash_all(apex, spec->seed, hashes);
    zone->arena = arena;
    zone->apex_length = (uint8_t)name_length(apex);
    zone->apex_labels = (uint8_t)hashes->labels;
    zone->apex = arena_dup(arena, apex, zone->apex_length, 1);
    zone->seed = spec->seed;
    zone->file = arena_strdup(arena, spec->file);
    atomic_init(&zone->refs, 1);
    return zone;
}

static void build_init(struct build *build, const struct zone_spec *spec, struct errlist *errors)
{
    struct name_hashes hashes;
    *build = (struct build){ .spec = spec, .errors = errors };
    build->work = arena_new(0);
    build->zone = zone_new(spec, &hashes);
    nodes_init(&build->nodes, build->zone->arena, build->zone->apex, &hashes);
}

/* Frees everything but the zone. */
static void build_fini(struct build *build)
{
    nodes_fini(&build->nodes);
    arena_free(build->work);
    scan_files_free(build->files);
}

static void publish_table(struct build *build)
{
    struct zone *zone = build->zone;
    size_t size = ((size_t)build->nodes.mask + 1) * sizeof(struct zone_slot);
    zone->table = arena_dup(zone->arena, build->nodes.slots, size, _Alignof(struct zone_slot));
    zone->mask = build->nodes.mask;
}

/* From records to a zone; false when something was wrong. */
static bool finish(struct build *build)
{
    if (build->cancelled) {
        build_error(build, NULL, "loading was cancelled");
        return false;
    }
    binding_add_nodes(build);
    compile_sets(build);
    publish_table(build);
    compile_occlusion(build);
    bool bound = binding_apply(build);
    if (!build->scan_failed)
        check_apex(build);
    if (!bound || build->scan_failed || build->error_count > 0)
        return false;
    cuts_build(build);
    build->zone->loaded_ms = clock_wall_ms();
    if (build->spec->records != NULL)
        atomic_store_explicit(build->spec->records, build->records, memory_order_relaxed);
    return true;
}

static struct zone *load(const struct zone_spec *spec, const char *text, size_t length,
                         struct errlist *errors)
{
    struct build build;
    build_init(&build, spec, errors);
    struct scan_options options = {
        .file = spec->file,
        .origin = build.zone->apex,
        .record = add_record,
        .data = &build,
        .errors = errors,
    };
    bool scanned = text == NULL ? scan_file(&options, &build.files)
                                : scan_text(&options, text, length, &build.files);
    build.scan_failed = !scanned;
    struct zone *zone = build.zone;
    if (!finish(&build)) {
        zone_unref(zone);
        zone = NULL;
    }
    bool large = build.records >= TRIM_FROM;
    build_fini(&build);
    if (large)
        (void)malloc_trim(0); /* what the build used is worth tens of bytes a record */
    return zone;
}

struct zone *zone_load(const struct zone_spec *spec, struct errlist *errors)
{
    return load(spec, NULL, 0, errors);
}

struct zone *zone_load_text(const struct zone_spec *spec, const char *text, size_t length,
                            struct errlist *errors)
{
    return load(spec, text, length, errors);
}
