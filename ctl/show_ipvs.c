// SPDX-License-Identifier: BSD-2-Clause
/* IPVS: states, plans and what became of them. */
#include "base/compiler.h"
#include "base/parse.h"
#include "ctl/show.h"
#include "ctl/show_cell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define POOLS_SHOWN 8

static void say_list(const struct show *show, const json_t *list, size_t max)
{
    struct strbuf text;
    strbuf_init(&text);
    cell_join(&text, list, max);
    cell_say(show, text.text);
    strbuf_fini(&text);
}

/* --- states --- */

/* "192.0.2.1:80", "[2001:db8::1]:80" */
static void add_endpoint(struct table *table, const json_t *server)
{
    char text[CELL_TEXT];
    const char *address = json_string_value(cell_get(server, "address"));
    bool wide = address != NULL && strchr(address, ':') != NULL;
    (void)snprintf(text, sizeof(text), "%s%.100s%s:%" PRId64, wide ? "[" : "",
                   address == NULL ? "" : address, wide ? "]" : "",
                   (int64_t)json_integer_value(cell_get(server, "port")));
    table_add(table, text);
}

/* "5", or "2 of 5" when what counts is not what the configuration says. */
static void add_weights(struct table *table, const json_t *server)
{
    char text[64];
    const json_t *effective = cell_get(server, "effective_weight");
    int64_t file = (int64_t)json_integer_value(cell_get(server, "weight"));
    int64_t now = json_is_integer(effective) ? (int64_t)json_integer_value(effective) : file;
    if (now == file)
        (void)snprintf(text, sizeof(text), "%" PRId64, now);
    else
        (void)snprintf(text, sizeof(text), "%" PRId64 " of %" PRId64, now, file);
    table_add(table, text);
}

/* Active and inactive ones in the kernel: what a drain waits for. */
static void add_connections(struct table *table, const json_t *service, const json_t *server)
{
    char text[64] = "";
    const json_t *dests = cell_get(cell_get(service, "kernel"), "servers");
    for (size_t i = 0; i < json_array_size(dests); i++) {
        const json_t *dest = json_array_get(dests, i);
        if (!json_equal(cell_get(dest, "address"), cell_get(server, "address")) ||
            !json_equal(cell_get(dest, "port"), cell_get(server, "port")))
            continue;
        (void)snprintf(text, sizeof(text), "%" PRId64 " + %" PRId64,
                       (int64_t)json_integer_value(cell_get(dest, "active")),
                       (int64_t)json_integer_value(cell_get(dest, "inactive")));
    }
    table_add(table, text);
}

/* What an operator has said of its state, of its weight, or of both. */
static void add_overrides(struct table *table, const json_t *server)
{
    char state[CELL_TEXT] = "";
    char weight[CELL_TEXT] = "";
    char text[2 * CELL_TEXT];
    if (json_is_object(cell_get(server, "override")))
        cell_override_text(cell_get(server, "override"), state);
    if (json_is_object(cell_get(server, "weight_override")))
        cell_override_text(cell_get(server, "weight_override"), weight);
    (void)snprintf(text, sizeof(text), "%s%s%s%s", state,
                   state[0] != '\0' && weight[0] != '\0' ? ", " : "",
                   weight[0] != '\0' ? "weight " : "", weight);
    table_add(table, text);
}

static void show_servers(const struct show *show, const json_t *service)
{
    static const char *const heads[] = { "SERVER",  "STATE", "ADDRESS", "WEIGHT",  "CONNECTIONS",
                                         "VERDICT", "SINCE", "LAST",    "ENDS IN", "OVERRIDE" };
    struct table table;
    const json_t *servers = cell_get(service, "servers");
    if (json_array_size(servers) == 0)
        return;
    table_init(&table, heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < json_array_size(servers); i++) {
        const json_t *server = json_array_get(servers, i);
        cell_add_value(&table, cell_get(server, "name"));
        cell_add_state(&table, cell_get(server, "state"));
        add_endpoint(&table, server);
        add_weights(&table, server);
        add_connections(&table, service, server);
        cell_add_state(&table, cell_get(server, "verdict"));
        cell_add_distance(&table, show, cell_get(server, "since"));
        cell_add_last(&table, cell_get(server, "last"));
        cell_add_distance(&table, show, cell_get(server, "until"));
        add_overrides(&table, server);
    }
    cell_finish(show, &table);
}

/* ", ends in 3 min", ", down by alice: patching" */
static void say_exceptions(const struct show *show, const json_t *service)
{
    char what[CELL_TEXT];
    int64_t at = 0;
    const json_t *until = cell_get(service, "until");
    const json_t *override = cell_get(service, "override");
    if (json_is_string(until) && parse_time(json_string_value(until), &at)) {
        cell_span((at - show->now_ms) / 1000, what, sizeof(what));
        strbuf_addf(show->out, ", ends in %s", what);
    }
    if (json_is_object(override)) {
        cell_override_text(override, what);
        cell_say(show, ", ");
        cell_say(show, what);
    }
}

