// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/attr.h"

#include <arpa/inet.h>
#include <netlink/attr.h>
#include <string.h>

#define ATTRS_MAX IPVS_DEST_TUNNEL_FLAGS /* the largest number of any nest */

/* Attributes by number. What is needed and absent, or too short, sets `failed`, so that callers
 * look once at the end. Numbers that we do not know are passed over. */
struct reader {
    struct nlattr *attrs[ATTRS_MAX + 1];
    bool failed;
};

/* nla_parse masks the flag bits of the types. */
static void open_attrs(struct reader *reader, struct nlattr *attrs, int length)
{
    reader->failed = nla_parse(reader->attrs, ATTRS_MAX, attrs, length, NULL) < 0;
}

static void open_nest(struct reader *reader, const struct nlattr *nest)
{
    *reader = (struct reader){ .failed = nest == NULL };
    if (nest != NULL)
        open_attrs(reader, nla_data(nest), nla_len(nest));
}

static void open_top(struct reader *reader, struct nlattr *attrs, int length, int type)
{
    struct reader top;
    open_attrs(&top, attrs, length);
    open_nest(reader, top.failed ? NULL : top.attrs[type]);
}

/* Leaves `out` alone when the attribute is absent. */
static void may(struct reader *reader, int type, void *out, int size)
{
    const struct nlattr *attr = reader->attrs[type];
    if (attr == NULL)
        return;
    if (nla_len(attr) < size)
        reader->failed = true;
    else
        memcpy(out, nla_data(attr), (size_t)size);
}

static void need(struct reader *reader, int type, void *out, int size)
{
    if (reader->attrs[type] == NULL)
        reader->failed = true;
    may(reader, type, out, size);
}

static uint32_t need32(struct reader *reader, int type)
{
    uint32_t value = 0;
    need(reader, type, &value, sizeof(value));
    return value;
}

static uint16_t need16(struct reader *reader, int type)
{
    uint16_t value = 0;
    need(reader, type, &value, sizeof(value));
    return value;
}

/* A name that is not longer than its place; with or without a NUL at its end. */
static void may_name(struct reader *reader, int type, char *out, size_t size)
{
    const struct nlattr *attr = reader->attrs[type];
    if (attr == NULL)
        return;
    size_t length = strnlen(nla_data(attr), (size_t)nla_len(attr));
    if (length >= size) {
        reader->failed = true;
        return;
    }
    memcpy(out, nla_data(attr), length);
    out[length] = '\0';
}

static void need_name(struct reader *reader, int type, char *out, size_t size)
{
    may_name(reader, type, out, size);
    if (reader->attrs[type] == NULL || out[0] == '\0')
        reader->failed = true;
}

static uint8_t family_of(unsigned number)
{
    if (number == AF_INET)
        return ADDR_V4;
    return number == AF_INET6 ? ADDR_V6 : ADDR_NONE;
}

/* Addresses come as 16 bytes; IPv4 is the first four. */
static void need_addr(struct reader *reader, int type, uint8_t family, struct addr *out)
{
    *out = (struct addr){ .family = family };
    need(reader, type, out->bytes, (int)addr_size(out));
}

static uint64_t counter(struct reader *reader, int type, bool wide)
{
    uint64_t value = 0;
    uint32_t narrow = 0;
    if (wide || type == IPVS_STATS_IN_BYTES || type == IPVS_STATS_OUT_BYTES) {
        may(reader, type, &value, sizeof(value));
        return value;
    }
    may(reader, type, &narrow, sizeof(narrow));
    return narrow;
}

