# SPDX-License-Identifier: BSD-2-Clause
"""Rotation, weights, failover and the other policies, as dig and sockets see them. The pools here have no
check: unknown counts as usable."""
import collections
import unittest

import dns
import lib

MEMBERS = {"a": {"address": "192.0.2.1"}, "b": {"address": "192.0.2.2"}, "c": {"address": "192.0.2.3"}}


def one_pool(name_value="web", **pool):
    return {"zones": {"example.test": {"file": "example.test.zone", "names": {"www": name_value}}},
            "pools": {"web": {"members": MEMBERS, **pool}}}


def rotations(items):
    return [items[i:] + items[:i] for i in range(len(items))]


class Rotation(lib.Case):
    def assert_cyclic(self, orders, count):
        """Each order is the one before, moved on by one; all `count` of them are seen."""
        for before, after in zip(orders, orders[1:]):
            self.assertEqual(after, before[1:] + before[:1], orders)
        self.assertEqual(len({tuple(o) for o in orders}), count)

    def test_dig_sees_each_order_in_turn(self):
        daemon = self.gslbd(one_pool(policy="round_robin"))
        orders = [lib.dig_short(daemon.server, "www.example.test") for _ in range(9)]
        self.assertEqual(sorted(orders[0]), ["192.0.2.1", "192.0.2.2", "192.0.2.3"])
        self.assert_cyclic(orders, 3)

    def test_rotation_is_strict_over_many_workers_and_tcp(self):
        config = one_pool(policy="round_robin")
        config["server"] = {"workers": 4}
        daemon = self.gslbd(config)
        orders = []
        for i in range(120):  # a new source port each: the kernel spreads them over the workers
            ask = dns.tcp if i % 10 == 0 else dns.udp
            orders.append(ask(daemon.server, "www.example.test").data("A"))
        self.assert_cyclic(orders, 3)

    def test_window_of_max_answers_advances_by_one(self):
        daemon = self.gslbd(one_pool(policy="round_robin", max_answers=2))
        windows = [daemon.ask("www.example.test").data("A") for _ in range(6)]
        for before, after in zip(windows, windows[1:]):
            self.assertEqual(len(after), 2)
            self.assertEqual(after[0], before[1])
        self.assertEqual(windows[:3], windows[3:])

    def test_types_have_counters_of_their_own(self):
        members = {"a": {"address": ["192.0.2.1", "2001:db8::1"]}, "b": {"address": ["192.0.2.2", "2001:db8::2"]},
                   "six": {"address": "2001:db8::3"}}
        daemon = self.gslbd(one_pool(policy="round_robin", members=members))
        v4, v6 = [], []
        for i in range(12):
            v4.append(daemon.ask("www.example.test", "A").data("A"))
            if i % 2:
                v6.append(daemon.ask("www.example.test", "AAAA").data("AAAA"))
        self.assert_cyclic(v4, 2)
        self.assert_cyclic(v6, 3)

    def test_explain_moves_no_counter(self):
        daemon = self.gslbd(one_pool(policy="round_robin"))
        before = daemon.ask("www.example.test").data("A")
        for _ in range(5):
            reply = daemon.get("/v1/explain?name=www.example.test&type=A&client=127.0.0.1")
            self.assertTrue(reply["steps"])
            self.assertTrue(reply["answer"])
        self.assertEqual(daemon.ask("www.example.test").data("A"), before[1:] + before[:1])

    def test_plain_records_rotate_too(self):
        daemon = self.gslbd()
        orders = [lib.dig_short(daemon.server, "multi.example.test") for _ in range(7)]
        self.assertEqual(len(orders[0]), 3)
        self.assert_cyclic(orders, 3)

    def test_apex_and_wildcard_and_case(self):
        config = one_pool(policy="round_robin")
        config["zones"]["example.test"]["names"] = {"@": "web", "*.any": {"pool": "web", "ttl": "7s"}}
        daemon = self.gslbd(config)
        self.assertEqual(daemon.addresses("example.test"), ["192.0.2.1", "192.0.2.2", "192.0.2.3"])
        self.assertEqual([r.data for r in daemon.ask("example.test", "NS").answer], ["ns1.example.test."])
        answer = daemon.ask("x.y.any.example.test")
        self.assertEqual(len(answer.answer), 3)
        self.assertEqual({r.ttl for r in answer.answer}, {7})
        mixed = daemon.ask("X.aNy.eXample.TEST")
        self.assertEqual(mixed.questions[0][0], "X.aNy.eXample.TEST.")
        self.assertEqual({r.owner for r in mixed.answer}, {"X.aNy.eXample.TEST."})

    def test_members_from_the_zone_file(self):
        backends = self.backends(3)
        config = {"zones": {"example.test": {"file": "example.test.zone", "names": {
            "own": {"policy": "round_robin", "check": "http-ok", "ttl": "11s"}}}},
            "checks": self.pool_config([])["checks"]}
        config["checks"]["http-ok"]["port"] = lib.HTTP_PORT
        records = "".join(f"own IN A {b.address}\n" for b in backends)
        daemon = self.gslbd(config, {"example.test.zone": lib.ZONE + records})
        pool = daemon.get("/v1/pools/own.example.test")
        self.assertEqual(sorted(pool["members"]), sorted(b.address for b in backends))
        answers = [daemon.ask("own.example.test") for _ in range(6)]
        self.assert_cyclic([a.data("A") for a in answers], 3)
        self.assertEqual({r.ttl for a in answers for r in a.answer}, {11})
        backends[0].kill()
        dns.wait_until(lambda: len(daemon.addresses("own.example.test")) == 2, 10, "the dead one left")


