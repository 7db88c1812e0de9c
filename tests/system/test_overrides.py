# SPDX-License-Identifier: BSD-2-Clause
"""Operators' overrides: set, expired, cleared, by member and by address, kept over a restart."""
import datetime
import os
import unittest

import dns
import lib
from dns import wait_until

NAME = "www.example.test"
A, B = "192.0.2.1", "192.0.2.2"


def config(**pool):
    return {"zones": {"example.test": {"file": "example.test.zone", "names": {"www": "web", "also": "second"}}},
            "pools": {"web": {"policy": "round_robin",
                              "members": {"a": {"address": A}, "b": {"address": B}}, **pool},
                      "second": {"policy": "round_robin",
                                 "members": {"x": {"address": A}, "y": {"address": "192.0.2.7"}}}}}


class Overrides(lib.Case):
    def test_down_takes_effect_before_the_reply_and_auto_takes_it_back(self):
        daemon = self.gslbd(config())
        for _ in range(20):  # not once may an old answer come after the reply
            reply = daemon.set_state("web", "a", "down", reason="patching")
            self.assertEqual(daemon.ask(NAME).data("A"), [B])
            self.assertEqual(daemon.ask(NAME).data("A"), [B])
            daemon.set_state("web", "a", "auto")
            self.assertEqual(daemon.addresses(NAME), [A, B])
        self.assertIn("generation", reply)
        self.assertEqual(sorted(lib.dig_short(daemon.server, NAME)), [A, B])

    def test_reply_and_pool_show_the_override(self):
        daemon = self.gslbd(config())
        daemon.set_state("web", "a", "down", reason="patching")
        member = daemon.get("/v1/pools/web")["members"]["a"]
        self.assertEqual(member["state"], "admin_down")
        self.assertEqual(member["override"]["reason"], "patching")
        listed = daemon.get("/v1/overrides")["overrides"]
        self.assertEqual(len(listed), 1)
        self.assertEqual((listed[0]["state"], listed[0]["reason"]), ("down", "patching"))
        for key in ("id", "target", "author", "since", "until"):
            self.assertIn(key, listed[0])
        datetime.datetime.strptime(listed[0]["since"][:19], "%Y-%m-%dT%H:%M:%S")
        self.assertTrue(listed[0]["since"].endswith("Z"))
        reply = daemon.api("DELETE", f"/v1/overrides/{listed[0]['id']}")
        self.assertIn(reply.status, (200, 204), reply)
        self.assertEqual(daemon.addresses(NAME), [A, B])
        self.assertEqual(daemon.get("/v1/overrides")["overrides"], [])
        self.assertEqual(daemon.api("DELETE", f"/v1/overrides/{listed[0]['id']}").status, 404)

    def test_it_expires(self):
        daemon = self.gslbd(config())
        daemon.set_state("web", "a", "down", **{"for": "1s"})
        self.assertEqual(daemon.addresses(NAME), [B])
        self.assertIsNotNone(daemon.get("/v1/overrides")["overrides"][0]["until"])
        wait_until(lambda: daemon.addresses(NAME) == [A, B], 5, "the override is over")
        self.assertEqual(daemon.get("/v1/overrides")["overrides"], [])

    def test_it_is_kept_over_a_restart_and_ends_in_time_while_away(self):
        daemon = self.gslbd(config())
        reply = daemon.set_state("web", "a", "down", reason="disk")
        self.assertIsNot(reply.get("saved"), False)
        daemon.put("/v1/pools/second/members/x/weight", {"weight": 9})
        daemon.set_state("second", "y", "down", **{"for": "1s"})
        daemon.stop()
        daemon.spawn()
        first = wait_until(lambda: self.try_ask(daemon), 10, "an answer")
        self.assertEqual(first.data("A"), [B])  # the very first answer obeys
        wait_until(daemon.is_ready, 10, "ready")
        listed = {o["target"]: o for o in daemon.get("/v1/overrides")["overrides"]}
        self.assertTrue(any(o.get("reason") == "disk" for o in listed.values()), listed)
        self.assertTrue(any(o.get("weight") == 9 for o in listed.values()), listed)
        wait_until(lambda: len(daemon.addresses("also.example.test")) == 2, 5, "the short one is over")

    @staticmethod
    def try_ask(daemon):
        try:
            return dns.udp(daemon.server, NAME, timeout=0.1)
        except (TimeoutError, ConnectionRefusedError):
            return None

    def test_by_address_reaches_every_pool_and_a_members_own_beats_it(self):
        daemon = self.gslbd(config())
        daemon.put(f"/v1/backends/{A}/state", {"state": "down", "reason": "rack"})
        self.assertEqual(daemon.addresses(NAME), [B])
        self.assertEqual(daemon.addresses("also.example.test"), ["192.0.2.7"])
        daemon.set_state("web", "a", "up")
        self.assertEqual(daemon.addresses(NAME), [A, B])
        self.assertEqual(daemon.addresses("also.example.test"), ["192.0.2.7"])
        daemon.set_state("web", "a", "auto")  # clears its own only
        self.assertEqual(daemon.addresses(NAME), [B])
        daemon.put(f"/v1/backends/{A}/state", {"state": "auto"})
        self.assertEqual(daemon.addresses(NAME), [A, B])

    def test_down_and_drain_never_come_back_by_any_rule(self):
        daemon = self.gslbd(config(min_live=2, on_all_down="all"))
        daemon.set_state("web", "a", "down")
        daemon.set_state("web", "b", "drain")
        for _ in range(4):
            answer = daemon.ask(NAME)
            self.assertEqual((answer.rcode, answer.answer), (dns.NOERROR, []))
        daemon.set_state("web", "b", "auto")
        self.assertEqual(daemon.addresses(NAME), [B])

    def test_up_overrules_the_check(self):
        backends = self.backends(2)
        daemon = self.gslbd(self.pool_config(backends))
        backends[0].kill()
        wait_until(lambda: daemon.addresses(NAME) == [backends[1].address], 10, "it left")
        daemon.set_state("web", "m0", "up")
        self.assertEqual(daemon.addresses(NAME), sorted(b.address for b in backends))
        self.assertEqual(daemon.get("/v1/pools/web")["members"]["m0"]["state"], "admin_up")
        daemon.set_state("web", "m0", "auto")  # the measured truth again
        self.assertEqual(daemon.addresses(NAME), [backends[1].address])

    def test_disabled_in_the_file(self):
        config_ = config()
        config_["pools"]["web"]["members"]["a"]["disabled"] = True
        daemon = self.gslbd(config_)
        self.assertEqual(daemon.addresses(NAME), [B])
        self.assertEqual(daemon.get("/v1/pools/web")["members"]["a"]["state"], "disabled")

    def test_target_that_is_gone_makes_an_orphan_which_waits(self):
        daemon = self.gslbd(config())
        daemon.set_state("web", "a", "down")
        daemon.config["pools"]["web"]["members"] = {"b": {"address": B}}
        daemon.write_config()
        self.assertEqual(daemon.reload().status, 200)
        self.assertIs(daemon.get("/v1/overrides")["overrides"][0]["orphan"], True)
        daemon.config["pools"]["web"]["members"] = {"a": {"address": A}, "b": {"address": B}}
        daemon.write_config()
        self.assertEqual(daemon.reload().status, 200)
        self.assertEqual(daemon.addresses(NAME), [B])

    def test_bad_requests_change_nothing(self):
        daemon = self.gslbd(config())
        before = daemon.get("/v1/pools/web")
        generation = daemon.get("/v1/status")["generation"]
        path = "/v1/pools/web/members/a/state"
        cases = [("PUT", path, {"state": "gone"}, 400), ("PUT", path, {}, 400), ("PUT", path, [], 400),
                 ("PUT", path, {"state": "down", "for": "soon"}, 400), ("PUT", path, {"state": "down", "x": 1}, 400),
                 ("PUT", path, {"state": 1}, 400), ("PUT", path, b'{"state": "down"', 400),
                 ("PUT", path, b'{"state": "down", "state": "up"}', 400), ("PUT", path, b"", 400),
                 ("PUT", "/v1/pools/web/members/no/state", {"state": "down"}, 404),
                 ("PUT", "/v1/pools/no/members/a/state", {"state": "down"}, 404),
                 ("PUT", "/v1/backends/203.0.113.9/state", {"state": "down"}, 404),
                 ("PUT", "/v1/backends/nonsense/state", {"state": "down"}, (400, 404)),
                 ("PUT", "/v1/pools/web/members/a/weight", {"weight": -1}, 400),
                 ("PUT", "/v1/pools/web/members/a/weight", {"weight": 1.5}, 400),
                 ("PUT", "/v1/pools/web/members/a/weight", {"weight": 10**12}, 400),
                 ("PUT", "/v1/pools/web/members/a/weight", {}, 400),
                 ("PUT", path, b'{"state": "down", "reason": "' + b"x" * 3_000_000 + b'"}', 413),
                 ("DELETE", "/v1/overrides/none", None, 404), ("GET", "/v1/nothing", None, 404),
                 ("DELETE", "/v1/pools/web", None, 405), ("POST", path, {"state": "down"}, 405)]
        for method, where, body, status in cases:
            with self.subTest(f"{method} {where} {str(body)[:60]}"):
                reply = daemon.api(method, where, body)
                self.assertIn(reply.status, status if isinstance(status, tuple) else (status,), reply)
                self.assertIn(reply.json["error"]["code"], (
                    "bad_request", "not_found", "too_large", "conflict"), reply)
                self.assertTrue(reply.json["error"]["message"])
        after = daemon.get("/v1/pools/web")
        self.assertEqual(before, after)
        self.assertEqual(daemon.get("/v1/status")["generation"], generation)
        self.assertEqual(daemon.get("/v1/overrides")["overrides"], [])


    def test_a_full_disk_does_not_stop_a_change(self):
        daemon = self.gslbd(config())
        # what stands in the way of the new file's name is a folder: no rename succeeds
        for name in os.listdir(daemon.dir):
            if name == "overrides.json":
                os.unlink(os.path.join(daemon.dir, name))
        os.mkdir(os.path.join(daemon.dir, "overrides.json"))
        reply = daemon.set_state("web", "a", "down")
        self.assertIs(reply["saved"], False)
        self.assertEqual(daemon.addresses(NAME), [B])
        self.assertTrue(daemon.get("/v1/status")["alarms"])
        os.rmdir(os.path.join(daemon.dir, "overrides.json"))
        self.assertIsNot(daemon.set_state("web", "a", "auto").get("saved"), False)
        wait_until(lambda: not daemon.get("/v1/status")["alarms"], 5, "the alarm is over")

    def test_a_broken_state_file_is_refused_and_kept_aside(self):
        """Nothing is ever half applied: neither a cut file nor a forged one."""
        daemon = self.gslbd(config())
        daemon.set_state("web", "a", "down")
        daemon.stop()
        path = os.path.join(daemon.dir, "overrides.json")
        with open(path, encoding="utf-8") as f:
            good = f.read()
        for text in (good[:len(good) // 2], good.replace('"down"', '"sideways"'), "", "[]", "\0\1\2"):
            with self.subTest(text[:40]):
                daemon.write("overrides.json", text)
                daemon.spawn()
                try:
                    ready = wait_until(daemon.is_ready, 5, "ready")
                except AssertionError:  # it may refuse to start, with the file named
                    daemon.process = None
                    self.assertIn("overrides.json", daemon.log())
                    continue
                self.assertTrue(ready)
                self.assertIn("overrides.json", daemon.log())
                self.assertEqual(daemon.addresses(NAME), [A, B])
                daemon.stop()


class Ctl(lib.Case):
    def test_by_the_command_line(self):
        daemon = self.gslbd(config())
        daemon.ctl("down", "web/a", "--reason", "by hand", "--for", "10m")
        self.assertEqual(daemon.addresses(NAME), [B])
        self.assertEqual(daemon.get("/v1/overrides")["overrides"][0]["reason"], "by hand")
        daemon.ctl("auto", "web/a")
        self.assertEqual(daemon.addresses(NAME), [A, B])
        daemon.ctl("drain", A)
        self.assertEqual(daemon.addresses("also.example.test"), ["192.0.2.7"])
        daemon.ctl("auto", A)
        daemon.ctl("up", "web/a")
        daemon.ctl("weight", "web/a", "7")
        self.assertEqual(daemon.get("/v1/pools/web")["members"]["a"]["effective_weight"], 7)

    def test_failures_are_one_line_and_status_1(self):
        daemon = self.gslbd(config())
        for args in (["down", "web/none"], ["down", "none/a"], ["weight", "web/a", "many"], ["pools", "none"],
                     ["nonsense"], ["down"], ["explain"], ["down", "web/a", "--for", "soon"]):
            with self.subTest(args):
                done = daemon.ctl(*args, check=False)
                self.assertEqual(done.returncode, 1, done)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        daemon.stop()
        done = daemon.ctl("status", check=False)
        self.assertEqual((done.returncode, len(done.stderr.strip().splitlines())), (1, 1), done)


if __name__ == "__main__":
    unittest.main()
