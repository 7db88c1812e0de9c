// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/restore_line.h"

#include "base/parse.h"
#include "ipvs/restore_option.h"

#include <string.h>

#define PERSISTENCE_DEFAULT 360 /* seconds of a bare -p */

/* ---- values ------------------------------------------------------------------------------------
 */

static bool read_number(struct restore_reader *reader, const char *what, const char *text,
                        uint64_t min, uint64_t max, uint64_t *out)
{
    if (parse_u64(text, strlen(text), max, out) && *out >= min)
        return true;
    return restore_fail(reader, "\"%.60s\" is not a %s: a number from %llu to %llu", text, what,
                        (unsigned long long)min, (unsigned long long)max);
}

/* The same for an option; `out` stays as it is when the option is absent. */
static bool read_option(struct restore_reader *reader, enum restore_option_id id, const char *what,
                        uint64_t min, uint64_t max, uint32_t *out)
{
    uint64_t number = 0;
    if (!restore_option_given(reader, id))
        return true;
    if (!read_number(reader, what, reader->values[id], min, max, &number))
        return false;
    *out = (uint32_t)number;
    return true;
}

static bool read_port(struct restore_reader *reader, const char *text, uint16_t *out)
{
    uint64_t port = 0;
    if (!parse_u64(text, strlen(text), UINT16_MAX, &port))
        return restore_fail(
            reader,
            "\"%.60s\" is not a port number (names are not looked up: ipvsadm-save -n "
            "prints numbers)",
            text);
    *out = (uint16_t)port;
    return true;
}

/* "ADDRESS", "ADDRESS:PORT", "[ADDRESS]", "[ADDRESS]:PORT"; the port stays when there is none. */
static bool read_endpoint(struct restore_reader *reader, const char *text, struct addr *addr,
                          uint16_t *port)
{
    char host[ADDR_TEXT_MAX];
    bool v6 = text[0] == '[';
    const char *start = v6 ? text + 1 : text;
    size_t length = strcspn(start, v6 ? "]" : ":");
    const char *rest = start + length + (v6 && start[length] == ']');
    if (length < sizeof(host)) {
        memcpy(host, start, length);
        host[length] = '\0';
    }
    if (!v6 && strchr(text, ':') != strrchr(text, ':'))
        return restore_fail(reader, "\"%.60s\": write an IPv6 address in brackets: [ADDRESS]:PORT",
                            text);
    bool closed = !v6 || start[length] == ']';
    if (!closed || length >= sizeof(host) || !addr_parse(host, addr) ||
        (addr->family == ADDR_V6) != v6)
        return restore_fail(
            reader,
            "\"%.60s\" is not an address with port (names are not looked up: ipvsadm-save "
            "-n prints numbers)",
            text);
    if (*rest == '\0')
        return true;
    if (*rest != ':')
        return restore_fail(reader, "\"%.60s\": behind the address \":PORT\" is expected", text);
    return read_port(reader, rest + 1, port);
}

/* ipvsadm itself prints marks of 2^31 and more as negative numbers. */
static bool read_mark(struct restore_reader *reader, const char *text, uint32_t *out)
{
    uint64_t mark = 0;
    bool negative = text[0] == '-';
    if (negative && parse_u64(text + 1, strlen(text + 1), UINT64_C(1) << 31, &mark) && mark > 0) {
        *out = (uint32_t)(UINT64_C(0x100000000) - mark);
        return true;
    }
    if (!read_number(reader, "firewall mark", text, 1, UINT32_MAX, &mark))
        return false;
    *out = (uint32_t)mark;
    return true;
}

static bool read_key(struct restore_reader *reader, struct ipvs_key *key)
{
    bool v6 = restore_option_given(reader, RESTORE_OPTION_IPV6);
    if (!restore_option_given(reader, RESTORE_OPTION_SERVICE))
        return restore_fail(reader, "--%s needs a service: -t, -u, --sctp-service or -f",
                            restore_option_command_name(reader));
    const char *text = reader->values[RESTORE_OPTION_SERVICE];
    if (reader->details[RESTORE_OPTION_SERVICE] == RESTORE_FWMARK) {
        key->family = v6 ? ADDR_V6 : ADDR_V4;
        return read_mark(reader, text, &key->fwmark);
    }
    if (v6)
        return restore_fail(reader, "-6 goes with -f only");
    key->protocol = (uint8_t)reader->details[RESTORE_OPTION_SERVICE];
    if (!read_endpoint(reader, text, &key->addr, &key->port))
        return false;
    key->family = key->addr.family;
    return true;
}

