// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/save.h"

#include <inttypes.h>
#include <stdio.h>

#define KEY_MAX 80 /* "--sctp-service [IPv6]:65535" */

static void print_key(const struct ipvs_key *key, bool plain, char out[KEY_MAX])
{
    const char *v6 = key->family == ADDR_V6 ? " -6" : "";
    struct endpoint endpoint = { .addr = key->addr, .port = key->port };
    char at[ENDPOINT_TEXT_MAX];
    /* ipvsadm prints marks of 2^31 and more as negative numbers, which it does not read. */
    if (key->fwmark != 0 && plain) {
        (void)snprintf(out, KEY_MAX, "-f %" PRId32 "%s", (int32_t)key->fwmark, v6);
        return;
    }
    if (key->fwmark != 0) {
        (void)snprintf(out, KEY_MAX, "-f %" PRIu32 "%s", key->fwmark, v6);
        return;
    }
    const char *option = "-t";
    if (key->protocol == IPVS_UDP)
        option = "-u";
    else if (key->protocol == IPVS_SCTP)
        option = "--sctp-service";
    endpoint_print(&endpoint, at);
    (void)snprintf(out, KEY_MAX, "%s %s", option, at);
}

static void add_mask(const struct ipvs_service *service, struct strbuf *out)
{
    unsigned bits = service->prefix;
    if (service->key.family == ADDR_V6) {
        if (bits != 0 && bits != 128)
            strbuf_addf(out, " -M %u", bits);
    } else if (bits != 0 && bits < 32) {
        uint32_t mask = UINT32_MAX << (32 - bits);
        strbuf_addf(out, " -M %u.%u.%u.%u", mask >> 24, mask >> 16 & 0xff, mask >> 8 & 0xff,
                    mask & 0xff);
    }
}

static void add_flags(const struct ipvs_service *service, struct strbuf *out)
{
    const char *before = " -b ";
    for (uint32_t bit = IPVS_SCHED1; bit <= IPVS_SCHED3; bit <<= 1) {
        if ((service->flags & bit) == 0)
            continue;
        strbuf_addf(out, "%s%s", before, ipvs_flag_name(service->scheduler, bit));
        before = ",";
    }
}

static void add_service(const struct ipvs_service *service, const char *key, struct strbuf *out)
{
    strbuf_addf(out, "-A %s -s %s", key, service->scheduler);
    if ((service->flags & IPVS_PERSISTENT) != 0) {
        strbuf_addf(out, " -p %" PRIu32, service->timeout);
        add_mask(service, out);
    }
    if (service->engine[0] != '\0')
        strbuf_addf(out, " --pe %s", service->engine);
    if ((service->flags & IPVS_ONE_PACKET) != 0)
        strbuf_add(out, " -o");
    add_flags(service, out);
    strbuf_add(out, "\n");
}

static void add_tunnel(const struct ipvs_dest *dest, struct strbuf *out)
{
    static const char *const checksums[] = { [IPVS_NOCSUM] = " --tun-nocsum",
                                             [IPVS_CSUM] = " --tun-csum",
                                             [IPVS_REMCSUM] = " --tun-remcsum" };
    const char *type = ipvs_tunnel_name(dest->tunnel);
    strbuf_addf(out, " --tun-type %s", type != NULL ? type : "ipip");
    if (dest->tunnel == IPVS_GUE)
        strbuf_addf(out, " --tun-port %u", dest->tunnel_port);
    if (dest->tunnel != IPVS_IPIP && dest->checksum <= IPVS_REMCSUM)
        strbuf_add(out, checksums[dest->checksum]);
}

static void add_dest(const struct ipvs_dest *dest, const char *key, bool plain, struct strbuf *out)
{
    static const char *const forwards[] = {
        [IPVS_NAT] = "-m", [IPVS_LOCAL] = "-g", [IPVS_TUN] = "-i", [IPVS_DR] = "-g"
    };
    struct endpoint endpoint = { .addr = dest->addr, .port = dest->port };
    char at[ENDPOINT_TEXT_MAX];
    endpoint_print(&endpoint, at);
    strbuf_addf(out, "-a %s -r %s %s -w %" PRIu32, key, at, forwards[dest->forward & 3U],
                dest->weight);
    if (dest->forward == IPVS_TUN)
        add_tunnel(dest, out);
    if (!plain && dest->upper != 0)
        strbuf_addf(out, " -x %" PRIu32, dest->upper);
    if (!plain && dest->lower != 0)
        strbuf_addf(out, " -y %" PRIu32, dest->lower);
    strbuf_add(out, "\n");
}

static void add_timeouts(const struct ipvs_timeouts *timeouts, struct strbuf *out)
{
    if (timeouts->tcp == 0 && timeouts->tcp_fin == 0 && timeouts->udp == 0)
        return;
    strbuf_addf(out, "# ipvsadm --set %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", timeouts->tcp,
                timeouts->tcp_fin, timeouts->udp);
}

static void add_daemon(const struct ipvs_daemon *daemon, struct strbuf *out)
{
    char group[ADDR_TEXT_MAX];
    strbuf_addf(out, "# ipvsadm --start-daemon %s --mcast-interface %s --syncid %" PRIu32,
                daemon->role == IPVS_MASTER ? "master" : "backup", daemon->interface, daemon->id);
    if (daemon->max_length != 0)
        strbuf_addf(out, " --sync-maxlen %u", daemon->max_length);
    if (daemon->group.family != ADDR_NONE) {
        addr_print(&daemon->group, group);
        strbuf_addf(out, " --mcast-group %s", group);
    }
    if (daemon->port != 0)
        strbuf_addf(out, " --mcast-port %u", daemon->port);
    if (daemon->ttl != 0)
        strbuf_addf(out, " --mcast-ttl %u", daemon->ttl);
    strbuf_add(out, "\n");
}

void save_print(const struct ipvs_table *table, const struct save_options *options,
                struct strbuf *out)
{
    char key[KEY_MAX];
    for (size_t i = 0; i < table->count; i++) {
        const struct ipvs_service *service = &table->services[i];
        print_key(&service->key, options->plain, key);
        add_service(service, key, out);
        for (size_t d = 0; d < service->dest_count; d++)
            add_dest(&service->dests[d], key, options->plain, out);
    }
    if (options->plain)
        return;
    add_timeouts(&table->timeouts, out);
    for (size_t i = 0; i < table->daemon_count; i++)
        add_daemon(&table->daemons[i], out);
}
