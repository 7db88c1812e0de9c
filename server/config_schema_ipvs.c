// SPDX-License-Identifier: BSD-2-Clause
#include "server/config_raw.h"

#include <stddef.h>
#include <string.h>

#define END                                                                                        \
    {                                                                                              \
        .key = NULL                                                                                \
    }
#define PORT_MAX       65535
#define SYNC_BYTES_MAX 65507 /* of a UDP datagram over IPv4 */
#define HOUR_MS        UINT64_C(3600000)
#define DAY_MS         (24 * HOUR_MS)
#define TIMEOUT_MAX_MS (UINT64_C(1000) * IPVS_TIMEOUT_MAX)

/* --- what services, servers and sorry servers have in common --- */

static const char *const forward_words[] = { "nat", "dr", "tun", NULL };

/* `out` is an int: enum ipvs_forward, or RAW_FORWARD_BAD after an error, so that nothing is
 * concluded from it. */
static bool parse_forward(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                          const char *path, void *out)
{
    static const struct schema_item word = { .type = SCHEMA_ENUM, .words = forward_words };
    (void)item;
    const char *text = json_string_value(value);
    int index = 0;
    uint8_t method = IPVS_NAT;
    *(int *)out = RAW_FORWARD_BAD;
    if (text != NULL && strcmp(text, "fullnat") == 0) {
        json_error(ctx->doc, ctx->errors, path,
                   "\"fullnat\" is not in the mainline kernel; \"nat\" with an SNAT rule on this "
                   "host (net.ipv4.vs.conntrack=1) does the same, see docs/ipvs.md");
        return false;
    }
    if (!schema_read_value(ctx, &word, value, path, &index))
        return false;
    (void)ipvs_forward_find(forward_words[index], &method);
    *(int *)out = method;
    return true;
}

static const struct schema forward_schema = { .title = "\"nat\" | \"dr\" | \"tun\"",
                                              .size = sizeof(int) };

/* A kernel takes any name of a device that has neither blanks nor "/" nor ":". */
static bool parse_interface(struct schema_context *ctx, const struct schema_item *item,
                            json_t *value, const char *path, void *out)
{
    (void)item;
    const char *text = json_string_value(value);
    if (text == NULL)
        return schema_type_error(ctx, value, path, "the name of an interface");
    size_t length = strlen(text);
    if (length == 0 || length >= IPVS_INTERFACE_MAX || strpbrk(text, " \t\r\n\v\f/:") != NULL ||
        strcmp(text, ".") == 0 || strcmp(text, "..") == 0) {
        json_error(ctx->doc, ctx->errors, path,
                   "\"%.80s\" is no name of an interface: 1 to 15 bytes without blanks, \"/\" and "
                   "\":\"",
                   text);
        return false;
    }
    *(const char **)out = arena_strdup(ctx->arena, text);
    return true;
}

static const struct schema interface_schema = { .title = "name of an interface",
                                                .size = sizeof(const char *) };

static const struct schema_item name_element = { .type = SCHEMA_REF, .flags = SCHEMA_NONEMPTY };

static const char *const tunnel_words[] = { "ipip", "gue", "gre", NULL };
static const char *const checksum_words[] = { "none", "csum", "remcsum", NULL };

static const struct schema_item tunnel_items[] = {
    { .key = "type",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct raw_tunnel, type),
      .words = tunnel_words,
      .fallback = "\"ipip\"",
      .help = "Encapsulation." },
    { .key = "port",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_tunnel, port),
      .present = offsetof(struct raw_tunnel, port_given),
      .min = 1,
      .max = PORT_MAX,
      .help = "gue: UDP port on which the server takes the packets out." },
    { .key = "checksum",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct raw_tunnel, checksum),
      .words = checksum_words,
      .fallback = "\"none\"",
      .help = "gue and gre: checksum of the tunnel's packets; remcsum for gue only." },
    END,
};

static const struct schema tunnel_schema = { .title = "tunnel",
                                             .size = sizeof(struct raw_tunnel),
                                             .items = tunnel_items };

