// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/server/config_cases.h"

#include <stdlib.h>

/* What the tables of the section say by themselves; cross-checks are for test_config_ipvs.c. */
#define SERVERS       "'servers': {'a': {'address': '10.0.0.1'}}"
#define SERVICE(keys) "{'ipvs': {'services': {'v': {" keys "}}}}"
#define WEB           "'address': '192.0.2.1', 'port': 80, " SERVERS
#define SERVER(keys)                                                                               \
    "{'ipvs': {'services': {'v': {'address': '192.0.2.1', 'port': 80, 'servers': {'a': "           \
    "{'address': '10.0.0.1', " keys "}}}}}}"

static const struct config_case cases[] = {
    { "{'ipvs': null}", { NULL } },
    { "{'ipvs': {}}", { NULL } },
    { "{'ipvs': {'services': {}, 'sync': null, 'allow': []}}", { NULL } },
    { "{'ipvs': {'mode': 'exklusive', 'on_exit': 'flush', 'on_unavailable': 1, 'max_remove': 101}}",
      { "1:19: ipvs.mode: \"exklusive\" is none of shared, exclusive, observe; did you mean "
        "\"exclusive\"?",
        "1:43: ipvs.on_exit: \"flush\" is none of leave, drain, remove",
        "1:70: ipvs.on_unavailable: must be one of answer, withdraw, not a number",
        "1:87: ipvs.max_remove: 101 is above the maximum 100" } },
    { "{'ipvs': {'timeouts': {'tcp': 0, 'tcp_fin': '32d', 'udp': 'x', 'sctp': 1}}}",
      { "1:31: ipvs.timeouts.tcp: 0 is below the minimum 1s",
        "1:45: ipvs.timeouts.tcp_fin: \"32d\" is above the maximum 31d",
        "1:59: ipvs.timeouts.udp: \"x\" is not a duration such as \"500ms\", \"2s\", \"10m\", "
        "\"1h\", \"1d\" or a number of seconds",
        "1:64: ipvs.timeouts.sctp: unknown key; there are tcp, tcp_fin, udp" } },
    { "{'ipvs': {'sync': {}}}",
      { "1:19: ipvs.sync.role: is required, but missing",
        "1:19: ipvs.sync.interface: is required, but missing" } },
    { "{'ipvs': {'sync': {'role': 'slave', 'interface': 'abcdefghijklmnop'}}}",
      { "1:28: ipvs.sync.role: \"slave\" is none of master, backup, both, follow",
        "1:50: ipvs.sync.interface: \"abcdefghijklmnop\" is no name of an interface: 1 to 15 bytes "
        "without blanks, \"/\" and \":\"" } },
    { "{'ipvs': {'sync': {'role': 'both', 'interface': 'a', 'id': 256, 'ttl': 0, 'maxlen': "
      "65508}}}",
      { "1:60: ipvs.sync.id: 256 is above the maximum 255",
        "1:72: ipvs.sync.ttl: 0 is below the minimum 1",
        "1:85: ipvs.sync.maxlen: 65508 is above the maximum 65507" } },
    { "{'ipvs': {'allow': ['10.0.0.1/8', 7]}}",
      { "1:21: ipvs.allow[0]: \"10.0.0.1/8\" is not a prefix such as \"192.0.2.0/24\" or "
        "\"2001:db8::/32\", with all bits beyond its length zero",
        "1:35: ipvs.allow[1]: must be a prefix such as \"192.0.2.0/24\", not a number" } },
    { "{'ipvs': {'services': {'v': 7}}}",
      { "1:29: ipvs.services.v: must be an object, not a number" } },
    { SERVICE("'address': '192.0.2.1', 'port': 80"),
      { "1:29: ipvs.services.v.servers: is required, but missing" } },
    { SERVICE("'address': '192.0.2.1', 'port': 80, 'servers': {}"),
      { "1:77: ipvs.services.v.servers: must not be empty" } },
    { SERVICE("'address': '192.0.2.1', 'port': 80, 'servers': {'a': 7, 'b': {}}"),
      { "1:83: ipvs.services.v.servers.a: must be an object, not a number",
        "1:91: ipvs.services.v.servers.b.address: is required, but missing" } },
    { SERVICE(WEB ", 'lb_algo': 'rr'"),
      { "1:109: ipvs.services.v.lb_algo: unknown key; there are address, port, protocol, fwmark, "
        "family, scheduler, flags, persistence, persistence_prefix, engine, one_packet, forward, "
        "check, quorum, quorum_by, hysteresis, on_fail, sorry, sorry_keeps, slow_start, drain, "
        "capacity, load, vip, servers" } },
    { SERVICE(WEB ", 'schedular': 'rr'"),
      { "1:109: ipvs.services.v.schedular: unknown key, did you mean \"scheduler\"?" } },
    { SERVICE(WEB ", 'scheduler': 'wlcc'"),
      { "1:122: ipvs.services.v.scheduler: \"wlcc\" is none of rr, wrr, lc, wlc, lblc, lblcr, dh, "
        "sh, sed, nq, fo, ovf, mh, twos; did you mean \"wlc\"?" } },
    { SERVICE(SERVERS ", 'address': '192.0.2', 'port': 65536"),
      { "1:84: ipvs.services.v.address: \"192.0.2\" is not an IPv4 or IPv6 address",
        "1:103: ipvs.services.v.port: 65536 is above the maximum 65535" } },
    { SERVICE(SERVERS ", 'fwmark': 0, 'family': 'v6'"),
      { "1:83: ipvs.services.v.fwmark: 0 is below the minimum 1",
        "1:96: ipvs.services.v.family: \"v6\" is none of ipv4, ipv6" } },
    { SERVICE(WEB ", 'persistence': '500ms', 'persistence_prefix': 129, 'engine': 'ftp'"),
      { "1:124: ipvs.services.v.persistence: \"500ms\" is below the minimum 1s",
        "1:155: ipvs.services.v.persistence_prefix: 129 is above the maximum 128",
        "1:170: ipvs.services.v.engine: \"ftp\" is none of sip",
        "1:170: ipvs.services.v.engine: is for protocol \"udp\" only" } },
    { SERVICE(WEB ", 'quorum': 0, 'quorum_by': 'percent', 'on_fail': 'weight0', 'load': 'cpu'"),
      { "1:119: ipvs.services.v.quorum: 0 is below the minimum 1",
        "1:135: ipvs.services.v.quorum_by: \"percent\" is none of count, weight, share",
        "1:157: ipvs.services.v.on_fail: \"weight0\" is none of remove, quiesce",
        "1:176: ipvs.services.v.load: \"cpu\" is none of none, connections, rate" } },
    { SERVICE(WEB ", 'slow_start': '2d', 'drain': '32d', 'capacity': 0"),
      { "1:123: ipvs.services.v.slow_start: \"2d\" is above the maximum 1d",
        "1:138: ipvs.services.v.drain: \"32d\" is above the maximum 31d",
        "1:157: ipvs.services.v.capacity: 0 is below the minimum 1" } },
    { SERVICE(WEB ", 'sorry': {}, 'vip': {'interface': 7, 'require_local': 1, 'check': [7]}"),
      { "1:118: ipvs.services.v.sorry.address: is required, but missing",
        "1:143: ipvs.services.v.vip.interface: must be the name of an interface, not a number",
        "1:163: ipvs.services.v.vip.require_local: must be true or false, not a number",
        "1:176: ipvs.services.v.vip.check[0]: must be a name, not a number" } },
    { SERVICE(WEB ", 'sorry': null, 'vip': null"), { NULL } },
    /* servers */
    { SERVER("'port': 0, 'weight': 65536, 'upper': 2147483648, 'lower': -1"),
      { "1:115: ipvs.services.v.servers.a.port: 0 is below the minimum 1",
        "1:128: ipvs.services.v.servers.a.weight: 65536 is above the maximum 65535",
        "1:144: ipvs.services.v.servers.a.upper: 2147483648 is above the maximum 2147483647",
        "1:165: ipvs.services.v.servers.a.lower: -1 is below the minimum 0" } },
    { SERVER("'forward': 'masq', 'disabled': 0"),
      { "1:118: ipvs.services.v.servers.a.forward: \"masq\" is none of nat, dr, tun",
        "1:138: ipvs.services.v.servers.a.disabled: must be true or false, not a number" } },
    { SERVER("'forward': 3"),
      { "1:118: ipvs.services.v.servers.a.forward: must be one of nat, dr, tun, not a number" } },
    /* nothing is concluded from a bad word */
    { SERVER("'forward': 'fullnat', 'tunnel': {'type': 'gre'}"),
      { "1:118: ipvs.services.v.servers.a.forward: \"fullnat\" is not in the mainline kernel; "
        "\"nat\" with an SNAT rule on this host (net.ipv4.vs.conntrack=1) does the same, see "
        "docs/ipvs.md" } },
    { SERVICE(WEB ", 'forward': 'fullnat'"),
      { "1:120: ipvs.services.v.forward: \"fullnat\" is not in the mainline kernel; \"nat\" with "
        "an SNAT rule on this host (net.ipv4.vs.conntrack=1) does the same, see docs/ipvs.md" } },
    { SERVER("'forward': 'tun', 'tunnel': {'type': 'vxlan', 'port': 0, 'checksum': 'yes'}"),
      { "1:144: ipvs.services.v.servers.a.tunnel.type: \"vxlan\" is none of ipip, gue, gre",
        "1:161: ipvs.services.v.servers.a.tunnel.port: 0 is below the minimum 1",
        "1:176: ipvs.services.v.servers.a.tunnel.checksum: \"yes\" is none of none, csum, "
        "remcsum" } },
};

