// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/server/config_cases.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECKS                                                                                     \
    "'checks': {'h': {'type': 'http'}, 't': {'type': 'tcp'}, 'tp': {'type': 'tcp', 'port': 7}},\n"
#define SERVERS    "'servers': {'a': {'address': '10.0.0.1'}}"
#define V(keys)    "{" CHECKS "'ipvs': {'services': {'v': {" keys "}}}}"
#define WEB(keys)  V(keys ", 'address': '192.0.2.1', 'port': 80, " SERVERS)
#define DNS(keys)  V(keys ", 'address': '192.0.2.1', 'port': 53, 'protocol': 'udp', " SERVERS)
#define MARK(keys) V(keys ", 'fwmark': 7, " SERVERS)
#define ONE(keys)  V("'servers': {'a': {" keys "}}, 'address': '192.0.2.1', 'port': 80")
#define FIVE(keys)                                                                                 \
    V(keys ", 'address': '192.0.2.1', 'port': 80, 'servers': {"                                    \
           "'a': {'address': '10.0.0.1', 'weight': 5}, 'b': {'address': '10.0.0.2', 'weight': 3}," \
           "'c': {'address': '10.0.0.3', 'weight': 0}}")

static const struct config_case cases[] = {
    /* --- what a service is known by --- */
    { V(SERVERS), { "2:28: ipvs.services.v: needs an \"address\" and \"port\", or a \"fwmark\"" } },
    { V(SERVERS ", 'address': '192.0.2.1'"),
      { "2:28: ipvs.services.v: needs a \"port\" (0 = all ports, with \"persistence\")" } },
    { V(SERVERS ", 'address': '192.0.2.1', 'port': 80, 'fwmark': 1"),
      { "2:28: ipvs.services.v: has both \"address\" and \"fwmark\": a service is known by one of "
        "them" } },
    { V(SERVERS ", 'fwmark': 1, 'port': 80, 'protocol': 'tcp', 'vip': {'require_local': true}"),
      { "2:93: ipvs.services.v.port: a service by fwmark has no port: the mark says all",
        "2:109: ipvs.services.v.protocol: a service by fwmark has no protocol: the mark says all",
        "2:123: ipvs.services.v.vip: a service by fwmark has no address" } },
    { WEB("'family': 'ipv4'"), { "2:39: ipvs.services.v.family: is for services by fwmark only" } },
    { V("'address': '192.0.2.1', 'port': 0, " SERVERS),
      { "2:61: ipvs.services.v.port: 0 (all ports) needs \"persistence\": without it the kernel "
        "serves nobody" } },
    { V("'address': '192.0.2.1', 'port': 0, 'persistence': 300, " SERVERS), { NULL } },
    { V("'address': '192.0.2.1', 'port': '0', " SERVERS),
      { "2:61: ipvs.services.v.port: must be a whole number, not text" } },
    { V("'address': '0.0.0.0', 'port': 80, " SERVERS),
      { "2:40: ipvs.services.v.address: cannot be a virtual address" } },
    { V("'address': '224.0.0.1', 'port': 80, " SERVERS),
      { "2:40: ipvs.services.v.address: cannot be a virtual address" } },
    { V("'address': 'x', 'port': 80, " SERVERS),
      { "2:40: ipvs.services.v.address: \"x\" is not an IPv4 or IPv6 address" } },
    /* the same service twice */
    { "{'ipvs': {'services': {'v': {'address': '192.0.2.1', 'port': 80, " SERVERS "},\n"
      "'w': {'address': '192.0.2.1', 'port': 80, 'protocol': 'tcp', " SERVERS "},\n"
      "'x': {'address': '192.0.2.1', 'port': 80, 'protocol': 'udp', " SERVERS "},\n"
      "'m': {'fwmark': 7, " SERVERS "}, 'n': {'fwmark': 7, 'family': 'ipv6', 'servers': {'a': "
      "{'address': 'fd00::1'}}},\n"
      "'o': {'fwmark': 7, 'family': 'ipv4', " SERVERS
      "}, 'bad': {'address': 'x', 'port': 80, " SERVERS "}}}}",
      { "2:6: ipvs.services.w: is the same service as \"v\" (tcp 192.0.2.1:80)",
        "5:6: ipvs.services.o: is the same service as \"m\" (fwmark 7)",
        "5:101: ipvs.services.bad.address: \"x\" is not an IPv4 or IPv6 address" } },
    /* allow */
    { "{'ipvs': {'allow': ['192.0.2.0/24', 'fd00::/8'], 'services': {'v': {'address': "
      "'198.51.100.1', 'port': 80, " SERVERS "},\n"
      "'w': {'address': '192.0.2.9', 'port': 80, " SERVERS "}, 'm': {'fwmark': 1, " SERVERS "}}}}",
      { "1:80: ipvs.services.v.address: is in none of the prefixes of ipvs.allow" } },
    { "{'ipvs': {'allow': ['192.0.2.0/24', 'x'], 'services': {'v': {'address': '198.51.100.1', "
      "'port': 80, " SERVERS "}}}}",
      { "1:37: ipvs.allow[1]: \"x\" is not a prefix such as \"192.0.2.0/24\" or "
        "\"2001:db8::/32\", with all bits beyond its length zero" } },
    /* --- flags --- */
    { WEB("'scheduler': 'sh', 'flags': ['sh-port', 'sh-fallback']"), { NULL } },
    { WEB("'scheduler': 'mh', 'flags': 'mh-port'"), { NULL } },
    { WEB("'flags': ['flag-1', 'flag-3']"), { NULL } },
    { WEB("'scheduler': 'mh', 'flags': ['sh-port', 'mh-prt', 'x', 7]"),
      { "2:58: ipvs.services.v.flags[0]: \"sh-port\" is a flag of scheduler \"sh\", this service "
        "has \"mh\"",
        "2:69: ipvs.services.v.flags[1]: there is no flag \"mh-prt\"; there are sh-port, "
        "sh-fallback, mh-port, mh-fallback, flag-1, flag-2, flag-3; did you mean \"mh-port\"?",
        "2:79: ipvs.services.v.flags[2]: there is no flag \"x\"; there are sh-port, sh-fallback, "
        "mh-port, mh-fallback, flag-1, flag-2, flag-3",
        "2:84: ipvs.services.v.flags[3]: must be a name, not a number" } },
    { WEB("'scheduler': 'sh', 'flags': ['sh-port', 'flag-2', 'sh-port']"),
      { "2:69: ipvs.services.v.flags[1]: is given twice",
        "2:79: ipvs.services.v.flags[2]: is given twice" } },
    { WEB("'scheduler': 'ssh', 'flags': ['sh-port']"),
      { "2:42: ipvs.services.v.scheduler: \"ssh\" is none of rr, wrr, lc, wlc, lblc, lblcr, dh, "
        "sh, sed, nq, fo, ovf, mh, twos; did you mean \"sh\"?" } },
    /* --- settings --- */
    { WEB("'one_packet': true"),
      { "2:43: ipvs.services.v.one_packet: is for protocol \"udp\" only" } },
    { DNS("'one_packet': true"), { NULL } },
    { MARK("'one_packet': true"), { NULL } },
    { WEB("'persistence': 1.5"),
      { "2:44: ipvs.services.v.persistence: must be a number of whole seconds" } },
    { WEB("'persistence_prefix': 24"),
      { "2:51: ipvs.services.v.persistence_prefix: needs \"persistence\"" } },
    { WEB("'persistence': '5m', 'persistence_prefix': 64"),
      { "2:72: ipvs.services.v.persistence_prefix: an IPv4 address has 32 bits" } },
    { MARK("'family': 'ipv4', 'persistence': '5m', 'persistence_prefix': 33"),
      { "2:90: ipvs.services.v.persistence_prefix: an IPv4 address has 32 bits" } },
    { V("'persistence': '5m', 'persistence_prefix': 64, 'address': 'fd00::1', 'port': 80, "
        "'servers': {'a': {'address': 'fd00::2'}}"),
      { NULL } },
    { WEB("'engine': 'sip'"),
      { "2:39: ipvs.services.v.engine: needs \"persistence\"",
        "2:39: ipvs.services.v.engine: is for protocol \"udp\" only" } },
    { DNS("'engine': 'sip', 'persistence': '5m'"), { NULL } },
    { MARK("'engine': 'sip', 'persistence': '5m'"), { NULL } },
    { WEB("'sorry_keeps': true"), { "2:44: ipvs.services.v.sorry_keeps: needs \"sorry\"" } },
    { WEB("'load': 'rate'"),
      { "2:37: ipvs.services.v.load: needs \"capacity\", which it is held against" } },
    { WEB("'load': 'none'"), { NULL } },
    /* --- quorum --- */
    { FIVE("'quorum': 3"), { NULL } },
    { FIVE("'quorum': 4"),
      { "2:39: ipvs.services.v.quorum: a quorum of 4 could never be met: there are 3 (servers)" } },
    { FIVE("'quorum': 2, 'hysteresis': 1"), { NULL } },
    { FIVE("'quorum': 2, 'hysteresis': 2"),
      { "2:56: ipvs.services.v.hysteresis: quorum + hysteresis = 4 could never be met: there are 3 "
        "(servers)" } },
    { FIVE("'quorum_by': 'weight', 'quorum': 8"), { NULL } },
    { FIVE("'quorum_by': 'weight', 'quorum': 9"),
      { "2:62: ipvs.services.v.quorum: a quorum of 9 could never be met: there are 8 (weight of "
        "all "
        "servers)" } },
    { FIVE("'quorum_by': 'share', 'quorum': 100"), { NULL } },
    { FIVE("'quorum_by': 'share', 'quorum': 101"),
      { "2:61: ipvs.services.v.quorum: a quorum of 101 could never be met: there are 100 "
        "(percent)" } },
    { FIVE("'quorum_by': 'share', 'quorum': 4294967295, 'hysteresis': 4294967295"),
      { "2:61: ipvs.services.v.quorum: a quorum of 4294967295 could never be met: there are 100 "
        "(percent)" } },
    { ONE("'address': '10.0.0.1', 'weight': 0"), { NULL } },
    { V("'quorum_by': 'share', 'servers': {'a': {'address': '10.0.0.1', 'weight': 0}}, 'address': "
        "'192.0.2.1', 'port': 80"),
      { "2:28: ipvs.services.v.quorum: a quorum of 1 could never be met: there are 0 (percent)" } },
    /* --- checks --- */
    { WEB("'check': ['h', 'tp'], 'vip': {'check': ['h', 't']}"), { NULL } },
    { WEB("'check': 'hh', 'vip': {'check': ['h', 'h']}"),
      { "2:38: ipvs.services.v.check: there is no check \"hh\" in \"checks\"",
        "2:67: ipvs.services.v.vip.check[1]: is given twice" } },
    { ONE("'address': '10.0.0.1', 'check': 'tpp'"),
      { "2:79: ipvs.services.v.servers.a.check: there is no check \"tpp\" in \"checks\", did you "
        "mean \"tp\"?" } },
    { MARK("'check': 't'"),
      { "2:73: ipvs.services.v.servers.a: check \"t\" of type tcp needs a port: give \"port\" here "
        "or in the check" } },
    { MARK("'check': 'tp'"), { NULL } },
    { V("'check': 't', 'fwmark': 7, 'servers': {'a': {'address': '10.0.0.1', 'check': []}, 'b': "
        "{'address': '10.0.0.2', 'port': 80}}"),
      { NULL } },
    { V("'address': '192.0.2.1', 'port': 0, 'persistence': '1m', 'vip': {'check': 't'}, " SERVERS),
      { "2:92: ipvs.services.v.vip: check \"t\" of type tcp needs a port: give \"port\" here or in "
        "the check" } },
    /* --- servers --- */
    { ONE("'address': '0.0.0.0'"),
      { "2:58: ipvs.services.v.servers.a.address: is not the address of one machine" } },
    { ONE("'address': '239.1.1.1'"),
      { "2:58: ipvs.services.v.servers.a.address: is not the address of one machine" } },
    { ONE("'address': '255.255.255.255'"),
      { "2:58: ipvs.services.v.servers.a.address: is not the address of one machine" } },
    { ONE("'address': 'ff02::1', 'forward': 'tun'"),
      { "2:58: ipvs.services.v.servers.a.address: is not the address of one machine" } },
    { ONE("'address': 'fe80::1', 'forward': 'tun'"),
      { "2:58: ipvs.services.v.servers.a.address: is link-local or an IPv4 address in IPv6 form: "
        "the kernel reaches no server by it" } },
    { ONE("'address': '::ffff:10.0.0.1', 'forward': 'tun'"),
      { "2:58: ipvs.services.v.servers.a.address: is link-local or an IPv4 address in IPv6 form: "
        "the kernel reaches no server by it" } },
    { ONE("'address': 'fd00::1'"),
      { "2:58: ipvs.services.v.servers.a.address: is of the other family than the service: only "
        "forward \"tun\" reaches such a server" } },
    { ONE("'address': 'fd00::1', 'forward': 'tun'"), { NULL } },
    { ONE("'address': '10.0.0.1', 'port': 8080"), { NULL } },
    { ONE("'address': '10.0.0.1', 'port': 8080, 'forward': 'dr'"),
      { "2:78: ipvs.services.v.servers.a.port: forward \"dr\" and \"tun\" leave the packets as "
        "they "
        "are: leave the port out (it is the service's), or use \"nat\"" } },
    { V("'forward': 'tun', 'address': '192.0.2.1', 'port': 80, 'servers': {'a': {'address': "
        "'10.0.0.1', 'port': 80}, 'b': {'address': '10.0.0.2', 'port': 81}}"),
      { "2:174: ipvs.services.v.servers.b.port: forward \"dr\" and \"tun\" leave the packets as "
        "they are: leave the port out (it is the service's), or use \"nat\"" } },
    { V("'forward': 'dr', 'address': '192.0.2.1', 'port': 0, 'persistence': '1m', 'servers': {'a': "
        "{'address': '10.0.0.1', 'port': 80}}"),
      { "2:151: ipvs.services.v.servers.a.port: the service has all ports, which forward \"dr\" "
        "and "
        "\"tun\" leave as they are: leave it out" } },
    { V("'forward': 'dr', 'fwmark': 1, 'servers': {'a': {'address': '10.0.0.1', 'port': 80}}"),
      { NULL } },
    { ONE("'address': '10.0.0.1', 'upper': 10, 'lower': 11"),
      { "2:92: ipvs.services.v.servers.a.lower: must not be above \"upper\"" } },
    { ONE("'address': '10.0.0.1', 'lower': 11"),
      { "2:79: ipvs.services.v.servers.a.lower: needs \"upper\"" } },
    { V("'address': '192.0.2.1', 'port': 80, 'servers': {'a': {'address': '10.0.0.1'},\n"
        "'b': {'address': '10.0.0.1', 'port': 81}, 'c': {'address': '10.0.0.1', 'port': 80, "
        "'weight': 9}}"),
      { "3:48: ipvs.services.v.servers.c: is the same server as \"a\" (10.0.0.1:80)" } },
    /* --- tunnels --- */
    { ONE("'address': '10.0.0.1', 'tunnel': {}"),
      { "2:80: ipvs.services.v.servers.a.tunnel: is for forward \"tun\" only" } },
    { ONE("'address': '10.0.0.1', 'forward': 'tun', 'tunnel': {'type': 'gue'}"),
      { "2:98: ipvs.services.v.servers.a.tunnel: a gue tunnel needs the \"port\" on which the "
        "server takes the packets out" } },
    { ONE("'address': '10.0.0.1', 'forward': 'tun', 'tunnel': {'type': 'gre', 'port': 6080, "
          "'checksum': 'remcsum'}"),
      { "2:122: ipvs.services.v.servers.a.tunnel.port: is for gue tunnels only",
        "2:140: ipvs.services.v.servers.a.tunnel.checksum: \"remcsum\" is for gue tunnels only" } },
    { ONE("'address': '10.0.0.1', 'forward': 'tun', 'tunnel': {'checksum': 'csum'}"),
      { "2:111: ipvs.services.v.servers.a.tunnel.checksum: is for gue and gre tunnels only" } },
    { ONE("'address': '10.0.0.1', 'forward': 'tun', 'tunnel': {'type': 'gre', 'checksum': 'csum'}"),
      { NULL } },
    /* --- the sorry server --- */
    { WEB("'sorry': {'address': '10.0.0.1'}"), { NULL } }, /* may be a real one */
    { WEB("'sorry': {'address': 'fd00::1', 'tunnel': {'type': 'gue'}}"),
      { "2:50: ipvs.services.v.sorry.address: is of the other family than the service: only "
        "forward \"tun\" reaches such a server",
        "2:71: ipvs.services.v.sorry.tunnel: is for forward \"tun\" only",
        "2:71: ipvs.services.v.sorry.tunnel: a gue tunnel needs the \"port\" on which the server "
        "takes the packets out" } },
    { WEB("'forward': 'dr', 'sorry': {'address': '10.0.0.9', 'port': 81}"),
      { "2:87: ipvs.services.v.sorry.port: forward \"dr\" and \"tun\" leave the packets as they "
        "are: leave the port out (it is the service's), or use \"nat\"" } },
    { WEB("'forward': 'dr', 'sorry': {'address': '10.0.0.9', 'port': 81, 'forward': 'nat'}"),
      { NULL } },
    /* --- interfaces --- */
    { "{'ipvs': {'services': {\n"
      "'v': {'vip': {'interface': 'eth0'}, 'address': '192.0.2.1', 'port': 80, " SERVERS "},\n"
      "'w': {'vip': {'interface': 'eth0'}, 'address': '192.0.2.1', 'port': 81, " SERVERS "},\n"
      "'x': {'vip': {'interface': 'eth1'}, 'address': '192.0.2.1', 'port': 82, " SERVERS "},\n"
      "'y': {'vip': {'interface': 'eth1'}, 'address': '192.0.2.2', 'port': 82, " SERVERS "}}}}",
      { "4:28: ipvs.services.x.vip.interface: service \"v\" puts the same address on \"eth0\"" } },
    /* --- sync, timeouts --- */
    { "{'ipvs': {'timeouts': {'tcp': 0.5, 'tcp_fin': 1.5, 'udp': 2}}}",
      { "1:31: ipvs.timeouts.tcp: 0.5 is below the minimum 1s",
        "1:47: ipvs.timeouts.tcp_fin: must be a number of whole seconds" } },
    { "{'ipvs': {'sync': {'role': 'both', 'interface': 'eth0', 'group': '10.0.0.1'}}}",
      { "1:66: ipvs.sync.group: is no multicast address" } },
    { "{'ipvs': {'sync': {'role': 'both', 'interface': 'eth0', 'group': 'ff02::81'}}}", { NULL } },
    { "{'ipvs': {'sync': {'role': 'both', 'interface': 'eth0'}, 'services': {'v': {'address': "
      "'192.0.2.1', 'port': 80, 'forward': 'tun',\n'servers': {'a': {'address': '10.0.0.1'}, 'b': "
      "{'address': 'fd00::1'}}}}}}",
      { "2:60: ipvs.services.v.servers.b.address: is of the other family than the service, which "
        "the "
        "kernel refuses while its sync daemon runs (ipvs.sync)" } },
};

