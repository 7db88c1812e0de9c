// SPDX-License-Identifier: BSD-2-Clause
/* Inside of the schema engine: values that hold no other values. One thread at a time. */
#pragma once

#include "base/schema.h"

/* Reads one scalar (BOOL to REF) into `out`; false when it added an error, `out` is then as before.
 */
bool schema_read_scalar(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                        const char *path, void *out);
/* Bytes of the C type that a row fills. */
size_t schema_value_size(const struct schema_item *item);
/* The words of an ENUM row. */
const char *const *schema_words(const struct schema_item *item);
/* Index of `word`, or -1. */
int schema_word_index(const char *const *words, const char *word);