/* clang-format off */
#define DEST_ROWS(base, what)                                                                      \
    { .key = "address",                                                                            \
      .type = SCHEMA_ADDRESS,                                                                      \
      .flags = SCHEMA_REQUIRED,                                                                    \
      .offset = (base) + offsetof(struct raw_dest, address),                                       \
      .help = (what) },                                                                            \
    { .key = "port",                                                                               \
      .type = SCHEMA_UINT,                                                                         \
      .offset = (base) + offsetof(struct raw_dest, port),                                          \
      .present = (base) + offsetof(struct raw_dest, port_given),                                   \
      .min = 1,                                                                                    \
      .max = PORT_MAX,                                                                             \
      .help = "Default: the service's, which with \"dr\" and \"tun\" it must be." },               \
    { .key = "forward",                                                                            \
      .type = SCHEMA_CUSTOM,                                                                       \
      .offset = (base) + offsetof(struct raw_dest, forward),                                       \
      .present = (base) + offsetof(struct raw_dest, forward_given),                                \
      .sub = &forward_schema,                                                                      \
      .parse = parse_forward,                                                                      \
      .help = "How packets get there. Default: the service's." },                                  \
    { .key = "tunnel",                                                                             \
      .type = SCHEMA_OBJECT,                                                                       \
      .offset = (base) + offsetof(struct raw_dest, tunnel),                                        \
      .present = (base) + offsetof(struct raw_dest, tunnel_given),                                 \
      .sub = &tunnel_schema,                                                                       \
      .help = "With forward \"tun\": which tunnel." }
/* clang-format on */

/* --- servers --- */

static const struct schema_item server_items[] = {
    DEST_ROWS(offsetof(struct raw_real, dest),
              "Of the real server; of the other family than the service's with forward \"tun\" "
              "only."),
    { .key = "weight",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_real, weight),
      .max = IPVS_WEIGHT_MAX,
      .fallback = "1",
      .help = "Share of the connections; 0 = no new ones (quiesced)." },
    { .key = "upper",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_real, upper),
      .max = INT32_MAX,
      .fallback = "0",
      .help = "Connections from which on it gets no new ones; 0 = no limit." },
    { .key = "lower",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_real, lower),
      .max = INT32_MAX,
      .fallback = "0",
      .help = "Connections below which it gets them again; 0 = three quarters of upper." },
    { .key = "check",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_OR_ONE,
      .offset = offsetof(struct raw_real, checks),
      .present = offsetof(struct raw_real, check_given),
      .element = &name_element,
      .help = "Instead of the service's check; of a list all must pass; [] = none." },
    { .key = "disabled",
      .type = SCHEMA_BOOL,
      .offset = offsetof(struct raw_real, disabled),
      .fallback = "false",
      .help = "Never used, whatever else is down." },
    END,
};

static const struct schema server_schema = { .title = "server",
                                             .size = sizeof(struct raw_real),
                                             .items = server_items };

static const struct schema_item sorry_items[] = {
    DEST_ROWS(0, "Of the server that answers when the others cannot; it may be one of them."),
    END,
};

static const struct schema sorry_schema = { .title = "sorry",
                                            .size = sizeof(struct raw_dest),
                                            .items = sorry_items };

/* --- services --- */

static const struct schema_item vip_items[] = {
    { .key = "interface",
      .type = SCHEMA_CUSTOM,
      .offset = offsetof(struct raw_vip, interface),
      .sub = &interface_schema,
      .parse = parse_interface,
      .help = "Where the server puts the service's address; absent = the address is none of its "
              "business." },
    { .key = "require_local",
      .type = SCHEMA_BOOL,
      .offset = offsetof(struct raw_vip, require_local),
      .fallback = "false",
      .help = "DNS answers the address only while this host has it (VRRP beside us moves it)." },
    { .key = "check",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_OR_ONE,
      .offset = offsetof(struct raw_vip, checks),
      .element = &name_element,
      .help = "Through the address itself: all must pass before DNS answers it." },
    END,
};