START_TEST(cross_checks)
{
    run_case(&cases[_i]);
}
END_TEST

START_TEST(allow_has_room_for_256)
{
    for (int count = 256; count <= 257; count++) {
        char json[6000] = "{'ipvs': {'allow': [";
        for (int i = 0; i < count; i++)
            (void)snprintf(json + strlen(json), sizeof(json) - strlen(json), "'10.%d.%d.0/24'%s",
                           i / 256, i % 256, i + 1 < count ? ", " : "]}}");
        const struct config_case c = {
            json, { count == 256 ? NULL : "1:20: ipvs.allow: has more than 256 prefixes" }
        };
        run_case(&c);
    }
}
END_TEST

/* --- values --- */

START_TEST(absent_section)
{
    struct config *config = must_load("{}");
    ck_assert(!config->ipvs.present);
    ck_assert_uint_eq(config->ipvs.service_count, 0);
    ck_assert_int_eq(config->ipvs.sync_role, CONFIG_SYNC_NONE);
    config_free(config);
}
END_TEST

START_TEST(defaults)
{
    struct config *config = must_load(WEB("'check': 'h'"));
    const struct config_ipvs *ipvs = &config->ipvs;
    const struct config_service *service = &ipvs->services[0];
    const struct ipvs_spec *spec = &service->spec;
    ck_assert(ipvs->present);
    ck_assert_int_eq(ipvs->mode, IPVS_SHARED);
    ck_assert_int_eq(ipvs->on_exit, CONFIG_EXIT_LEAVE);
    ck_assert(!ipvs->withdraw_unavailable);
    ck_assert_uint_eq(ipvs->max_remove, 50);
    ck_assert_uint_eq(ipvs->timeouts.tcp + ipvs->timeouts.tcp_fin + ipvs->timeouts.udp, 0);
    ck_assert_int_eq(ipvs->sync_role, CONFIG_SYNC_NONE);
    ck_assert_uint_eq(ipvs->allow.count, 0);
    ck_assert_str_eq(service->path, "ipvs.services.v");
    ck_assert_str_eq(spec->name, "v");
    ck_assert_uint_eq(spec->service.key.protocol, IPVS_TCP);
    ck_assert_str_eq(spec->service.scheduler, "wlc");
    ck_assert_uint_eq(spec->service.flags, 0);
    ck_assert_uint_eq(spec->service.prefix, 32);
    ck_assert(!spec->quiesce && !spec->has_sorry && !spec->sorry_keeps);
    ck_assert_int_eq(spec->quorum_by, IPVS_BY_COUNT);
    ck_assert_uint_eq(spec->quorum, 1);
    ck_assert_uint_eq(spec->hysteresis, 0);
    ck_assert_uint_eq(spec->slow_start_ms, 0);
    ck_assert_uint_eq(spec->drain_ms, 300000);
    ck_assert_uint_eq(spec->capacity, 0);
    ck_assert_int_eq(spec->load, IPVS_LOAD_NONE);
    ck_assert_uint_eq(spec->servers[0].dest.port, 80);
    ck_assert_uint_eq(spec->servers[0].dest.weight, 1);
    ck_assert_uint_eq(spec->servers[0].dest.forward, IPVS_NAT);
    ck_assert(!service->reals[0].checks_given && !service->require_local);
    ck_assert_uint_eq(service->check_count, 1);
    ck_assert_ptr_null(service->vip_interface);
    config_free(config);
}
END_TEST

