# SPDX-License-Identifier: BSD-2-Clause
"""Each scheduler of the guest's kernel (13, and twos under qemu) spreads as it should. Every one has a service of its own,
on a port of its own, in one table that gslbd made. (Connections that are held are active; the kernel counts those.)"""
import unittest

import lab
import net

TIME_LIMIT = 90
# scheduler -> (weights of rs1, rs2, rs3; further keys). Weight 0 leaves a server out, but not with sh, which refuses its
# clients then.
SERVICES = {
    "rr": ((1, 1, 0), {}), "wrr": ((3, 1, 0), {}), "lc": ((5, 1, 0), {}), "wlc": ((3, 1, 0), {}),
    "lblc": ((5, 5, 0), {}), "lblcr": ((5, 5, 0), {}), "dh": ((1, 1, 1), {}), "sh": ((1, 1, 1), {}),
    "mh": ((1, 1, 1), {}), "sed": ((3, 1, 0), {}), "nq": ((3, 1, 0), {}), "fo": ((5, 9, 1), {}), "ovf": ((3, 2, 1), {}),
    "sh-port": ((1, 1, 1), {"scheduler": "sh", "flags": ["sh-port"]}),
    "mh-port": ((1, 1, 1), {"scheduler": "mh", "flags": ["mh-port"]}),
    "sh-fallback": ((1, 0, 0), {"scheduler": "sh", "flags": ["sh-fallback"]}),
}
if lab.IS_NEW:
    SERVICES["twos"] = ((3, 1, 0), {})
PORTS = {name: 8100 + i for i, name in enumerate(SERVICES)}


class Schedulers(lab.Case):
    SERVERS = 3

    def setUp(self):
        super().setUp()
        services = {}
        for name, (weights, more) in SERVICES.items():
            service = lab.service_config(self.reals(), port=PORTS[name], **{"scheduler": name, **more})
            for server, weight in zip(service["servers"].values(), weights):
                server["weight"] = weight
            services[name] = service
        self.gslbd = self.director(lab.config(services))

    def get(self, name, count, source=None):
        return self.net.get(net.CN, net.NAT_VIP, PORTS[name], count, source=source)

    def new(self, name, count):
        """Held connections to that service."""
        return self.hold(net.CN, net.NAT_VIP, PORTS[name], count)

    def names(self, name, count):
        """The servers of so many held connections, in their order."""
        return [c.name for c in self.new(name, count)]

    def homes(self, name, count=16):
        """Where clients of that many addresses go; each has to stay where it is."""
        found = {}
        for source in self.net.make_sources(count):
            answers = self.get(name, 4, source)
            self.assertEqual(list(answers.values()), [4], f"{name}: {source} moved: {answers}")
            found[source] = next(iter(answers))
        return found

    def test_by_turns(self):
        self.assertEqual(self.get("rr", 20), {"rs1": 10, "rs2": 10})
        self.assertEqual(self.get("wrr", 40), {"rs1": 30, "rs2": 10})

    def test_by_connections(self):
        held = self.new("lc", 12)
        self.assertEqual(net.names(held), {"rs1": 6, "rs2": 6})  # the weights do not matter
        for c in [c for c in held if c.name == "rs2"][:4]:
            c.close()
        self.assertEqual(self.names("lc", 3), ["rs2"] * 3)
        self.assertEqual(net.names(self.new("wlc", 40)), {"rs1": 30, "rs2": 10})

    def test_by_delay(self):
        """Shortest expected delay asks the big server first; never queue, an idle one, whatever it is."""
        sed, nq = self.names("sed", 8), self.names("nq", 8)
        self.assertEqual(sed[:2], ["rs1", "rs1"])
        self.assertEqual((sed.count("rs1"), sed.count("rs2")), (6, 2))
        self.assertEqual(sorted(nq[:2]), ["rs1", "rs2"])
        self.assertEqual((nq.count("rs1"), nq.count("rs2")), (6, 2))

    def test_by_locality(self):
        """All for one address go to one server, until it has more than its weight and another is half idle."""
        for name in ("lblc", "lblcr"):
            with self.subTest(name):
                order = self.names(name, 7)
                self.assertEqual(len(set(order[:6])), 1)
                self.assertNotEqual(order[6], order[0])

    def test_by_destination(self):
        self.assertEqual(len(self.get("dh", 12)), 1)

    def test_by_source(self):
        for name in ("sh", "mh"):
            with self.subTest(name):
                homes = self.homes(name)
                self.assertEqual(set(homes.values()), {"rs1", "rs2", "rs3"})
                self.assertEqual(homes, self.homes(name))

    def test_by_source_and_port(self):
        for name in ("sh-port", "mh-port"):
            with self.subTest(name):
                self.assertEqual(set(self.get(name, 40)), {"rs1", "rs2", "rs3"})

    def test_source_falls_back(self):
        """Sources of a server with weight 0 go to the next one instead of nowhere."""
        self.assertEqual(lab.table()[f"-t {net.NAT_VIP}:{PORTS['sh-fallback']}"]["options"], ["-b", "sh-fallback"])
        self.assertEqual(set(self.homes("sh-fallback").values()), {"rs1"})

    def test_by_rank(self):
        """Failover: all to the highest weight. Overflow: the weight is how many it takes before the next one."""
        self.assertEqual(self.get("fo", 20), {"rs2": 20})
        self.assertEqual(self.names("ovf", 9), ["rs1"] * 4 + ["rs2"] * 3 + ["rs3"] * 2)  # it counts above the weight

    @unittest.skipUnless(lab.IS_NEW, "this kernel has no twos")
    def test_by_the_better_of_two(self):
        """Two are drawn by their weights, the less loaded one for its weight takes the connection."""
        order = self.names("twos", 80)
        self.assertEqual(set(order), {"rs1", "rs2"})
        self.assertAlmostEqual(order.count("rs1"), 60, delta=8)