/* Prefers the nest of 64-bit counters (since 4.1). Having none at all is no fault. */
static void get_stats(struct reader *outer, int narrow, int wide, struct ipvs_stats *out)
{
    const struct nlattr *nest =
        outer->attrs[wide] != NULL ? outer->attrs[wide] : outer->attrs[narrow];
    bool is_wide = nest == outer->attrs[wide];
    struct reader in;
    if (nest == NULL)
        return;
    open_nest(&in, nest);
    *out = (struct ipvs_stats){
        .connections = counter(&in, IPVS_STATS_CONNECTIONS, is_wide),
        .in_packets = counter(&in, IPVS_STATS_IN_PACKETS, is_wide),
        .out_packets = counter(&in, IPVS_STATS_OUT_PACKETS, is_wide),
        .in_bytes = counter(&in, IPVS_STATS_IN_BYTES, is_wide),
        .out_bytes = counter(&in, IPVS_STATS_OUT_BYTES, is_wide),
        .connection_rate = counter(&in, IPVS_STATS_CONNECTION_RATE, is_wide),
        .in_packet_rate = counter(&in, IPVS_STATS_IN_PACKET_RATE, is_wide),
        .out_packet_rate = counter(&in, IPVS_STATS_OUT_PACKET_RATE, is_wide),
        /* The rates of bytes are 32 bits wide in the narrow nest. */
        .in_byte_rate = counter(&in, IPVS_STATS_IN_BYTE_RATE, is_wide),
        .out_byte_rate = counter(&in, IPVS_STATS_OUT_BYTE_RATE, is_wide),
    };
    outer->failed |= in.failed;
}

static void get_key(struct reader *reader, struct ipvs_key *out)
{
    out->family = family_of(need16(reader, IPVS_SERVICE_AF));
    if (out->family == ADDR_NONE)
        reader->failed = true;
    may(reader, IPVS_SERVICE_FWMARK, &out->fwmark, sizeof(out->fwmark));
    if (out->fwmark != 0)
        return;
    uint16_t protocol = need16(reader, IPVS_SERVICE_PROTOCOL);
    if (protocol > UINT8_MAX)
        reader->failed = true;
    out->protocol = (uint8_t)protocol;
    out->port = ntohs(need16(reader, IPVS_SERVICE_PORT));
    need_addr(reader, IPVS_SERVICE_ADDR, out->family, &out->addr);
}

/* Of an IPv4 mask with holes, which the model cannot express, the bits before the first hole. */
static uint8_t prefix_of(uint8_t family, uint32_t netmask)
{
    if (family == ADDR_V6)
        return (uint8_t)(netmask > 128 ? 128 : netmask);
    uint32_t zeros = ~ntohl(netmask);
    return (uint8_t)(zeros == 0 ? 32 : __builtin_clz(zeros));
}

bool ipvs_attr_get_service(struct nlattr *attrs, int length, struct ipvs_service *out)
{
    struct reader reader;
    uint32_t flags[2] = { 0 };
    open_top(&reader, attrs, length, IPVS_ATTR_SERVICE);
    *out = (struct ipvs_service){ 0 };
    get_key(&reader, &out->key);
    need_name(&reader, IPVS_SERVICE_SCHEDULER, out->scheduler, sizeof(out->scheduler));
    may_name(&reader, IPVS_SERVICE_ENGINE, out->engine, sizeof(out->engine));
    need(&reader, IPVS_SERVICE_FLAGS, flags, sizeof(flags));
    out->flags = flags[0]; /* normalising drops the kernel's own */
    out->timeout = need32(&reader, IPVS_SERVICE_TIMEOUT);
    out->prefix = prefix_of(out->key.family, need32(&reader, IPVS_SERVICE_NETMASK));
    get_stats(&reader, IPVS_SERVICE_STATS, IPVS_SERVICE_STATS64, &out->stats);
    ipvs_service_normalise(out);
    return !reader.failed;
}

static uint8_t dest_family(struct reader *reader, uint8_t of_service)
{
    uint16_t number = AF_UNSPEC;
    may(reader, IPVS_DEST_AF, &number, sizeof(number));
    uint8_t family = number == AF_UNSPEC ? of_service : family_of(number);
    if (family == ADDR_NONE)
        reader->failed = true;
    return family;
}

