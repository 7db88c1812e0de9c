// SPDX-License-Identifier: BSD-2-Clause
/* The IPVS side as JSON, for GET /v1/ipvs and what answers like it. */
#include "ipvs/json.h"
#include "server/api_internal.h"

#include <stdio.h>
#include <string.h>

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static const char *mode_name(enum ipvs_mode mode)
{
    switch (mode) {
    case IPVS_EXCLUSIVE:
        return "exclusive";
    case IPVS_OBSERVE:
        return "observe";
    case IPVS_SHARED:
        break;
    }
    return "shared";
}

/* ---- our services ------------------------------------------------------------------------------
 */

static json_t *server_object(struct control *control, const struct control_service *service,
                             uint32_t index)
{
    const struct ipvs_server_spec *spec = &ipvs_director_spec(service->director)->servers[index];
    struct ipvs_server_view view;
    struct control_server info;
    ipvs_director_server(service->director, index, &view);
    control_ipvs_server(control, service->service, index, &info);
    json_t *object = json_object();
    set(object, "name", api_view_text(spec->name));
    set(object, "address", api_view_addr(&spec->dest.addr));
    set(object, "port", json_integer(spec->dest.port));
    set(object, "forward", json_string(ipvs_forward_name(spec->dest.forward)));
    if (spec->dest.forward == IPVS_TUN)
        set(object, "tunnel", ipvs_json_tunnel(&spec->dest));
    set(object, "state", json_string(ipvs_server_state_name(view.state)));
    set(object, "weight", json_integer(spec->dest.weight));
    set(object, "effective_weight", json_integer(view.weight));
    set(object, "verdict", json_string(health_verdict_name(info.verdict)));
    set(object, "last", api_view_last(&info.last));
    set(object, "since", api_view_time(info.last.since_ms));
    set(object, "until", api_view_time(control_ipvs_wall_ms(view.until_ms)));
    set(object, "override", api_view_override(control, info.state_override));
    set(object, "weight_override", api_view_override(control, info.weight_override));
    return object;
}

/* "web/l4" of each member that is the service. */
static json_t *pools_of(struct control *control, uint32_t service)
{
    const struct world *world = control_world(control);
    const struct addr *vip = &world->services[service].config->spec.service.key.addr;
    char name[NAME_TEXT_MAX];
    size_t count = 0;
    json_t *list = json_array();
    const struct world_user *users = world_users(world, vip, &count);
    for (size_t i = 0; i < count; i++) {
        const struct pool *pool = &world->pools.pools[users[i].pool];
        const struct pool_member *member = &pool->members[users[i].member];
        if (member->service != service + 1)
            continue;
        (void)snprintf(name, sizeof(name), "%s/%s", pool->name, member->name);
        (void)json_array_append_new(list, api_view_text(name));
    }
    return list;
}

static json_t *service_or_null(const struct ipvs_service *service, bool counters)
{
    return service != NULL ? ipvs_json_service(service, counters) : json_null();
}

static json_t *vip_object(struct control *control, uint32_t service)
{
    const struct config_service *config = control_world(control)->services[service].config;
    const char *interface = config->vip_interface;
    return json_pack("{s:o, s:b}", "interface",
                     interface != NULL ? api_view_text(interface) : json_null(), "require_local",
                     (int)config->require_local);
}

static json_t *our_service(struct control *control, const struct control_service *service)
{
    char key[IPVS_TEXT_MAX];
    const struct ipvs_director *director = service->director;
    bool known = service->service != POOL_NONE;
    ipvs_key_print(service->key, key);
    json_t *object = json_object();
    set(object, "name", api_view_text(service->name));
    set(object, "key", api_view_text(key));
    set(object, "state",
        json_string(service->held ? "held"
                                  : ipvs_service_state_name(ipvs_director_state(director))));
    set(object, "reason",
        api_view_text(service->held ? "in no configuration any more; kept, see ipvs.max_remove"
                                    : ipvs_director_reason(director)));
    set(object, "live", json_boolean(ipvs_director_live(director)));
    set(object, "quorum", json_boolean(ipvs_director_quorum(director)));
    set(object, "share", json_real(ipvs_director_share(director)));
    set(object, "until", api_view_time(control_ipvs_wall_ms(ipvs_director_until_ms(director))));
    set(object, "configured", json_boolean(known));
    set(object, "vip", known ? vip_object(control, service->service) : json_null());
    set(object, "pools", known ? pools_of(control, service->service) : json_array());
    json_t *servers = json_array();
    for (uint32_t i = 0; known && i < ipvs_director_spec(director)->server_count; i++)
        (void)json_array_append_new(servers, server_object(control, service, i));
    set(object, "servers", servers);
    set(object, "override", api_view_override(control, service->override));
    set(object, "desired", service_or_null(ipvs_director_desired(director), false));
    set(object, "kernel", service_or_null(service->kernel, true));
    return object;
}

json_t *api_view_ipvs_named(struct control *control, const char *name)
{
    struct control_ipvs_status status;
    struct control_service service;
    control_ipvs_status(control, &status);
    for (size_t i = 0; i < status.directors; i++) {
        control_ipvs_service(control, i, &service);
        if (service.service != POOL_NONE && strcmp(service.name, name) == 0)
            return our_service(control, &service);
    }
    return json_object();
}

static bool find_director(struct control *control, uint32_t index, struct control_service *out)
{
    struct control_ipvs_status status;
    control_ipvs_status(control, &status);
    for (size_t i = 0; i < status.directors; i++) {
        control_ipvs_service(control, i, out);
        if (out->service == index)
            return true;
    }
    return false;
}

