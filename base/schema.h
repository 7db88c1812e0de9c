// SPDX-License-Identifier: BSD-2-Clause
/* JSON to C structures by table: one row is one key (type, range, default, help). The same rows
 * check the input, fill defaults, and print the reference (`gslbd --schema`, docs/config.md). All
 * errors are reported, each with file, line, column and JSON path. One thread at a time; values go
 * to the caller's arena. */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "base/strbuf.h"

#include <stdint.h>

enum schema_type {
    SCHEMA_BOOL,     /* bool */
    SCHEMA_UINT,     /* uint64_t */
    SCHEMA_DURATION, /* uint64_t, milliseconds; "2s" or a number of seconds */
    SCHEMA_STRING,   /* const char *; `max` bytes at most when given */
    SCHEMA_PATH,     /* const char *, made absolute relative to the config file's folder */
    SCHEMA_ENUM,     /* int: index in `words` */
    SCHEMA_ADDRESS,  /* struct addr */
    SCHEMA_PREFIX,   /* struct prefix */
    SCHEMA_ENDPOINT, /* struct endpoint; port 0 is refused */
    SCHEMA_REF, /* struct schema_named: the name of an object elsewhere, which the caller resolves
                 */
    SCHEMA_OBJECT, /* the struct described by `sub`, in place */
    SCHEMA_LIST,   /* struct schema_list of `element` (a row without key) */
    SCHEMA_MAP,    /* struct schema_map: an object keyed by name; values are structs of `sub` */
    SCHEMA_CUSTOM, /* `parse` reads the value; `sub` gives its title, and in a list its size */
    SCHEMA_LATER,  /* known name that is not implemented yet: an error that says so */
};

enum schema_flag {
    SCHEMA_REQUIRED = 1,
    SCHEMA_START_ONLY = 2, /* a change is refused at reload with "restart needed" */
    SCHEMA_OR_ONE = 4,     /* list: a single value is a list of one */
    SCHEMA_NULLABLE = 8,   /* null = absent */
    SCHEMA_ANY_NAME = 16,  /* map: keys are not held to [A-Za-z0-9_][A-Za-z0-9._-]{0,62} */
    SCHEMA_NONEMPTY = 32,  /* string, list, map: must not be empty */
    SCHEMA_OR_FIRST = 64,  /* map: a value that is text is the value of the first key of `sub` */
};

struct schema_list {
    void *items; /* array of the element's C type */
    size_t count;
};

struct schema_map {
    void *items;  /* array of structs of `sub->size`; each starts with a struct schema_named */
    size_t count; /* in the order of the file */
};

struct schema_named {
    const char *name;
    const char *path; /* JSON path of the value, for cross-check errors */
    bool unread;      /* map: the value was no object, which is an error already */
};

struct schema;
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
    size_t present; /* offset of a bool set when the key was given; 0 = none (none is kept at 0) */
    uint64_t min, max;        /* UINT, DURATION (ms), STRING (bytes); max 0 = no limit */
    const char *fallback;     /* default, as JSON text; NULL = zero/absent */
    const char *const *words; /* ENUM: NULL-terminated */
    const char *const *(*word_list)(void); /* ENUM: instead of `words` */
    const char *const *later; /* ENUM: words that are not implemented yet, NULL-terminated */
    const struct schema *sub;
    const struct schema_item *element;
    schema_parse_fn *parse;
    const char *help; /* one line */
};

struct schema {
    const char *title;
    size_t size;                     /* of the struct */
    const struct schema_item *items; /* ended by a row with key NULL */
    /* When `variant` is the key of an ENUM row, its word chooses by index the rows that are allowed
     * besides `items`: variants[index], each with the same `size`. */
    const char *variant;
    const struct schema *const *variants; /* NULL-terminated */
};

struct schema_context {
    const struct json_doc *doc;
    struct arena *arena;
    struct errlist *errors;
    const char *folder; /* of the config file, for SCHEMA_PATH; NULL = leave paths alone */
};

/* Fills `out` (zeroed by the call, then defaults) from `value`. False when errors were added; `out`
 * is then good for further checks only: what was wrong has its default, list elements are all
 * zeroes. */
bool schema_read(struct schema_context *ctx, const struct schema *schema, json_t *value,
                 const char *path, void *out);

/* True when the values of START_ONLY rows are the same in both documents; otherwise false and an
 * error "restart needed" per row, placed in `ctx->doc`. */
bool schema_same_start_only(struct schema_context *ctx, const struct schema *schema, json_t *before,
                            json_t *after, const char *path);

/* Prints the reference as text: path, type, range, default and help of each key. */
void schema_print(const struct schema *schema, const char *path, struct strbuf *out);

/* For custom rows and cross-checks. */

/* Reads one value as `item` says into `out`, the C type of the row (zeroed by the caller). */
bool schema_read_value(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                       const char *path, void *out);

/* "must be X, not a number"; false for the caller to return. */
bool schema_type_error(struct schema_context *ctx, json_t *value, const char *path,
                       const char *wanted);
/* `text` made relative to the folder of the config file, in the arena. */
const char *schema_path(struct schema_context *ctx, const char *text);
/* A duration as it would be written in the config: "500ms", "2s", "10m". `out` has 32 bytes. */
void schema_print_duration(uint64_t ms, char *out);
/* The nearest of `count` words, NULL when none is near (at most 2 letters changed). */
const char *schema_nearest(const char *word, const char *const *words, size_t count);
