// SPDX-License-Identifier: BSD-2-Clause
/* JSON to C structures by table: one row is one key (type, range, default, help). The same rows
 * check the input, fill defaults, and print the reference (`gslbd --schema`, docs/config.md). All
 * errors are reported, each with file, line, column and JSON path. One thread at a time; values go
 * to the caller's arena. */
#pragma once

#include "base/arena.h"
#include "base/json.h"

#include <stdint.h>

enum schema_type {
    SCHEMA_BOOL,     /* bool */
    SCHEMA_UINT,     /* uint64_t */
    SCHEMA_DURATION, /* uint64_t, milliseconds; "2s" or a number of seconds */
    SCHEMA_STRING,   /* const char * */
    SCHEMA_PATH,     /* const char *, made absolute relative to the config file's folder */
    SCHEMA_ENUM,     /* int: index in `words` */
    SCHEMA_ADDRESS,  /* struct addr */
    SCHEMA_PREFIX,   /* struct prefix */
    SCHEMA_ENDPOINT, /* struct endpoint */
    SCHEMA_OBJECT,   /* the struct described by `sub`, in place */
    SCHEMA_LIST, /* struct schema_list of `element` (a row without key); a single value is taken as
                    a list of one where SCHEMA_OR_ONE */
    SCHEMA_MAP, /* struct schema_map: an object keyed by name; values are structs described by `sub`
                 */
    SCHEMA_CUSTOM, /* `parse` reads the value */
    SCHEMA_LATER,  /* known name that is not implemented yet: an error that says so */
};

enum schema_flag {
    SCHEMA_REQUIRED = 1,
    SCHEMA_START_ONLY = 2, /* a change is refused at reload with "restart needed" */
    SCHEMA_OR_ONE = 4,     /* list: a single value is a list of one */
    SCHEMA_NULLABLE = 8,   /* null = absent */
    SCHEMA_ANY_NAME = 16,  /* map: keys are not held to [A-Za-z0-9_][A-Za-z0-9._-]{0,62} */
    SCHEMA_NONEMPTY = 32,  /* string, list, map: must not be empty */
};

struct schema_list {
    void *items; /* array of the element's C type */
    size_t count;
};

struct schema_map {
    void *items;  /* array of structs of `sub->size`; each starts with `const char *name; const char
                   *path;` (struct schema_named) */
    size_t count; /* in the order of the file */
};

struct schema_named {
    const char *name;
    const char *path; /* JSON path of the value, for cross-check errors */
};

struct schema_context;
struct schema_item;

/* Reads `value` at `path` into `out` (the row's field); false when it added an error. */
typedef bool schema_parse_fn(struct schema_context *ctx, const struct schema_item *item,
                             json_t *value, const char *path, void *out);

struct schema_item {
    const char *key;
    enum schema_type type;
    unsigned flags;
    size_t offset;  /* of the field in the struct */
    size_t present; /* offset of a bool set when the key was given; 0 = none (no struct keeps one at
                       0) */
    uint64_t min, max;        /* UINT, DURATION (ms); max 0 = no limit */
    const char *fallback;     /* default, as JSON text; NULL = zero/absent */
    const char *const *words; /* ENUM: NULL-terminated */
    const struct schema *sub;
    const struct schema_item *element;
    schema_parse_fn *parse;
    const char *help; /* one line */
};

struct schema {
    const char *title;
    size_t size;                     /* of the struct */
    const struct schema_item *items; /* ended by a row with key NULL */
};

struct schema_context {
    const struct json_doc *doc;
    struct arena *arena;
    struct errlist *errors;
    const char *folder; /* of the config file, for SCHEMA_PATH */
};

/* Fills `out` (zeroed by the call, then defaults) from `value`. False when errors were added; `out`
 * is then not to be used except for further checks. */
bool schema_read(struct schema_context *ctx, const struct schema *schema, json_t *value,
                 const char *path, void *out);

/* True when the values of START_ONLY rows are the same in both documents; otherwise false and an
 * error "restart needed" per row, placed in `ctx->doc`. */
bool schema_same_start_only(struct schema_context *ctx, const struct schema *schema, json_t *before,
                            json_t *after, const char *path);

/* Prints the reference as text: a line a key with path, type, range, default, help. */
struct strbuf;
void schema_print(const struct schema *schema, const char *path, struct strbuf *out);
