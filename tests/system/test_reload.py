# SPDX-License-Identifier: BSD-2-Clause
"""Reload: no query lost, all or nothing, errors with their place."""
import json
import re
import signal
import threading
import time
import unittest

import dns
import lib
from dns import wait_until

TIME_LIMIT = 150


def zone(serial, last):
    return lib.ZONE.replace("hostmaster 1 ", f"hostmaster {serial} ") + \
        f"pair IN A 192.0.2.{last}\npair IN A 198.51.100.{last}\n"


class Load(threading.Thread):
    """Asks the same name all the time over many sockets, one query in flight on each; counts what comes back.
    A query without an answer in 3 s is lost."""

    def __init__(self, server, name):
        super().__init__(daemon=True)
        self.server, self.name = server, name
        self.stopping = threading.Event()
        self.answers, self.lost, self.wrong = 0, 0, []

    def run(self):
        sockets = [dns.udp_socket(self.server, 3) for _ in range(8)]
        wire = dns.query(self.name, ident=77)
        while not self.stopping.is_set():
            for s in sockets:
                s.send(wire)
            for s in sockets:
                try:
                    self.take(s.recv(4096))
                except (TimeoutError, OSError):
                    self.lost += 1
        for s in sockets:
            s.close()

    def take(self, raw):
        self.answers += 1
        message = dns.Message(raw)
        lasts = {a.rpartition(".")[2] for a in message.data("A")}
        if message.rcode != 0 or len(message.answer) != 2 or len(lasts) != 1:
            self.wrong.append(message.answer)  # of two worlds at once, or none

    def finish(self):
        self.stopping.set()
        self.join()


