// SPDX-License-Identifier: BSD-2-Clause
/* Explain, simulate, checks, zones, events. */
#include "base/compiler.h"
#include "ctl/show.h"
#include "ctl/show_cell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAMES_SHOWN 4

static void add_joined(struct table *table, const json_t *list)
{
    struct strbuf text;
    strbuf_init(&text);
    cell_join(&text, list, NAMES_SHOWN);
    table_add(table, text.text);
    strbuf_fini(&text);
}

void show_explain(const struct show *show, const json_t *root)
{
    static const char *const heads[] = { "STEP", "DETAIL" };
    struct table table;
    const json_t *steps = cell_get(root, "steps");
    const json_t *answer = cell_get(root, "answer");
    table_init(&table, heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < json_array_size(steps); i++) {
        cell_add_value(&table, cell_get(json_array_get(steps, i), "step"));
        cell_add_value(&table, cell_get(json_array_get(steps, i), "detail"));
    }
    cell_finish(show, &table);
    cell_say(show, "rcode ");
    cell_say_value(show, cell_get(root, "rcode"));
    strbuf_addf(show->out, ", %zu records", json_array_size(answer));
    cell_say(show, ", ttl ");
    cell_say_value(show, cell_get(root, "ttl"));
    strbuf_add(show->out, "\n");
    for (size_t i = 0; i < json_array_size(answer); i++) {
        cell_say_value(show, json_array_get(answer, i));
        strbuf_add(show->out, "\n");
    }
}

void show_simulate(const struct show *show, const json_t *root)
{
    static const char *const heads[] = { "ADDRESS", "SHARE" };
    struct table table;
    const char *address = NULL;
    json_t *share = NULL;
    json_t *shares = json_object_get(root, "shares");
    table_init(&table, heads, ARRAY_LEN(heads));
    json_object_foreach (shares, address, share) {
        char text[32];
        (void)snprintf(text, sizeof(text), "%.2f %%", 100 * json_number_value(share));
        table_add(&table, address);
        table_add(&table, text);
    }
    cell_finish(show, &table);
}

void show_checks(const struct show *show, const json_t *root)
{
    static const char *const heads[] = { "CHECK", "ADDRESS", "PORT",    "VERDICT",
                                         "SINCE", "LAST",    "NEXT IN", "MEMBERS" };
    struct table table;
    const json_t *targets = cell_get(root, "targets");
    table_init(&table, heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < json_array_size(targets); i++) {
        const json_t *target = json_array_get(targets, i);
        char next[48];
        (void)snprintf(next, sizeof(next), "%.1f s",
                       (double)json_integer_value(cell_get(target, "next_in_ms")) / 1000);
        cell_add_value(&table, cell_get(target, "check"));
        cell_add_value(&table, cell_get(target, "address"));
        cell_add_value(&table, cell_get(target, "port"));
        cell_add_state(&table, cell_get(target, "verdict"));
        cell_add_distance(&table, show, cell_get(target, "since"));
        cell_add_last(&table, cell_get(target, "last"));
        table_add(&table, next);
        add_joined(&table, cell_get(target, "members"));
    }
    cell_finish(show, &table);
}

void show_zones(const struct show *show, const json_t *root)
{
    static const char *const heads[] = { "ZONE", "SERIAL", "RECORDS", "LOADED", "NAMES", "FILE" };
    struct table table;
    const json_t *zones = cell_get(root, "zones");
    table_init(&table, heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < json_array_size(zones); i++) {
        const json_t *zone = json_array_get(zones, i);
        char names[32];
        (void)snprintf(names, sizeof(names), "%zu", json_array_size(cell_get(zone, "names")));
        cell_add_value(&table, cell_get(zone, "name"));
        cell_add_value(&table, cell_get(zone, "serial"));
        cell_add_value(&table, cell_get(zone, "records"));
        cell_add_distance(&table, show, cell_get(zone, "loaded"));
        table_add(&table, names);
        cell_add_value(&table, cell_get(zone, "file"));
    }
    cell_finish(show, &table);
}

void show_zone(const struct show *show, const json_t *root)
{
    static const char *const heads[] = { "NAME", "POOL", "TTL" };
    struct table table;
    const json_t *names = cell_get(root, "names");
    cell_say(show, "zone ");
    cell_say_value(show, cell_get(root, "name"));
    cell_say(show, ", serial ");
    cell_say_value(show, cell_get(root, "serial"));
    cell_say(show, ", ");
    cell_say_value(show, cell_get(root, "records"));
    cell_say(show, " records, from ");
    cell_say_value(show, cell_get(root, "file"));
    cell_say(show, ", loaded ");
    cell_say_value(show, cell_get(root, "loaded"));
    strbuf_add(show->out, "\n");
    if (json_array_size(names) == 0)
        return;
    table_init(&table, heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < json_array_size(names); i++) {
        cell_add_value(&table, cell_get(json_array_get(names, i), "name"));
        cell_add_value(&table, cell_get(json_array_get(names, i), "pool"));
        cell_add_value(&table, cell_get(json_array_get(names, i), "ttl"));
    }
    cell_finish(show, &table);
}

/* "2026-01-02T03:04:05.678Z override action=set target=web/a ..." */
void show_event(const struct show *show, const char *type, json_t *data)
{
    const char *key = NULL;
    json_t *value = NULL;
    char text[CELL_TEXT];
    cell_say_value(show, cell_get(data, "at"));
    strbuf_add(show->out, " ");
    cell_say(show, type);
    json_object_foreach (data, key, value) {
        const char *shown = cell_text(value, text);
        if (strcmp(key, "at") == 0 || shown[0] == '\0')
            continue;
        strbuf_add(show->out, " ");
        cell_say(show, key);
        strbuf_add(show->out, "=");
        cell_say(show, shown);
    }
    strbuf_add(show->out, "\n");
}
