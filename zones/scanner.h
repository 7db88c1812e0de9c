// SPDX-License-Identifier: BSD-2-Clause
/* State of a scan, shared by scan.c (records), directive.c and generate.c; internal to zones/. One
 * thread at a time. */
#pragma once

#include "base/compiler.h"
#include "base/name.h"
#include "zones/rdata.h"
#include "zones/scan.h"
#include "zones/source.h"
#include "zones/ttl.h"

/* A file being read; those that include it lie below. */
struct scan_level {
    struct scan_level *below;
    const char *file; /* kept in scan_files */
    struct source source;
    /* What the file below goes on with (RFC 1035 section 5.1). */
    uint8_t origin[NAME_MAX_LEN];
    uint8_t owner[NAME_MAX_LEN];
    unsigned owner_state;
};

/* BAD: the owner could not be read, which was said once; records that inherit it are left out. */
enum scan_owner { SCAN_OWNER_NONE, SCAN_OWNER_SET, SCAN_OWNER_BAD };

struct scan {
    const struct scan_options *options;
    struct scan_files *files;
    struct scan_level *level;
    unsigned depth;
    struct entry entry;
    uint8_t origin[NAME_MAX_LEN];
    uint8_t owner[NAME_MAX_LEN];
    unsigned owner_state;   /* enum scan_owner */
    bool default_ttl_known; /* $TTL, or the minimum of a SOA that has no TTL */
    uint32_t default_ttl;
    bool last_ttl_known; /* the last one that a record gave */
    uint32_t last_ttl;
    uint64_t errors;
    bool stopped; /* by the caller's function */
    uint8_t rdata[RDATA_MAX];
};

/* What stands before the rdata. */
struct scan_head {
    bool ttl_given;
    uint32_t ttl;
    uint16_t type;
    size_t rdata; /* index of the first token of the rdata */
};

void scan_error(struct scan *scan, unsigned line, const char *format, ...) PRINTF(3, 4);

/* Reads [TTL] [class] type from tokens[from] on, the first two in either order. False with an error
 * added. */
bool scan_read_head(struct scan *scan, const struct rdata_token *tokens, size_t count, size_t from,
                    struct scan_head *head);
/* Reads the rdata and hands the record to the caller's function. False when an error was added. */
bool scan_emit(struct scan *scan, const uint8_t *owner, const struct scan_head *head,
               const struct rdata_token *tokens, size_t count, unsigned line);

/* zones/directive.c: the entry begins with a word that begins with $. */
void scan_directive(struct scan *scan);
/* zones/generate.c */
void scan_generate(struct scan *scan);

/* Starts reading `path`; `line` is where it is asked for, 0 for the first file. False with an error
 * added. */
bool scan_push(struct scan *scan, const char *path, unsigned line);
