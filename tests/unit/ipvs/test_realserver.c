// SPDX-License-Identifier: BSD-2-Clause
/* Whole scripts; what they do was tried on machines, where they set up real servers and took it
 * back. */
#include "ipvs/realserver.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* clang-format off */
static const char dr_setup[] =
    "#!/bin/sh\n"
    "# Real server of web (tcp 192.0.2.1:80), forwarding dr: set up.\n"
    "# Run it as root on each real server; running it again changes nothing.\n"
    "set -eu\n"
    "\n"
    "VIP=192.0.2.1/32\n"
    "SYSCTL=/etc/sysctl.d/90-gslb-web.conf\n"
    "NETWORK=/etc/systemd/network/10-gslb-lo.network\n"
    "\n"
    "# Do not answer ARP for the address, nor ask with it, before it is there. Only `all` and the\n"
    "# interface on which they ask count, not lo.\n"
    "cat >\"$SYSCTL\" <<END\n"
    "# gslb address $VIP\n"
    "net.ipv4.conf.all.arp_ignore = 1\n"
    "net.ipv4.conf.all.arp_announce = 2\n"
    "END\n"
    "sysctl -q -p \"$SYSCTL\"\n"
    "\n"
    "# The address itself.\n"
    "ip addr replace \"$VIP\" dev lo\n"
    "\n"
    "# Keep it over a reboot.\n"
    "if systemctl -q is-active systemd-networkd 2>/dev/null; then\n"
    "    mkdir -p \"$NETWORK.d\"\n"
    "    printf '[Match]\\nName=lo\\n' >\"$NETWORK\"\n"
    "    printf '[Address]\\nAddress=%s\\n' \"$VIP\" >\"$NETWORK.d/web.conf\"\n"
    "    networkctl reload\n"
    "else\n"
    "    echo \"systemd-networkd does not run: let your network set-up give $VIP to lo\" >&2\n"
    "fi\n";

static const char dr_undo[] =
    "#!/bin/sh\n"
    "# Real server of web (tcp 192.0.2.1:80), forwarding dr: taken back.\n"
    "# Run it as root on each real server; running it again changes nothing.\n"
    "set -eu\n"
    "\n"
    "VIP=192.0.2.1/32\n"
    "SYSCTL=/etc/sysctl.d/90-gslb-web.conf\n"
    "NETWORK=/etc/systemd/network/10-gslb-lo.network\n"
    "\n"
    "rm -f \"$SYSCTL\" \"$NETWORK.d/web.conf\"\n"
    "if [ -d \"$NETWORK.d\" ] && rmdir \"$NETWORK.d\" 2>/dev/null; then\n"
    "    rm -f \"$NETWORK\"\n"
    "fi\n"
    "\n"
    "# What other services on this host need stays.\n"
    "if ! grep -qsxF \"# gslb address $VIP\" /etc/sysctl.d/90-gslb-*.conf; then\n"
    "    ip addr del \"$VIP\" dev lo 2>/dev/null || :\n"
    "fi\n"
    "if ! grep -qs arp_ignore /etc/sysctl.d/90-gslb-*.conf; then\n"
    "    sysctl -q -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0\n"
    "fi\n"
    "if systemctl -q is-active systemd-networkd 2>/dev/null; then\n"
    "    networkctl reload\n"
    "fi\n";