static const struct schema vip_schema = { .title = "vip",
                                          .size = sizeof(struct raw_vip),
                                          .items = vip_items };

static const char *const protocol_words[] = { "tcp", "udp", "sctp", NULL };
static const char *const family_words[] = { "ipv4", "ipv6", NULL };
static const char *const engine_words[] = { "sip", NULL };
static const char *const quorum_words[] = { "count", "weight", "share", NULL };
static const char *const on_fail_words[] = { "remove", "quiesce", NULL };
static const char *const load_words[] = { "none", "connections", "rate", NULL };
static const struct schema_item service_items[] = {
    { .key = "address",
      .type = SCHEMA_ADDRESS,
      .offset = offsetof(struct raw_service, address),
      .present = offsetof(struct raw_service, address_given),
      .help = "The virtual address (VIP); or else \"fwmark\"." },
    { .key = "port",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_service, port),
      .present = offsetof(struct raw_service, port_given),
      .max = PORT_MAX,
      .help = "Required with an address; 0 = all ports, with persistence only." },
    { .key = "protocol",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct raw_service, protocol),
      .present = offsetof(struct raw_service, protocol_given),
      .words = protocol_words,
      .fallback = "\"tcp\"",
      .help = "Of a service by address." },
    { .key = "fwmark",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_service, fwmark),
      .present = offsetof(struct raw_service, fwmark_given),
      .min = 1,
      .max = UINT32_MAX,
      .help = "Mark that the packet filter gives to the packets of the service; such a service "
              "cannot be the member of a pool." },
    { .key = "family",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct raw_service, family),
      .present = offsetof(struct raw_service, family_given),
      .words = family_words,
      .fallback = "\"ipv4\"",
      .help = "Of a service by fwmark." },
    { .key = "scheduler",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct raw_service, scheduler),
      .word_list = ipvs_schedulers,
      .fallback = "\"wlc\"",
      .help = "How the kernel chooses a server for a connection." },
    { .key = "flags",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_OR_ONE,
      .offset = offsetof(struct raw_service, flags),
      .element = &name_element,
      .help = "Options of the scheduler: sh-port, sh-fallback, mh-port, mh-fallback, or for any "
              "flag-1, flag-2, flag-3." },
    { .key = "persistence",
      .type = SCHEMA_DURATION,
      .offset = offsetof(struct raw_service, persistence_ms),
      .present = offsetof(struct raw_service, persistence_given),
      .min = 1000,
      .max = TIMEOUT_MAX_MS,
      .help = "How long a client stays with its server after its last connection, whole seconds; "
              "absent = every connection is placed anew." },
    { .key = "persistence_prefix",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_service, persistence_prefix),
      .present = offsetof(struct raw_service, prefix_given),
      .min = 1,
      .max = 128,
      .help = "Clients that are alike in so many bits of their address count as one. Default: all "
              "bits." },
    { .key = "engine",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct raw_service, engine),
      .present = offsetof(struct raw_service, engine_given),
      .words = engine_words,
      .help = "By what persistence knows a client instead of its address: sip = Call-ID (UDP)." },
    { .key = "one_packet",
      .type = SCHEMA_BOOL,
      .offset = offsetof(struct raw_service, one_packet),
      .fallback = "false",
      .help = "UDP: every packet is placed by itself." },
    { .key = "forward",
      .type = SCHEMA_CUSTOM,
      .offset = offsetof(struct raw_service, forward),
      .sub = &forward_schema,
      .parse = parse_forward,
      .fallback = "\"nat\"",
      .help = "How packets get to the servers: address translation, direct routing, tunnel." },
    { .key = "check",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_OR_ONE,
      .offset = offsetof(struct raw_service, checks),
      .element = &name_element,
      .help = "Check of the servers; of a list all must pass." },
    { .key = "quorum",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_service, quorum),
      .min = 1,
      .max = UINT32_MAX,
      .fallback = "1",
      .help = "With less than that the service is down." },
    { .key = "quorum_by",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct raw_service, quorum_by),
      .words = quorum_words,
      .fallback = "\"count\"",
      .help = "What the quorum counts: live servers, their weight, or their share of the weight of "
              "all in percent." },
    { .key = "hysteresis",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_service, hysteresis),
      .max = UINT32_MAX,
      .fallback = "0",
      .help = "Up from quorum + hysteresis on, down below quorum - hysteresis." },
    { .key = "on_fail",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct raw_service, on_fail),
      .words = on_fail_words,
      .fallback = "\"remove\"",
      .help = "A failed server is taken out, or stays with weight 0." },
    { .key = "sorry",
      .type = SCHEMA_OBJECT,
      .flags = SCHEMA_NULLABLE,
      .offset = offsetof(struct raw_service, sorry),
      .present = offsetof(struct raw_service, sorry_given),
      .sub = &sorry_schema,
      .help = "The server of last resort, used below the quorum." },
    { .key = "sorry_keeps",
      .type = SCHEMA_BOOL,
      .offset = offsetof(struct raw_service, sorry_keeps),
      .fallback = "false",
      .help = "Below the quorum the live servers stay beside the sorry server." },
    { .key = "slow_start",
      .type = SCHEMA_DURATION,
      .offset = offsetof(struct raw_service, slow_start_ms),
      .max = DAY_MS,
      .fallback = "\"0s\"",
      .help = "Time in which a server that comes back gets from little to its whole weight; not "
              "with sh, dh, mh, fo and ovf." },
    { .key = "drain",
      .type = SCHEMA_DURATION,
      .offset = offsetof(struct raw_service, drain_ms),
      .max = TIMEOUT_MAX_MS,
      .fallback = "\"5m\"",
      .help = "Longest wait for the connections of a server that is drained." },
    { .key = "capacity",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_service, capacity),
      .present = offsetof(struct raw_service, capacity_given),
      .min = 1,
      .help = "Connections (or new ones a second, see load) that all servers together can take." },
    { .key = "load",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct raw_service, load),
      .words = load_words,
      .fallback = "\"none\"",
      .help = "What the kernel counts that is held against capacity: DNS sends less to a service "
              "that is full." },
    { .key = "vip",
      .type = SCHEMA_OBJECT,
      .flags = SCHEMA_NULLABLE,
      .offset = offsetof(struct raw_service, vip),
      .present = offsetof(struct raw_service, vip_given),
      .sub = &vip_schema,
      .help = "The address of the service on this host." },
    { .key = "servers",
      .type = SCHEMA_MAP,
      .flags = SCHEMA_REQUIRED | SCHEMA_NONEMPTY,
      .offset = offsetof(struct raw_service, servers),
      .sub = &server_schema,
      .help = "The real servers." },
    END,
};

