// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/show.h"

#include "base/compiler.h"
#include "ctl/show_cell.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- status --- */

void show_status(const struct show *show, const json_t *root)
{
    char span[32];
    const json_t *members = cell_get(root, "members");
    const json_t *alarms = cell_get(root, "alarms");
    cell_span((int64_t)json_integer_value(cell_get(root, "uptime_s")), span, sizeof(span));
    cell_say(show, "version ");
    cell_say_value(show, cell_get(root, "version"));
    strbuf_addf(show->out, ", generation %" PRId64 ", up %s\n",
                (int64_t)json_integer_value(cell_get(root, "generation")), span);
    strbuf_addf(show->out, "%d zones, %d pools, %d workers\n",
                (int)json_integer_value(cell_get(root, "zones")),
                (int)json_integer_value(cell_get(root, "pools")),
                (int)json_integer_value(cell_get(root, "workers")));
    strbuf_addf(show->out, "members: %d up, %d down, %d unknown, %d disabled\n",
                (int)json_integer_value(cell_get(members, "up")),
                (int)json_integer_value(cell_get(members, "down")),
                (int)json_integer_value(cell_get(members, "unknown")),
                (int)json_integer_value(cell_get(members, "disabled")));
    if (json_array_size(alarms) == 0)
        cell_say(show, "no alarms");
    strbuf_add(show->out, json_array_size(alarms) == 0 ? "\n" : "");
    for (size_t i = 0; i < json_array_size(alarms); i++) {
        strbuf_add(show->out, "alarm: ");
        cell_say_value(show, cell_get(json_array_get(alarms, i), "text"));
        strbuf_add(show->out, "\n");
    }
}

void show_ready(const struct show *show, const json_t *root)
{
    strbuf_add(show->out, json_is_true(cell_get(root, "ready")) ? "ready\n" : "not ready\n");
}

/* --- pools --- */

void show_pools(const struct show *show, const json_t *root)
{
    static const char *const heads[] = { "POOL", "POLICY", "LIVE A", "LIVE AAAA", "MEMBERS" };
    struct table table;
    const json_t *pools = cell_get(root, "pools");
    table_init(&table, heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < json_array_size(pools); i++) {
        const json_t *pool = json_array_get(pools, i);
        char count[32];
        (void)snprintf(count, sizeof(count), "%zu", json_object_size(cell_get(pool, "members")));
        cell_add_value(&table, cell_get(pool, "name"));
        cell_add_value(&table, cell_get(pool, "policy"));
        cell_add_value(&table, cell_get(cell_get(pool, "live"), "a"));
        cell_add_value(&table, cell_get(cell_get(pool, "live"), "aaaa"));
        table_add(&table, count);
    }
    cell_finish(show, &table);
}

/* "4", or "9 (file: 4)"; of a member that is a service the weight need not be whole. */
static void add_weight(struct table *table, const json_t *member)
{
    char text[64];
    double file = json_number_value(cell_get(member, "weight"));
    double now = json_number_value(cell_get(member, "effective_weight"));
    if (now >= file && now <= file)
        (void)snprintf(text, sizeof(text), "%.10g", now);
    else
        (void)snprintf(text, sizeof(text), "%.4g (file: %.10g)", now, file);
    table_add(table, text);
}

/* A line an address; name, state and weight on the first. */
static void add_member(struct table *table, const struct show *show, const char *name,
                       const json_t *member)
{
    const json_t *addresses = cell_get(member, "addresses");
    size_t count = json_array_size(addresses);
    for (size_t i = 0; i == 0 || i < count; i++) {
        const json_t *address = json_array_get(addresses, i);
        table_add(table, i == 0 ? name : NULL);
        if (i == 0)
            cell_add_state(table, cell_get(member, "state"));
        else
            table_add(table, NULL);
        cell_add_value(table, count == 0 ? cell_get(member, "pool") : cell_get(address, "address"));
        cell_add_state(table, cell_get(address, "verdict"));
        cell_add_distance(table, show, cell_get(address, "since"));
        cell_add_last(table, cell_get(address, "last"));
        if (i == 0)
            add_weight(table, member);
        else
            table_add(table, NULL);
        if (i == 0)
            cell_add_override(table, cell_get(member, "override"));
        else
            table_add(table, NULL);
    }
}

static const char *const member_heads[] = { "MEMBER", "STATE", "ADDRESS", "VERDICT",
                                            "SINCE",  "LAST",  "WEIGHT",  "OVERRIDE" };

