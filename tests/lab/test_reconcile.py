# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's table is kept as it is wanted, whoever else writes to it and whatever of gslbd dies; what is not ours
stays; nobody's connection is reset."""
import time

import lab
import net
from dns import wait_until

TIME_LIMIT = 120
NAME = "www.example.test"
VIP = net.NAT_VIP
KEY = f"-t {VIP}:80"
FOREIGN = f"-t {VIP}:9999"


class Reconcile(lab.Case):
    def start(self, ipvs=None, **more):
        """gslbd with the service "web" of rs1 and rs2."""
        gslbd = self.director(lab.config({"web": lab.service_config(self.reals(), scheduler="wrr", **more)}, ipvs))
        self.await_weights(KEY, self.dests(rs1=1, rs2=1))
        return gslbd

    def reload(self, gslbd, services, ipvs=None):
        gslbd.config = gslbd.complete(lab.config(services, ipvs))
        gslbd.write_config()
        reply = gslbd.reload()
        self.assertEqual(reply.status, 200, reply)

    def add_foreign(self):
        lab.ipvsadm("-A", *FOREIGN.split(), "-s", "lc")
        lab.ipvsadm("-a", *FOREIGN.split(), "-r", "10.9.0.77:25", "-g", "-w", "5")
        return [line for line in lab.saved() if FOREIGN in line]


class Drift(Reconcile):
    def test_what_others_change_is_repaired(self):
        """By hand, in every way, each with a service of its own; connections live on."""
        rs1 = self.dest("rs1")
        edits = {"weight": ["-e", "-r", rs1, "-m", "-w", "77"], "limit": ["-e", "-r", rs1, "-m", "-w", "1", "-x", "9"],
                 "server gone": ["-d", "-r", rs1], "server added": ["-a", "-r", "10.9.0.77:80", "-m"],
                 "scheduler": ["-E", "-s", "lc"], "persistence": ["-E", "-s", "rr", "-p", "100"], "service gone": ["-D"]}
        ports = range(81, 81 + len(edits))
        gslbd = self.director(lab.config({f"s{port}": lab.service_config(self.reals(), port=port) for port in ports}))
        wanted, writes = self.settings(), gslbd.operations()
        held = [c for port in ports for c in self.hold(net.CN, VIP, port, 2)]
        for port, edit in zip(ports, edits.values()):
            lab.ipvsadm(edit[0], "-t", f"{VIP}:{port}", *edit[1:])
        seconds = self.measure(lambda: self.settings() == wanted, 10, f"all of {list(edits)} are repaired")
        self.assertGreaterEqual(gslbd.operations() - writes, len(edits))
        print(f"edits by hand: repaired in {seconds:.1f} s")
        lab.ipvsadm("-C")
        seconds = self.measure(lambda: self.settings() == wanted, 10, "the table is repaired")
        print(f"table cleared by hand: repaired in {seconds:.1f} s")
        self.assert_alive(held)

    def settings(self):
        limits = [line.split()[:4] for line in lab.ipvsadm("-Ln", "--thresholds").splitlines()]
        return lab.saved() + limits

    def test_limit_of_a_second(self):
        self.start()
        wanted = lab.saved()
        lab.ipvsadm("-C")
        self.assertLess(self.measure(lambda: lab.saved() == wanted, 10, "the table is repaired"), 5)

    def test_a_fight_is_told_and_does_not_run_hot(self):
        gslbd = self.start()
        end = time.monotonic() + 8
        while time.monotonic() < end:
            if lab.weights(KEY) == self.dests(rs1=1, rs2=1):
                lab.ipvsadm("-e", *KEY.split(), "-r", self.dest("rs1"), "-m", "-w", "9")
            time.sleep(0.05)
        self.assertTrue(gslbd.get("/v1/status")["alarms"])
        self.assertLess(gslbd.operations(), 3 + 10)  # those of the start, and six until it is a fight
        self.assertEqual(gslbd.addresses(NAME), [VIP])

    def test_foreign_service_stays_and_is_listed(self):
        gslbd = self.start()
        foreign = self.add_foreign()
        wait_until(lambda: [s["key"] for s in gslbd.ipvs()["foreign"]] == [f"tcp {VIP}:9999"], 5, "it is listed")
        self.reload(gslbd, {"web": lab.service_config(self.reals()[:1]), "more": lab.service_config(self.reals(), port=81)})
        self.await_weights(f"-t {VIP}:81", self.dests(rs1=1, rs2=1))
        gslbd.restart()
        gslbd.await_live()
        self.assertEqual([line for line in lab.saved() if FOREIGN in line], foreign)

    def test_exclusive_removes_what_is_not_ours(self):
        self.add_foreign()
        self.start({"mode": "exclusive", "max_remove": 100})
        wait_until(lambda: set(lab.table()) == {KEY}, 10, "ours is alone")

    def test_observe_writes_nothing(self):
        self.add_foreign()
        before = lab.saved()
        config = lab.config({"web": lab.service_config(self.reals())}, {"mode": "observe"})
        gslbd = self.director(config, live=False)
        operations = wait_until(lambda: gslbd.api("POST", "/v1/ipvs/plan", {}).json["operations"], 5, "a plan")
        self.assertEqual([o["op"] for o in operations], ["add_service", "add_server", "add_server"])
        gslbd.api("POST", "/v1/ipvs/apply", {})
        self.assertEqual(lab.saved(), before)
        self.assertEqual(gslbd.operations(), 0)


