# SPDX-License-Identifier: BSD-2-Clause
"""Checks against real backends: one is killed and revived, all go down, a restart remembers."""
import time
import unittest

import dns
import lib
from dns import wait_until

NAME = "www.example.test"


class Http(lib.Case):
    def wait_answer(self, daemon, backends, seconds=10, name=NAME):
        want = sorted(b.address for b in backends)
        wait_until(lambda: daemon.addresses(name) == want, seconds, f"{name} answers {want}")

    def test_killed_backend_leaves_and_revived_one_comes_back(self):
        backends = self.backends(3)
        daemon = self.gslbd(self.pool_config(backends))
        self.assertEqual(sorted(lib.dig_short(daemon.server, NAME)), sorted(b.address for b in backends))
        backends[1].kill()
        self.wait_answer(daemon, [backends[0], backends[2]])
        self.assertEqual(sorted(lib.dig_short(daemon.server, NAME)),
                         sorted([backends[0].address, backends[2].address]))
        self.assertEqual(daemon.verdicts("web"), {"m0": ["up"], "m1": ["down"], "m2": ["up"]})
        self.assertEqual(daemon.get("/v1/pools/web")["live"], {"a": 2, "aaaa": 0})
        backends[1].revive()
        self.wait_answer(daemon, backends)

    def test_what_makes_an_http_check_fail(self):
        backends = self.backends(2)
        config = self.pool_config(backends)
        config["checks"]["http-ok"].update(host="app.example.test", expect_status="200-299", expect_body="ok")
        daemon = self.gslbd(config)
        self.wait_answer(daemon, backends)
        _, path, host = backends[0].requests[-1]
        self.assertEqual((path, host.split(":")[0]), ("/healthz", "app.example.test"))
        sick = backends[0]
        faults = {"status": (503, b"ok\n", 0), "body": (200, b"maintenance\n", 0), "slow": (200, b"ok\n", 3)}
        for fault, (sick.status, sick.body, sick.delay) in faults.items():
            with self.subTest(fault):
                self.wait_answer(daemon, backends[1:])
                sick.status, sick.body, sick.delay = 200, b"well ok then\n", 0
                self.wait_answer(daemon, backends)

    def test_fall_and_rise_are_counted(self):
        backends = self.backends(2)
        config = self.pool_config(backends)
        config["checks"]["http-ok"].update(fall=5, rise=4)
        daemon = self.gslbd(config)
        self.wait_answer(daemon, backends)
        backends[0].status = 500
        seen = len(backends[0].requests)
        self.wait_answer(daemon, backends[1:])
        self.assertGreaterEqual(len(backends[0].requests) - seen, 5)
        backends[0].status = 200
        seen = len(backends[0].requests)
        self.wait_answer(daemon, backends)
        self.assertGreaterEqual(len(backends[0].requests) - seen, 4)

    def test_one_target_is_probed_once_for_many_pools(self):
        backend = self.backend()
        config = self.pool_config([backend])
        for i in range(5):
            config["pools"][f"p{i}"] = config["pools"]["web"]
        config["checks"]["http-ok"].update(interval="500ms")
        daemon = self.gslbd(config)
        self.assertEqual(len(daemon.get("/v1/checks")["targets"]), 1)
        started, before = time.monotonic(), len(backend.requests)
        wait_until(lambda: len(backend.requests) - before >= 6, 10, "six probes")
        self.assertGreater(time.monotonic() - started, 1.5)  # five pools apart would need 0.6 s

    def test_all_down_fails_open_or_as_configured(self):
        backends = self.backends(2)
        config = self.pool_config(backends)
        names = config["zones"]["example.test"]["names"]
        kinds = {"nodata": "nodata", "servfail": "servfail", "other": {"pool": "backup"}}
        for name, rule in kinds.items():
            names[name] = name
            config["pools"][name] = {**config["pools"]["web"], "on_all_down": rule}
        config["pools"]["backup"] = {"policy": "all", "members": {"b": {"address": "192.0.2.99"}}}
        daemon = self.gslbd(config)
        for b in backends:
            b.kill()
        wait_until(lambda: daemon.get("/v1/pools/web")["live"]["a"] == 0, 10, "both down")
        wait_until(lambda: daemon.addresses("other.example.test") == ["192.0.2.99"], 5, "the fallback pool")
        self.assertEqual(daemon.addresses(NAME), sorted(b.address for b in backends))
        nodata = daemon.ask("nodata.example.test")
        self.assertEqual((nodata.rcode, nodata.answer), (dns.NOERROR, []))
        self.assertEqual([r.type for r in nodata.authority], ["SOA"])
        self.assertEqual(daemon.ask("servfail.example.test").rcode, dns.SERVFAIL)

    def test_families_are_judged_apart(self):
        v4, v6 = self.backend(), self.backend(address="::1", port=lib.HTTP_PORT + 1)
        other = self.backend()
        config = self.pool_config([other])
        config["pools"]["web"]["members"] = {
            "dual": {"address": [v4.address, "::1"], "port": lib.HTTP_PORT + 1},
            "four": {"address": other.address, "port": other.port}}
        dual4 = self.backend(address=v4.address, port=lib.HTTP_PORT + 1)
        daemon = self.gslbd(config)
        self.assertEqual(daemon.addresses(NAME), sorted([v4.address, other.address]))
        self.assertEqual(daemon.addresses(NAME, "AAAA"), ["::1"])
        dual4.kill()
        self.wait_answer(daemon, [other])
        self.assertEqual(daemon.addresses(NAME, "AAAA"), ["::1"])
        v6.kill()
        wait_until(lambda: daemon.get("/v1/pools/web")["live"] == {"a": 1, "aaaa": 0}, 10, "both down")
        # the only AAAA is down: fail open for that family
        self.assertEqual(daemon.addresses(NAME, "AAAA"), ["::1"])

    def test_nested_pools_fail_over_and_min_live(self):
        near, far = self.backends(2), self.backends(1)
        config = self.pool_config(near, min_live=2)
        config["pools"]["far"] = {**config["pools"]["web"], "min_live": 1, "members": {
            "f": {"address": far[0].address, "port": far[0].port}}}
        config["pools"]["top"] = {"policy": "failover", "members": {"n": {"pool": "web"}, "f": {"pool": "far"}}}
        config["zones"]["example.test"]["names"] = {"www": "top"}
        daemon = self.gslbd(config)
        first = {tuple(daemon.addresses(NAME)) for _ in range(4)}
        self.assertLessEqual({a for answer in first for a in answer}, {b.address for b in near})
        near[0].kill()  # one left, below min_live
        self.wait_answer(daemon, far)
        near[0].revive()
        wait_until(lambda: set(daemon.addresses(NAME)) <= {b.address for b in near}, 10, "back to the near pool")