void show_pool(const struct show *show, const json_t *root)
{
    struct table table;
    const char *name = NULL;
    json_t *member = NULL;
    json_t *members = json_object_get(root, "members");
    cell_say(show, "pool ");
    cell_say_value(show, cell_get(root, "name"));
    cell_say(show, ", ");
    cell_say_value(show, cell_get(root, "policy"));
    strbuf_addf(show->out, ", live: %d A, %d AAAA\n",
                (int)json_integer_value(cell_get(cell_get(root, "live"), "a")),
                (int)json_integer_value(cell_get(cell_get(root, "live"), "aaaa")));
    table_init(&table, member_heads, ARRAY_LEN(member_heads));
    json_object_foreach (members, name, member) {
        add_member(&table, show, name, member);
    }
    cell_finish(show, &table);
}

/* --- changes --- */

/* ", generation 12", and what is wrong with the disk. */
static void say_served(const struct show *show, const json_t *root)
{
    strbuf_addf(show->out, ", generation %" PRId64 "%s\n",
                (int64_t)json_integer_value(cell_get(root, "generation")),
                json_is_false(cell_get(root, "saved")) ? ", not saved: a restart would forget it"
                                                       : "");
}

void show_member(const struct show *show, const json_t *root)
{
    const json_t *weight = cell_get(root, "effective_weight");
    cell_say_value(show, cell_get(root, "pool"));
    cell_say(show, "/");
    cell_say_value(show, cell_get(root, "member"));
    cell_say(show, " is ");
    cell_say_value(show, cell_get(root, "state"));
    cell_say(show, ", weight ");
    if (json_is_real(weight)) /* a service's, by its live capacity */
        strbuf_addf(show->out, "%.4g", json_real_value(weight));
    else
        cell_say_value(show, weight);
    say_served(show, root);
}

/* "web/a is up, web/b is down"; `kind` stands before each, `shown` counts over several calls. */
static void say_states(const struct show *show, json_t *objects, const char *kind, size_t *shown)
{
    const char *name = NULL;
    json_t *object = NULL;
    json_object_foreach (objects, name, object) {
        cell_say(show, (*shown)++ == 0 ? " " : ", ");
        cell_say(show, kind);
        cell_say(show, name);
        cell_say(show, " is ");
        cell_say_value(show, cell_get(object, "state"));
    }
}

void show_backend(const struct show *show, const json_t *root)
{
    size_t shown = 0;
    cell_say_value(show, cell_get(root, "address"));
    cell_say(show, ":");
    say_states(show, json_object_get(root, "members"), "", &shown);
    say_states(show, json_object_get(root, "servers"), "ipvs ", &shown);
    say_served(show, root);
}

void show_overrides(const struct show *show, const json_t *root)
{
    static const char *const heads[] = { "ID",     "TARGET",  "WHAT",   "AUTHOR",
                                         "BEFORE", "ENDS IN", "REASON", "NOTE" };
    struct table table;
    const json_t *list = cell_get(root, "overrides");
    if (json_array_size(list) == 0) {
        cell_say(show, "no overrides");
        strbuf_add(show->out, "\n");
        return;
    }
    table_init(&table, heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *override = json_array_get(list, i);
        char what[CELL_TEXT];
        const json_t *weight = cell_get(override, "weight");
        (void)snprintf(what, sizeof(what), "weight %" PRId64, (int64_t)json_integer_value(weight));
        cell_add_value(&table, cell_get(override, "id"));
        cell_add_value(&table, cell_get(override, "target"));
        if (weight != NULL)
            table_add(&table, what);
        else
            cell_add_value(&table, cell_get(override, "state"));
        cell_add_value(&table, cell_get(override, "author"));
        cell_add_distance(&table, show, cell_get(override, "since"));
        cell_add_distance(&table, show, cell_get(override, "until"));
        cell_add_value(&table, cell_get(override, "reason"));
        table_add(&table, json_is_true(cell_get(override, "orphan")) ? "orphan" : "");
    }
    cell_finish(show, &table);
}

void show_deleted(const struct show *show, const json_t *root)
{
    cell_say_value(show, cell_get(root, "id"));
    cell_say(show, " on ");
    cell_say_value(show, cell_get(root, "target"));
    cell_say(show, " is taken away");
    say_served(show, root);
}

void show_reload(const struct show *show, const json_t *root)
{
    strbuf_addf(show->out, "reloaded, generation %" PRId64 "\n",
                (int64_t)json_integer_value(cell_get(root, "generation")));
}