static void show_service(const struct show *show, const json_t *service)
{
    const json_t *pools = cell_get(service, "pools");
    cell_say_value(show, cell_get(service, "name"));
    cell_say(show, " (");
    cell_say_value(show, cell_get(service, "key"));
    cell_say(show, ") is ");
    cell_say_value(show, cell_get(service, "state"));
    cell_say(show, ": ");
    cell_say_value(show, cell_get(service, "reason"));
    strbuf_addf(show->out, "\nshare %.0f %%, %s quorum, ",
                100 * json_number_value(cell_get(service, "share")),
                json_is_true(cell_get(service, "quorum")) ? "has" : "below");
    if (json_array_size(pools) == 0)
        cell_say(show, "in no pool");
    else
        cell_say(show, json_is_true(cell_get(service, "live")) ? "in DNS for " : "not in DNS for ");
    say_list(show, pools, POOLS_SHOWN);
    say_exceptions(show, service);
    strbuf_add(show->out, "\n");
    show_servers(show, service);
}

void show_ipvs_status(const struct show *show, const json_t *root)
{
    const json_t *services = cell_get(root, "services");
    const json_t *foreign = cell_get(root, "foreign");
    if (json_is_true(cell_get(root, "available"))) {
        cell_say(show, "IPVS ");
        cell_say_value(show, cell_get(root, "version"));
    } else {
        cell_say(show, "IPVS is not available: ");
        cell_say_value(show, cell_get(root, "reason"));
    }
    if (json_is_string(cell_get(root, "mode"))) {
        cell_say(show, ", mode ");
        cell_say_value(show, cell_get(root, "mode"));
    }
    strbuf_addf(show->out, ", %zu services, %zu foreign\n", json_array_size(services),
                json_array_size(foreign));
    for (size_t i = 0; i < json_array_size(services); i++) {
        strbuf_add(show->out, "\n");
        show_service(show, json_array_get(services, i));
    }
}

void show_ipvs_service(const struct show *show, const json_t *root)
{
    show_service(show, root);
    strbuf_addf(show->out, "generation %" PRId64 " is served%s\n",
                (int64_t)json_integer_value(cell_get(root, "generation")),
                json_is_false(cell_get(root, "saved")) ? ", not saved to disk" : "");
}

/* --- plans --- */

static void show_operations(const struct show *show, const json_t *operations, bool results)
{
    static const char *const heads[] = { "OPERATION", "KEY", "FROM", "TO", "RESULT", "ERROR" };
    struct table table;
    table_init(&table, heads, results ? ARRAY_LEN(heads) : ARRAY_LEN(heads) - 2);
    for (size_t i = 0; i < json_array_size(operations); i++) {
        const json_t *operation = json_array_get(operations, i);
        cell_add_value(&table, cell_get(operation, "op"));
        cell_add_value(&table, cell_get(operation, "key"));
        cell_add_value(&table, cell_get(operation, "from"));
        cell_add_value(&table, cell_get(operation, "to"));
        if (!results)
            continue;
        cell_add_state(&table, cell_get(operation, "result"));
        cell_add_value(&table, cell_get(operation, "error"));
    }
    cell_finish(show, &table);
}

static void show_plan(const struct show *show, const json_t *root, bool results)
{
    const json_t *operations = cell_get(root, "operations");
    const json_t *held = cell_get(root, "held");
    if (json_array_size(operations) > 0)
        show_operations(show, operations, results);
    else if (json_array_size(held) == 0)
        strbuf_add(show->out, "nothing to do\n");
    if (json_array_size(held) == 0)
        return;
    strbuf_addf(show->out,
                "%zu deletions are held back, since they take too many servers at once "
                "(gslbctl ipvs apply --force makes them):\n",
                json_array_size(held));
    show_operations(show, held, false);
}

void show_ipvs_plan(const struct show *show, const json_t *root)
{
    show_plan(show, root, false);
}

void show_ipvs_apply(const struct show *show, const json_t *root)
{
    show_plan(show, root, true);
}

void show_ipvs_restore(const struct show *show, const json_t *root)
{
    bool applied = json_is_true(cell_get(root, "applied"));
    const json_t *skipped = cell_get(root, "skipped");
    bool any = json_array_size(cell_get(root, "operations")) > 0;
    show_plan(show, root, applied);
    if (json_array_size(skipped) > 0) {
        cell_say(show, "left alone, since the configuration manages them: ");
        say_list(show, skipped, json_array_size(skipped));
        strbuf_add(show->out, "\n");
    }
    if (any && !applied)
        strbuf_add(show->out, "nothing is changed yet: --apply does it\n");
}

void show_ipvs_zero(const struct show *show, const json_t *root)
{
    (void)root;
    strbuf_add(show->out, "the counters are zero\n");
}
