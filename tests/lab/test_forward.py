# SPDX-License-Identifier: BSD-2-Clause
"""Every way of forwarding, with real packets through a table that gslbd made: NAT, DR, TUN with each kind of tunnel;
TCP and UDP, IPv4 and IPv6; services by mark; persistence."""
import unittest

import lab
import net

TIME_LIMIT = 90
DR_PORTS = {"port": net.PORT}  # DR and TUN cannot change the port


class Forward(lab.Case):
    def services(self, reals, name, address, v6=False, **more):
        """That service for TCP and UDP."""
        return {f"{name}-{protocol}": lab.service_config(reals, address, v6=v6, protocol=protocol, **more)
                for protocol in ("tcp", "udp")}

    def assert_rr(self, client, address, port, protocols=("tcp", "udp")):
        for protocol in protocols:
            with self.subTest(address=address, protocol=protocol):
                self.assertEqual(self.net.get(client, address, port, 20, protocol), {"rs1": 10, "rs2": 10})

    def assert_methods(self, method):
        found = {server["forward"] for service in lab.table().values() for server in service["servers"].values()}
        self.assertEqual(found, {method})

    def test_nat(self):
        reals = self.reals()
        self.director(lab.config({**self.services(reals, "four", net.NAT_VIP),
                                  **self.services(reals, "six", net.NAT_VIP6, v6=True)}))
        self.assert_methods("nat")
        self.assert_rr(net.CN, net.NAT_VIP, 80)
        self.assert_rr(net.CN, net.NAT_VIP6, 80)

    def test_dr(self):
        self.net.prepare_dr(net.DR_VIP, net.DR_VIP6)
        reals = self.reals()
        self.director(lab.config({**self.services(reals, "four", net.DR_VIP, forward="dr", **DR_PORTS),
                                  **self.services(reals, "six", net.DR_VIP6, v6=True, forward="dr", **DR_PORTS)}))
        self.assert_methods("dr")
        self.assert_rr(net.CL, net.DR_VIP, net.PORT)
        self.assert_rr(net.CL, net.DR_VIP6, net.PORT)

    def test_tun(self):
        self.net.prepare_tun(net.TUN_VIP)
        self.net.prepare_tun(net.TUN_VIP6, device="ip6tnl0")
        reals = self.reals()
        self.director(lab.config({**self.services(reals, "four", net.TUN_VIP, forward="tun", **DR_PORTS),
                                  **self.services(reals, "six", net.TUN_VIP6, v6=True, forward="tun", **DR_PORTS)}))
        self.assert_methods("tun")
        self.assert_rr(net.CL, net.TUN_VIP, net.PORT)
        self.assert_rr(net.CL, net.TUN_VIP6, net.PORT)

    def tunnel(self, **tunnel):
        service = lab.service_config(self.reals(), net.GRE_VIP, forward="tun", **DR_PORTS)
        for server in service["servers"].values():
            server["tunnel"] = tunnel
        self.director(lab.config({"web": service}))

    def test_tun_by_gre(self):
        self.net.prepare_gre(net.GRE_VIP)
        self.tunnel(type="gre", checksum="csum")
        self.assertIn("gre:+c", lab.ipvsadm("-Ln", "--tun-info"))
        self.assert_rr(net.CL, net.GRE_VIP, net.PORT, ["tcp"])

    def test_tun_by_gue(self):
        self.net.prepare_gue(net.GRE_VIP, 6080)
        self.tunnel(type="gue", port=6080)
        self.assertIn("gue:6080:-c", lab.ipvsadm("-Ln", "--tun-info"))
        self.assert_rr(net.CL, net.GRE_VIP, net.PORT, ["tcp"])

    def assert_services_by_mark(self):
        """Two ports are one service: somebody puts the mark on them in the director."""
        services = {}
        for name, v6 in (("four", False), ("six", True)):
            services[name] = lab.service_config(self.reals(), v6=v6, fwmark=7, family="ipv6" if v6 else "ipv4")
            del services[name]["address"], services[name]["port"]
        self.director(lab.config(services))
        self.assertEqual(set(lab.table()), {"-f 7", "-f 7 -6"})
        for vip in (net.NAT_VIP, net.NAT_VIP6):
            for port in (81, 82):
                self.assert_rr(net.CN, vip, port, ["tcp"])

    def test_services_by_mark(self):
        for command, vip in (("iptables-legacy", net.NAT_VIP), ("ip6tables-legacy", net.NAT_VIP6)):
            for port in ("81", "82"):
                rule = ("PREROUTING", "-d", vip, "-p", "tcp", "--dport", port, "-j", "MARK", "--set-mark", "7")
                net.run(net.LB, command, "-t", "mangle", "-A", *rule)
                self.addCleanup(net.run, net.LB, command, "-t", "mangle", "-D", *rule)
        self.assert_services_by_mark()

    @unittest.skipUnless(lab.IS_NEW, "this kernel has no nftables for IPv4")
    def test_services_by_mark_of_nftables(self):
        net.run(net.LB, "nft", "-f", "-", text=f"""table inet marks {{
  chain prerouting {{
    type filter hook prerouting priority mangle
    ip daddr {net.NAT_VIP} tcp dport {{ 81, 82 }} meta mark set 7
    ip6 daddr {net.NAT_VIP6} tcp dport {{ 81, 82 }} meta mark set 7
  }}
}}
""")
        self.addCleanup(net.run, net.LB, "nft", "delete", "table", "inet", "marks")
        self.assert_services_by_mark()

    def test_persistence(self):
        sources = self.net.make_sources(6)
        self.director(lab.config({
            "host": lab.service_config(self.reals(), persistence="1m"),
            "wide": lab.service_config(self.reals(), port=81, persistence="1m", persistence_prefix=24)}))
        self.assertEqual(lab.table()[f"-t {net.NAT_VIP}:81"]["options"], ["-p", "60", "-M", "255.255.255.0"])
        homes = {source: self.net.get(net.CN, net.NAT_VIP, 80, 5, source=source) for source in sources}
        self.assertEqual({tuple(found.values()) for found in homes.values()}, {(5,)})
        self.assertEqual({name for found in homes.values() for name in found}, {"rs1", "rs2"})
        everybody = [name for source in sources for name in self.net.get(net.CN, net.NAT_VIP, 81, 2, source=source)]
        self.assertEqual(len(set(everybody)), 1)

    def test_one_packet(self):
        """Each datagram of one socket is scheduled on its own. (By NAT the answers would not be translated back.)"""
        self.net.prepare_dr(net.DR_VIP)
        service = lab.service_config(self.reals(), net.DR_VIP, protocol="udp", forward="dr", **DR_PORTS)
        self.director(lab.config({"single": {**service, "one_packet": True},
                                  "flow": lab.service_config(self.reals(), protocol="udp")}))
        self.assertEqual(net.ask_by_one_socket(net.CL, net.DR_VIP, net.PORT, 10), {"rs1": 5, "rs2": 5})
        self.assertEqual(list(net.ask_by_one_socket(net.CN, net.NAT_VIP, 80, 10).values()), [10])

    def test_limit_of_connections(self):
        service = lab.service_config(self.reals())
        service["servers"]["rs1"].update(upper=3, lower=2)
        self.director(lab.config({"web": service}))
        held = self.hold(net.CN, net.NAT_VIP, 80, 10)
        self.assertEqual(net.names(held), {"rs1": 3, "rs2": 7})