static const char gue_setup[] =
    "#!/bin/sh\n"
    "# Real server of web (udp 192.0.2.1:53), forwarding tun: set up.\n"
    "# Run it as root on each real server; running it again changes nothing.\n"
    "set -eu\n"
    "\n"
    "VIP=192.0.2.1/32\n"
    "SYSCTL=/etc/sysctl.d/90-gslb-web.conf\n"
    "NETWORK=/etc/systemd/network/10-gslb-lo.network\n"
    "MODULES=/etc/modules-load.d/90-gslb-web.conf\n"
    "\n"
    "# Take the packets out of the tunnel.\n"
    "printf '%s\\n' ipip fou >\"$MODULES\"\n"
    "modprobe ipip\n"
    "modprobe fou\n"
    "ip fou add port 6080 gue 2>/dev/null || ip fou show | grep -q \"port 6080 gue\"\n"
    "ip link set tunl0 up\n"
    "\n"
    "# Do not answer ARP for the address, nor ask with it, before it is there. Only `all` and the\n"
    "# interface on which they ask count, not lo.\n"
    "cat >\"$SYSCTL\" <<END\n"
    "# gslb address $VIP\n"
    "# gslb device tunl0\n"
    "# gslb port 6080\n"
    "net.ipv4.conf.all.arp_ignore = 1\n"
    "net.ipv4.conf.all.arp_announce = 2\n"
    "net.ipv4.conf.all.rp_filter = 0\n"
    "net.ipv4.conf.tunl0.rp_filter = 0\n"
    "END\n"
    "sysctl -q -p \"$SYSCTL\"\n"
    "\n"
    "# The address itself.\n"
    "ip addr replace \"$VIP\" dev lo\n"
    "\n"
    "# Keep it over a reboot.\n"
    "if systemctl -q is-active systemd-networkd 2>/dev/null; then\n"
    "    mkdir -p \"$NETWORK.d\"\n"
    "    printf '[Match]\\nName=lo\\n' >\"$NETWORK\"\n"
    "    printf '[Address]\\nAddress=%s\\n' \"$VIP\" >\"$NETWORK.d/web.conf\"\n"
    "    printf '[Match]\\nName=tunl0\\n\\n[Network]\\nLinkLocalAddressing=no\\n' >/etc/systemd/network/10-gslb-tunl0.network\n"
    "    printf '[NetDev]\\nName=gslb-gue6080\\nKind=fou\\n\\n[FooOverUDP]\\nPort=6080\\nEncapsulation=GenericUDPEncapsulation\\n' >/etc/systemd/network/10-gslb-gue6080.netdev\n"
    "    networkctl reload\n"
    "else\n"
    "    echo \"systemd-networkd does not run: let your network set-up give $VIP to lo and bring up tunl0\" >&2\n"
    "fi\n";

static const char gue_undo[] =
    "#!/bin/sh\n"
    "# Real server of web (udp 192.0.2.1:53), forwarding tun: taken back.\n"
    "# Run it as root on each real server; running it again changes nothing.\n"
    "set -eu\n"
    "\n"
    "VIP=192.0.2.1/32\n"
    "SYSCTL=/etc/sysctl.d/90-gslb-web.conf\n"
    "NETWORK=/etc/systemd/network/10-gslb-lo.network\n"
    "MODULES=/etc/modules-load.d/90-gslb-web.conf\n"
    "\n"
    "rm -f \"$SYSCTL\" \"$NETWORK.d/web.conf\" \"$MODULES\"\n"
    "if [ -d \"$NETWORK.d\" ] && rmdir \"$NETWORK.d\" 2>/dev/null; then\n"
    "    rm -f \"$NETWORK\"\n"
    "fi\n"
    "\n"
    "# What other services on this host need stays.\n"
    "if ! grep -qsxF \"# gslb address $VIP\" /etc/sysctl.d/90-gslb-*.conf; then\n"
    "    ip addr del \"$VIP\" dev lo 2>/dev/null || :\n"
    "fi\n"
    "# What rp_filter was before is not known: it stays until the next start.\n"
    "if ! grep -qsxF \"# gslb device tunl0\" /etc/sysctl.d/90-gslb-*.conf; then\n"
    "    rm -f /etc/systemd/network/10-gslb-tunl0.*\n"
    "    ip link set down dev tunl0 2>/dev/null || :\n"
    "fi\n"
    "if ! grep -qsxF \"# gslb port 6080\" /etc/sysctl.d/90-gslb-*.conf; then\n"
    "    rm -f /etc/systemd/network/10-gslb-gue6080.netdev\n"
    "    ip fou del port 6080 2>/dev/null || :\n"
    "fi\n"
    "if ! grep -qs arp_ignore /etc/sysctl.d/90-gslb-*.conf; then\n"
    "    sysctl -q -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0\n"
    "fi\n"
    "if systemctl -q is-active systemd-networkd 2>/dev/null; then\n"
    "    networkctl reload\n"
    "fi\n";