class Live(Reconcile):
    def test_edits_and_reloads_reset_no_connection(self):
        gslbd = self.start()
        held = self.hold(net.CN, VIP, 80, 10)
        for weight in (5, 1, 60000):
            gslbd.ctl("ipvs", "weight", "web/rs1", str(weight))
            self.await_weights(KEY, self.dests(rs1=weight, rs2=1), 5)
        gslbd.ctl("ipvs", "auto", "web/rs1")
        changes = ({"scheduler": "lc"}, {"scheduler": "wrr", "persistence": "1m"}, {"scheduler": "sh", "flags": ["sh-port"]})
        for port, more in enumerate(changes, 81):
            self.reload(gslbd, {"web": lab.service_config(self.reals(), **more),
                                "other": lab.service_config(self.reals(), port=port)}, {"max_remove": 100})
            gslbd.await_live()
            self.assert_alive(held)

    def test_server_that_leaves_the_config_is_drained(self):
        gslbd = self.start(drain="1h")
        held = self.hold(net.CN, VIP, 80, 4)
        self.reload(gslbd, {"web": lab.service_config(self.reals()[:1], scheduler="wrr", drain="1h")}, {"max_remove": 100})
        self.await_weights(KEY, self.dests(rs1=1, rs2=0))
        self.assert_alive(held)
        self.assertEqual(self.net.get(net.CN, VIP, 80, 4), {"rs1": 4})
        for c in held:
            c.reset()
        self.await_weights(KEY, self.dests(rs1=1), 20)

    def test_service_that_leaves_the_config_is_drained(self):
        other = lab.service_config(self.reals(), port=81)
        gslbd = self.start(drain="1h")
        held = self.hold(net.CN, VIP, 80, 4)
        self.reload(gslbd, {"other": other}, {"max_remove": 100})
        self.await_weights(KEY, self.dests(rs1=0, rs2=0))
        self.assert_alive(held)
        for c in held:
            c.reset()
        wait_until(lambda: KEY not in lab.table(), 20, "the service is gone")

    def test_reload_that_takes_most_away_is_refused(self):
        gslbd = self.start()
        before = lab.saved()
        gslbd.config = gslbd.complete(lab.config({"other": lab.service_config(self.reals()[:1], port=81)}))
        gslbd.write_config()
        reply = gslbd.reload()
        self.assertEqual(reply.status, 422, reply)
        self.assertEqual(lab.saved(), before)
