// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/realserver.h"

#include "base/compiler.h"
#include "ipvs/shell.h"

#include <stdio.h>
#include <string.h>

#define DEVICE_MAX 16

/* What takes the packets out of the tunnel. */
struct tunnel {
    const char *module;      /* NULL = none */
    char device[DEVICE_MAX]; /* "" = none */
    const char *create;      /* `ip link add` behind its name; NULL = the module makes it */
    const char *netdev;      /* .netdev file behind Name=, %s = $RIP; NULL = networkd cannot */
};

struct script {
    struct strbuf *out;
    struct strbuf name; /* of the service, as a part of file names */
    const struct ipvs_service *service;
    const struct ipvs_dest *way; /* any of the servers */
    bool wide;                   /* the VIP is IPv6 */
    bool outer_wide;             /* the server's address is */
    struct tunnel tunnel;
};

bool realserver_is_uniform(const struct ipvs_service *service)
{
    for (size_t i = 1; i < service->dest_count; i++) {
        const struct ipvs_dest *a = &service->dests[0];
        const struct ipvs_dest *b = &service->dests[i];
        if (a->forward != b->forward || a->addr.family != b->addr.family)
            return false;
        if (a->forward == IPVS_TUN && (a->tunnel != b->tunnel || a->tunnel_port != b->tunnel_port ||
                                       a->checksum != b->checksum))
            return false;
    }
    return service->dest_count > 0;
}

/* The devices that a module makes by itself take packets from any sender; but gre0 none with
 * checksums, and ip6tnl0 none at all. */
static struct tunnel choose_tunnel(const struct script *script)
{
    static const struct tunnel ipip = { "ipip", "tunl0", NULL, NULL };
    static const struct tunnel sit = { "sit", "sit0", NULL, NULL };
    static const struct tunnel any = {
        "ip6_tunnel", "gslb-ip6", "type ip6tnl mode any local \"$RIP\" remote ::",
        "Kind=ip6tnl\\n\\n[Tunnel]\\nMode=any\\nLocal=%s\\nRemote=any\\nIndependent=yes\\n"
    };
    static const struct tunnel gre[2][2] = {
        { { "ip_gre", "gre0", NULL, NULL },
          { "ip_gre", "gslb-gre", "type gre local \"$RIP\" remote 0.0.0.0 csum", NULL } },
        { { "ip6_gre", "ip6gre0", NULL, NULL },
          { "ip6_gre", "gslb-gre6", "type ip6gre local \"$RIP\" remote :: csum", NULL } },
    };
    if (script->way->forward != IPVS_TUN)
        return (struct tunnel){ 0 };
    if (script->way->tunnel == IPVS_GRE)
        return gre[script->outer_wide][script->way->checksum != IPVS_NOCSUM];
    if (script->outer_wide)
        return any;
    return script->wide ? sit : ipip;
}

/* --- parts that both scripts have --- */

static void add_head(const struct script *script, const char *what)
{
    char key[IPVS_TEXT_MAX];
    ipvs_key_print(&script->service->key, key);
    strbuf_addf(script->out,
                "#!/bin/sh\n"
                "# Real server of %s (%s), forwarding %s: %s\n"
                "# Run it as root on each real server; running it again changes nothing.\n"
                "set -eu\n\n",
                script->name.text, key, ipvs_forward_name(script->way->forward), what);
}

static void add_names(const struct script *script)
{
    char address[ADDR_TEXT_MAX];
    struct strbuf *out = script->out;
    const struct ipvs_key *key = &script->service->key;
    if (key->fwmark != 0) {
        strbuf_addf(out, "VIP=${VIP:?is not set: the address that clients use, as in %s}\n",
                    script->wide ? "2001:db8::1/128" : "192.0.2.1/32");
    } else {
        addr_print(&key->addr, address);
        strbuf_addf(out, "VIP=%s/%d\n", address, script->wide ? 128 : 32);
    }
    strbuf_addf(out,
                "SYSCTL=/etc/sysctl.d/90-gslb-%s.conf\n"
                "NETWORK=/etc/systemd/network/10-gslb-lo.network\n",
                script->name.text);
    if (script->tunnel.module != NULL)
        strbuf_addf(out, "MODULES=/etc/modules-load.d/90-gslb-%s.conf\n", script->name.text);
    strbuf_add(out, "\n");
}