static const struct schema service_schema = { .title = "service",
                                              .size = sizeof(struct raw_service),
                                              .items = service_items };

/* --- the section --- */

static const char *const mode_words[] = { "shared", "exclusive", "observe", NULL };
static const char *const on_exit_words[] = { "leave", "drain", "remove", NULL };
static const char *const unavailable_words[] = { "answer", "withdraw", NULL };
static const char *const role_words[] = { "master", "backup", "both", "follow", NULL };

#define TIMEOUT_ROW(name, text)                                                                    \
    {                                                                                              \
        .key = #name, .type = SCHEMA_DURATION,                                                     \
        .offset = offsetof(struct raw_ipvs_timeouts, name##_ms), .min = 1000,                      \
        .max = TIMEOUT_MAX_MS, .help = (text)                                                      \
    }

static const struct schema_item timeout_items[] = {
    TIMEOUT_ROW(tcp, "Of an idle TCP connection, whole seconds; absent = as the kernel has it."),
    TIMEOUT_ROW(tcp_fin, "Of a TCP connection after its FIN."),
    TIMEOUT_ROW(udp, "Of a UDP client's connection after its last packet."),
    END,
};

static const struct schema timeout_schema = { .title = "timeouts",
                                              .size = sizeof(struct raw_ipvs_timeouts),
                                              .items = timeout_items };

static const struct schema_item sync_items[] = {
    { .key = "role",
      .type = SCHEMA_ENUM,
      .flags = SCHEMA_REQUIRED,
      .offset = offsetof(struct raw_sync, role),
      .words = role_words,
      .help = "follow = master while this host has a VIP with require_local (any VIP, where none "
              "has it), else backup." },
    { .key = "interface",
      .type = SCHEMA_CUSTOM,
      .flags = SCHEMA_REQUIRED,
      .offset = offsetof(struct raw_sync, interface),
      .sub = &interface_schema,
      .parse = parse_interface,
      .help = "Where connections are told to, and heard from, the other director." },
    { .key = "id",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_sync, id),
      .max = 255,
      .fallback = "0",
      .help = "The same on both directors." },
    { .key = "group",
      .type = SCHEMA_ADDRESS,
      .offset = offsetof(struct raw_sync, group),
      .help = "Multicast group. Default: 224.0.0.81." },
    { .key = "port",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_sync, port),
      .min = 1,
      .max = PORT_MAX,
      .help = "Default: 8848." },
    { .key = "ttl",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_sync, ttl),
      .min = 1,
      .max = 255,
      .help = "Default: 1." },
    { .key = "maxlen",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_sync, maxlen),
      .min = 1,
      .max = SYNC_BYTES_MAX,
      .help = "Largest message in bytes. Default: what the interface takes." },
    END,
};