json_t *api_view_ipvs_reals(struct control *control, const struct addr *addr)
{
    size_t count = 0;
    char name[NAME_TEXT_MAX];
    struct control_service service;
    json_t *object = json_object();
    const struct world_real *reals = world_reals(control_world(control), addr, &count);
    for (size_t i = 0; i < count; i++) {
        if (!find_director(control, reals[i].service, &service))
            continue;
        const struct ipvs_spec *spec = ipvs_director_spec(service.director);
        (void)snprintf(name, sizeof(name), "%s/%s", spec->name,
                       spec->servers[reals[i].server].name);
        set(object, name, server_object(control, &service, reals[i].server));
    }
    return object;
}

/* ---- explain -----------------------------------------------------------------------------------
 */

/* The one server that gets a new connection, whoever asks: the only live one, or the first in rank.
 * NULL where the scheduler decides by load, turn or client. */
static const struct ipvs_dest *certain_server(const struct ipvs_service *kernel)
{
    const struct ipvs_dest *best = NULL;
    size_t live = 0;
    for (size_t i = 0; i < kernel->dest_count; i++) {
        const struct ipvs_dest *dest = &kernel->dests[i];
        live += dest->weight > 0;
        if (dest->weight > 0 && (best == NULL || dest->weight > best->weight))
            best = dest;
    }
    return live == 1 || strcmp(kernel->scheduler, "fo") == 0 ? best : NULL;
}

static void add_servers(const struct ipvs_service *kernel, struct strbuf *out)
{
    char text[IPVS_TEXT_MAX];
    const struct ipvs_dest *certain = certain_server(kernel);
    if (certain != NULL) {
        ipvs_dest_print(certain, text);
        strbuf_addf(out, "; a new connection goes to %s", text);
        return;
    }
    strbuf_addf(out, "; %s chooses among", kernel->scheduler);
    for (size_t i = 0; i < kernel->dest_count; i++) {
        if (kernel->dests[i].weight == 0)
            continue;
        ipvs_dest_print(&kernel->dests[i], text);
        strbuf_addf(out, " %s (weight %u)", text, (unsigned)kernel->dests[i].weight);
    }
}

static json_t *director_step(const struct control_ipvs_status *status,
                             const struct control_service *service)
{
    char key[IPVS_TEXT_MAX];
    struct strbuf text;
    strbuf_init(&text);
    ipvs_key_print(service->key, key);
    strbuf_addf(&text, "%s is the IPVS service %s of this host: %s, live capacity %.0f %%", key,
                service->name, ipvs_service_state_name(ipvs_director_state(service->director)),
                100 * ipvs_director_share(service->director));
    if (service->kernel != NULL && service->kernel->dest_count > 0)
        add_servers(service->kernel, &text);
    else if (!status->available)
        strbuf_addf(&text, "; IPVS is not available: %s", status->reason);
    else
        strbuf_add(&text, "; the kernel has no server for it");
    json_t *step = json_pack("{s:s, s:o}", "step", "director", "detail", api_view_text(text.text));
    strbuf_fini(&text);
    return step;
}

void api_view_ipvs_explain(struct control *control, const struct addr *vip, json_t *steps)
{
    struct control_ipvs_status status;
    struct control_service service;
    control_ipvs_status(control, &status);
    for (size_t i = 0; i < status.directors; i++) {
        control_ipvs_service(control, i, &service);
        if (service.key->fwmark == 0 && addr_equal(&service.key->addr, vip))
            (void)json_array_append_new(steps, director_step(&status, &service));
    }
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

static json_t *foreign_list(struct control *control, const struct ipvs_table *actual)
{
    struct ipvs_keys keys;
    json_t *list = json_array();
    ipvs_keys_init(&keys);
    control_ipvs_foreign(control, &keys);
    for (size_t i = 0; i < keys.count; i++)
        (void)json_array_append_new(
            list, ipvs_json_service(ipvs_table_find(actual, &keys.items[i]), true));
    ipvs_keys_fini(&keys);
    return list;
}

static json_t *daemon_list(const struct ipvs_table *actual)
{
    json_t *list = json_array();
    for (size_t i = 0; i < actual->daemon_count; i++)
        (void)json_array_append_new(list, ipvs_json_daemon(&actual->daemons[i]));
    return list;
}

static void add_kernel(struct control *control, const struct control_ipvs_status *status,
                       json_t *object)
{
    char version[32];
    uint32_t v = status->info.version;
    (void)snprintf(version, sizeof(version), "%u.%u.%u", (unsigned)(v >> 16),
                   (unsigned)(v >> 8 & 0xff), (unsigned)(v & 0xff));
    set(object, "version", json_string(version));
    set(object, "size", json_integer(status->info.connection_table_size));
    set(object, "foreign", foreign_list(control, status->actual));
    set(object, "timeouts", ipvs_json_timeouts(&status->actual->timeouts));
    set(object, "sync", daemon_list(status->actual));
}

json_t *api_view_ipvs(struct control *control)
{
    struct control_ipvs_status status;
    struct control_service service;
    control_ipvs_status(control, &status);
    json_t *object = json_object();
    set(object, "available", json_boolean(status.available));
    if (!status.available)
        set(object, "reason", api_view_text(status.reason));
    if (status.present)
        set(object, "mode", json_string(mode_name(control_world(control)->config->ipvs.mode)));
    json_t *services = json_array();
    for (size_t i = 0; i < status.directors; i++) {
        control_ipvs_service(control, i, &service);
        (void)json_array_append_new(services, our_service(control, &service));
    }
    set(object, "services", services);
    if (status.actual != NULL)
        add_kernel(control, &status, object);
    else
        set(object, "foreign", json_array());
    return object;
}
