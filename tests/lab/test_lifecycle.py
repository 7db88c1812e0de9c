# SPDX-License-Identifier: BSD-2-Clause
"""Real servers and services over time, in kernel and DNS: failure, return, sorry server, quorum, drain, and the order
between the two."""
import datetime
import os
import signal
import statistics
import time

import lab
import net
from dns import wait_until

TIME_LIMIT = 120
NAME = "www.example.test"
VIP = net.NAT_VIP
KEY, PROC_KEY = f"-t {VIP}:80", f"TCP {VIP}:80"
VIP2 = "10.1.0.101"


class Server(lab.Case):
    SERVERS = 3

    def two(self, **more):
        """A service of rs1 and rs2."""
        return lab.service_config(self.reals()[:2], **more)

    def test_dead_one_leaves_and_returns_by_slow_start(self):
        service = self.two(scheduler="wrr", slow_start="2s")
        for server in service["servers"].values():
            server["weight"] = 100
        gslbd = self.director(lab.config({"web": service}))
        self.await_weights(KEY, self.dests(rs1=100, rs2=100))
        self.net.real["rs2"].stop()
        self.await_weights(KEY, self.dests(rs1=100))
        self.assertEqual(gslbd.server_states("web"), {"rs1": "up", "rs2": "down"})
        self.assertEqual(self.net.get(net.CN, VIP, 80, 6), {"rs1": 6})

        self.net.real["rs2"].start()
        seen, started = [], None
        while not seen or seen[-1] != 100:
            weight = lab.proc_table()[PROC_KEY].get(self.dest("rs2"), (0,))[0]
            if weight and not started:
                started = time.monotonic()
                self.assertEqual(gslbd.server_states("web")["rs2"], "warming")
            if weight and (not seen or seen[-1] != weight):
                seen.append(weight)
            self.assertLess(time.monotonic() - (started or time.monotonic()), 10, seen)
            time.sleep(0.02)
        self.assertLess(seen[0], 50)
        self.assertGreater(len(seen), 3)
        self.assertEqual(seen, sorted(seen))
        self.assertGreater(time.monotonic() - started, 1.5)
        wait_until(lambda: gslbd.server_states("web")["rs2"] == "up", 5, "it is up")

    def test_quiesced_one_keeps_its_connections(self):
        self.director(lab.config({"web": self.two(on_fail="quiesce")}))
        held = self.hold(net.CN, VIP, 80, 6)
        self.net.real["rs2"].status = 503
        self.await_weights(KEY, self.dests(rs1=1, rs2=0))
        self.assertEqual(self.net.get(net.CN, VIP, 80, 4), {"rs1": 4})
        self.assert_alive(held)
        self.net.real["rs2"].status = 200
        self.await_weights(KEY, self.dests(rs1=1, rs2=1))
        self.assert_alive(held)

    def test_drained_one_resets_nobody(self):
        gslbd = self.director(lab.config({"web": self.two(drain="1h")}))
        held = self.hold(net.CN, VIP, 80, 6)
        gslbd.set_service("web/servers/rs2", "drain", reason="new disk")
        self.await_weights(KEY, self.dests(rs1=1, rs2=0), 3)
        self.assertEqual(self.net.get(net.CN, VIP, 80, 4), {"rs1": 4})
        self.assertEqual(gslbd.server_states("web")["rs2"], "draining")
        self.assert_alive(held)
        for c in held:
            if c.name == "rs2":
                c.reset()
        self.await_weights(KEY, self.dests(rs1=1), 20)
        self.assertEqual(gslbd.server_states("web")["rs2"], "drained")
        self.assert_alive([c for c in held if c.name == "rs1"])
        gslbd.set_service("web/servers/rs2", "auto")
        self.await_weights(KEY, self.dests(rs1=1, rs2=1))

    def test_drain_believes_no_old_counters(self):
        """A slow look at the table makes the next one late; connections that came in between count."""
        gslbd = self.director(lab.config({"web": self.two(drain="1h")}))
        helper = gslbd.helper()
        os.kill(helper, signal.SIGSTOP)
        time.sleep(1.5)  # longer than between two looks: the one that begins now takes a while
        os.kill(helper, signal.SIGCONT)
        time.sleep(0.5)  # until that one is over
        held = self.hold(net.CN, VIP, 80, 6)
        gslbd.set_service("web/servers/rs2", "drain")
        end = time.monotonic() + 6
        while time.monotonic() < end:
            self.assertIn(self.dest("rs2"), lab.proc_table()[PROC_KEY], "it has three connections")
            time.sleep(0.1)
        self.assert_alive(held)

    def test_drain_ends_at_its_limit(self):
        gslbd = self.director(lab.config({"web": self.two(drain="4s")}))
        self.hold(net.CN, VIP, 80, 4)
        gslbd.set_service("web/servers/rs2", "drain")
        self.await_weights(KEY, self.dests(rs1=1, rs2=0), 3)
        self.await_weights(KEY, self.dests(rs1=1))

    def test_wishes_of_an_operator(self):
        gslbd = self.director(lab.config({"web": self.two()}))
        self.await_weights(KEY, self.dests(rs1=1, rs2=1))
        gslbd.ctl("ipvs", "weight", "web/rs1", "7")
        self.await_weights(KEY, self.dests(rs1=7, rs2=1), 2)
        gslbd.ctl("ipvs", "down", "web/rs2")
        self.await_weights(KEY, self.dests(rs1=7), 2)
        gslbd.ctl("ipvs", "auto", "web/rs2")
        self.await_weights(KEY, self.dests(rs1=7, rs2=1), 2)

    def test_wish_is_in_the_kernel_at_once(self):
        """Not at the next look at the table."""
        gslbd = self.director(lab.config({"web": self.two()}))
        times = []
        for weight in range(2, 9):
            started = time.monotonic()
            gslbd.put("/v1/ipvs/services/web/servers/rs1/weight", {"weight": weight})
            wait_until(lambda: lab.proc_table()[PROC_KEY][self.dest("rs1")][0] == weight, 10, f"weight {weight}", 0.002)
            times.append(1000 * (time.monotonic() - started))
        print(f"wish to kernel: median {statistics.median(times):.0f} ms, at most {max(times):.0f} ms")
        self.assertLess(statistics.median(times), 400)  # not at the next look at the table, half a second away

    def test_address_moves_dns_and_kernel_together(self):
        """rs2 is a server of the service and a member of a pool."""
        config = lab.config({"web": self.two()}, members={
            "vip": {"service": "web"}, "direct": {"address": self.net.real["rs2"].address}})
        gslbd = self.director(config)
        address = self.net.real["rs2"].address
        self.assertEqual(gslbd.addresses(NAME), sorted([VIP, address]))
        gslbd.put(f"/v1/backends/{address}/state", {"state": "down", "reason": "rack"})
        self.await_weights(KEY, self.dests(rs1=1), 2)
        self.assertEqual(gslbd.addresses(NAME), [VIP])
        gslbd.put(f"/v1/backends/{address}/state", {"state": "auto"})
        self.await_weights(KEY, self.dests(rs1=1, rs2=1), 2)
        wait_until(lambda: gslbd.addresses(NAME) == sorted([VIP, address]), 2, "both are back")

    def test_verdict_is_in_the_kernel_at_once(self):
        """From the moment at which the server judges to the change of the kernel's table, clocks to the millisecond."""
        gslbd = self.director(lab.config({"web": self.two()}))
        times = []
        for status in (503, 200) * 4:
            self.net.real["rs2"].status = status
            wait_until(lambda: (self.dest("rs2") in lab.proc_table()[PROC_KEY]) == (status == 200), 10,
                       f"{status} is in the kernel", 0.002)
            changed = time.time()
            judged = next(x["since"] for x in gslbd.service("web")["servers"] if x["name"] == "rs2")
            judged = datetime.datetime.fromisoformat(judged.replace("Z", "+00:00")).timestamp()
            times.append(1000 * (changed - judged))
        print(f"verdict to kernel: median {statistics.median(times):.0f} ms, at most {max(times):.0f} ms")
        self.assertLess(max(times), 1000)  # 100 ms on a machine that does nothing else