START_TEST(section_values)
{
    struct config *config =
        must_load("{'ipvs': {'mode': 'observe', 'on_exit': 'remove', 'on_unavailable': 'withdraw', "
                  "'max_remove': 0, 'timeouts': {'tcp': '15m', 'tcp_fin': 120, 'udp': '5m'}, "
                  "'sync': {'role': 'follow', 'interface': 'eth1', 'id': 9, 'group': '224.0.0.82', "
                  "'port': 8849, 'ttl': 2, 'maxlen': 1400}, 'allow': ['192.0.2.0/24', '::/0']}}");
    const struct config_ipvs *ipvs = &config->ipvs;
    const struct prefix *allow = ipvs->allow.items;
    ck_assert_int_eq(ipvs->mode, IPVS_OBSERVE);
    ck_assert_int_eq(ipvs->on_exit, CONFIG_EXIT_REMOVE);
    ck_assert(ipvs->withdraw_unavailable);
    ck_assert_uint_eq(ipvs->max_remove, 0);
    ck_assert_uint_eq(ipvs->timeouts.tcp, 900);
    ck_assert_uint_eq(ipvs->timeouts.tcp_fin, 120);
    ck_assert_uint_eq(ipvs->timeouts.udp, 300);
    ck_assert_int_eq(ipvs->sync_role, CONFIG_SYNC_FOLLOW);
    ck_assert_uint_eq(ipvs->sync.role, IPVS_ROLE_NONE);
    ck_assert_str_eq(ipvs->sync.interface, "eth1");
    ck_assert_uint_eq(ipvs->sync.id, 9);
    ck_assert_uint_eq(ipvs->sync.group.bytes[3], 82);
    ck_assert_uint_eq(ipvs->sync.port, 8849);
    ck_assert_uint_eq(ipvs->sync.ttl, 2);
    ck_assert_uint_eq(ipvs->sync.max_length, 1400);
    ck_assert_uint_eq(ipvs->allow.count, 2);
    ck_assert_uint_eq(allow[0].bits, 24);
    config_free(config);
}
END_TEST