bool ipvs_attr_get_dest(struct nlattr *attrs, int length, uint8_t family, struct ipvs_dest *out)
{
    struct reader reader;
    uint16_t tunnel_port = 0;
    uint16_t checksum = 0;
    open_top(&reader, attrs, length, IPVS_ATTR_DEST);
    *out = (struct ipvs_dest){ 0 };
    need_addr(&reader, IPVS_DEST_ADDR, dest_family(&reader, family), &out->addr);
    out->port = ntohs(need16(&reader, IPVS_DEST_PORT));
    out->forward = need32(&reader, IPVS_DEST_FORWARD) & 0x7U;
    out->weight = need32(&reader, IPVS_DEST_WEIGHT);
    out->upper = need32(&reader, IPVS_DEST_UPPER);
    out->lower = need32(&reader, IPVS_DEST_LOWER);
    may(&reader, IPVS_DEST_ACTIVE, &out->active, sizeof(out->active));
    may(&reader, IPVS_DEST_INACTIVE, &out->inactive, sizeof(out->inactive));
    may(&reader, IPVS_DEST_PERSISTENT, &out->persistent, sizeof(out->persistent));
    may(&reader, IPVS_DEST_TUNNEL, &out->tunnel, sizeof(out->tunnel));
    may(&reader, IPVS_DEST_TUNNEL_PORT, &tunnel_port, sizeof(tunnel_port));
    may(&reader, IPVS_DEST_TUNNEL_FLAGS, &checksum, sizeof(checksum));
    out->tunnel_port = ntohs(tunnel_port);
    out->checksum = (uint8_t)checksum;
    get_stats(&reader, IPVS_DEST_STATS, IPVS_DEST_STATS64, &out->stats);
    ipvs_dest_normalise(out);
    return !reader.failed;
}

bool ipvs_attr_get_daemon(struct nlattr *attrs, int length, struct ipvs_daemon *out)
{
    struct reader reader;
    open_top(&reader, attrs, length, IPVS_ATTR_DAEMON);
    *out = (struct ipvs_daemon){ 0 };
    uint32_t role = need32(&reader, IPVS_DAEMON_STATE);
    if (role != IPVS_MASTER && role != IPVS_BACKUP)
        reader.failed = true;
    out->role = (uint8_t)role;
    need_name(&reader, IPVS_DAEMON_INTERFACE, out->interface, sizeof(out->interface));
    out->id = need32(&reader, IPVS_DAEMON_ID);
    may(&reader, IPVS_DAEMON_MAX_LENGTH, &out->max_length, sizeof(out->max_length));
    may(&reader, IPVS_DAEMON_PORT, &out->port, sizeof(out->port));
    may(&reader, IPVS_DAEMON_TTL, &out->ttl, sizeof(out->ttl));
    if (reader.attrs[IPVS_DAEMON_GROUP] != NULL)
        need_addr(&reader, IPVS_DAEMON_GROUP, ADDR_V4, &out->group);
    else if (reader.attrs[IPVS_DAEMON_GROUP6] != NULL)
        need_addr(&reader, IPVS_DAEMON_GROUP6, ADDR_V6, &out->group);
    return !reader.failed;
}

bool ipvs_attr_get_timeouts(struct nlattr *attrs, int length, struct ipvs_timeouts *out)
{
    struct reader reader;
    open_attrs(&reader, attrs, length);
    *out = (struct ipvs_timeouts){ 0 };
    out->tcp = need32(&reader, IPVS_ATTR_TIMEOUT_TCP);
    out->tcp_fin = need32(&reader, IPVS_ATTR_TIMEOUT_TCP_FIN);
    out->udp = need32(&reader, IPVS_ATTR_TIMEOUT_UDP);
    return !reader.failed;
}

bool ipvs_attr_get_info(struct nlattr *attrs, int length, struct ipvs_info *out)
{
    struct reader reader;
    open_attrs(&reader, attrs, length);
    *out = (struct ipvs_info){ .version = need32(&reader, IPVS_INFO_VERSION),
                               .connection_table_size = need32(&reader, IPVS_INFO_SIZE) };
    return !reader.failed;
}
