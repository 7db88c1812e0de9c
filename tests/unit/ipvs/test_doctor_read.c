// SPDX-License-Identifier: BSD-2-Clause
/* A host that is made up of files. */
#include "ipvs/doctor.h"
#include "tests/support/tree.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static char root[TREE_PATH_MAX];
static struct doctor_host host;

static void set_up(void)
{
    tree_make(root);
    doctor_host_init(&host);
}

static void tear_down(void)
{
    doctor_host_fini(&host);
    tree_remove(root);
}

START_TEST(nothing_is_known)
{
    doctor_host_read(root, &host);
    for (size_t i = 0; i < DOCTOR_SYSCTLS; i++)
        ck_assert_int_eq(host.sysctls[i], -1);
    ck_assert_uint_eq(host.interface_count, 0);
    ck_assert_uint_eq(host.local_count, 0);
    ck_assert_uint_eq(host.module_count, 0);
    ck_assert(!host.keepalived && !host.kube_proxy && !host.ldirectord);
}
END_TEST

START_TEST(settings)
{
    tree_put(root, "/proc/sys/net/ipv4/ip_forward", "1\n");
    tree_put(root, "/proc/sys/net/ipv6/conf/all/forwarding", "0\n");
    tree_put(root, "/proc/sys/net/ipv4/conf/all/rp_filter", "2\n");
    tree_put(root, "/proc/sys/net/ipv4/vs/expire_nodest_conn", "x\n");
    tree_put(root, "/proc/sys/net/ipv4/vs/conntrack", "");
    doctor_host_read(root, &host);
    ck_assert_int_eq(host.sysctls[DOCTOR_IPV4_FORWARD], 1);
    ck_assert_int_eq(host.sysctls[DOCTOR_IPV6_FORWARD], 0);
    ck_assert_int_eq(host.sysctls[DOCTOR_RP_FILTER_ALL], 2);
    ck_assert_int_eq(host.sysctls[DOCTOR_EXPIRE_NODEST], -1);
    ck_assert_int_eq(host.sysctls[DOCTOR_CONNTRACK], -1);
}
END_TEST

START_TEST(interfaces)
{
    tree_put(root, "/proc/sys/net/ipv4/conf/all/send_redirects", "1\n");
    tree_put(root, "/proc/sys/net/ipv4/conf/default/send_redirects", "1\n");
    tree_put(root, "/proc/sys/net/ipv4/conf/lo/send_redirects", "1\n");
    tree_put(root, "/proc/sys/net/ipv4/conf/eth1/send_redirects", "1\n");
    tree_put(root, "/proc/sys/net/ipv4/conf/eth0.5/send_redirects", "0\n");
    tree_put(root, "/proc/sys/net/ipv4/conf/eth0.5/rp_filter", "1\n");
    doctor_host_read(root, &host);
    ck_assert_uint_eq(host.interface_count, 2);
    ck_assert_str_eq(host.interfaces[0].name, "eth0.5");
    ck_assert_int_eq(host.interfaces[0].send_redirects, 0);
    ck_assert_int_eq(host.interfaces[0].rp_filter, 1);
    ck_assert_str_eq(host.interfaces[1].name, "eth1");
    ck_assert_int_eq(host.interfaces[1].send_redirects, 1);
    ck_assert_int_eq(host.interfaces[1].rp_filter, -1);
    ck_assert(!host.kube_proxy);
    tree_put(root, "/proc/sys/net/ipv4/conf/kube-ipvs0/rp_filter", "1\n");
    doctor_host_read(root, &host);
    ck_assert(host.kube_proxy);
}
END_TEST

static bool has(const char *text)
{
    struct addr addr;
    ck_assert(addr_parse(text, &addr));
    for (size_t i = 0; i < host.local_count; i++)
        if (prefix_contains(&host.local[i].prefix, &addr))
            return true;
    return false;
}

START_TEST(addresses)
{
    tree_put(root, "/proc/net/fib_trie",
             "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n"
             "     +-- 192.0.2.0/24 2 0 2\n           |-- 192.0.2.0\n"
             "              /24 link UNICAST\n           |-- 192.0.2.2\n"
             "              /32 host LOCAL\n        |-- 192.0.2.255\n"
             "           /32 link BROADCAST\nLocal:\n           |-- 198.51.100.0\n"
             "              /24 host LOCAL\n   |-- nonsense\n     /32 host LOCAL\n"
             "   |-- 203.0.113.1\n     /99 host LOCAL\n");
    tree_put(root, "/proc/net/if_inet6",
             "20010db8000000000000000000000001 02 40 00 82     eth0\n"
             "20010db8000000000000000000000002 02 80 00 a2     eth1\n"
             "20010db8000000000000000000000003 02 80 00\n"
             "20010db8 02 40 00 82     eth0\n"
             "20010db800000000000000000000000x 02 40 00 82     eth0\n\n");
    doctor_host_read(root, &host);
    ck_assert_uint_eq(host.local_count, 4);
    ck_assert(host.local[2].preferred && !host.local[3].preferred);
    ck_assert_str_eq(host.local[3].interface, "eth1");
    ck_assert(has("192.0.2.2") && has("198.51.100.7") && has("2001:db8::1"));
    ck_assert(!has("192.0.2.1") && !has("192.0.2.255") && !has("203.0.113.1"));
}
END_TEST