START_TEST(service_values)
{
    struct config *config = must_load(
        "{" CHECKS "'ipvs': {'services': {'d': {'address': 'fd00::53', 'port': 53, 'protocol': "
        "'udp', 'scheduler': 'mh', 'flags': ['mh-port', 'mh-fallback'], 'persistence': '2m', "
        "'persistence_prefix': 64, 'engine': 'sip', 'one_packet': true, 'forward': 'tun', "
        "'check': ['h', 't'], 'quorum': 40, 'quorum_by': 'share', 'hysteresis': 10, "
        "'on_fail': 'quiesce', 'sorry': {'address': 'fd00::99', 'forward': 'nat', 'port': 99}, "
        "'sorry_keeps': true, 'drain': '1m', 'capacity': 5000, 'load': 'connections', "
        "'vip': {'interface': 'dummy0', 'require_local': true, 'check': 'tp'}, "
        "'servers': {'g': {'address': '10.0.0.1', 'weight': 7, 'upper': 100, 'lower': 60, "
        "'tunnel': {'type': 'gue', 'port': 6080, 'checksum': 'remcsum'}, 'check': 'tp'}, "
        "'n': {'address': 'fd00::2', 'port': 5353, 'forward': 'nat', 'disabled': true, "
        "'check': []}}}}}}");
    const struct config_service *service = &config->ipvs.services[0];
    const struct ipvs_spec *spec = &service->spec;
    const struct ipvs_server_spec *servers = spec->servers;
    ck_assert_uint_eq(spec->service.key.family, ADDR_V6);
    ck_assert_uint_eq(spec->service.key.protocol, IPVS_UDP);
    ck_assert_uint_eq(spec->service.key.port, 53);
    ck_assert_str_eq(spec->service.scheduler, "mh");
    ck_assert_uint_eq(spec->service.flags,
                      IPVS_SCHED1 | IPVS_SCHED2 | IPVS_PERSISTENT | IPVS_ONE_PACKET);
    ck_assert_uint_eq(spec->service.timeout, 120);
    ck_assert_uint_eq(spec->service.prefix, 64);
    ck_assert_str_eq(spec->service.engine, "sip");
    ck_assert(spec->quiesce && spec->has_sorry && spec->sorry_keeps);
    ck_assert_int_eq(spec->quorum_by, IPVS_BY_SHARE);
    ck_assert_uint_eq(spec->quorum, 40);
    ck_assert_uint_eq(spec->hysteresis, 10);
    ck_assert_uint_eq(spec->sorry.port, 99);
    ck_assert_uint_eq(spec->sorry.forward, IPVS_NAT);
    ck_assert_uint_eq(spec->sorry.weight, 1);
    ck_assert_uint_eq(spec->drain_ms, 60000);
    ck_assert_uint_eq(spec->capacity, 5000);
    ck_assert_int_eq(spec->load, IPVS_LOAD_CONNECTIONS);
    ck_assert_uint_eq(service->check_count, 2);
    ck_assert_uint_eq(service->vip_check_count, 1);
    ck_assert_uint_eq(service->vip_checks[0], 2);
    ck_assert_str_eq(service->vip_interface, "dummy0");
    ck_assert(service->require_local);
    ck_assert_uint_eq(spec->server_count, 2);
    ck_assert_str_eq(servers[0].name, "g");
    ck_assert_uint_eq(servers[0].dest.port, 53);
    ck_assert_uint_eq(servers[0].dest.forward, IPVS_TUN);
    ck_assert_uint_eq(servers[0].dest.tunnel, IPVS_GUE);
    ck_assert_uint_eq(servers[0].dest.tunnel_port, 6080);
    ck_assert_uint_eq(servers[0].dest.checksum, IPVS_REMCSUM);
    ck_assert_uint_eq(servers[0].dest.weight, 7);
    ck_assert_uint_eq(servers[0].dest.upper, 100);
    ck_assert_uint_eq(servers[0].dest.lower, 60);
    ck_assert(!servers[0].disabled && servers[1].disabled);
    ck_assert_uint_eq(servers[1].dest.port, 5353);
    ck_assert_uint_eq(servers[1].dest.forward, IPVS_NAT);
    ck_assert(service->reals[0].checks_given && service->reals[1].checks_given);
    ck_assert_uint_eq(service->reals[0].check_count, 1);
    ck_assert_uint_eq(service->reals[1].check_count, 0);
    ck_assert_str_eq(service->reals[1].path, "ipvs.services.d.servers.n");
    config_free(config);
}
END_TEST