static void add_reload(const struct script *script)
{
    strbuf_add(script->out, "if systemctl -q is-active systemd-networkd 2>/dev/null; then\n"
                            "    networkctl reload\nfi\n");
}

/* --- setting up --- */

/* Which of the servers' addresses this host has: some devices must know. */
static void add_own_address(const struct script *script)
{
    char address[ADDR_TEXT_MAX];
    strbuf_add(script->out, "RIP=\nfor address in");
    for (size_t i = 0; i < script->service->dest_count; i++) {
        addr_print(&script->service->dests[i].addr, address);
        strbuf_addf(script->out, " %s", address);
    }
    strbuf_add(script->out,
               "; do\n"
               "    if [ -n \"$(ip -o addr show to \"$address\")\" ]; then RIP=$address; fi\n"
               "done\n"
               "if [ -z \"$RIP\" ]; then\n"
               "    echo \"this host has none of the real servers' addresses\" >&2\n"
               "    exit 1\nfi\n\n");
}

static void add_port(const struct script *script)
{
    const char *wide = script->outer_wide ? "-6 " : "";
    unsigned port = script->way->tunnel_port;
    strbuf_addf(script->out,
                "modprobe fou\n%s"
                "ip %sfou add port %u gue 2>/dev/null || ip fou show | grep -q \"port %u gue\"\n",
                script->outer_wide ? "modprobe fou6\n" : "", wide, port, port);
}

static void add_tunnel(const struct script *script)
{
    const struct tunnel *tunnel = &script->tunnel;
    struct strbuf *out = script->out;
    bool gue = script->way->tunnel == IPVS_GUE;
    strbuf_add(out, "# Take the packets out of the tunnel.\n");
    strbuf_addf(out, "printf '%%s\\n' %s%s >\"$MODULES\"\nmodprobe %s\n", tunnel->module,
                gue ? script->outer_wide ? " fou fou6" : " fou" : "", tunnel->module);
    if (gue)
        add_port(script);
    if (tunnel->create != NULL)
        strbuf_addf(out, "ip link show %s >/dev/null 2>&1 || ip link add %s %s\n", tunnel->device,
                    tunnel->device, tunnel->create);
    strbuf_addf(out, "ip link set %s up\n\n", tunnel->device);
}

/* The comments say what this service needs: the scripts that take things back look for them. */
static void add_settings(const struct script *script)
{
    struct strbuf *out = script->out;
    const char *device = script->tunnel.device;
    if (script->wide)
        strbuf_add(out, "# What this service needs of the host. IPv6 needs no setting: neighbours "
                        "are told only of the\n# addresses of the interface on which they ask.\n");
    else
        strbuf_add(out, "# Do not answer ARP for the address, nor ask with it, before it is there. "
                        "Only `all` and the\n# interface on which they ask count, not lo.\n");
    strbuf_add(out, "cat >\"$SYSCTL\" <<END\n# gslb address $VIP\n");
    if (device[0] != '\0')
        strbuf_addf(out, "# gslb device %s\n", device);
    if (script->way->tunnel == IPVS_GUE)
        strbuf_addf(out, "# gslb port %u\n", script->way->tunnel_port);
    if (!script->wide)
        strbuf_add(out, "net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.all.arp_announce = 2\n");
    if (!script->wide && device[0] != '\0')
        strbuf_addf(out, "net.ipv4.conf.all.rp_filter = 0\nnet.ipv4.conf.%s.rp_filter = 0\n",
                    device);
    strbuf_addf(out, "END\n%s\n", script->wide ? "" : "sysctl -q -p \"$SYSCTL\"\n");
}

