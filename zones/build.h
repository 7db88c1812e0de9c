// SPDX-License-Identifier: BSD-2-Clause
/* A zone in the making, internal to zones/. The steps, in this order: build.c takes the records
 * from the scanner and puts them to their nodes; compile.c makes their sets; binding.c puts in the
 * names that pools answer; check.c judges the zone as a whole; cuts.c prepares referrals. Errors go
 * to the list and the work goes on, so that all show. One thread at a time. */
#pragma once

#include "base/compiler.h"
#include "zones/nodes.h"
#include "zones/scan.h"
#include "zones/zone.h"

struct build {
    const struct zone_spec *spec;
    struct errlist *errors;
    uint64_t error_count; /* added by this build */
    struct arena *work;   /* freed with the build */
    struct nodes nodes;
    struct zone *zone;       /* the result; its arena too */
    struct zone_node *final; /* zone->nodes while they are still being written */
    struct scan_files *files;
    uint64_t records;            /* read so far */
    uint8_t owner[NAME_MAX_LEN]; /* of the last record, as in the file */
    size_t owner_length;         /* 0: there was none */
    uint32_t owner_node;
    uint32_t default_ttl; /* in force at the SOA */
    bool default_ttl_known;
    bool is_signed;
    bool scan_failed; /* records may be missing: only what is there can be judged */
    bool cancelled;
};

/* Adds "FILE:LINE: message" for the record; for the zone as a whole when it is NULL. */
void build_error(struct build *build, const struct build_record *record, const char *format, ...)
    PRINTF(3, 4);
/* Text of the name in `buf` (NAME_TEXT_MAX bytes). */
const char *build_name(const uint8_t *name, char *buf);

/* compile.c: nodes and sets of the zone; errors of single names. */
void compile_sets(struct build *build);
/* compile.c: which nodes lie below a cut or a DNAME. */
void compile_occlusion(struct build *build);
/* binding.c: makes the nodes that bindings need. Before compile_sets. */
void binding_add_nodes(struct build *build);
/* binding.c: judges the bindings and marks their nodes; false when one is bad. */
bool binding_apply(struct build *build);
/* check.c */
void check_apex(struct build *build);
/* cuts.c */
void cuts_build(struct build *build);