START_TEST(mark_values)
{
    struct config *config =
        must_load("{'ipvs': {'services': {'m': {'fwmark': 4294967295, 'family': 'ipv6', 'servers': "
                  "{'a': {'address': 'fd00::1'}}}}}}");
    const struct ipvs_service *service = &config->ipvs.services[0].spec.service;
    ck_assert_uint_eq(service->key.fwmark, UINT32_MAX);
    ck_assert_uint_eq(service->key.family, ADDR_V6);
    ck_assert_uint_eq(service->key.protocol, 0);
    ck_assert_uint_eq(service->key.addr.family, ADDR_NONE);
    ck_assert_uint_eq(service->prefix, 128);
    ck_assert_uint_eq(config->ipvs.services[0].spec.servers[0].dest.port, 0);
    config_free(config);
}
END_TEST

/* The tests run in the top folder of the sources. */
START_TEST(sample_is_good)
{
    struct errlist errors;
    errlist_init(&errors);
    struct config *config = config_load("tests/support/ipvs.json", &errors);
    ck_assert_msg(config != NULL, "%s", errors.count > 0 ? errors.lines[0] : "");
    ck_assert_uint_eq(config->ipvs.service_count, 5);
    for (size_t i = 0; i < config->ipvs.service_count; i++) {
        const struct ipvs_spec *spec = &config->ipvs.services[i].spec;
        ck_assert_ptr_null(ipvs_service_fault(&spec->service));
        for (size_t k = 0; k < spec->server_count; k++)
            ck_assert_ptr_null(ipvs_dest_fault(&spec->service, &spec->servers[k].dest));
    }
    config_free(config);
    errlist_fini(&errors);
}
END_TEST