class Reload(lib.Case):
    def test_no_query_is_lost_under_load(self):
        daemon = self.gslbd(files={"example.test.zone": zone(1, 1)})
        loads = [Load(daemon.server, "pair.example.test") for _ in range(2)]
        for load in loads:
            load.start()
        for serial in range(2, 42):
            daemon.write("example.test.zone", zone(serial, serial))
            if serial % 2:
                self.assertEqual(daemon.reload().status, 200)
            else:
                daemon.process.send_signal(signal.SIGHUP)
                wait_until(lambda: serial == self.serial(daemon), 10, f"serial {serial}")
            self.assertEqual(self.serial(daemon), serial)
            self.assertEqual(daemon.addresses("pair.example.test"),
                             sorted([f"192.0.2.{serial}", f"198.51.100.{serial}"]))
        for load in loads:
            load.finish()
        self.assertEqual([load.lost for load in loads], [0, 0])
        self.assertEqual([load.wrong[:3] for load in loads], [[], []])
        self.assertGreater(sum(load.answers for load in loads), 1000)

    @staticmethod
    def serial(daemon):
        return int(daemon.ask("example.test", "SOA").data("SOA")[0].split()[2])

    def test_tcp_connections_live_on(self):
        daemon = self.gslbd(files={"example.test.zone": zone(1, 1)})
        with dns.tcp_socket(daemon.server) as s:
            for serial in range(2, 7):
                daemon.write("example.test.zone", zone(serial, serial))
                self.assertEqual(daemon.reload().status, 200)
                s.sendall(dns.frame(dns.query("example.test", "SOA")))
                soa = dns.Message(dns.recv_frame(s)).data("SOA")[0]
                self.assertEqual(int(soa.split()[2]), serial)

    def test_health_and_rotation_outlive_it(self):
        backends = self.backends(3)
        daemon = self.gslbd(self.pool_config(backends))
        backends[0].kill()
        wait_until(lambda: len(daemon.addresses("www.example.test")) == 2, 10, "it left")
        for _ in range(5):
            before = daemon.ask("www.example.test").data("A")
            self.assertEqual(daemon.reload().status, 200)
            self.assertEqual(daemon.ask("www.example.test").data("A"), before[::-1])
            self.assertEqual(daemon.verdicts("web")["m0"], ["down"])

    def test_all_or_nothing(self):
        daemon = self.gslbd(files={"example.test.zone": zone(1, 1)})
        generation = daemon.get("/v1/status")["generation"]
        good_zone, good_config = zone(2, 2), json.dumps(daemon.config, indent=1)
        bad_zone = good_zone + "oops IN A 192.0.2.999\nagain IN NOSUCHTYPE x\n"
        line = good_zone.count("\n") + 1
        broken = dict(daemon.config, pools={"p": {"policy": "nonsense", "members": {"a": {"address": "x"}}}})

        daemon.write("example.test.zone", bad_zone)
        errors = self.refused(daemon)
        self.assertEqual(len(errors), 2, errors)
        self.assertRegex(errors[0], rf"example\.test\.zone:{line}: ")
        self.assertRegex(errors[1], rf"example\.test\.zone:{line + 1}: ")

        daemon.write("example.test.zone", good_zone)
        daemon.write("gslb.json", json.dumps(broken, indent=1))
        errors = self.refused(daemon)
        self.assertEqual(len(errors), 2, errors)
        for error, path in zip(errors, (r"pools\.p\.policy", r"pools\.p\.members\.a\.address")):
            self.assertRegex(error, rf"gslb\.json:\d+:\d+: {path}: ")  # in the order of the file

        self.assertEqual(self.serial(daemon), 1)  # the good zone waits with the bad config
        self.assertEqual(daemon.get("/v1/status")["generation"], generation)
        self.assertGreaterEqual(daemon.metrics()["gslb_reload_failures_total"], 2)
        daemon.write("gslb.json", good_config)
        reply = daemon.reload()
        self.assertEqual(reply.status, 200, reply)
        self.assertGreater(reply.json["generation"], generation)
        self.assertEqual(self.serial(daemon), 2)

    def refused(self, daemon):
        reply = daemon.reload()
        self.assertEqual(reply.status, 422, reply)
        self.assertEqual(reply.json["error"]["code"], "invalid_config")
        errors = reply.json.get("errors") or reply.json["error"].get("errors")
        done = daemon.check()
        self.assertEqual(done.returncode, 1)
        self.assertEqual(sorted(done.stderr.splitlines()), sorted(errors))  # the same code, the same words
        return errors

    def test_bad_reload_by_signal_changes_nothing_and_raises_an_alarm(self):
        daemon = self.gslbd(files={"example.test.zone": zone(1, 1)})
        daemon.write("example.test.zone", "nonsense\n")
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: daemon.metrics()["gslb_reload_failures_total"] >= 1, 10, "it is counted")
        self.assertEqual(self.serial(daemon), 1)
        self.assertTrue(daemon.get("/v1/status")["alarms"])
        daemon.write("example.test.zone", zone(2, 2))
        self.assertEqual(daemon.reload().status, 200)
        self.assertEqual(daemon.get("/v1/status")["alarms"], [])

    def test_what_needs_a_restart_says_so(self):
        daemon = self.gslbd()
        original = json.loads(json.dumps(daemon.config))
        for key, value in {"listen": [f"{daemon.address}:{lib.DNS_PORT + 1}"], "workers": 1,
                           "user": "nobody", "state_dir": "/tmp"}.items():
            with self.subTest(key):
                daemon.config = json.loads(json.dumps(original))
                daemon.config["server"][key] = value
                daemon.write_config()
                reply = daemon.reload()
                self.assertEqual(reply.status, 422, reply)
                self.assertTrue(re.search(rf"server\.{key}.*restart needed", reply.text), reply)
        daemon.config = original
        daemon.write_config()
        self.assertEqual(daemon.reload().status, 200)

    def test_partial_reload_keeps_the_last_good_zone(self):
        other = lib.ZONE.replace("$ORIGIN example.test.", "$ORIGIN other.test.")
        config = {"server": {"partial_reload": True},
                  "zones": {"example.test": {"file": "example.test.zone"}, "other.test": {"file": "other.zone"}}}
        daemon = self.gslbd(config, {"other.zone": other})
        daemon.write("example.test.zone", "broken\n")
        daemon.write("other.zone", other + "new IN A 192.0.2.200\n")
        daemon.reload()
        wait_until(lambda: daemon.addresses("new.other.test") == ["192.0.2.200"], 5, "the good zone is served")
        self.assertEqual(daemon.addresses("static.example.test"), ["192.0.2.80"])
        self.assertTrue(daemon.get("/v1/status")["alarms"])

    def test_one_zone_alone(self):
        daemon = self.gslbd(files={"example.test.zone": zone(1, 1)})
        daemon.write("example.test.zone", zone(5, 5))
        reply = daemon.api("POST", "/v1/zones/example.test/reload")
        self.assertEqual(reply.status, 200, reply)
        self.assertEqual(self.serial(daemon), 5)
        self.assertEqual(daemon.get("/v1/zones/example.test")["serial"], 5)
        daemon.write("example.test.zone", zone(6, 6) + "x IN A bad\n")
        self.assertEqual(daemon.api("POST", "/v1/zones/example.test/reload").status, 422)
        self.assertEqual(self.serial(daemon), 5)
        self.assertEqual(daemon.api("POST", "/v1/zones/none.test/reload").status, 404)

    def test_zones_and_pools_come_and_go(self):
        daemon = self.gslbd()
        self.assertEqual(daemon.ask("www.new.test").rcode, dns.REFUSED)
        old = json.loads(json.dumps(daemon.config))
        daemon.write("new.zone", lib.ZONE.replace("example.test.", "new.test."))
        daemon.config["zones"]["new.test"] = {"file": "new.zone", "names": {"www": "p"}}
        daemon.config["pools"] = {"p": {"policy": "all", "members": {"a": {"address": "192.0.2.5"}}}}
        daemon.write_config()
        self.assertEqual(daemon.reload().status, 200)
        self.assertEqual(daemon.addresses("www.new.test"), ["192.0.2.5"])
        daemon.config = old
        daemon.write_config()
        self.assertEqual(daemon.reload().status, 200)
        self.assertEqual(daemon.ask("www.new.test").rcode, dns.REFUSED)
        self.assertEqual(daemon.get("/v1/pools")["pools"], [])


class Burst(lib.Case):
    def test_many_changes_at_once_are_all_served(self):
        """A burst of overrides from several clients: each reply is true when it comes."""
        members = {f"m{i}": {"address": f"192.0.2.{i + 1}"} for i in range(8)}
        daemon = self.gslbd({
            "zones": {"example.test": {"file": "example.test.zone",
                                       "names": {f"w{i}": f"p{i}" for i in range(4)}}},
            "pools": {f"p{i}": {"policy": "round_robin", "members": members} for i in range(4)}})
        problems = []

        def change(pool):
            for turn in range(40):
                member = turn % 8
                daemon.set_state(pool, f"m{member}", "down")
                got = daemon.addresses(f"w{pool[1:]}.example.test")
                if f"192.0.2.{member + 1}" in got or len(got) != 7:
                    problems.append((pool, member, got))
                daemon.set_state(pool, f"m{member}", "auto")

        threads = [threading.Thread(target=change, args=(f"p{i}",)) for i in range(4)]
        started = time.monotonic()
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(problems, [])
        self.assertLess(time.monotonic() - started, 60)


if __name__ == "__main__":
    unittest.main()