static void add_address(const struct script *script)
{
    strbuf_add(script->out, "# The address itself.\n");
    if (script->wide)
        strbuf_add(script->out, "ip -6 addr replace \"$VIP\" dev lo nodad preferred_lft 0\n\n");
    else
        strbuf_add(script->out, "ip addr replace \"$VIP\" dev lo\n\n");
}

/* Files of systemd-networkd for the tunnel. */
static void add_tunnel_files(const struct script *script)
{
    struct strbuf *out = script->out;
    const char *device = script->tunnel.device;
    unsigned port = script->way->tunnel_port;
    if (script->tunnel.create != NULL && script->tunnel.netdev == NULL)
        strbuf_addf(out,
                    "    echo \"systemd-networkd cannot make %s: let this script run at each "
                    "start\" >&2\n",
                    device);
    else
        strbuf_addf(out,
                    "    printf '[Match]\\nName=%s\\n\\n[Network]\\nLinkLocalAddressing=no\\n' "
                    ">/etc/systemd/network/10-gslb-%s.network\n",
                    device, device);
    if (script->tunnel.netdev != NULL)
        strbuf_addf(out,
                    "    printf '[NetDev]\\nName=%s\\n%s' \"$RIP\" "
                    ">/etc/systemd/network/10-gslb-%s.netdev\n",
                    device, script->tunnel.netdev, device);
    if (script->way->tunnel == IPVS_GUE)
        strbuf_addf(out,
                    "    printf '[NetDev]\\nName=gslb-gue%u\\nKind=fou\\n\\n[FooOverUDP]\\n"
                    "Port=%u\\nEncapsulation=GenericUDPEncapsulation\\n' "
                    ">/etc/systemd/network/10-gslb-gue%u.netdev\n",
                    port, port, port);
}

static void add_files(const struct script *script)
{
    struct strbuf *out = script->out;
    strbuf_add(out, "# Keep it over a reboot.\n"
                    "if systemctl -q is-active systemd-networkd 2>/dev/null; then\n"
                    "    mkdir -p \"$NETWORK.d\"\n"
                    "    printf '[Match]\\nName=lo\\n' >\"$NETWORK\"\n");
    strbuf_addf(out, "    printf '[Address]\\nAddress=%%s\\n%s' \"$VIP\" >\"$NETWORK.d/%s.conf\"\n",
                script->wide ? "PreferredLifetime=0\\n" : "", script->name.text);
    if (script->tunnel.module != NULL)
        add_tunnel_files(script);
    strbuf_addf(out,
                "    networkctl reload\n"
                "else\n"
                "    echo \"systemd-networkd does not run: let your network set-up give $VIP to "
                "lo%s%s\" >&2\n"
                "fi\n",
                script->tunnel.device[0] == '\0' ? "" : " and bring up ", script->tunnel.device);
}

/* --- taking back --- */

/* The head of a block that is for what no other service on this host needs. */
static void add_unless(const struct script *script, const char *what, const char *value)
{
    strbuf_addf(script->out,
                "if ! grep -qsxF \"# gslb %s %s\" /etc/sysctl.d/90-gslb-*.conf; then\n", what,
                value);
}

static void add_tunnel_undo(const struct script *script)
{
    struct strbuf *out = script->out;
    const char *device = script->tunnel.device;
    char port[16];
    if (device[0] == '\0')
        return;
    if (!script->wide)
        strbuf_add(out,
                   "# What rp_filter was before is not known: it stays until the next start.\n");
    add_unless(script, "device", device);
    strbuf_addf(out, "    rm -f /etc/systemd/network/10-gslb-%s.*\n", device);
    strbuf_addf(out, "    ip link %s %s 2>/dev/null || :\nfi\n",
                script->tunnel.create != NULL ? "del" : "set down dev", device);
    if (script->way->tunnel != IPVS_GUE)
        return;
    (void)snprintf(port, sizeof(port), "%u", script->way->tunnel_port);
    add_unless(script, "port", port);
    strbuf_addf(out, "    rm -f /etc/systemd/network/10-gslb-gue%s.netdev\n", port);
    strbuf_addf(out, "    ip %sfou del port %s 2>/dev/null || :\nfi\n",
                script->outer_wide ? "-6 " : "", port);
}

