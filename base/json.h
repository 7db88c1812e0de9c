// SPDX-License-Identifier: BSD-2-Clause
/* JSON documents with places: jansson parses, this module knows at which line and column each path
 * of the document begins, and finds duplicate keys (all of them). One thread at a time. */
#pragma once

#include "base/errlist.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct json_index;

struct json_doc {
    char *file; /* as given, for messages */
    char *text; /* whole text, kept to locate paths */
    size_t length;
    json_t *root;             /* owned */
    struct json_index *index; /* owned: where the paths are */
};

struct json_place {
    unsigned line;   /* from 1 */
    unsigned column; /* from 1, in bytes */
};

/* Reads and parses FILE; nesting limited to 64, size to `max_size`. False with errors
 * ("FILE:LINE:COL: message") added; duplicate keys are all reported, with their JSON path. On false
 * the doc holds nothing. */
bool json_doc_load(struct json_doc *doc, const char *file, size_t max_size, struct errlist *errors);
/* Same for a text in memory (takes a copy). */
bool json_doc_parse(struct json_doc *doc, const char *file, const char *text, size_t length,
                    struct errlist *errors);
/* Like json_doc_parse, but a text whose only errors are duplicate keys leaves a document, in which
 * the caller may look for more errors before it refuses it. False when there is no document. */
bool json_doc_parse_on(struct json_doc *doc, const char *file, const char *text, size_t length,
                       struct errlist *errors);
/* Reads FILE, up to `max_size` bytes. Returns owned (mem_free), NUL-terminated, or NULL with an
 * error. */
char *json_read_file(const char *file, size_t max_size, size_t *length, struct errlist *errors);
void json_doc_fini(struct json_doc *doc);

#define JSON_PATH_MAX 1024 /* a buffer for any path worth printing */

/* A path such as `pools.web.members.a.port` or `zones["example.test"].names["@"]` or
 * `server.listen[1]`; built by these: keys that are not plain words
 * ([A-Za-z0-9_-]+) print quoted in brackets. `out` is NUL-terminated and cut at `size`. */
size_t json_path_key(char *out, size_t size, const char *parent, const char *key);
size_t json_path_index(char *out, size_t size, const char *parent, size_t index);

/* First byte of the value at `path` ("" is the root); when `key` the first byte of its key (its
 * opening quote). Where the path does not exist, the place of its longest existing parent. */
struct json_place json_locate(const struct json_doc *doc, const char *path, bool key);

/* Adds "FILE:LINE:COL: PATH: message". */
void json_error(const struct json_doc *doc, struct errlist *errors, const char *path,
                const char *format, ...) PRINTF(4, 5);
void json_error_key(const struct json_doc *doc, struct errlist *errors, const char *path,
                    const char *format, ...) PRINTF(4, 5);
