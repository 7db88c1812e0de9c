// SPDX-License-Identifier: BSD-2-Clause
/* Walks over a JSON text that a parser has already accepted and tells where its keys and values
 * are. On other texts the events mean nothing, but no byte outside of the text is read and the walk
 * ends. Owned by one thread. */
#pragma once

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

#define JSON_DEPTH_MAX 64

enum json_event {
    JSON_EVENT_KEY,   /* at its opening quote; key_text is it, decoded */
    JSON_EVENT_VALUE, /* at its first byte; an object or array has been entered */
    JSON_EVENT_CLOSE, /* an object or array has been left */
    JSON_EVENT_DEEP,  /* at a bracket that is one too many: the walk cannot go on */
    JSON_EVENT_END,
};

struct json_level {
    bool object;
    bool expects_key;
    size_t index; /* in an array */
    size_t path;  /* length of the path of the object or array itself */
};

struct json_walk {
    const char *text; /* borrowed */
    size_t length;
    size_t at;
    struct json_level levels[JSON_DEPTH_MAX];
    unsigned depth;         /* levels in use */
    size_t offset;          /* of the last event */
    size_t key;             /* VALUE: where its key is; in an array and at the root as `offset` */
    struct strbuf key_text; /* KEY */
    struct strbuf path;     /* of the last key or value, as json.h describes it */
};

void json_walk_init(struct json_walk *walk, const char *text, size_t length);
void json_walk_fini(struct json_walk *walk);
enum json_event json_walk_next(struct json_walk *walk);

/* Reads the string whose opening quote is at `at`; returns the offset behind its closing quote.
 * Adds the decoded characters to `out` when it is not NULL. */
size_t json_walk_string(const char *text, size_t length, size_t at, struct strbuf *out);
/* Appends one step to a path. */
void json_walk_add_key(struct strbuf *path, const char *key);
void json_walk_add_index(struct strbuf *path, size_t index);
