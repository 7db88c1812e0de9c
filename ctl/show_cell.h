// SPDX-License-Identifier: BSD-2-Clause
/* Values of the API's JSON as text and table cells, for show.c and show_lists.c. Pure; one thread.
 */
#pragma once

#include "ctl/show.h"
#include "ctl/table.h"

#define CELL_TEXT 512

const json_t *cell_get(const json_t *object, const char *key);
/* A value as text: strings as they are, the rest as JSON (in `out`); "" for null and absent. */
const char *cell_text(const json_t *value, char out[CELL_TEXT]);
/* "90 s", "3 min", "7 h", "12 d" */
void cell_span(int64_t seconds, char *out, size_t size);

void cell_add_value(struct table *table, const json_t *value);
void cell_add_state(struct table *table, const json_t *value); /* in its colour */
/* From now to the time in `value`, either way. */
void cell_add_distance(struct table *table, const struct show *show, const json_t *value);
/* Result of the last attempt: "connection refused, 0.3 ms" */
void cell_add_last(struct table *table, const json_t *last);
/* "down by alice: patching" */
void cell_override_text(const json_t *override, char out[CELL_TEXT]);
void cell_add_override(struct table *table, const json_t *override);
/* Prints the table and frees it. */
void cell_finish(const struct show *show, struct table *table);

/* Text from the server, without control characters. */
void cell_say(const struct show *show, const char *text);
void cell_say_value(const struct show *show, const json_t *value);
/* Strings of a list with ", " between, at most `max` of them. */
void cell_join(struct strbuf *out, const json_t *list, size_t max);
