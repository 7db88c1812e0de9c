// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/list.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_TEXT 64 /* "SCTP [IPv6]:65535" */

/* ---- order -------------------------------------------------------------------------------------
 */

/* ipvsadm takes the sign of the difference of two unsigned numbers. 10.0.0.1 stands behind
 * 192.0.2.1 so. */
static int compare_words(uint32_t a, uint32_t b)
{
    if (a == b)
        return 0;
    return a - b < 0x80000000U ? 1 : -1;
}

/* IPv4 takes the first of the four words. */
static int compare_addrs(const struct addr *a, const struct addr *b)
{
    int order = 0;
    for (size_t i = 0; order == 0 && i < sizeof(a->bytes); i += sizeof(uint32_t)) {
        uint32_t left = 0;
        uint32_t right = 0;
        memcpy(&left, &a->bytes[i], sizeof(left));
        memcpy(&right, &b->bytes[i], sizeof(right));
        order = compare_words(ntohl(left), ntohl(right));
    }
    return order;
}

static int compare_services(const void *left, const void *right)
{
    const struct ipvs_key *a = &((const struct ipvs_service *)left)->key;
    const struct ipvs_key *b = &((const struct ipvs_service *)right)->key;
    int order = compare_words(a->fwmark, b->fwmark);
    if (order == 0 && a->family != b->family)
        order = a->family < b->family ? -1 : 1;
    if (order == 0)
        order = (int)a->protocol - (int)b->protocol;
    if (order == 0)
        order = compare_addrs(&a->addr, &b->addr);
    return order != 0 ? order : (int)a->port - (int)b->port;
}

static int compare_dests(const void *left, const void *right)
{
    const struct ipvs_dest *a = left;
    const struct ipvs_dest *b = right;
    int order = compare_addrs(&a->addr, &b->addr);
    return order != 0 ? order : (int)a->port - (int)b->port;
}

void list_sort(struct ipvs_table *table)
{
    if (table->count > 0)
        qsort(table->services, table->count, sizeof(*table->services), compare_services);
    for (size_t i = 0; i < table->count; i++) {
        struct ipvs_service *service = &table->services[i];
        if (service->dest_count > 0)
            qsort(service->dests, service->dest_count, sizeof(*service->dests), compare_dests);
    }
}

/* ---- numbers -----------------------------------------------------------------------------------
 */

static const struct unit {
    uint64_t below, divisor;
    char letter;
} units[] = {
    { 1000000000ULL, 1000ULL, 'K' },
    { 100000000000ULL, 1000000ULL, 'M' },
    { 100000000000000ULL, 1000000000ULL, 'G' },
    { UINT64_MAX, 1000000000000ULL, 'T' },
};

/* Nine columns; what needs all of them gets a unit, or one blank before it. */
static void add_number(struct strbuf *out, uint64_t number, bool exact)
{
    if (number < 100000000ULL) {
        strbuf_addf(out, "%9" PRIu64, number);
        return;
    }
    if (exact) {
        strbuf_addf(out, " %" PRIu64, number);
        return;
    }
    const struct unit *unit = units;
    while (number >= unit->below && unit->below != UINT64_MAX)
        unit++;
    strbuf_addf(out, "%8" PRIu64 "%c", number / unit->divisor, unit->letter);
}

/* ---- names -------------------------------------------------------------------------------------
 */

static void service_name(const struct ipvs_key *key, char out[NAME_MAX_TEXT])
{
    if (key->fwmark != 0) {
        /* A mark of 2^31 and more is negative there. */
        (void)snprintf(out, NAME_MAX_TEXT, "FWM  %" PRId32 "%s", (int32_t)key->fwmark,
                       key->family == ADDR_V6 ? " IPv6" : "");
        return;
    }
    struct endpoint endpoint = { .addr = key->addr, .port = key->port };
    char at[ENDPOINT_TEXT_MAX];
    const char *protocol = "TCP ";
    if (key->protocol == IPVS_UDP)
        protocol = "UDP ";
    else if (key->protocol == IPVS_SCTP)
        protocol = "SCTP";
    endpoint_print(&endpoint, at);
    (void)snprintf(out, NAME_MAX_TEXT, "%s %s", protocol, at);
}

/* ---- services ----------------------------------------------------------------------------------
 */