START_TEST(modules)
{
    tree_put(root, "/proc/sys/kernel/osrelease", "6.1.0-test\n");
    tree_put(root, "/proc/modules", "nf_conntrack 1 2 - Live 0x0\nip_vs 188416 2 ip_vs_rr, Live\n");
    tree_put(root, "/lib/modules/6.1.0-test/modules.builtin",
             "kernel/net/netfilter/ipvs/ip_vs_wrr.ko\nkernel/fs/ext4/ext4.ko\n");
    tree_put(root, "/lib/modules/6.1.0-test/modules.dep",
             "kernel/net/netfilter/ipvs/ip_vs_mh.ko.xz: kernel/net/netfilter/ipvs/ip_vs.ko.xz\n"
             "ip_vs_sh.ko:\n");
    doctor_host_read(root, &host);
    ck_assert_uint_eq(host.module_count, 2);
    ck_assert_str_eq(host.modules[0], "ip_vs");
    ck_assert_str_eq(host.modules[1], "ip_vs_wrr");
    ck_assert_uint_eq(host.module_file_count, 2);
    ck_assert_str_eq(host.module_files[0], "ip_vs_mh");
    ck_assert_str_eq(host.module_files[1], "ip_vs_sh");
}
END_TEST

static const struct {
    const char *comm;
    const char *args; /* NULs are written as spaces */
    const char *net;  /* namespace, NULL = cannot be read */
    bool keepalived, checkers, ldirectord;
} processes[] = {
    { "keepalived", "keepalived", NULL, true, false, false },
    { "keepalived", "/usr/sbin/keepalived --dont-fork", NULL, true, false, false },
    { "keepalived", "/usr/sbin/keepalived --vrrp --dont-fork", NULL, false, false, false },
    { "keepalived", "keepalived -nlP", NULL, false, false, false },
    { "keepalived", "keepalived -f/etc/P.conf", NULL, true, false, false },
    { "keepalived", "keepalived -n -", NULL, true, false, false },
    { "keepalived", "", NULL, true, false, false },
    { "keepalived", "keepalived", "net:[1]", true, false, false },
    { "keepalived", "keepalived", "net:[2]", false, false, false },
    { "keepalived_ipvs", "keepalived", NULL, false, true, false },
    { "ldirectord", "/usr/bin/perl -w /usr/sbin/ldirectord start", NULL, false, false, true },
    { "bash", "keepalived", NULL, false, false, false },
};

START_TEST(process_row)
{
    char args[128];
    size_t length = strlen(processes[_i].args);
    (void)snprintf(args, sizeof(args), "%s", processes[_i].args);
    for (size_t i = 0; i < length; i++)
        if (args[i] == ' ')
            args[i] = '\0';
    tree_link(root, "/proc/self/ns/net", "net:[1]");
    tree_put(root, "/proc/notanumber/comm", "ldirectord\n");
    tree_put(root, "/proc/42/comm", processes[_i].comm);
    tree_write(root, "/proc/42/cmdline", args, length == 0 ? 0 : length + 1);
    if (processes[_i].net != NULL)
        tree_link(root, "/proc/42/ns/net", processes[_i].net);
    doctor_host_read(root, &host);
    ck_assert(host.keepalived == processes[_i].keepalived);
    ck_assert(host.keepalived_checkers == processes[_i].checkers);
    ck_assert(host.ldirectord == processes[_i].ldirectord);
}
END_TEST

START_TEST(this_host)
{
    doctor_host_read("", &host);
    ck_assert_int_ge(host.sysctls[DOCTOR_IPV4_FORWARD], 0);
    ck_assert_uint_gt(host.local_count, 0); /* lo, at least */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doctor_read");
    TCase *tcase = tcase_create("doctor_read");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, nothing_is_known);
    tcase_add_test(tcase, settings);
    tcase_add_test(tcase, interfaces);
    tcase_add_test(tcase, addresses);
    tcase_add_test(tcase, modules);
    tcase_add_loop_test(tcase, process_row, 0, (int)(sizeof(processes) / sizeof(processes[0])));
    tcase_add_test(tcase, this_host);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