static const struct schema sync_schema = { .title = "sync",
                                           .size = sizeof(struct raw_sync),
                                           .items = sync_items };

static const struct schema_item allow_element = { .type = SCHEMA_PREFIX };

static const struct schema_item ipvs_items[] = {
    { .key = "mode",
      .type = SCHEMA_ENUM,
      .flags = SCHEMA_START_ONLY,
      .offset = offsetof(struct raw_ipvs, mode),
      .words = mode_words,
      .fallback = "\"shared\"",
      .help = "Services of others in the kernel are left alone, removed, or nothing at all is "
              "changed there." },
    { .key = "on_exit",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct raw_ipvs, on_exit),
      .words = on_exit_words,
      .fallback = "\"leave\"",
      .help = "What becomes of the kernel's services when the server ends." },
    { .key = "on_unavailable",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct raw_ipvs, on_unavailable),
      .words = unavailable_words,
      .fallback = "\"answer\"",
      .help = "Without IPVS in the kernel DNS answers the services' addresses by the health of "
              "their servers alone, or not at all." },
    { .key = "max_remove",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_ipvs, max_remove),
      .max = 100,
      .fallback = "50",
      .help = "Percent of the live servers that a reload may take away at once; more waits for an "
              "operator's apply with force." },
    { .key = "timeouts",
      .type = SCHEMA_OBJECT,
      .offset = offsetof(struct raw_ipvs, timeouts),
      .sub = &timeout_schema,
      .help = "The kernel's timeouts of connections." },
    { .key = "sync",
      .type = SCHEMA_OBJECT,
      .flags = SCHEMA_NULLABLE,
      .offset = offsetof(struct raw_ipvs, sync),
      .present = offsetof(struct raw_ipvs, sync_given),
      .sub = &sync_schema,
      .help = "The kernel's daemon that shares connections between directors; absent = it is left "
              "alone." },
    { .key = "allow",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_START_ONLY,
      .offset = offsetof(struct raw_ipvs, allow),
      .element = &allow_element,
      .help = "Where virtual addresses may lie: the privileged helper refuses others. Absent or [] "
              "= anywhere." },
    { .key = "services",
      .type = SCHEMA_MAP,
      .offset = offsetof(struct raw_ipvs, services),
      .sub = &service_schema,
      .help = "The virtual servers." },
    END,
};

const struct schema config_schema_ipvs = { .title = "ipvs",
                                           .size = sizeof(struct raw_ipvs),
                                           .items = ipvs_items };