/* As many as a large director has: what looks for twins must not look at each pair. */
START_TEST(many_servers)
{
    enum { COUNT = 20000 };
    struct strbuf text;
    struct errlist errors;
    strbuf_init(&text);
    errlist_init(&errors);
    strbuf_add(&text,
               "{\"ipvs\": {\"services\": {\"v\": {\"address\": \"192.0.2.1\", \"port\": 80, "
               "\"servers\": {");
    for (int i = 0; i < COUNT; i++)
        strbuf_addf(&text, "\"s%d\": {\"address\": \"10.%d.%d.%d\"}%s", i, i >> 16, i >> 8 & 255,
                    i & 255, i + 1 < COUNT ? ", " : "}}}}}");
    struct config *config = config_load_text("c.json", text.text, text.length, &errors);
    ck_assert_ptr_nonnull(config);
    ck_assert_uint_eq(config->ipvs.services[0].spec.server_count, COUNT);
    config_free(config);
    errlist_fini(&errors);
    strbuf_fini(&text);
}
END_TEST

/* --- as members of pools --- */

static const struct config_case members[] = {
    /* pool and service as users write them */
    { "{'checks': {'http-ok': {'type': 'http', 'path': '/healthz'}}, 'pools': {'web': {'policy': "
      "'round_robin', 'check': 'http-ok', 'members': {'a': {'address': '192.0.2.1', 'port': 8080}, "
      "'l4': {'service': 'web-vip'}}}},\n'ipvs': {'mode': 'shared', 'services': {'web-vip': "
      "{'address': '198.51.100.10', 'port': 80, 'protocol': 'tcp', 'scheduler': 'wlc', 'forward': "
      "'nat', 'check': 'http-ok', 'quorum': 1, 'servers': {'rs1': {'address': '10.0.0.11', 'port': "
      "80, 'weight': 5}, 'rs2': {'address': '10.0.0.12', 'port': 80}}}}}}",
      { NULL } },
    { "{" CHECKS "'pools': {'p': {'check': 't', 'members': {'a': {'service': 'v', 'weight': 3, "
      "'order': 2, 'disabled': true, 'tags': ['x']}}}},\n'ipvs': {'services': {'v': {'address': "
      "'192.0.2.1', 'port': 80, " SERVERS "}}}}",
      { NULL } },
    { "{" CHECKS
      "'pools': {'p': {'members': {'a': {'service': 'v', 'check': 't'}, 'b': {'service': "
      "'v', 'pool': 'p'}, 'c': {'service': 'v', 'address': '::1'}}}},\n'ipvs': {'services': {'v': "
      "{'address': '192.0.2.1', 'port': 80, " SERVERS "}}}}",
      { "2:51: pools.p.members.a.check: a service as member is as well as its servers are: it has "
        "no check",
        "2:71: pools.p.members.b: has more than one of \"address\", \"pool\" and \"service\"",
        "2:96: pools.p.members.b.pool: pools in a circle: p -> p",
        "2:107: pools.p.members.c: has more than one of \"address\", \"pool\" and \"service\"" } },
    { "{'pools': {'p': {'members': {'a': {'service': 'm'}}}},\n'ipvs': {'services': {'m': "
      "{'fwmark': 7, " SERVERS "}}}}",
      { "1:47: pools.p.members.a.service: service \"m\" has no address that DNS could answer: it "
        "is "
        "known by its fwmark" } },
    /* A service with an error of its own is there all the same. */
    { "{'pools': {'p': {'members': {'a': {'service': 'm'}, 'b': {'service': 'n'}}}},\n'ipvs': "
      "{'services': {'m': 7, 'n': {'address': 'x', 'port': 80, " SERVERS "}}}}",
      { "2:28: ipvs.services.m: must be an object, not a number",
        "2:48: ipvs.services.n.address: \"x\" is not an IPv4 or IPv6 address" } },
};