/* ---- services ----------------------------------------------------------------------------------
 */

static bool read_word(struct restore_reader *reader, enum restore_option_id id, char *out,
                      size_t size)
{
    const char *text = reader->values[id];
    size_t length = strlen(text);
    if (length == 0 || length >= size)
        return restore_fail(reader, "\"%.60s\" is longer than %zu bytes, or empty", text, size - 1);
    memcpy(out, text, length + 1);
    return true;
}

/* Bits of a mask of ones then zeroes; -1 of another one. */
static int mask_bits(const struct addr *mask)
{
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++)
        value = value << 8 | mask->bytes[i];
    int bits = 0;
    while (bits < 32 && (value << bits & 0x80000000U) != 0)
        bits++;
    uint32_t rest = bits < 32 ? value << bits : 0;
    return rest == 0 && bits > 0 ? bits : -1;
}

static bool read_mask(struct restore_reader *reader, struct ipvs_service *service)
{
    struct addr mask;
    const char *text = reader->values[RESTORE_OPTION_MASK];
    uint32_t bits = 0;
    if (!restore_option_given(reader, RESTORE_OPTION_MASK))
        return true;
    if (!restore_option_given(reader, RESTORE_OPTION_PERSISTENT))
        return restore_fail(reader, "-M says how persistence groups clients: add -p, or drop it");
    if (service->key.family == ADDR_V6) {
        if (!read_option(reader, RESTORE_OPTION_MASK, "prefix length", 1, 128, &bits))
            return false;
        service->prefix = (uint8_t)bits;
        return true;
    }
    if (!addr_parse(text, &mask) || mask.family != ADDR_V4 || mask_bits(&mask) < 0)
        return restore_fail(reader, "\"%.60s\" is not a network mask such as 255.255.255.0", text);
    service->prefix = (uint8_t)mask_bits(&mask);
    return true;
}

static bool add_flag(struct restore_reader *reader, struct ipvs_service *service, const char *text,
                     size_t length)
{
    char name[16] = "";
    uint32_t bit = 0;
    if (length < sizeof(name))
        memcpy(name, text, length);
    if (!ipvs_flag_find(service->scheduler, name, &bit))
        return restore_fail(reader, "\"%.*s\" is not a flag of scheduler %s, which has %s, %s, %s",
                            (int)(length < 60 ? length : 60), text, service->scheduler,
                            ipvs_flag_name(service->scheduler, IPVS_SCHED1),
                            ipvs_flag_name(service->scheduler, IPVS_SCHED2),
                            ipvs_flag_name(service->scheduler, IPVS_SCHED3));
    service->flags |= bit;
    return true;
}