class Tcp(lib.Case):
    def test_tcp_check(self):
        backends = self.backends(2)
        config = self.pool_config(backends)
        config["checks"]["http-ok"] = {"type": "tcp", "interval": "200ms", "timeout": "1s", "fall": 2, "rise": 1,
                                       "confirm_interval": "100ms"}
        daemon = self.gslbd(config)
        backends[0].kill()
        wait_until(lambda: daemon.addresses(NAME) == [backends[1].address], 10, "the dead one left")
        backends[0].revive()
        wait_until(lambda: len(daemon.addresses(NAME)) == 2, 10, "it came back")


class Start(lib.Case):
    def slow(self, backends):
        config = self.pool_config(backends)
        config["checks"]["http-ok"].update(interval="10m", confirm_interval="200ms")
        return config

    def test_first_answer_already_knows_the_dead(self):
        backends = self.backends(2)
        backends[0].kill()
        daemon = self.gslbd(self.slow(backends), start=False)
        daemon.spawn()
        # the first answer at all, not the first after "ready"
        answer = wait_until(lambda: self.try_ask(daemon), 10, "an answer")
        self.assertEqual(answer.data("A"), [backends[1].address])

    @staticmethod
    def try_ask(daemon):
        try:
            return dns.udp(daemon.server, NAME, timeout=0.1)
        except (TimeoutError, ConnectionRefusedError):
            return None

    def test_saved_verdicts_answer_at_once_after_a_restart(self):
        backends = self.backends(2)
        backends[0].kill()
        daemon = self.gslbd(self.slow(backends))
        self.assertEqual(daemon.addresses(NAME), [backends[1].address])
        self.assertEqual(daemon.verdicts("web"), {"m0": ["down"], "m1": ["up"]})
        daemon.stop()
        # Were it probed again, it would be found well at once.
        backends[0].revive()
        daemon.spawn()
        answer = wait_until(lambda: self.try_ask(daemon), 10, "an answer")
        self.assertEqual(answer.data("A"), [backends[1].address])


if __name__ == "__main__":
    unittest.main()
