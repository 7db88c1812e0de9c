// SPDX-License-Identifier: BSD-2-Clause
#include "base/compiler.h"
#include "ipvs/model.h"
#include "tests/unit/ipvs/model_help.h"

#include <stdlib.h>

/* NULL: sound. Else a part of the sentence, so that it is the right one. */
static void check_fault(const char *fault, const char *want)
{
    if (want == NULL)
        ck_assert_msg(fault == NULL, "%s", fault);
    else
        ck_assert_msg(fault != NULL && strstr(fault, want) != NULL, "%s, not %s",
                      fault != NULL ? fault : "sound", want);
}

#define P IPVS_PERSISTENT
#define O IPVS_ONE_PACKET

static const struct {
    const char *want;
    const char *key;
    const char *scheduler; /* NULL = wlc */
    uint32_t flags, timeout;
    uint8_t prefix;
    const char *engine;
} services[] = {
    { NULL, .key = "tcp 192.0.2.1:80" },
    { NULL, .key = "udp [2001:db8::1]:53" },
    { NULL, .key = "sctp 192.0.2.1:80" },
    { NULL, .key = "fwmark 7" },
    { NULL, .key = "fwmark 4294967295 ipv6" },
    { NULL, .key = "tcp 127.0.0.1:80" },
    { NULL, .key = "tcp 223.255.255.255:80" },
    { NULL, .key = "tcp 240.0.0.1:80" },
    { NULL, .key = "tcp [fe80::1]:80" },
    { "unicast", .key = "tcp 0.0.0.0:80" },
    { "unicast", .key = "tcp 0.1.2.3:80" },
    { "unicast", .key = "tcp 224.0.0.1:80" },
    { "unicast", .key = "tcp 239.255.255.255:80" },
    { "unicast", .key = "tcp 255.255.255.255:80" },
    { "unicast", .key = "tcp [::]:80" },
    { "unicast", .key = "tcp [ff02::1]:80" },
    { NULL, .key = "tcp [::ffff:192.0.2.1]:80" },
    { NULL, .key = "tcp 192.0.2.1:80", .scheduler = "twos" },
    { NULL, .key = "tcp 192.0.2.1:80", .scheduler = "none" },
    { "scheduler", .key = "tcp 192.0.2.1:80", .scheduler = "" },
    { "scheduler", .key = "tcp 192.0.2.1:80", .scheduler = "WLC" },
    { "scheduler", .key = "tcp 192.0.2.1:80", .scheduler = "wlc " },
    /* ipvsadm: port 0 needs -p, but for a mark */
    { "port 0", .key = "tcp 192.0.2.1:0" },
    { NULL, .key = "tcp 192.0.2.1:0", .flags = P, .timeout = 300 },
    { "port 0", .key = "tcp 192.0.2.1:0", .timeout = 300 },
    /* ipvsadm: -o for UDP or a mark */
    { NULL, .key = "udp 192.0.2.1:53", .flags = O },
    { NULL, .key = "fwmark 7", .flags = O },
    { "one-packet", .key = "tcp 192.0.2.1:80", .flags = O },
    { "one-packet", .key = "sctp 192.0.2.1:80", .flags = O },
    { NULL, .key = "tcp 192.0.2.1:80", .scheduler = "sh", .flags = IPVS_SCHED1 | IPVS_SCHED2 },
    { "nobody knows", .key = "tcp 192.0.2.1:80", .flags = 0x02 },
    { "nobody knows", .key = "tcp 192.0.2.1:80", .flags = 0x40 },
    { NULL, .key = "tcp 192.0.2.1:80", .flags = P, .timeout = 1 },
    { NULL, .key = "tcp 192.0.2.1:80", .flags = P, .timeout = IPVS_TIMEOUT_MAX },
    { "31 days", .key = "tcp 192.0.2.1:80", .flags = P },
    { "31 days", .key = "tcp 192.0.2.1:80", .flags = P, .timeout = IPVS_TIMEOUT_MAX + 1 },
    { "31 days", .key = "tcp 192.0.2.1:80", .flags = P, .timeout = UINT32_MAX },
    { NULL, .key = "tcp 192.0.2.1:80", .flags = P, .timeout = 9, .prefix = 1 },
    { NULL, .key = "tcp 192.0.2.1:80", .flags = P, .timeout = 9, .prefix = 32 },
    { "prefix", .key = "tcp 192.0.2.1:80", .flags = P, .timeout = 9, .prefix = 33 },
    { NULL, .key = "tcp [2001:db8::1]:80", .flags = P, .timeout = 9, .prefix = 128 },
    { "prefix", .key = "tcp [2001:db8::1]:80", .flags = P, .timeout = 9, .prefix = 129 },
    { NULL, .key = "fwmark 7 ipv6", .flags = P, .timeout = 9, .prefix = 64 },
    { "prefix", .key = "fwmark 7", .flags = P, .timeout = 9, .prefix = 64 },
    { NULL, .key = "udp 192.0.2.1:5060", .flags = P, .timeout = 9, .engine = "sip" },
    { NULL, .key = "fwmark 7", .flags = P, .timeout = 9, .engine = "sip" },
    { "engine sip", .key = "tcp 192.0.2.1:5060", .flags = P, .timeout = 9, .engine = "sip" },
    { "needs persistence", .key = "udp 192.0.2.1:5060", .engine = "sip" },
    { "only persistence engine", .key = "udp 192.0.2.1:53", .flags = P, .timeout = 9,
      .engine = "ftp" },
};