static const char ip6_setup[] =
    "#!/bin/sh\n"
    "# Real server of web (tcp [2001:db8::1]:80), forwarding tun: set up.\n"
    "# Run it as root on each real server; running it again changes nothing.\n"
    "set -eu\n"
    "\n"
    "VIP=2001:db8::1/128\n"
    "SYSCTL=/etc/sysctl.d/90-gslb-web.conf\n"
    "NETWORK=/etc/systemd/network/10-gslb-lo.network\n"
    "MODULES=/etc/modules-load.d/90-gslb-web.conf\n"
    "\n"
    "RIP=\n"
    "for address in 2001:db8:1::1; do\n"
    "    if [ -n \"$(ip -o addr show to \"$address\")\" ]; then RIP=$address; fi\n"
    "done\n"
    "if [ -z \"$RIP\" ]; then\n"
    "    echo \"this host has none of the real servers' addresses\" >&2\n"
    "    exit 1\n"
    "fi\n"
    "\n"
    "# Take the packets out of the tunnel.\n"
    "printf '%s\\n' ip6_tunnel >\"$MODULES\"\n"
    "modprobe ip6_tunnel\n"
    "ip link show gslb-ip6 >/dev/null 2>&1 || ip link add gslb-ip6 type ip6tnl mode any local \"$RIP\" remote ::\n"
    "ip link set gslb-ip6 up\n"
    "\n"
    "# What this service needs of the host. IPv6 needs no setting: neighbours are told only of the\n"
    "# addresses of the interface on which they ask.\n"
    "cat >\"$SYSCTL\" <<END\n"
    "# gslb address $VIP\n"
    "# gslb device gslb-ip6\n"
    "END\n"
    "\n"
    "# The address itself.\n"
    "ip -6 addr replace \"$VIP\" dev lo nodad preferred_lft 0\n"
    "\n"
    "# Keep it over a reboot.\n"
    "if systemctl -q is-active systemd-networkd 2>/dev/null; then\n"
    "    mkdir -p \"$NETWORK.d\"\n"
    "    printf '[Match]\\nName=lo\\n' >\"$NETWORK\"\n"
    "    printf '[Address]\\nAddress=%s\\nPreferredLifetime=0\\n' \"$VIP\" >\"$NETWORK.d/web.conf\"\n"
    "    printf '[Match]\\nName=gslb-ip6\\n\\n[Network]\\nLinkLocalAddressing=no\\n' >/etc/systemd/network/10-gslb-gslb-ip6.network\n"
    "    printf '[NetDev]\\nName=gslb-ip6\\nKind=ip6tnl\\n\\n[Tunnel]\\nMode=any\\nLocal=%s\\nRemote=any\\nIndependent=yes\\n' \"$RIP\" >/etc/systemd/network/10-gslb-gslb-ip6.netdev\n"
    "    networkctl reload\n"
    "else\n"
    "    echo \"systemd-networkd does not run: let your network set-up give $VIP to lo and bring up gslb-ip6\" >&2\n"
    "fi\n";

