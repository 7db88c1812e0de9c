// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/ipvs_answer.h"

#include "base/parse.h"
#include "ipvs/json.h"

#include <string.h>

/* --- the kernel's table --- */

/* "1.2.1" is 0x010201; what is not of that form is 0. */
static uint32_t read_version(const char *text)
{
    uint32_t version = 0;
    while (text != NULL) {
        uint64_t part = 0;
        const char *dot = strchr(text, '.');
        size_t length = dot == NULL ? strlen(text) : (size_t)(dot - text);
        if (!parse_u64(text, length, 255, &part))
            return 0;
        version = (version << 8U | (uint32_t)part) & 0xFFFFFFU;
        text = dot == NULL ? NULL : dot + 1;
    }
    return version;
}

static bool read_services(const json_t *root, struct ipvs_table *table)
{
    const json_t *services = json_object_get(root, "services");
    const json_t *foreign = json_object_get(root, "foreign");
    for (size_t i = 0; i < json_array_size(services); i++) {
        const json_t *kernel = json_object_get(json_array_get(services, i), "kernel");
        if (json_is_object(kernel) && !ipvs_json_read_service(kernel, table))
            return false;
    }
    for (size_t i = 0; i < json_array_size(foreign); i++)
        if (!ipvs_json_read_service(json_array_get(foreign, i), table))
            return false;
    return json_is_array(services);
}

bool ipvs_answer_kernel(const json_t *root, struct ipvs_table *table, struct ipvs_info *info)
{
    const json_t *timeouts = json_object_get(root, "timeouts");
    const json_t *sync = json_object_get(root, "sync");
    info->version = read_version(json_string_value(json_object_get(root, "version")));
    info->connection_table_size = (uint32_t)json_integer_value(json_object_get(root, "size"));
    bool ok = read_services(root, table);
    if (json_is_object(timeouts))
        ok = ipvs_json_read_timeouts(timeouts, &table->timeouts) && ok;
    table->daemon_count = 0;
    for (size_t i = 0; ok && i < json_array_size(sync) && i < 2; i++)
        ok = ipvs_json_read_daemon(json_array_get(sync, i), &table->daemons[table->daemon_count++]);
    ipvs_table_sort(table);
    return ok;
}

/* --- one service --- */

const json_t *ipvs_answer_find(const json_t *root, const char *name)
{
    const json_t *services = json_object_get(root, "services");
    for (size_t i = 0; i < json_array_size(services); i++) {
        const json_t *service = json_array_get(services, i);
        const char *other = json_string_value(json_object_get(service, "name"));
        if (other != NULL && strcmp(other, name) == 0)
            return service;
    }
    return NULL;
}

/* The words of the tunnel that are known; the others stay as they are. */
static void read_tunnel(const json_t *tunnel, struct ipvs_dest *dest)
{
    const char *type = json_string_value(json_object_get(tunnel, "type"));
    const char *checksum = json_string_value(json_object_get(tunnel, "checksum"));
    if (type != NULL)
        (void)ipvs_tunnel_find(type, &dest->tunnel);
    if (checksum != NULL)
        (void)ipvs_checksum_find(checksum, &dest->checksum);
    dest->tunnel_port = (uint16_t)json_integer_value(json_object_get(tunnel, "port"));
}

/* Adds the server unless it is there; without a word on forwarding it is as its neighbours. */
static void add_server(const json_t *server, struct ipvs_service *service)
{
    struct ipvs_dest dest = { 0 };
    const char *address = json_string_value(json_object_get(server, "address"));
    const char *forward = json_string_value(json_object_get(server, "forward"));
    if (address == NULL || !addr_parse(address, &dest.addr))
        return;
    dest.port = (uint16_t)json_integer_value(json_object_get(server, "port"));
    for (size_t i = 0; i < service->dest_count; i++)
        if (ipvs_dest_compare(&service->dests[i], &dest) == 0)
            return;
    if (forward != NULL && ipvs_forward_find(forward, &dest.forward)) {
        read_tunnel(json_object_get(server, "tunnel"), &dest);
    } else if (service->dest_count > 0) {
        dest.forward = service->dests[0].forward;
        dest.tunnel = service->dests[0].tunnel;
        dest.tunnel_port = service->dests[0].tunnel_port;
        dest.checksum = service->dests[0].checksum;
    } else {
        return;
    }
    (void)ipvs_service_add(service, &dest);
}

struct ipvs_service *ipvs_answer_service(const json_t *service, struct ipvs_table *table)
{
    struct ipvs_service bare = { 0 };
    const char *key = json_string_value(json_object_get(service, "key"));
    const json_t *known = json_object_get(service, "desired");
    const json_t *servers = json_object_get(service, "servers");
    if (!json_is_object(known))
        known = json_object_get(service, "kernel");
    if (json_is_object(known)) {
        if (!ipvs_json_read_service(known, table))
            return NULL;
    } else if (key != NULL && ipvs_key_parse(key, &bare.key)) {
        (void)ipvs_table_add(table, &bare);
    } else {
        return NULL;
    }
    struct ipvs_service *out = &table->services[table->count - 1];
    for (size_t i = 0; i < json_array_size(servers); i++)
        add_server(json_array_get(servers, i), out);
    return out;
}