START_TEST(service_fault)
{
    struct ipvs_service service = { .key = make_key(services[_i].key),
                                    .flags = services[_i].flags,
                                    .timeout = services[_i].timeout,
                                    .prefix = services[_i].prefix };
    const char *scheduler = services[_i].scheduler != NULL ? services[_i].scheduler : "wlc";
    const char *engine = services[_i].engine != NULL ? services[_i].engine : "";
    memcpy(service.scheduler, scheduler, strlen(scheduler));
    memcpy(service.engine, engine, strlen(engine));
    check_fault(ipvs_service_fault(&service), services[_i].want);
}
END_TEST

/* Keys that no text has. */
static const struct {
    const char *want;
    struct ipvs_key key;
} keys[] = {
    { "family", { .family = ADDR_NONE } },
    { "family", { .fwmark = 7 } },
    { "family", { .family = 10, .fwmark = 7 } },
    { "protocol", { .family = ADDR_V4, .port = 80, .addr = { ADDR_V4, { 192, 0, 2, 1 } } } },
    { "protocol",
      { .family = ADDR_V4, .protocol = 1, .port = 80, .addr = { ADDR_V4, { 192, 0, 2, 1 } } } },
    { "service's family",
      { .family = ADDR_V6, .protocol = 6, .port = 80, .addr = { ADDR_V4, { 192, 0, 2, 1 } } } },
    { "service's family", { .family = ADDR_V4, .protocol = 6, .port = 80 } },
};

START_TEST(key_fault)
{
    struct ipvs_service service = { .key = keys[_i].key, .scheduler = "wlc" };
    check_fault(ipvs_service_fault(&service), keys[_i].want);
}
END_TEST

#define GUE .forward = IPVS_TUN, .tunnel = IPVS_GUE
#define GRE .forward = IPVS_TUN, .tunnel = IPVS_GRE

