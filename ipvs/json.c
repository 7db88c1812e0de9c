// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/json.h"

#include "base/compiler.h"

#include <stddef.h>
#include <string.h>

/* ---- writing -----------------------------------------------------------------------------------
 */

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

/* JSON's integers end at 2^63 - 1 here; no counter gets there. */
static void set_number(json_t *object, const char *key, uint64_t number)
{
    set(object, key, json_integer(number < INT64_MAX ? (json_int_t)number : INT64_MAX));
}

static void set_address(json_t *object, const char *key, const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];
    addr_print(addr, text);
    set(object, key, json_string(text));
}

static void set_word(json_t *object, const char *key, const char *word)
{
    set(object, key, json_string(word != NULL ? word : "unknown"));
}

static const struct counter {
    const char *key;
    size_t offset;
} counters_of[] = {
    { "connections", offsetof(struct ipvs_stats, connections) },
    { "in_packets", offsetof(struct ipvs_stats, in_packets) },
    { "out_packets", offsetof(struct ipvs_stats, out_packets) },
    { "in_bytes", offsetof(struct ipvs_stats, in_bytes) },
    { "out_bytes", offsetof(struct ipvs_stats, out_bytes) },
    { "connection_rate", offsetof(struct ipvs_stats, connection_rate) },
    { "in_packet_rate", offsetof(struct ipvs_stats, in_packet_rate) },
    { "out_packet_rate", offsetof(struct ipvs_stats, out_packet_rate) },
    { "in_byte_rate", offsetof(struct ipvs_stats, in_byte_rate) },
    { "out_byte_rate", offsetof(struct ipvs_stats, out_byte_rate) },
};

static json_t *stats_object(const struct ipvs_stats *stats)
{
    json_t *object = json_object();
    for (size_t i = 0; i < ARRAY_LEN(counters_of); i++) {
        uint64_t number = 0;
        memcpy(&number, (const char *)stats + counters_of[i].offset, sizeof(number));
        set_number(object, counters_of[i].key, number);
    }
    return object;
}

json_t *ipvs_json_tunnel(const struct ipvs_dest *dest)
{
    json_t *tunnel = json_object();
    set_word(tunnel, "type", ipvs_tunnel_name(dest->tunnel));
    if (dest->tunnel == IPVS_GUE)
        set_number(tunnel, "port", dest->tunnel_port);
    if (dest->tunnel != IPVS_IPIP)
        set_word(tunnel, "checksum", ipvs_checksum_name(dest->checksum));
    return tunnel;
}

static json_t *server_object(const struct ipvs_dest *dest, bool counters)
{
    json_t *object = json_object();
    set_address(object, "address", &dest->addr);
    set_number(object, "port", dest->port);
    set_word(object, "forward", ipvs_forward_name(dest->forward));
    set_number(object, "weight", dest->weight);
    if (dest->upper != 0)
        set_number(object, "upper", dest->upper);
    if (dest->lower != 0)
        set_number(object, "lower", dest->lower);
    if (dest->forward == IPVS_TUN)
        set(object, "tunnel", ipvs_json_tunnel(dest));
    if (!counters)
        return object;
    set_number(object, "active", dest->active);
    set_number(object, "inactive", dest->inactive);
    set_number(object, "persistent", dest->persistent);
    set(object, "stats", stats_object(&dest->stats));
    return object;
}

static void set_key(json_t *object, const struct ipvs_key *key)
{
    char text[IPVS_TEXT_MAX];
    ipvs_key_print(key, text);
    set(object, "key", json_string(text));
    if (key->fwmark != 0) {
        set_number(object, "fwmark", key->fwmark);
    } else {
        set_address(object, "address", &key->addr);
        set_number(object, "port", key->port);
        set_word(object, "protocol", ipvs_protocol_name(key->protocol));
    }
    set_word(object, "family", key->family == ADDR_V6 ? "ipv6" : "ipv4");
}

static void set_settings(json_t *object, const struct ipvs_service *service)
{
    unsigned full = service->key.family == ADDR_V6 ? 128 : 32;
    json_t *flags = json_array();
    for (uint32_t bit = IPVS_SCHED1; bit <= IPVS_SCHED3; bit <<= 1) {
        if ((service->flags & bit) != 0)
            (void)json_array_append_new(flags,
                                        json_string(ipvs_flag_name(service->scheduler, bit)));
    }
    set(object, "scheduler", json_string(service->scheduler));
    if (json_array_size(flags) > 0)
        (void)json_object_set(object, "flags", flags);
    json_decref(flags);
    if ((service->flags & IPVS_PERSISTENT) != 0) {
        set_number(object, "persistence", service->timeout);
        if (service->prefix != 0 && service->prefix != full)
            set_number(object, "persistence_prefix", service->prefix);
    }
    if (service->engine[0] != '\0')
        set(object, "engine", json_string(service->engine));
    if ((service->flags & IPVS_ONE_PACKET) != 0)
        set(object, "one_packet", json_true());
}

