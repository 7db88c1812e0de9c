// SPDX-License-Identifier: BSD-2-Clause
/* Scanner for BIND-style master files (RFC 1035 section 5, RFC 2308 $TTL, BIND's $GENERATE, RFC
 * 3597): lines, parentheses, quotes, comments, owner, TTL, class and type, and the directives
 * $ORIGIN $TTL $INCLUDE $GENERATE. Every record goes to a callback with file and line; errors are
 * collected and the scan goes on, so that all of them show. Any thread; one scan is one thread's.
 */
#pragma once

#include "base/errlist.h"

#include <stdbool.h>
#include <stdint.h>

struct scan_record {
    const uint8_t *owner; /* wire form, case as in the file */
    uint16_t type;
    bool ttl_known; /* false: no TTL given nor inherited; the builder takes the SOA's minimum */
    uint32_t ttl;
    bool default_ttl_known; /* $TTL, or what stands for it, where the record is */
    uint32_t default_ttl;
    const uint8_t *rdata; /* wire form, uncompressed; borrowed for the call */
    uint16_t rdata_length;
    const char *file; /* stays valid as long as the scan's caller keeps `files` */
    unsigned line;    /* where the record begins */
};

/* Return false to stop the scan. */
typedef bool scan_record_fn(void *data, const struct scan_record *record);

/* Defaults of the limits below. */
#define SCAN_INCLUDE_DEPTH 10
#define SCAN_GENERATE_MAX  1000000
#define SCAN_FILES_MAX     10000 /* $INCLUDEs that one scan follows */

struct scan_options {
    const char *file;
    const uint8_t *origin; /* wire form */
    scan_record_fn *record;
    void *data;
    struct errlist *errors;
    unsigned include_depth_max; /* 0 = 10 */
    uint64_t generate_max;      /* records that one $GENERATE may make, 0 = 1,000,000 */
};

/* True when no error was added. `file` strings handed to the callback live until
 * scan_files_free(*files). */
struct scan_files;
bool scan_file(const struct scan_options *options, struct scan_files **files);
/* Same for text in memory, for tests and fuzzing; `options->file` is the name used in messages.
 * $INCLUDE is refused. */
bool scan_text(const struct scan_options *options, const char *text, size_t length,
               struct scan_files **files);
void scan_files_free(struct scan_files *files);