static void add_flags(const struct ipvs_service *service, struct strbuf *out)
{
    const char *before = " (";
    for (uint32_t bit = IPVS_SCHED1; bit <= IPVS_SCHED3; bit <<= 1) {
        if ((service->flags & bit) == 0)
            continue;
        strbuf_addf(out, "%s%s", before, ipvs_flag_name(service->scheduler, bit));
        before = ",";
    }
    if ((service->flags & IPVS_SCHED_ALL) != 0)
        strbuf_add(out, ")");
}

static void add_mask(const struct ipvs_service *service, struct strbuf *out)
{
    unsigned bits = service->prefix;
    if (service->key.family == ADDR_V6) {
        if (bits != 0 && bits != 128)
            strbuf_addf(out, " mask %u", bits);
    } else if (bits != 0 && bits < 32) {
        uint32_t mask = UINT32_MAX << (32 - bits);
        strbuf_addf(out, " mask %u.%u.%u.%u", mask >> 24, mask >> 16 & 0xff, mask >> 8 & 0xff,
                    mask & 0xff);
    }
}

static void add_settings(const struct ipvs_service *service, struct strbuf *out)
{
    strbuf_addf(out, " %s", service->scheduler);
    add_flags(service, out);
    if ((service->flags & IPVS_PERSISTENT) != 0) {
        strbuf_addf(out, " persistent %" PRIu32, service->timeout);
        add_mask(service, out);
    }
    if (service->engine[0] != '\0')
        strbuf_addf(out, " pe %s", service->engine);
    if ((service->flags & IPVS_ONE_PACKET) != 0)
        strbuf_add(out, " ops");
}

static void add_counters(const struct ipvs_stats *stats, const struct list_options *options,
                         struct strbuf *out)
{
    bool rate = options->columns == LIST_RATE;
    add_number(out, rate ? stats->connection_rate : stats->connections, options->exact);
    add_number(out, rate ? stats->in_packet_rate : stats->in_packets, options->exact);
    add_number(out, rate ? stats->out_packet_rate : stats->out_packets, options->exact);
    add_number(out, rate ? stats->in_byte_rate : stats->in_bytes, options->exact);
    add_number(out, rate ? stats->out_byte_rate : stats->out_bytes, options->exact);
}

static void add_service(const struct ipvs_service *service, const struct list_options *options,
                        struct strbuf *out)
{
    char name[NAME_MAX_TEXT];
    service_name(&service->key, name);
    if (options->columns == LIST_STATS || options->columns == LIST_RATE) {
        strbuf_addf(out, "%-33s", name);
        add_counters(&service->stats, options, out);
    } else {
        strbuf_add(out, name);
        add_settings(service, out);
    }
    strbuf_add(out, "\n");
}

/* ---- servers -----------------------------------------------------------------------------------
 */

static const char *forward_word(const struct ipvs_dest *dest)
{
    static const char *const words[] = {
        [IPVS_NAT] = "Masq", [IPVS_LOCAL] = "Local", [IPVS_TUN] = "Tunnel", [IPVS_DR] = "Route"
    };
    return words[dest->forward & 3U];
}

static void tunnel_word(const struct ipvs_dest *dest, char out[16])
{
    static const char *const checksums[] = {
        [IPVS_NOCSUM] = "-c", [IPVS_CSUM] = "+c", [IPVS_REMCSUM] = "r+c"
    };
    const char *checksum = dest->checksum <= IPVS_REMCSUM ? checksums[dest->checksum] : "";
    if (dest->forward != IPVS_TUN)
        (void)snprintf(out, 16, "n/a");
    else if (dest->tunnel == IPVS_GUE)
        (void)snprintf(out, 16, "gue:%u:%s", dest->tunnel_port, checksum);
    else if (dest->tunnel == IPVS_GRE)
        (void)snprintf(out, 16, "gre:%s", checksum);
    else
        (void)snprintf(out, 16, "ipip");
}

/* The three packet and connection rates of servers are never shortened. */
static void add_dest_rates(const struct ipvs_dest *dest, const struct list_options *options,
                           struct strbuf *out)
{
    const struct ipvs_stats *stats = &dest->stats;
    strbuf_addf(out, " %8" PRIu64 " %8" PRIu64 " %8" PRIu64, stats->connection_rate,
                stats->in_packet_rate, stats->out_packet_rate);
    add_number(out, stats->in_byte_rate, options->exact);
    add_number(out, stats->out_byte_rate, options->exact);
}