json_t *ipvs_json_service(const struct ipvs_service *service, bool counters)
{
    json_t *object = json_object();
    set_key(object, &service->key);
    set_settings(object, service);
    if (counters)
        set(object, "stats", stats_object(&service->stats));
    json_t *servers = json_array();
    for (size_t i = 0; i < service->dest_count; i++)
        (void)json_array_append_new(servers, server_object(&service->dests[i], counters));
    set(object, "servers", servers);
    return object;
}

json_t *ipvs_json_timeouts(const struct ipvs_timeouts *timeouts)
{
    json_t *object = json_object();
    set_number(object, "tcp", timeouts->tcp);
    set_number(object, "tcp_fin", timeouts->tcp_fin);
    set_number(object, "udp", timeouts->udp);
    return object;
}

json_t *ipvs_json_daemon(const struct ipvs_daemon *daemon)
{
    json_t *object = json_object();
    set(object, "role", json_string(daemon->role == IPVS_MASTER ? "master" : "backup"));
    set(object, "interface", json_string(daemon->interface));
    set_number(object, "id", daemon->id);
    if (daemon->group.family != ADDR_NONE)
        set_address(object, "group", &daemon->group);
    if (daemon->port != 0)
        set_number(object, "port", daemon->port);
    if (daemon->ttl != 0)
        set_number(object, "ttl", daemon->ttl);
    if (daemon->max_length != 0)
        set_number(object, "maxlen", daemon->max_length);
    return object;
}

/* ---- reading -----------------------------------------------------------------------------------
 */

/* Absent: `out` stays as it is. */
static bool get_number(const json_t *object, const char *key, uint64_t max, uint64_t *out)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return true;
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || (uint64_t)number > max)
        return false;
    *out = (uint64_t)number;
    return true;
}

static bool get_u32(const json_t *object, const char *key, uint64_t max, uint32_t *out)
{
    uint64_t number = *out;
    bool good = get_number(object, key, max, &number);
    *out = (uint32_t)number;
    return good;
}

static bool get_u16(const json_t *object, const char *key, uint16_t *out)
{
    uint32_t number = *out;
    bool good = get_u32(object, key, UINT16_MAX, &number);
    *out = (uint16_t)number;
    return good;
}

static bool get_u8(const json_t *object, const char *key, uint8_t max, uint8_t *out)
{
    uint32_t number = *out;
    bool good = get_u32(object, key, max, &number);
    *out = (uint8_t)number;
    return good;
}

/* NULL when absent or no string. */
static const char *get_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool get_word(const json_t *object, const char *key, bool (*find)(const char *, uint8_t *),
                     uint8_t *out)
{
    const char *word = get_text(object, key);
    return word != NULL && find(word, out);
}

static bool get_address(const json_t *object, const char *key, struct addr *out)
{
    const char *text = get_text(object, key);
    return text != NULL && addr_parse(text, out);
}

/* Absent: "". */
static bool get_name(const json_t *object, const char *key, char *out, size_t size)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    out[0] = '\0';
    if (value == NULL)
        return true;
    if (text == NULL || strlen(text) >= size)
        return false;
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static bool get_stats(const json_t *object, struct ipvs_stats *out)
{
    const json_t *stats = json_object_get(object, "stats");
    if (stats == NULL)
        return true;
    if (!json_is_object(stats))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(counters_of); i++) {
        uint64_t number = 0;
        if (!get_number(stats, counters_of[i].key, INT64_MAX, &number))
            return false;
        memcpy((char *)out + counters_of[i].offset, &number, sizeof(number));
    }
    return true;
}

static bool get_tunnel(const json_t *object, struct ipvs_dest *dest)
{
    const json_t *tunnel = json_object_get(object, "tunnel");
    if (tunnel == NULL)
        return true;
    if (dest->forward != IPVS_TUN || !get_word(tunnel, "type", ipvs_tunnel_find, &dest->tunnel))
        return false;
    if (json_object_get(tunnel, "checksum") != NULL &&
        !get_word(tunnel, "checksum", ipvs_checksum_find, &dest->checksum))
        return false;
    return get_u16(tunnel, "port", &dest->tunnel_port);
}

static bool get_server(const json_t *object, struct ipvs_dest *dest)
{
    return get_address(object, "address", &dest->addr) && get_u16(object, "port", &dest->port) &&
           get_word(object, "forward", ipvs_forward_find, &dest->forward) &&
           get_u32(object, "weight", UINT32_MAX, &dest->weight) &&
           get_u32(object, "upper", UINT32_MAX, &dest->upper) &&
           get_u32(object, "lower", UINT32_MAX, &dest->lower) && get_tunnel(object, dest) &&
           get_u32(object, "active", UINT32_MAX, &dest->active) &&
           get_u32(object, "inactive", UINT32_MAX, &dest->inactive) &&
           get_u32(object, "persistent", UINT32_MAX, &dest->persistent) &&
           get_stats(object, &dest->stats);
}