START_TEST(tables)
{
    run_case(&cases[_i]);
}
END_TEST

START_TEST(interface_names)
{
    static const char *const bad[] = { "",    ".",      "..",    "a b",
                                       "a/b", "eth0:1", "a\\tb", "0123456789abcdef" };
    static const char *const good[] = { "eth0", "0123456789abcde", "a.b", "...", "br-lan" };
    char json[120];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct errlist errors;
        errlist_init(&errors);
        (void)snprintf(json, sizeof(json),
                       "{'ipvs': {'sync': {'role': 'master', 'interface': '%s'}}}", bad[i]);
        ck_assert_ptr_null(load_quoted(json, &errors));
        ck_assert_uint_eq(errors.count, 1);
        ck_assert_ptr_nonnull(strstr(errors.lines[0], "is no name of an interface"));
        errlist_fini(&errors);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        (void)snprintf(json, sizeof(json),
                       "{'ipvs': {'sync': {'role': 'master', 'interface': '%s'}}}", good[i]);
        struct config *config = must_load(json);
        ck_assert_str_eq(config->ipvs.sync.interface, good[i]);
        config_free(config);
    }
}
END_TEST

START_TEST(every_scheduler_is_taken)
{
    for (const char *const *name = ipvs_schedulers(); *name != NULL; name++) {
        char json[200];
        (void)snprintf(json, sizeof(json), SERVICE(WEB ", 'scheduler': '%s'"), *name);
        struct config *config = must_load(json);
        ck_assert_str_eq(config->ipvs.services[0].spec.service.scheduler, *name);
        config_free(config);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_schema_ipvs");
    TCase *tcase = tcase_create("config_schema_ipvs");
    tcase_add_loop_test(tcase, tables, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, interface_names);
    tcase_add_test(tcase, every_scheduler_is_taken);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