static void add_undo(const struct script *script)
{
    struct strbuf *out = script->out;
    strbuf_addf(out, "rm -f \"$SYSCTL\" \"$NETWORK.d/%s.conf\"%s\n", script->name.text,
                script->tunnel.module != NULL ? " \"$MODULES\"" : "");
    strbuf_add(out, "if [ -d \"$NETWORK.d\" ] && rmdir \"$NETWORK.d\" 2>/dev/null; then\n"
                    "    rm -f \"$NETWORK\"\nfi\n\n"
                    "# What other services on this host need stays.\n");
    add_unless(script, "address", "$VIP");
    strbuf_addf(out, "    ip %saddr del \"$VIP\" dev lo 2>/dev/null || :\nfi\n",
                script->wide ? "-6 " : "");
    add_tunnel_undo(script);
    if (!script->wide)
        strbuf_add(out, "if ! grep -qs arp_ignore /etc/sysctl.d/90-gslb-*.conf; then\n"
                        "    sysctl -q -w net.ipv4.conf.all.arp_ignore=0 "
                        "net.ipv4.conf.all.arp_announce=0\nfi\n");
    add_reload(script);
}

/* --- whole scripts --- */

static void print_nat(const struct script *script, bool undo)
{
    char address[ADDR_TEXT_MAX];
    const char *wide = script->outer_wide ? "-6 " : "";
    struct strbuf *out = script->out;
    addr_print(&script->way->addr, address);
    if (undo) {
        strbuf_add(out, "# Nothing to take back but the route that was set by hand.\n");
        return;
    }
    strbuf_addf(
        out,
        "# Nothing to set up but the way back: replies must pass through the director. Its "
        "address on the\n"
        "# servers' network is not known here. Put it in place of DIRECTOR; then either all "
        "traffic goes there,\n"
        "#   ip %sroute replace default via DIRECTOR\n"
        "# or only what comes from the server's own address:\n"
        "#   ip %sroute replace default via DIRECTOR table 100\n"
        "#   ip %srule add from %s table 100\n"
        "# To keep it over a reboot: Gateway= in the [Network] section of the interface's "
        ".network file, or\n"
        "# [Route] and [RoutingPolicyRule] sections with Table=100.\n"
        "# Clients on the servers' own network do not work: replies would go to them "
        "directly.\n",
        wide, wide, wide, address);
}

static void print_setup(const struct script *script)
{
    if (script->tunnel.create != NULL)
        add_own_address(script);
    if (script->tunnel.module != NULL)
        add_tunnel(script);
    add_settings(script);
    add_address(script);
    add_files(script);
}

void realserver_print(const char *name, const struct ipvs_service *service, bool undo,
                      struct strbuf *out)
{
    struct script script = { .out = out, .service = service, .way = &service->dests[0] };
    bool local = script.way->forward == IPVS_NAT || script.way->forward == IPVS_LOCAL;
    strbuf_init(&script.name);
    shell_add_name(&script.name, name);
    script.wide = service->key.family == ADDR_V6;
    script.outer_wide = script.way->addr.family == ADDR_V6;
    script.tunnel = choose_tunnel(&script);
    add_head(&script, undo ? "taken back." : "set up.");
    if (script.way->forward == IPVS_NAT)
        print_nat(&script, undo);
    if (script.way->forward == IPVS_LOCAL)
        strbuf_add(out, "# The director itself serves: nothing to set up.\n");
    if (!local)
        add_names(&script);
    if (!local && undo)
        add_undo(&script);
    else if (!local)
        print_setup(&script);
    strbuf_fini(&script.name);
}