static bool get_servers(const json_t *object, struct ipvs_service *service)
{
    const json_t *servers = json_object_get(object, "servers");
    if (servers != NULL && !json_is_array(servers))
        return false;
    for (size_t i = 0; i < json_array_size(servers); i++) {
        struct ipvs_dest dest = { .weight = 0 };
        if (!get_server(json_array_get(servers, i), &dest))
            return false;
        (void)ipvs_service_add(service, &dest);
    }
    return true;
}

static bool get_key(const json_t *object, struct ipvs_key *key)
{
    const char *family = get_text(object, "family");
    if (family == NULL || (strcmp(family, "ipv4") != 0 && strcmp(family, "ipv6") != 0))
        return false;
    key->family = strcmp(family, "ipv6") == 0 ? ADDR_V6 : ADDR_V4;
    if (!get_u32(object, "fwmark", UINT32_MAX, &key->fwmark))
        return false;
    if (key->fwmark != 0)
        return true;
    return get_address(object, "address", &key->addr) && key->addr.family == key->family &&
           get_u16(object, "port", &key->port) &&
           get_word(object, "protocol", ipvs_protocol_find, &key->protocol);
}

static bool get_flags(const json_t *object, struct ipvs_service *service)
{
    const json_t *flags = json_object_get(object, "flags");
    if (flags != NULL && !json_is_array(flags))
        return false;
    for (size_t i = 0; i < json_array_size(flags); i++) {
        const char *name = json_string_value(json_array_get(flags, i));
        uint32_t bit = 0;
        if (name == NULL || !ipvs_flag_find(service->scheduler, name, &bit))
            return false;
        service->flags |= bit;
    }
    return true;
}

static bool get_settings(const json_t *object, struct ipvs_service *service)
{
    const json_t *one_packet = json_object_get(object, "one_packet");
    uint8_t full = service->key.family == ADDR_V6 ? 128 : 32;
    if (json_object_get(object, "scheduler") == NULL ||
        !get_name(object, "scheduler", service->scheduler, sizeof(service->scheduler)) ||
        !get_name(object, "engine", service->engine, sizeof(service->engine)) ||
        !get_flags(object, service))
        return false;
    if (one_packet != NULL && !json_is_boolean(one_packet))
        return false;
    service->flags |= json_is_true(one_packet) ? IPVS_ONE_PACKET : 0;
    service->prefix = full;
    if (json_object_get(object, "persistence") == NULL)
        return true;
    service->flags |= IPVS_PERSISTENT;
    return get_u32(object, "persistence", UINT32_MAX, &service->timeout) &&
           get_u8(object, "persistence_prefix", full, &service->prefix);
}

bool ipvs_json_read_service(const json_t *object, struct ipvs_table *table)
{
    struct ipvs_service service = { .prefix = 0 };
    if (!get_key(object, &service.key) || !get_settings(object, &service) ||
        !get_stats(object, &service.stats) || !get_servers(object, &service)) {
        ipvs_service_fini(&service);
        return false;
    }
    struct ipvs_service *added = ipvs_table_add(table, &service);
    added->dests = service.dests;
    added->dest_count = service.dest_count;
    added->dest_capacity = service.dest_capacity;
    return true;
}

bool ipvs_json_read_timeouts(const json_t *object, struct ipvs_timeouts *out)
{
    *out = (struct ipvs_timeouts){ 0 };
    return json_is_object(object) && get_u32(object, "tcp", UINT32_MAX, &out->tcp) &&
           get_u32(object, "tcp_fin", UINT32_MAX, &out->tcp_fin) &&
           get_u32(object, "udp", UINT32_MAX, &out->udp);
}

bool ipvs_json_read_daemon(const json_t *object, struct ipvs_daemon *out)
{
    const char *role = get_text(object, "role");
    *out = (struct ipvs_daemon){ 0 };
    if (role == NULL || (strcmp(role, "master") != 0 && strcmp(role, "backup") != 0))
        return false;
    out->role = strcmp(role, "master") == 0 ? IPVS_MASTER : IPVS_BACKUP;
    if (json_object_get(object, "group") != NULL && !get_address(object, "group", &out->group))
        return false;
    return get_name(object, "interface", out->interface, sizeof(out->interface)) &&
           get_u32(object, "id", UINT32_MAX, &out->id) && get_u16(object, "port", &out->port) &&
           get_u8(object, "ttl", UINT8_MAX, &out->ttl) &&
           get_u16(object, "maxlen", &out->max_length);
}