static const char ip6_undo[] =
    "#!/bin/sh\n"
    "# Real server of web (tcp [2001:db8::1]:80), forwarding tun: taken back.\n"
    "# Run it as root on each real server; running it again changes nothing.\n"
    "set -eu\n"
    "\n"
    "VIP=2001:db8::1/128\n"
    "SYSCTL=/etc/sysctl.d/90-gslb-web.conf\n"
    "NETWORK=/etc/systemd/network/10-gslb-lo.network\n"
    "MODULES=/etc/modules-load.d/90-gslb-web.conf\n"
    "\n"
    "rm -f \"$SYSCTL\" \"$NETWORK.d/web.conf\" \"$MODULES\"\n"
    "if [ -d \"$NETWORK.d\" ] && rmdir \"$NETWORK.d\" 2>/dev/null; then\n"
    "    rm -f \"$NETWORK\"\n"
    "fi\n"
    "\n"
    "# What other services on this host need stays.\n"
    "if ! grep -qsxF \"# gslb address $VIP\" /etc/sysctl.d/90-gslb-*.conf; then\n"
    "    ip -6 addr del \"$VIP\" dev lo 2>/dev/null || :\n"
    "fi\n"
    "if ! grep -qsxF \"# gslb device gslb-ip6\" /etc/sysctl.d/90-gslb-*.conf; then\n"
    "    rm -f /etc/systemd/network/10-gslb-gslb-ip6.*\n"
    "    ip link del gslb-ip6 2>/dev/null || :\n"
    "fi\n"
    "if systemctl -q is-active systemd-networkd 2>/dev/null; then\n"
    "    networkctl reload\n"
    "fi\n";

static const char nat_setup[] =
    "#!/bin/sh\n"
    "# Real server of web (fwmark 7), forwarding nat: set up.\n"
    "# Run it as root on each real server; running it again changes nothing.\n"
    "set -eu\n"
    "\n"
    "# Nothing to set up but the way back: replies must pass through the director. Its address on the\n"
    "# servers' network is not known here. Put it in place of DIRECTOR; then either all traffic goes there,\n"
    "#   ip route replace default via DIRECTOR\n"
    "# or only what comes from the server's own address:\n"
    "#   ip route replace default via DIRECTOR table 100\n"
    "#   ip rule add from 10.0.0.1 table 100\n"
    "# To keep it over a reboot: Gateway= in the [Network] section of the interface's .network file, or\n"
    "# [Route] and [RoutingPolicyRule] sections with Table=100.\n"
    "# Clients on the servers' own network do not work: replies would go to them directly.\n";

static const char nat_undo[] =
    "#!/bin/sh\n"
    "# Real server of web (fwmark 7), forwarding nat: taken back.\n"
    "# Run it as root on each real server; running it again changes nothing.\n"
    "set -eu\n"
    "\n"
    "# Nothing to take back but the route that was set by hand.\n";

/* clang-format on */

static struct ipvs_service service;
static struct strbuf out;

static void set_up(void)
{
    service = (struct ipvs_service){ 0 };
    strbuf_init(&out);
}

static void tear_down(void)
{
    ipvs_service_fini(&service);
    strbuf_fini(&out);
}

struct row {
    const char *key, *server, *forward, *tunnel;
    uint16_t port;
    const char *checksum;
    const char *setup, *undo; /* NULL = only its syntax is looked at */
};

static const struct row rows[] = {
    { "tcp 192.0.2.1:80", "10.0.0.1", "dr", "ipip", 0, "none", dr_setup, dr_undo },
    { "udp 192.0.2.1:53", "10.0.0.1", "tun", "gue", 6080, "csum", gue_setup, gue_undo },
    { "tcp [2001:db8::1]:80", "2001:db8:1::1", "tun", "ipip", 0, "none", ip6_setup, ip6_undo },
    { "fwmark 7", "10.0.0.1", "nat", "ipip", 0, "none", nat_setup, nat_undo },
    { "fwmark 7", "10.0.0.1", "local", "ipip", 0, "none", NULL, NULL },
    { "fwmark 7", "10.0.0.1", "dr", "ipip", 0, "none", NULL, NULL },
    { "fwmark 7 ipv6", "10.0.0.1", "tun", "ipip", 0, "none", NULL, NULL },
    { "tcp 192.0.2.1:80", "10.0.0.1", "tun", "ipip", 0, "none", NULL, NULL },
    { "tcp 192.0.2.1:80", "10.0.0.1", "tun", "gre", 0, "none", NULL, NULL },
    { "tcp 192.0.2.1:80", "10.0.0.1", "tun", "gre", 0, "csum", NULL, NULL },
    { "tcp 192.0.2.1:80", "2001:db8:1::1", "tun", "gue", 6080, "remcsum", NULL, NULL },
    { "tcp [2001:db8::1]:80", "2001:db8:1::1", "tun", "gre", 0, "csum", NULL, NULL },
    { "tcp [2001:db8::1]:80", "2001:db8:1::1", "dr", "ipip", 0, "none", NULL, NULL },
    { "tcp [2001:db8::1]:80", "2001:db8:1::1", "nat", "ipip", 0, "none", NULL, NULL },
};

