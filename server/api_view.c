// SPDX-License-Identifier: BSD-2-Clause
/* What the API shows of the world, as JSON. */
#include "base/name.h"
#include "base/parse.h"
#include "server/api_internal.h"
#include "zones/zone.h"
#include "zones/zonedb.h"

#include <stdio.h>
#include <string.h>

json_t *api_view_text(const char *text)
{
    json_t *value = json_string(text);
    return value != NULL ? value : json_string("(not UTF-8)");
}

json_t *api_view_time(int64_t unix_ms)
{
    char text[PARSE_TIME_MAX];
    if (unix_ms == 0)
        return json_null();
    parse_time_print(unix_ms, text);
    return json_string(text);
}

json_t *api_view_addr(const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];
    addr_print(addr, text);
    return json_string(text);
}

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

json_t *api_view_last(const struct prober_status *status)
{
    if (!status->probed)
        return json_null();
    json_t *last = json_object();
    set(last, "result", json_string(health_result_name(status->result)));
    set(last, "reason", api_view_text(status->reason));
    set(last, "ms", json_real(status->duration_ms));
    set(last, "at", api_view_time(status->at_ms));
    return last;
}

static json_t *target_of(const struct override *override)
{
    char text[OVERRIDE_TARGET_MAX];
    override_print_target(override, text);
    return api_view_text(text);
}

json_t *api_view_override(struct control *control, const struct override *override)
{
    if (override == NULL)
        return json_null();
    json_t *object = json_object();
    set(object, "id", json_string(override->id));
    set(object, "target", target_of(override));
    if (override->kind == OVERRIDE_KIND_STATE)
        set(object, "state", json_string(override_state_name(override->state)));
    else
        set(object, "weight", json_integer(override->weight));
    set(object, "reason", api_view_text(override->reason));
    set(object, "author", api_view_text(override->author));
    set(object, "since", api_view_time(override->since_ms));
    set(object, "until", api_view_time(override->until_ms));
    if (control_override_orphan(control, override))
        set(object, "orphan", json_true());
    return object;
}

static json_t *address_object(const struct control_address *address)
{
    json_t *object = json_object();
    set(object, "address", api_view_addr(&address->addr));
    set(object, "verdict", json_string(health_verdict_name(address->verdict)));
    set(object, "last", api_view_last(&address->last));
    set(object, "since", api_view_time(address->last.since_ms));
    return object;
}

/* The state's override that has its way: the member's own, else one by address, else its weight's.
 */
static json_t *effective_override(struct control *control, const struct control_member *member,
                                  const struct override *by_address)
{
    const struct override *shown = member->state_override;
    if (shown == NULL)
        shown = by_address != NULL ? by_address : member->weight_override;
    return api_view_override(control, shown);
}

json_t *api_view_member(struct control *control, uint32_t pool, uint32_t member)
{
    const struct pool *pools = control_world(control)->pools.pools;
    const struct pool_member *definition = &pools[pool].members[member];
    const struct override *by_address = NULL;
    struct control_member info;
    control_member(control, pool, member, &info);
    json_t *addresses = json_array();
    for (size_t i = 0; i < definition->address_count; i++) {
        struct control_address address;
        control_address(control, pool, member, i, &address);
        by_address = by_address == NULL ? address.override : by_address;
        (void)json_array_append_new(addresses, address_object(&address));
    }
    json_t *object = json_object();
    set(object, "addresses", addresses);
    if (definition->child != POOL_NONE)
        set(object, "pool", api_view_text(pools[definition->child].name));
    if (definition->port != 0)
        set(object, "port", json_integer(definition->port));
    set(object, "state", json_string(info.state));
    set(object, "weight", json_integer(info.weight));
    if (definition->service != 0)
        set(object, "service",
            api_view_text(
                control_world(control)->services[definition->service - 1].config->spec.name));
    set(object, "effective_weight",
        info.share < 1 ? json_real(info.share * info.effective_weight)
                       : json_integer(info.effective_weight));
    set(object, "override", effective_override(control, &info, by_address));
    set(object, "weight_override", api_view_override(control, info.weight_override));
    return object;
}

json_t *api_view_pool(struct control *control, uint32_t pool)
{
    const struct pool *definition = &control_world(control)->pools.pools[pool];
    struct pool_status status;
    pool_table_status(control_pools(control), pool, &status);
    json_t *object = json_object();
    set(object, "name", api_view_text(definition->name));
    set(object, "policy", json_string(definition->policy->name));
    set(object, "live",
        json_pack("{s:i, s:i}", "a", (int)status.live[PICKER_A], "aaaa",
                  (int)status.live[PICKER_AAAA]));
    json_t *members = json_object();
    for (uint32_t i = 0; i < definition->member_count; i++)
        set(members, definition->members[i].name, api_view_member(control, pool, i));
    set(object, "members", members);
    return object;
}

size_t api_find_zone(const struct control *control, const char *name)
{
    const struct world *world = control_world(control);
    uint8_t apex[NAME_MAX_LEN];
    const char *error = NULL;
    if (name_from_text(name, strlen(name), NULL, apex, &error) == 0)
        return API_NOT_FOUND;
    for (size_t i = 0; i < zonedb_count(world->zonedb); i++)
        if (name_equal(world->zones[i].zone->apex, apex))
            return i;
    return API_NOT_FOUND;
}

json_t *api_view_zone(struct control *control, size_t index)
{
    const struct world *world = control_world(control);
    const struct world_zone *entry = &world->zones[index];
    json_t *object = json_object();
    set(object, "name", api_view_text(entry->name));
    set(object, "serial", json_integer(entry->zone->serial));
    set(object, "records", json_integer((json_int_t)entry->zone->record_count));
    json_t *names = json_array();
    for (size_t i = 0; i < entry->binding_count; i++) {
        const struct world_binding *binding = &entry->bindings[i];
        json_t *name = json_object();
        set(name, "name", api_view_text(binding->name));
        set(name, "pool", api_view_text(world->pools.pools[binding->pool].name));
        if (binding->ttl != PICKER_TTL_NONE)
            set(name, "ttl", json_integer(binding->ttl));
        (void)json_array_append_new(names, name);
    }
    set(object, "names", names);
    set(object, "file", api_view_text(entry->zone->file));
    set(object, "loaded", api_view_time(entry->zone->loaded_ms));
    return object;
}