class Ttl(lib.Case):
    def test_where_the_ttl_comes_from(self):
        config = {
            "zones": {"example.test": {"file": "example.test.zone", "names": {
                "own": {"pool": "with", "ttl": "3s"}, "pool": "with", "nested": "outer", "none": "without"}}},
            "pools": {"with": {"policy": "all", "ttl": "20s", "members": MEMBERS},
                      "outer": {"policy": "failover", "ttl": "25s", "members": {"p": {"pool": "with"}}},
                      "without": {"policy": "all", "members": MEMBERS}}}
        daemon = self.gslbd(config)
        for name, ttl in {"own": 3, "pool": 20, "nested": 20, "none": 30}.items():
            with self.subTest(name):
                self.assertEqual({r.ttl for r in daemon.ask(f"{name}.example.test").answer}, {ttl})


class Weights(lib.Case):
    WEIGHTS = {"192.0.2.1": 1, "192.0.2.2": 3, "192.0.2.3": 6}

    def config(self, **pool):
        members = {f"m{i}": {"address": a, "weight": w} for i, (a, w) in enumerate(self.WEIGHTS.items())}
        return one_pool(policy="weighted", members=members, **pool)

    def test_shares_of_100000_queries(self):
        daemon = self.gslbd(self.config())
        counts = collections.Counter()
        for _ in range(10):  # ten sockets, so that all workers take part
            wires = (dns.query("www.example.test", ident=i) for i in range(10000))
            for raw in dns.many(daemon.server, wires):
                counts[raw[-4:]] += 1
        self.assertEqual(sum(counts.values()), 100000)
        for address, weight in self.WEIGHTS.items():
            share = counts[bytes(map(int, address.split(".")))] / 1000
            self.assertAlmostEqual(share, weight * 10, delta=1.0, msg=address)

    def test_dig_sees_one_answer_and_mostly_the_heavy_one(self):
        daemon = self.gslbd(self.config())
        counts = collections.Counter()
        for _ in range(60):
            answer = lib.dig_short(daemon.server, "www.example.test")
            self.assertEqual(len(answer), 1)
            counts[answer[0]] += 1
        self.assertLessEqual(set(counts), set(self.WEIGHTS))
        self.assertEqual(counts.most_common(1)[0][0], "192.0.2.3")  # 6 of 10: a miss is one in 10^4 or rarer

    def test_several_answers_are_drawn_without_replacement(self):
        daemon = self.gslbd(self.config(max_answers=2))
        firsts = collections.Counter()
        wires = (dns.query("www.example.test", ident=i) for i in range(20000))
        for raw in dns.many(daemon.server, wires):
            answer = dns.Message(raw).data("A")
            self.assertEqual(len(set(answer)), 2)
            firsts[answer[0]] += 1
        for address, weight in self.WEIGHTS.items():
            self.assertAlmostEqual(firsts[address] / 200, weight * 10, delta=2.0, msg=address)

    def test_weight_over_the_api_moves_the_shares_and_null_gives_back(self):
        daemon = self.gslbd(self.config())
        daemon.put("/v1/pools/web/members/m0/weight", {"weight": 0})
        daemon.put("/v1/pools/web/members/m1/weight", {"weight": 0})
        self.assertEqual({tuple(daemon.addresses("www.example.test")) for _ in range(100)}, {("192.0.2.3",)})
        member = daemon.get("/v1/pools/web")["members"]["m0"]
        self.assertEqual((member["weight"], member["effective_weight"]), (1, 0))
        daemon.put("/v1/pools/web/members/m0/weight", {"weight": None})
        member = daemon.get("/v1/pools/web")["members"]["m0"]
        self.assertEqual((member["weight"], member["effective_weight"]), (1, 1))

    def test_simulate_tells_the_shares(self):
        daemon = self.gslbd(self.config())
        reply = daemon.api("POST", "/v1/simulate", {"name": "www.example.test", "type": "A"})
        self.assertEqual(reply.status, 200, reply)
        for address, weight in self.WEIGHTS.items():
            self.assertAlmostEqual(reply.json["shares"][address], weight / 10, delta=0.01)
        reply = daemon.api("POST", "/v1/simulate", {
            "name": "www.example.test", "type": "A", "overlay": {"members": {"web/m2": {"state": "down"}}}})
        self.assertAlmostEqual(reply.json["shares"]["192.0.2.1"], 0.25, delta=0.01)
        self.assertAlmostEqual(reply.json["shares"].get("192.0.2.3", 0), 0, delta=0.001)