static void add_server(const char *address, const struct row *row)
{
    struct ipvs_dest dest = { .tunnel_port = row->port };
    ck_assert(addr_parse(address, &dest.addr));
    ck_assert(ipvs_forward_find(row->forward, &dest.forward));
    ck_assert(ipvs_tunnel_find(row->tunnel, &dest.tunnel));
    ck_assert(ipvs_checksum_find(row->checksum, &dest.checksum));
    (void)ipvs_service_add(&service, &dest);
}

/* `sh -n` with the script on its standard input. */
static void assert_syntax(const char *script)
{
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(script, file), 0);
    (void)fflush(file);
    rewind(file);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        (void)dup2(fileno(file), STDIN_FILENO);
        (void)lseek(STDIN_FILENO, 0, SEEK_SET);
        (void)execl("/bin/sh", "sh", "-n", (char *)NULL);
        _exit(127);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", script);
    (void)fclose(file);
}

START_TEST(script_row)
{
    const struct row *row = &rows[_i];
    ck_assert(ipvs_key_parse(row->key, &service.key));
    add_server(row->server, row);
    realserver_print("web", &service, false, &out);
    if (row->setup != NULL)
        ck_assert_str_eq(out.text, row->setup);
    assert_syntax(out.text);
    strbuf_clear(&out);
    realserver_print("web", &service, true, &out);
    if (row->undo != NULL)
        ck_assert_str_eq(out.text, row->undo);
    assert_syntax(out.text);
}
END_TEST

START_TEST(hostile_name)
{
    static const char *const names[] = { "../../x\nreboot\n", "$(reboot)", "a'b\"c", "`x`", "" };
    ck_assert(ipvs_key_parse(rows[0].key, &service.key));
    add_server(rows[0].server, &rows[0]);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        strbuf_clear(&out);
        realserver_print(names[i], &service, false, &out);
        realserver_print(names[i], &service, true, &out);
        ck_assert_ptr_null(strstr(out.text, "/.."));
        ck_assert_ptr_null(strstr(out.text, "../"));
        ck_assert_ptr_null(strstr(out.text, "\nreboot"));
        ck_assert_ptr_null(strstr(out.text, "$(reboot)"));
        assert_syntax(out.text);
    }
}
END_TEST

START_TEST(own_address_among_all)
{
    ck_assert(ipvs_key_parse(rows[9].key, &service.key));
    add_server("10.0.0.1", &rows[9]);
    add_server("10.0.0.2", &rows[9]);
    realserver_print("web", &service, false, &out);
    ck_assert_ptr_nonnull(strstr(out.text, "for address in 10.0.0.1 10.0.0.2; do\n"));
}
END_TEST

START_TEST(uniform)
{
    ck_assert(!realserver_is_uniform(&service)); /* nothing is known of none */
    add_server("10.0.0.1", &rows[1]);
    add_server("10.0.0.2", &rows[1]);
    ck_assert(realserver_is_uniform(&service));
    service.dests[1].weight = 7;
    ck_assert(realserver_is_uniform(&service));
    service.dests[1].tunnel_port = 7;
    ck_assert(!realserver_is_uniform(&service));
    service.dests[1] = service.dests[0];
    service.dests[1].forward = IPVS_DR;
    ck_assert(!realserver_is_uniform(&service));
    service.dests[1] = service.dests[0];
    ck_assert(addr_parse("2001:db8::1", &service.dests[1].addr));
    ck_assert(!realserver_is_uniform(&service));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("realserver");
    TCase *tcase = tcase_create("realserver");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, script_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tcase, hostile_name);
    tcase_add_test(tcase, own_address_among_all);
    tcase_add_test(tcase, uniform);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