class Service(lab.Case):
    SERVERS = 4

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.net.make_vip(VIP2, "eth1")

    def two_vips(self, **more):
        """VIP on rs1 and rs2, VIP2 on rs3 and rs4."""
        return {"one": lab.service_config(self.reals()[:2], VIP, **more),
                "two": lab.service_config(self.reals()[2:], VIP2, **more)}

    def stop(self, *servers):
        for x in servers:
            self.net.real[x].stop()

    def start(self, *servers):
        for x in servers:
            self.net.real[x].start()

    def test_half_of_the_servers_dead_is_half_of_the_answers(self):
        gslbd = self.director(lab.config(self.two_vips(), policy="weighted"))

        def await_ratio(ratio):
            """Of the answers with the one VIP to those with the other."""
            found = []

            def is_near():
                shares = gslbd.shares(NAME, 900)
                found.append(shares[VIP] / shares[VIP2])
                return abs(found[-1] / ratio - 1) < 0.2
            wait_until(is_near, 5, f"the answers are {ratio} to 1: {found}")
        await_ratio(1)
        self.stop("rs1")
        self.await_weights(KEY, self.dests(rs2=1))
        await_ratio(0.5)
        self.assertEqual(gslbd.service("one")["share"], 0.5)
        self.start("rs1")
        self.await_weights(KEY, self.dests(rs1=1, rs2=1))
        await_ratio(1)

    def assert_never_answered_while_empty(self, gslbd, until, seconds=15, server=None):
        """Watches kernel and DNS until the condition holds: DNS must not give out a VIP whose service is gone or has no
        server for new connections. Kernel first, then DNS; and the kernel again, since a server may come in between."""
        def is_empty():
            return not any(weight for weight, _, _ in lab.proc_table().get(PROC_KEY, {}).values())
        looked, end = 0, time.monotonic() + seconds
        while not until():
            if is_empty() and VIP in gslbd.addresses(NAME):
                self.assertFalse(is_empty(), f"DNS gives out {VIP}, the kernel has {lab.proc_table()}")
            looked += 1
            self.assertLess(time.monotonic(), end, "it did not come so far")
        return looked

    def test_vip_leaves_dns_before_the_kernel_loses_its_last_server(self):
        gslbd = self.director(lab.config(self.two_vips()))
        self.assertEqual(gslbd.addresses(NAME), [VIP, VIP2])
        for _ in range(3):
            self.stop("rs1", "rs2")
            looked = self.assert_never_answered_while_empty(gslbd, lambda: not lab.proc_table()[PROC_KEY])
            self.assertGreater(looked, 10)
            self.assertEqual(gslbd.addresses(NAME), [VIP2])
            self.start("rs1", "rs2")
            self.assert_never_answered_while_empty(gslbd, lambda: gslbd.addresses(NAME) == [VIP, VIP2])
            self.await_weights(KEY, self.dests(rs1=1, rs2=1))

    def test_new_service_is_in_the_kernel_before_dns(self):
        services = self.two_vips()
        gslbd = self.director(lab.config({"two": services["two"]}))
        self.assertEqual(gslbd.addresses(NAME), [VIP2])
        gslbd.config = gslbd.complete(lab.config(services))
        gslbd.write_config()
        self.assertEqual(gslbd.reload().status, 200)
        self.assert_never_answered_while_empty(gslbd, lambda: gslbd.addresses(NAME) == [VIP, VIP2])

    def test_quorum(self):
        service = lab.service_config(self.reals()[:3], quorum=2)
        gslbd = self.director(lab.config({"one": service, "two": self.two_vips()["two"]}))
        self.stop("rs1")
        self.await_weights(KEY, self.dests(rs2=1, rs3=1))
        self.assertIn(VIP, gslbd.addresses(NAME))
        self.stop("rs2")
        self.await_weights(KEY, self.dests(rs3=1))
        wait_until(lambda: gslbd.addresses(NAME) == [VIP2], 5, "no quorum, not in DNS")
        self.assertEqual(gslbd.service("one")["state"], "down")
        self.start("rs1")
        wait_until(lambda: gslbd.addresses(NAME) == [VIP, VIP2], 10, "quorum is back")

    def test_sorry_server_comes_and_goes_without_a_gap(self):
        service = lab.service_config(self.reals()[:2], sorry={"address": self.net.real["rs4"].address, "port": net.PORT})
        gslbd = self.director(lab.config({"one": service}, on_all_down="nodata"))
        sorry, both = self.dests(rs4=1), self.dests(rs1=1, rs2=1)

        def watch(wanted):
            dests = lab.proc_table()[PROC_KEY]
            self.assertTrue(any(weight for weight, _, _ in dests.values()), "a gap")
            return {name: weight for name, (weight, _, _) in dests.items()} == wanted
        self.stop("rs1", "rs2")
        wait_until(lambda: watch(sorry), 10, "the sorry server is alone", 0.002)
        self.assertEqual(self.net.get(net.CN, VIP, 80, 4), {"rs4": 4})
        wait_until(lambda: gslbd.service("one")["state"] == "sorry", 3, "it says so")
        self.start("rs1", "rs2")
        wait_until(lambda: watch(both), 10, "the servers are back", 0.002)
        self.assertEqual(self.net.get(net.CN, VIP, 80, 4), {"rs1": 2, "rs2": 2})

    def test_drain_of_a_service(self):
        """Out of DNS, the tail of the TTL, weight 0, then out of the kernel; nobody is reset."""
        services = self.two_vips(drain="4s")
        gslbd = self.director(lab.config(services, ttl="2s"))
        held = self.hold(net.CN, VIP, 80, 4)
        gslbd.set_service("one", "drain")
        self.assertEqual(gslbd.addresses(NAME), [VIP2])
        self.assertEqual(lab.weights(KEY), self.dests(rs1=1, rs2=1))
        self.assertEqual(self.net.get(net.CN, VIP, 80, 2), {"rs1": 1, "rs2": 1})  # who still has the answer
        tail = self.measure(lambda: lab.weights(KEY) == self.dests(rs1=0, rs2=0), 8, "weight 0")
        self.assertGreater(tail, 1)
        self.assertEqual(gslbd.service("one")["state"], "draining")
        self.assert_alive(held)
        wait_until(lambda: not lab.weights(KEY), 10, "no servers any more")
        wait_until(lambda: gslbd.service("one")["state"] == "drained", 3, "it says so")
        gslbd.set_service("one", "auto")
        self.await_weights(KEY, self.dests(rs1=1, rs2=1))
        wait_until(lambda: gslbd.addresses(NAME) == [VIP, VIP2], 5, "it is back")

    def test_probe_through_the_vip(self):
        """Servers are up, but the way by the VIP has to work too before DNS answers it."""
        config = lab.config({**self.two_vips(), "one": lab.service_config(self.reals()[:2], vip={"check": "through"})})
        config["checks"]["through"] = {**lab.QUICK_CHECK, "path": "/through"}
        for x in ("rs1", "rs2"):
            self.net.real[x].statuses["/through"] = 503
        gslbd = self.director(config, live=False)
        self.await_weights(KEY, self.dests(rs1=1, rs2=1))
        wait_until(lambda: gslbd.addresses(NAME) == [VIP2], 5, "only the other one is answered")
        self.assertEqual(gslbd.service("one")["state"], "waiting")
        for x in ("rs1", "rs2"):
            self.net.real[x].statuses.clear()
        wait_until(lambda: gslbd.addresses(NAME) == [VIP, VIP2], 5, "the probe gets through")

    def test_explain_names_the_service(self):
        gslbd = self.director(lab.config(self.two_vips()))
        text = gslbd.ctl("explain", NAME).stdout
        self.assertIn("one", text)
        self.assertIn(VIP, text)
