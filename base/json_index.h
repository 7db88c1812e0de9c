// SPDX-License-Identifier: BSD-2-Clause
/* Where each path of a JSON text is, and where each line begins: made at the first question, so
 * that a text without errors costs nothing, and one with many costs one walk. One thread at a time.
 */
#pragma once

#include <stddef.h>

struct json_index;

/* Borrows a text that a parser has accepted. Returns owned. */
struct json_index *json_index_new(const char *text, size_t length);
void json_index_free(struct json_index *index); /* NULL is allowed */

struct json_hit {
    size_t
        key; /* opening quote of the key; where there is none (root, array element), as `value` */
    size_t value; /* first byte of the value */
};

/* Follows `path` (see json.h) as far as it exists. Of equal keys the last counts, as for jansson.
 */
struct json_hit json_index_find(struct json_index *index, const char *path);
/* Line and column (in bytes) from 1. */
void json_index_place(struct json_index *index, size_t offset, unsigned *line, unsigned *column);