START_TEST(pool_members)
{
    run_case(&members[_i]);
}
END_TEST

START_TEST(member_has_the_virtual_address)
{
    struct config *config = must_load(members[1].json);
    const struct config_member *member = &config->pools[0].members[0];
    const struct addr *addrs = member->addresses.items;
    ck_assert_uint_eq(member->service, 0);
    ck_assert_uint_eq(member->pool, CONFIG_NONE);
    ck_assert_uint_eq(member->addresses.count, 1);
    ck_assert(addr_equal(&addrs[0], &config->ipvs.services[0].spec.service.key.addr));
    ck_assert_uint_eq(member->weight, 3);
    ck_assert_uint_eq(member->order, 2);
    ck_assert(member->disabled);
    ck_assert_uint_eq(member->check_count, 0);
    ck_assert_uint_eq(member->tags.count, 1);
    config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_ipvs");
    TCase *tcase = tcase_create("config_ipvs");
    tcase_add_loop_test(tcase, cross_checks, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, allow_has_room_for_256);
    tcase_add_test(tcase, absent_section);
    tcase_add_test(tcase, defaults);
    tcase_add_test(tcase, section_values);
    tcase_add_test(tcase, service_values);
    tcase_add_test(tcase, mark_values);
    tcase_add_test(tcase, sample_is_good);
    tcase_add_test(tcase, many_servers);
    tcase_add_loop_test(tcase, pool_members, 0, sizeof(members) / sizeof(members[0]));
    tcase_add_test(tcase, member_has_the_virtual_address);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
