// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/show_cell.h"

#include "base/compiler.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const json_t *cell_get(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

/* A value as text in `out`: strings as they are, the rest as JSON; "" for null and absent. */
const char *cell_text(const json_t *value, char out[CELL_TEXT])
{
    if (json_is_string(value))
        return json_string_value(value);
    out[0] = '\0';
    if (value == NULL || json_is_null(value))
        return out;
    size_t length = json_dumpb(value, out, CELL_TEXT - 1,
                               JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
    out[length < CELL_TEXT ? length : CELL_TEXT - 1] = '\0';
    return out;
}

void cell_add_value(struct table *table, const json_t *value)
{
    char text[CELL_TEXT];
    table_add(table, cell_text(value, text));
}

static enum table_colour colour_of(const char *state)
{
    static const struct {
        const char *state;
        enum table_colour colour;
    } colours[] = {
        { "up", TABLE_GREEN },       { "admin_up", TABLE_GREEN }, { "suspect", TABLE_YELLOW },
        { "unknown", TABLE_YELLOW }, { "down", TABLE_RED },       { "admin_down", TABLE_DIM },
        { "draining", TABLE_DIM },   { "drained", TABLE_DIM },    { "disabled", TABLE_DIM },
        { "warming", TABLE_GREEN },  { "waiting", TABLE_YELLOW }, { "sorry", TABLE_RED },
        { "ok", TABLE_GREEN },       { "error", TABLE_RED },
    };
    for (size_t i = 0; i < ARRAY_LEN(colours); i++)
        if (strcmp(colours[i].state, state) == 0)
            return colours[i].colour;
    return TABLE_PLAIN;
}

void cell_add_state(struct table *table, const json_t *value)
{
    char text[CELL_TEXT];
    const char *state = cell_text(value, text);
    table_add_colour(table, state, colour_of(state));
}

void cell_span(int64_t seconds, char *out, size_t size)
{
    static const struct {
        int64_t below;
        int64_t divisor;
        const char *unit;
    } units[] = {
        { 120, 1, "s" }, { 7200, 60, "min" }, { 172800, 3600, "h" }, { INT64_MAX, 86400, "d" }
    };
    size_t i = 0;
    seconds = seconds < 0 ? 0 : seconds;
    while (seconds >= units[i].below)
        i++;
    (void)snprintf(out, size, "%" PRId64 " %s", seconds / units[i].divisor, units[i].unit);
}

/* "3 min": how long ago, or for how long still. */
void cell_add_distance(struct table *table, const struct show *show, const json_t *value)
{
    char text[32] = "";
    int64_t at = 0;
    if (json_is_string(value) && parse_time(json_string_value(value), &at))
        cell_span(llabs(show->now_ms - at) / 1000, text, sizeof(text));
    table_add(table, text);
}

void cell_finish(const struct show *show, struct table *table)
{
    table_print(table, show->colour, show->out);
    table_fini(table);
}

void cell_say(const struct show *show, const char *text)
{
    table_add_clean(show->out, text);
}

void cell_say_value(const struct show *show, const json_t *value)
{
    char text[CELL_TEXT];
    cell_say(show, cell_text(value, text));
}

/* Strings of a list with ", " between, at most `max` of them. */
void cell_join(struct strbuf *out, const json_t *list, size_t max)
{
    size_t count = json_array_size(list);
    char text[CELL_TEXT];
    for (size_t i = 0; i < count && i < max; i++)
        strbuf_addf(out, "%s%s", i == 0 ? "" : ", ", cell_text(json_array_get(list, i), text));
    if (count > max)
        strbuf_addf(out, " and %zu more", count - max);
}

/* "connection refused, 0.3 ms" */
void cell_add_last(struct table *table, const json_t *last)
{
    char text[CELL_TEXT];
    char reason[CELL_TEXT];
    if (!json_is_object(last)) {
        table_add(table, "");
        return;
    }
    (void)snprintf(text, sizeof(text), "%.200s, %.1f ms",
                   cell_text(cell_get(last, "reason"), reason),
                   json_number_value(cell_get(last, "ms")));
    table_add(table, text);
}

void cell_override_text(const json_t *override, char out[CELL_TEXT])
{
    char what[CELL_TEXT];
    char author[CELL_TEXT];
    char reason[CELL_TEXT];
    const json_t *state = cell_get(override, "state");
    const char *why = cell_text(cell_get(override, "reason"), reason);
    (void)snprintf(out, CELL_TEXT, "%.20s by %.100s%s%.200s",
                   cell_text(state != NULL ? state : cell_get(override, "weight"), what),
                   cell_text(cell_get(override, "author"), author), why[0] != '\0' ? ": " : "",
                   why);
}

void cell_add_override(struct table *table, const json_t *override)
{
    char text[CELL_TEXT] = "";
    if (json_is_object(override))
        cell_override_text(override, text);
    table_add(table, text);
}