static void add_dest_columns(const struct ipvs_dest *dest, const struct list_options *options,
                             struct strbuf *out)
{
    char tunnel[16];
    switch (options->columns) {
    case LIST_STATS:
        add_counters(&dest->stats, options, out);
        return;
    case LIST_RATE:
        add_dest_rates(dest, options, out);
        return;
    case LIST_THRESHOLDS:
        strbuf_addf(out, " %-10" PRIu32 " %-10" PRIu32, dest->upper, dest->lower);
        break;
    case LIST_PERSISTENT:
        strbuf_addf(out, " %-9" PRIu32 " %-11" PRIu32, dest->weight, dest->persistent);
        break;
    case LIST_TUNNEL:
        tunnel_word(dest, tunnel);
        strbuf_addf(out, " %-7s %-13s %-6" PRIu32, forward_word(dest), tunnel, dest->weight);
        break;
    case LIST_DEFAULT:
        strbuf_addf(out, " %-7s %-6" PRIu32, forward_word(dest), dest->weight);
        break;
    }
    strbuf_addf(out, " %-10" PRIu32 " %-10" PRIu32, dest->active, dest->inactive);
}

static void add_dest(const struct ipvs_dest *dest, const struct list_options *options,
                     struct strbuf *out)
{
    struct endpoint endpoint = { .addr = dest->addr, .port = dest->port };
    char name[ENDPOINT_TEXT_MAX];
    endpoint_print(&endpoint, name);
    strbuf_addf(out, "  -> %-28s", name);
    add_dest_columns(dest, options, out);
    strbuf_add(out, "\n");
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

static const char *const titles[] = {
    [LIST_DEFAULT] = "Prot LocalAddress:Port Scheduler Flags\n"
                     "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n",
    [LIST_STATS] =
        "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n"
        "  -> RemoteAddress:Port\n",
    [LIST_RATE] = "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n"
                  "  -> RemoteAddress:Port\n",
    [LIST_THRESHOLDS] =
        "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n"
        "  -> RemoteAddress:Port\n",
    [LIST_PERSISTENT] =
        "Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n"
        "  -> RemoteAddress:Port\n",
    [LIST_TUNNEL] =
        "Prot LocalAddress:Port Scheduler Flags\n"
        "  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n",
};

void list_print(const struct ipvs_table *table, const struct ipvs_info *info,
                const struct list_options *options, struct strbuf *out)
{
    strbuf_addf(out, "IP Virtual Server version %u.%u.%u (size=%" PRIu32 ")\n",
                (unsigned)(info->version >> 16 & 0xff), (unsigned)(info->version >> 8 & 0xff),
                (unsigned)(info->version & 0xff), info->connection_table_size);
    strbuf_add(out, titles[options->columns]);
    for (size_t i = 0; i < table->count; i++) {
        const struct ipvs_service *service = &table->services[i];
        add_service(service, options, out);
        for (size_t d = 0; d < service->dest_count; d++)
            add_dest(&service->dests[d], options, out);
    }
}

void list_print_timeouts(const struct ipvs_timeouts *timeouts, struct strbuf *out)
{
    strbuf_addf(out, "Timeout (tcp tcpfin udp): %" PRIu32 " %" PRIu32 " %" PRIu32 "\n",
                timeouts->tcp, timeouts->tcp_fin, timeouts->udp);
}

static void add_daemon(const struct ipvs_daemon *daemon, struct strbuf *out)
{
    char group[ADDR_TEXT_MAX];
    strbuf_addf(out, "%s sync daemon (mcast=%s, syncid=%" PRIu32,
                daemon->role == IPVS_MASTER ? "master" : "backup", daemon->interface, daemon->id);
    if (daemon->max_length != 0)
        strbuf_addf(out, ", maxlen=%u", daemon->max_length);
    if (daemon->group.family != ADDR_NONE) {
        addr_print(&daemon->group, group);
        strbuf_addf(out, ", group=%s", group);
    }
    if (daemon->port != 0)
        strbuf_addf(out, ", port=%u", daemon->port);
    if (daemon->ttl != 0)
        strbuf_addf(out, ", ttl=%u", daemon->ttl);
    strbuf_add(out, ")\n");
}

void list_print_daemons(const struct ipvs_table *table, struct strbuf *out)
{
    for (unsigned role = IPVS_MASTER; role <= IPVS_BACKUP; role++) {
        for (size_t i = 0; i < table->daemon_count; i++) {
            if (table->daemons[i].role == role)
                add_daemon(&table->daemons[i], out);
        }
    }
}