class OtherPolicies(lib.Case):
    def test_failover_takes_the_first_and_equal_orders_rotate(self):
        members = {"p": {"address": "192.0.2.1", "order": 1}, "s": {"address": "192.0.2.2", "order": 2},
                   "t": {"address": "192.0.2.3", "order": 2}}
        daemon = self.gslbd(one_pool(policy="failover", members=members))
        self.assertEqual({tuple(lib.dig_short(daemon.server, "www.example.test")) for _ in range(6)},
                         {("192.0.2.1",)})
        daemon.set_state("web", "p", "down")
        seen = [daemon.ask("www.example.test").data("A") for _ in range(4)]
        self.assertEqual({len(s) for s in seen}, {1})
        self.assertEqual({s[0] for s in seen}, {"192.0.2.2", "192.0.2.3"})
        self.assertEqual(seen[:2], seen[2:])

    def test_all_gives_all(self):
        members = {f"m{i}": {"address": f"192.0.2.{i}"} for i in range(1, 21)}
        daemon = self.gslbd(one_pool(policy="all", members=members))
        self.assertEqual(len(daemon.ask("www.example.test", additional=dns.opt()).answer), 20)

    def test_no_member_of_the_family_is_nodata(self):
        daemon = self.gslbd(one_pool(policy="round_robin"))
        for rrtype in ("AAAA", "TXT"):
            answer = daemon.ask("www.example.test", rrtype)
            self.assertEqual((answer.rcode, answer.answer), (dns.NOERROR, []))
            self.assertEqual([r.type for r in answer.authority], ["SOA"])

    def test_weight_zero_only_when_all_others_are_down(self):
        members = {"a": {"address": "192.0.2.1"}, "spare": {"address": "192.0.2.9", "weight": 0}}
        for policy in ("round_robin", "weighted"):
            with self.subTest(policy):
                daemon = self.gslbd(one_pool(policy=policy, members=members))
                self.assertEqual({tuple(daemon.addresses("www.example.test")) for _ in range(50)},
                                 {("192.0.2.1",)})
                daemon.set_state("web", "a", "down")
                self.assertEqual(daemon.addresses("www.example.test"), ["192.0.2.9"])


if __name__ == "__main__":
    unittest.main()