static bool read_flags(struct restore_reader *reader, struct ipvs_service *service)
{
    const char *text = reader->values[RESTORE_OPTION_FLAGS];
    if (!restore_option_given(reader, RESTORE_OPTION_FLAGS))
        return true;
    for (;;) {
        size_t length = strcspn(text, ",");
        if (!add_flag(reader, service, text, length))
            return false;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

static bool read_service(struct restore_reader *reader, struct ipvs_service *service)
{
    memcpy(service->scheduler, "wlc", sizeof("wlc"));
    if (restore_option_given(reader, RESTORE_OPTION_SCHEDULER) &&
        !read_word(reader, RESTORE_OPTION_SCHEDULER, service->scheduler,
                   sizeof(service->scheduler)))
        return false;
    if (restore_option_given(reader, RESTORE_OPTION_ENGINE) &&
        !read_word(reader, RESTORE_OPTION_ENGINE, service->engine, sizeof(service->engine)))
        return false;
    if (restore_option_given(reader, RESTORE_OPTION_PERSISTENT)) {
        service->flags |= IPVS_PERSISTENT;
        service->timeout = PERSISTENCE_DEFAULT;
        if (reader->values[RESTORE_OPTION_PERSISTENT] != NULL &&
            !read_option(reader, RESTORE_OPTION_PERSISTENT, "persistence in seconds", 1,
                         IPVS_TIMEOUT_MAX, &service->timeout))
            return false;
    }
    if (restore_option_given(reader, RESTORE_OPTION_ONE_PACKET))
        service->flags |= IPVS_ONE_PACKET;
    if (!read_mask(reader, service) || !read_flags(reader, service))
        return false;
    ipvs_service_normalise(service);
    return true;
}

/* ---- servers -----------------------------------------------------------------------------------
 */

static bool read_tunnel(struct restore_reader *reader, struct ipvs_dest *dest)
{
    bool any = restore_option_given(reader, RESTORE_OPTION_TUNNEL) ||
               restore_option_given(reader, RESTORE_OPTION_TUNNEL_PORT) ||
               restore_option_given(reader, RESTORE_OPTION_CHECKSUM);
    uint32_t port = 0;
    if (any && dest->forward != IPVS_TUN)
        return restore_fail(reader, "--tun-... goes with -i only");
    if (restore_option_given(reader, RESTORE_OPTION_TUNNEL) &&
        !ipvs_tunnel_find(reader->values[RESTORE_OPTION_TUNNEL], &dest->tunnel))
        return restore_fail(reader, "\"%.60s\" is not a tunnel: ipip, gue or gre",
                            reader->values[RESTORE_OPTION_TUNNEL]);
    if (restore_option_given(reader, RESTORE_OPTION_CHECKSUM) && dest->tunnel == IPVS_IPIP)
        return restore_fail(reader, "an ipip tunnel has no checksum");
    if (restore_option_given(reader, RESTORE_OPTION_TUNNEL_PORT) && dest->tunnel != IPVS_GUE)
        return restore_fail(reader, "--tun-port goes with --tun-type gue only");
    if (!read_option(reader, RESTORE_OPTION_TUNNEL_PORT, "port", 1, UINT16_MAX, &port))
        return false;
    dest->tunnel_port = (uint16_t)port;
    if (restore_option_given(reader, RESTORE_OPTION_CHECKSUM))
        dest->checksum = (uint8_t)reader->details[RESTORE_OPTION_CHECKSUM];
    return true;
}

static bool read_server(struct restore_reader *reader, const struct ipvs_key *key,
                        struct ipvs_dest *dest)
{
    if (!restore_option_given(reader, RESTORE_OPTION_SERVER))
        return restore_fail(reader, "--%s needs a server: -r ADDRESS:PORT",
                            restore_option_command_name(reader));
    dest->port = key->port;
    return read_endpoint(reader, reader->values[RESTORE_OPTION_SERVER], &dest->addr, &dest->port);
}

static bool read_server_settings(struct restore_reader *reader, struct ipvs_dest *dest)
{
    dest->forward = IPVS_DR;
    dest->weight = 1;
    if (restore_option_given(reader, RESTORE_OPTION_FORWARD))
        dest->forward = (uint8_t)reader->details[RESTORE_OPTION_FORWARD];
    if (!read_tunnel(reader, dest) ||
        !read_option(reader, RESTORE_OPTION_WEIGHT, "weight", 0, IPVS_WEIGHT_MAX, &dest->weight) ||
        !read_option(reader, RESTORE_OPTION_UPPER, "threshold", 0, INT32_MAX, &dest->upper) ||
        !read_option(reader, RESTORE_OPTION_LOWER, "threshold", 0, INT32_MAX, &dest->lower))
        return false;
    ipvs_dest_normalise(dest);
    return true;
}

/* ---- timeouts and daemons ----------------------------------------------------------------------
 */

static bool read_timeouts(struct restore_reader *reader, struct ipvs_timeouts *out)
{
    uint32_t *const places[] = { &out->tcp, &out->tcp_fin, &out->udp };
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        uint64_t seconds = 0;
        if (!read_number(reader, "timeout in seconds", reader->command_values[i], 0,
                         IPVS_TIMEOUT_MAX, &seconds))
            return false;
        *places[i] = (uint32_t)seconds;
    }
    return true;
}

static bool is_multicast(const struct addr *addr)
{
    return addr->family == ADDR_V4 ? (addr->bytes[0] & 0xf0) == 0xe0 : addr->bytes[0] == 0xff;
}

static bool read_role(struct restore_reader *reader, struct ipvs_daemon *daemon)
{
    const char *text = reader->command_values[0];
    if (strcmp(text, "master") == 0)
        daemon->role = IPVS_MASTER;
    else if (strcmp(text, "backup") == 0)
        daemon->role = IPVS_BACKUP;
    else
        return restore_fail(reader, "\"%.60s\" is not a role: master or backup", text);
    return true;
}

static bool read_daemon(struct restore_reader *reader, struct ipvs_daemon *daemon)
{
    uint32_t length = 0;
    uint32_t port = 0;
    uint32_t ttl = 0;
    if (!restore_option_given(reader, RESTORE_OPTION_INTERFACE))
        return restore_fail(reader, "--start-daemon needs --mcast-interface");
    if (!read_word(reader, RESTORE_OPTION_INTERFACE, daemon->interface, sizeof(daemon->interface)))
        return false;
    if (strpbrk(daemon->interface, "/:") != NULL)
        return restore_fail(reader, "\"%s\" is not the name of an interface", daemon->interface);
    const char *group = reader->values[RESTORE_OPTION_GROUP];
    if (restore_option_given(reader, RESTORE_OPTION_GROUP) &&
        (!addr_parse(group, &daemon->group) || !is_multicast(&daemon->group)))
        return restore_fail(reader, "\"%.60s\" is not a multicast address", group);
    if (!read_option(reader, RESTORE_OPTION_SYNC_ID, "sync id", 0, 255, &daemon->id) ||
        !read_option(reader, RESTORE_OPTION_MAX_LENGTH, "length", 1, 65507, &length) ||
        !read_option(reader, RESTORE_OPTION_PORT, "port", 1, UINT16_MAX, &port) ||
        !read_option(reader, RESTORE_OPTION_TTL, "ttl", 1, 255, &ttl))
        return false;
    daemon->max_length = (uint16_t)length;
    daemon->port = (uint16_t)port;
    daemon->ttl = (uint8_t)ttl;
    return true;
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

static bool read_command(struct restore_reader *reader, struct restore_line *out)
{
    switch (out->command) {
    case RESTORE_NOTHING:
    case RESTORE_CLEAR:
        return true;
    case RESTORE_TIMEOUTS:
        return read_timeouts(reader, &out->timeouts);
    case RESTORE_STOP_DAEMON:
        return read_role(reader, &out->daemon);
    case RESTORE_START_DAEMON:
        return read_role(reader, &out->daemon) && read_daemon(reader, &out->daemon);
    case RESTORE_DELETE_SERVICE:
        return read_key(reader, &out->service.key);
    case RESTORE_ADD_SERVICE:
    case RESTORE_EDIT_SERVICE:
        return read_key(reader, &out->service.key) && read_service(reader, &out->service);
    case RESTORE_DELETE_SERVER:
        return read_key(reader, &out->service.key) &&
               read_server(reader, &out->service.key, &out->dest);
    case RESTORE_ADD_SERVER:
    case RESTORE_EDIT_SERVER:
        return read_key(reader, &out->service.key) &&
               read_server(reader, &out->service.key, &out->dest) &&
               read_server_settings(reader, &out->dest);
    }
    return false;
}

bool restore_line_read(const char *text, size_t length, struct restore_line *out, char *message)
{
    struct restore_reader reader = { .message = message };
    *out = (struct restore_line){ .command = RESTORE_NOTHING };
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL && text[length - 1] != '\0')
        length--;
    size_t start = 0;
    while (start < length && (text[start] == ' ' || text[start] == '\t'))
        start++;
    if (start == length || text[start] == '#')
        return true;
    if (!restore_option_read(&reader, text, length))
        return false;
    out->command = restore_option_command(&reader);
    return read_command(&reader, out);
}