static const struct {
    const char *want;
    const char *service, *dest;
    struct ipvs_dest with;
} dests[] = {
    { NULL, "tcp 192.0.2.1:80", "10.0.0.1:80", { .weight = 1 } },
    { NULL, "tcp 192.0.2.1:80", "127.0.0.1:80", { .weight = 1 } },
    { NULL, "tcp [2001:db8::1]:80", "[2001:db8:1::1]:80", { .forward = IPVS_DR } },
    { "unicast", "tcp 192.0.2.1:80", "0.0.0.0:80", { .weight = 1 } },
    { "unicast", "tcp 192.0.2.1:80", "224.0.0.1:80", { .weight = 1 } },
    { "unicast", "tcp 192.0.2.1:80", "255.255.255.255:80", { .weight = 1 } },
    { "unicast", "tcp [2001:db8::1]:80", "[::]:80", { .weight = 1 } },
    { "unicast", "tcp [2001:db8::1]:80", "[ff05::1]:80", { .weight = 1 } },
    { "unicast", "tcp [2001:db8::1]:80", "[::ffff:10.0.0.1]:80", { .weight = 1 } },
    { "link-local", "tcp [2001:db8::1]:80", "[fe80::1]:80", { .weight = 1 } },
    { "link-local", "tcp [2001:db8::1]:80", "[febf::1]:80", { .weight = 1 } },
    { NULL, "tcp [2001:db8::1]:80", "[fec0::1]:80", { .weight = 1 } },
    { "nat, dr or tun", "tcp 192.0.2.1:80", "10.0.0.1:80", { .forward = 4 } },
    /* another family by tun only */
    { NULL, "tcp 192.0.2.1:80", "[2001:db8:1::1]:80", { .forward = IPVS_TUN } },
    { NULL, "tcp [2001:db8::1]:80", "10.0.0.1:80", { GUE, .tunnel_port = 6080 } },
    { NULL, "fwmark 7 ipv6", "10.0.0.1:80", { .forward = IPVS_TUN } },
    { "family", "tcp 192.0.2.1:80", "[2001:db8:1::1]:80", { .forward = IPVS_NAT } },
    { "family", "tcp [2001:db8::1]:80", "10.0.0.1:80", { .forward = IPVS_DR } },
    { "family", "fwmark 7", "[2001:db8:1::1]:80", { .forward = IPVS_DR } },
    /* tunnels as ipvsadm has them */
    { NULL, "tcp 192.0.2.1:80", "10.0.0.1:80", { GUE, .tunnel_port = 1, .checksum = 2 } },
    { "gue tunnel needs", "tcp 192.0.2.1:80", "10.0.0.1:80", { GUE } },
    { NULL, "tcp 192.0.2.1:80", "10.0.0.1:80", { GRE, .checksum = IPVS_CSUM } },
    { "remcsum", "tcp 192.0.2.1:80", "10.0.0.1:80", { GRE, .checksum = IPVS_REMCSUM } },
    { "port is for gue", "tcp 192.0.2.1:80", "10.0.0.1:80", { GRE, .tunnel_port = 1 } },
    { "port is for gue",
      "tcp 192.0.2.1:80",
      "10.0.0.1:80",
      { .forward = IPVS_TUN, .tunnel_port = 1 } },
    { "no checksum", "tcp 192.0.2.1:80", "10.0.0.1:80", { .forward = IPVS_TUN, .checksum = 1 } },
    { "must be ipip", "tcp 192.0.2.1:80", "10.0.0.1:80", { .forward = IPVS_TUN, .tunnel = 3 } },
    { "must be ipip", "tcp 192.0.2.1:80", "10.0.0.1:80", { GRE, .checksum = 3 } },
    { NULL, "tcp 192.0.2.1:80", "10.0.0.1:80", { .forward = IPVS_NAT, .tunnel = IPVS_GUE } },
    /* numbers */
    { NULL, "tcp 192.0.2.1:80", "10.0.0.1:80", { .weight = 65535 } },
    { "weight", "tcp 192.0.2.1:80", "10.0.0.1:80", { .weight = 65536 } },
    { "weight", "tcp 192.0.2.1:80", "10.0.0.1:80", { .weight = UINT32_MAX } },
    { NULL, "tcp 192.0.2.1:80", "10.0.0.1:80", { .upper = INT32_MAX, .lower = INT32_MAX } },
    { "at most", "tcp 192.0.2.1:80", "10.0.0.1:80", { .upper = INT32_MAX + 1U } },
    { "at most", "tcp 192.0.2.1:80", "10.0.0.1:80", { .upper = 1, .lower = UINT32_MAX } },
    { "lower threshold", "tcp 192.0.2.1:80", "10.0.0.1:80", { .upper = 9, .lower = 10 } },
    { "lower threshold", "tcp 192.0.2.1:80", "10.0.0.1:80", { .lower = 1 } },
    { NULL, "tcp 192.0.2.1:80", "10.0.0.1:80", { .upper = 9, .lower = 9 } },
    /* ports: NAT alone translates, with a mark nobody minds */
    { NULL, "tcp 192.0.2.1:80", "10.0.0.1:8080", { .forward = IPVS_NAT } },
    { NULL, "tcp 192.0.2.1:80", "10.0.0.1:80", { .forward = IPVS_LOCAL } },
    { "port must be", "tcp 192.0.2.1:80", "10.0.0.1:8080", { .forward = IPVS_DR } },
    { "port must be", "tcp 192.0.2.1:80", "10.0.0.1:8080", { .forward = IPVS_TUN } },
    { "port must be", "tcp 192.0.2.1:80", "10.0.0.1:8080", { .forward = IPVS_LOCAL } },
    { "port must be", "tcp 192.0.2.1:0", "10.0.0.1:80", { .forward = IPVS_DR } },
    { "needs a port", "tcp 192.0.2.1:80", "10.0.0.1:0", { .forward = IPVS_NAT } },
    { NULL, "tcp 192.0.2.1:0", "10.0.0.1:0", { .forward = IPVS_NAT } },
    { NULL, "tcp 192.0.2.1:0", "10.0.0.1:80", { .forward = IPVS_NAT } },
    { NULL, "tcp 192.0.2.1:0", "10.0.0.1:0", { .forward = IPVS_DR } },
    { NULL, "fwmark 7", "10.0.0.1:0", { .forward = IPVS_NAT } },
    { NULL, "fwmark 7", "10.0.0.1:8080", { .forward = IPVS_DR } },
};

START_TEST(dest_fault)
{
    struct ipvs_service service = make_service(dests[_i].service);
    struct ipvs_dest at = make_dest(dests[_i].dest);
    struct ipvs_dest dest = dests[_i].with;
    dest.addr = at.addr;
    dest.port = at.port;
    check_fault(ipvs_dest_fault(&service, &dest), dests[_i].want);
}
END_TEST

START_TEST(dest_without_address)
{
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    struct ipvs_dest dest = { .port = 80, .weight = 1 };
    check_fault(ipvs_dest_fault(&service, &dest), "needs an IPv4 or IPv6 address");
    dest.addr.family = 10;
    check_fault(ipvs_dest_fault(&service, &dest), "needs an IPv4 or IPv6 address");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fault");
    TCase *tcase = tcase_create("fault");
    tcase_add_loop_test(tcase, service_fault, 0, ARRAY_LEN(services));
    tcase_add_loop_test(tcase, key_fault, 0, ARRAY_LEN(keys));
    tcase_add_loop_test(tcase, dest_fault, 0, ARRAY_LEN(dests));
    tcase_add_test(tcase, dest_without_address);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
