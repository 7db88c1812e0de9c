# SPDX-License-Identifier: BSD-2-Clause
"""The documents' sentences, one by one, as somebody would try them who has read nothing else: places of
config errors, canonical zones, pools, reloads, the API, the command line."""
import datetime
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import unittest

import dns
import lib

MARK = "§"  # stands before what an error must be placed at
ZONE = "$TTL 300\n@ SOA ns1 h 1 2 3 4 60\n@ NS ns1\nns1 A 192.0.2.53\nwww A 192.0.2.1\nal CNAME www\n" \
       "sub NS ns.sub\nns.sub A 192.0.2.9\nold A 192.0.2.21\nold A 192.0.2.22\n"
ZONES = '"zones": {"example.test": {"file": "z.zone"}}'
POOL = '"pools": {"web": {"members": {"a": {"address": "192.0.2.1"}}}}'
CHECK = '"checks": {"c": {"type": "tcp", "port": 80}}'


def names(text):
    return '"zones": {"example.test": {"file": "z.zone",\n "names": {' + text + "}}}"


def pools(text):
    return ZONES + ',\n "pools": {' + text + "}"


def members(text):
    return pools('"w": {"members": {' + text + "}}")


def checks(text):
    return ZONES + ',\n "checks": {' + text + "}"


# The inside of a config; every mark is one error, there are no others.
CONFIGS = [
    ZONES + ',\n  §"zonez": {}', ZONES + ',\n\t"server": {§"worker": 1}', ZONES + ',\n "server": {"workers": §"1"}',
    ZONES + ',\n "server": {"workers": §-1}', ZONES + ',\n "server": {"workers": §1.5}',
    ZONES + ',\n "server": {"listen": [§"127.0.0.1:x",\n  §5, "[::1]:53", §"127.0.0.1"]}',
    ZONES + ',\n "server": {"listen": ["127.0.0.1:53", §"127.0.0.1:53"]}',
    ZONES + ',\n "server": {"log": {"level": §"loud", "format": §"xml"}}',
    ZONES + ',\n "server": {"nsid": "\u00e9\u00e9", "workers": §null}',
    ZONES + ',\n "api": {"listen": [§"192.0.2.1:80", §"0.0.0.0:80", §"[::]:80", "127.9.9.9:80", "unix:x"]}',
    ZONES + ',\n "api": {"tokens_file": null, "tls": null}', ZONES + ',\n §"geo": {"ecs": true}',
    ZONES + ',\n ' + POOL, names('"x": §"wbe"') + ",\n" + POOL, names('"x": {"pool": §"wbe"}') + ",\n" + POOL,
    names('"www": §"web"') + ",\n" + POOL, names('"www": {"pool": "web", "override": true}') + ",\n" + POOL,
    names('"al": §"web", "sub": §"web",\n "a.sub": §{"pool": "web"}') + ",\n" + POOL,
    names('"*": "web", "*.b": "web", "@": "web", "new.er": "web"') + ",\n" + POOL,
    names('"old": §{"policy": "all"}'), names('"old": {"check": "c", "policy": "all"}') + ",\n" + CHECK,
    names('"none": §{"check": "c"}') + ",\n" + CHECK, names('"old": {"check": §"d"}') + ",\n" + CHECK,
    names('"old": {"check": "c", §"members": {}}') + ",\n" + CHECK,
    pools('"w": {"members": {"a": {"pool": §"w"}}}'),
    pools('"w": {"members": {"a": {"pool": "x"}}},\n "x": {"members": {"a": {"pool": §"w"}}}'),
    members('"a": §{}'), members('"a": {"address": §"192.0.2.256"}, "b": {"address": [§"x", "192.0.2.1", §7]}'),
    members('"a": {"address": "192.0.2.1", "weight": §-1}, "b": {"address": "::1", "weight": §"1"}'),
    members('"a": {"service": §"x"}'), pools('"w": {"members": §{}}, "x": §{}'),
    pools('"w": {"policy": §"rr", "check": §"c", "min_live": §0, "ttl": §"1x",\n "members": {"a": {"address": "::1"}}}'),
    pools('"w": {"on_all_down": §"maybe", "members": {"a": {"address": "::1"}}}'),
    pools('"w": {"on_all_down": {"pool": §"nope"}, "members": {"a": {"address": "::1"}}}'),
    pools('"' + "a" * 63 + '": {"members": {"_A.b-9": {"address": "::1"}}}'),
    checks('"c": {"type": "http", "interval": "100ms", "timeout": 0.5, "expect_status": "200-299,304"}'),
    checks('"c": {"type": "http", "interval": §"99ms", "timeout": §"5", "fall": §0, "rise": §"2"}'),
    checks('"c": §{"path": "/"}, "d": {"type": §"nope"}, "e": {"type": "tcp", "port": §0, §"path": "/"}'),
    checks('"c": {"type": "http", "expect_status": §"300-200"}, "d": {"type": "http", §"send": "x"}'),
    '"zones": {"example.test": §{}}', '"zones": §null', ZONES + ' §x',
    # of every kind, all at once
    '§"foo": 1,\n "server": {"workers": §"x", §"nope": 1},\n' + names('"al": §"web", "new": §"wbe"')
    + ',\n "pools": {"web": {"policy": §"q", "members": {"a": {"address": §"q"}}}}',
]
PLACE = re.compile(r"gslb\.json:(\d+):(\d+): ")


def without_marks(text):
    """The text, and the (line, column in octets) of its marks."""
    places, plain = [], ""
    for piece in re.split(f"({MARK})", text):
        if piece == MARK:
            line = plain[plain.rfind("\n") + 1:]
            places.append((plain.count("\n") + 1, len(line.encode()) + 1))
        else:
            plain += piece
    return plain, places


class Config(lib.Case):
    def test_places(self):
        daemon = self.gslbd(files={"z.zone": ZONE}, start=False)
        for text in CONFIGS:
            plain, places = without_marks("{" + text + "}")
            daemon.write("gslb.json", plain)
            done = daemon.check()
            with self.subTest(text):
                found = [tuple(map(int, place)) for place in PLACE.findall(done.stderr)]
                self.assertEqual(sorted(found), places, done.stderr)
                self.assertEqual(done.stderr.count("\n"), len(places), done.stderr)
                self.assertEqual(done.returncode, 1 if places else 0)

    def test_config_and_files_are_judged_together(self):
        """One run tells what is wrong in the config, in each zone file, in the tokens."""
        config = {"zones": {"example.test": {"file": "z.zone", "names": {"al": "web"}}, "b.test": {"file": "b.zone"}},
                  "pools": {"web": {"members": {"a": {"address": "::1"}}}}, "api": {"tokens_file": "tokens"}, "foo": 1}
        daemon = self.gslbd(config, {"z.zone": ZONE, "b.zone": "a A x\n", "tokens": "bad\n"}, start=False)
        wanted = [r"gslb\.json:\d+:\d+: foo: ", r"gslb\.json:\d+:\d+: zones\[\"example\.test\"\]\.names\.al: ",
                  r"b\.zone:1: ", r"tokens:1: "]
        done = daemon.check()
        self.assertEqual(done.returncode, 1)
        for pattern in wanted:
            self.assertRegex(done.stderr, pattern)

    def test_reload_lists_all_and_takes_nothing(self):
        daemon = self.gslbd()
        before = daemon.get("/v1/status")["generation"]
        changes = {"a zone and listen": lambda c: (c["server"].update(workers=3), c["zones"].update(b={"file": "b"})),
                   "tokens": lambda c: c["api"].update(tokens_file="none"),
                   "group": lambda c: c["api"].update(unix_group="no-such-group")}
        wanted = {"a zone and listen": ["server.workers: ", "/b:1: "], "tokens": ["none:1: "],
                  "group": ["api.unix_group: "]}
        daemon.write("b", "x A y\n")
        for name, change in changes.items():
            with self.subTest(name):
                good = json.loads(json.dumps(daemon.config))
                change(daemon.config)
                daemon.write_config()
                daemon.config = good
                reply = daemon.reload()
                self.assertEqual((reply.status, reply.json["error"]["code"]), (422, "invalid_config"), reply)
                for part in wanted[name]:
                    self.assertTrue(any(part in line for line in reply.json["errors"]), reply)
                self.assertEqual(daemon.get("/v1/status")["generation"], before)


    def test_one_zone_alone(self):
        """Its file is read again; what stands in the other files by now does not matter."""
        zone = "$TTL 5\n@ SOA a. b. {} 1 1 1 1\n@ NS a.\nx A 192.0.2.{}\n"
        daemon = self.gslbd({"zones": {"a.test": {"file": "a"}, "b.test": {"file": "b"}}},
                            {"a": zone.format(1, 1), "b": zone.format(1, 1)})
        daemon.write("a", zone.format(2, 2))
        daemon.write("b", zone.format(2, 2) + "bad A x\n")
        daemon.write("gslb.json", "{")
        reply = daemon.api("POST", "/v1/zones/a.test/reload")
        self.assertEqual((reply.status, reply.json.get("serial")), (200, 2), reply)
        self.assertEqual(daemon.addresses("x.a.test"), ["192.0.2.2"])
        self.assertEqual(daemon.addresses("x.b.test"), ["192.0.2.1"])
        reply = daemon.api("POST", "/v1/zones/b.test/reload")
        self.assertEqual(reply.status, 422)
        self.assertRegex(reply.json["errors"][0], r"/b:5: ")
        self.assertEqual(daemon.addresses("x.b.test"), ["192.0.2.1"])
        self.assertEqual(daemon.reload().status, 422)


class CheckZone(unittest.TestCase):
    TEXT = """$ORIGIN Example.TEST.
$TTL 1h
@ IN SOA NS1.Example.test. Host.Master.Example.TEST. (1 2h 3d 4w 60)
@ NS NS1
 NS ns2.Other.ORG.
ns1 300 IN A 192.0.2.53
NS1 IN 300 A 192.0.2.53
ns1 AAAA 2001:DB8:0:0:0:0:0:1
www A 192.0.2.2
WWW 	A  192.0.2.1 ; twice
www A 192.0.2.1
WWW TXT "a b" c "d\\"e"
z.a A 192.0.2.5
a A 192.0.2.5
*.a A 192.0.2.5
a\\.b A 192.0.2.6
mx MX 10 MAIL
mx MX 5 mail.Example.TEST.
u TYPE65534 \\# 3 AB cdEF
"""
    WANTED = """example.test. 3600 IN SOA NS1.Example.test. Host.Master.Example.TEST. 1 7200 259200 2419200 60
example.test. 3600 IN NS NS1.Example.TEST.
example.test. 3600 IN NS ns2.Other.ORG.
a.example.test. 3600 IN A 192.0.2.5
*.a.example.test. 3600 IN A 192.0.2.5
z.a.example.test. 3600 IN A 192.0.2.5
a\\.b.example.test. 3600 IN A 192.0.2.6
mx.example.test. 3600 IN MX 5 mail.Example.TEST.
mx.example.test. 3600 IN MX 10 MAIL.Example.TEST.
ns1.example.test. 300 IN A 192.0.2.53
ns1.example.test. 3600 IN AAAA 2001:db8::1
u.example.test. 3600 IN TYPE65534 \\# 3 ABCDEF
www.example.test. 3600 IN A 192.0.2.1
www.example.test. 3600 IN A 192.0.2.2
www.example.test. 3600 IN TXT "a b" "c" "d\\"e"
"""

    def run_on(self, text, name="example.test"):
        path = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"gslb-check-zone-{os.getpid()}")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        self.addCleanup(lambda: os.path.exists(path) and os.unlink(path))
        return path, subprocess.run([lib.GSLBD, "--check-zone", name, path], capture_output=True, text=True,
                                    timeout=20, check=False)

    def test_canonical_text(self):
        done = self.run_on(self.TEXT)[1]
        self.assertEqual((done.stdout, done.stderr, done.returncode), (self.WANTED, "", 0))

    def test_every_error(self):
        path, done = self.run_on("$TTL 5\n@ SOA a. b. 1 2 3 4 5\n@ NS a.\nx A 192.0.2.256\ny NOTYPE z\n"
                                 "out.of.zone. A 192.0.2.1\nc CNAME a\nc A 192.0.2.1\n")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        lines = sorted(int(re.fullmatch(re.escape(path) + r":(\d+): .+", line)[1]) for line in done.stderr.splitlines())
        self.assertEqual(lines, [4, 5, 6, 8])


class Pools(lib.Case):
    """What names answer while members are well, down, or taken out by hand."""

    @classmethod
    def setUpClass(cls):
        cls.up = [lib.Backend() for _ in range(3)]
        cls.dead = [lib.loopback_address() for _ in range(2)]
        cls.daemon = lib.Gslbd(cls.make_config())
        cls.daemon.start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.discard()
        for backend in cls.up:
            backend.kill()

    @classmethod
    def make_config(cls):
        u0, u1, u2 = (backend.address for backend in cls.up)
        d0, d1 = cls.dead

        def pool(**more):
            given = more.pop("members")
            made = {name: value if isinstance(value, dict) else {"address": value} for name, value in given.items()}
            return {"check": "open", "members": made, **more}
        all_pools = {
            "spare": pool(members={"s": {"address": u0, "weight": 0}, "m": u1}),
            "spare-all": pool(policy="all", members={"s": {"address": u0, "weight": 0}, "m": u1}),
            "spare-first": pool(policy="failover", members={"s": {"address": u0, "weight": 0}, "m": u1}),
            "spare-only": pool(members={"s": {"address": u0, "weight": 0}, "m": d0}),
            "open": pool(members={"a": d0, "b": d1, "x": {"address": "192.0.2.9", "disabled": True}}),
            "nodata": pool(on_all_down="nodata", members={"a": d0, "b": d1}),
            "servfail": pool(on_all_down="servfail", members={"a": d0, "b": d1}),
            "other": pool(on_all_down={"pool": "page"}, members={"a": d0, "b": d1}),
            "page": {"ttl": "3s", "members": {"p": {"address": "192.0.2.77"}}},
            "few": pool(min_live=2, on_all_down="nodata", members={"a": u0, "b": d1}),
            "above": {"policy": "failover", "members": {"f": {"pool": "few"}, "p": {"pool": "page"}}},
            "below": {"policy": "failover", "members": {"n": {"pool": "nodata"}, "s": {"pool": "servfail"}}},
            "six": pool(members={"a": "2001:db8::1"}, check=[]),
            "split": pool(on_all_down="nodata", members={"a": {"address": [u0, "100::1"]}, "b": u1}),
            "tiers": pool(policy="failover", members={
                "a": {"address": d0, "order": 1}, "b": {"address": u0, "order": 2}, "c": {"address": u1, "order": 2}}),
            "twenty": {"members": {f"m{i}": {"address": f"192.0.2.{i}"} for i in range(1, 21)}},
            "all20": {"policy": "all", "members": {f"m{i}": {"address": f"192.0.2.{i}"} for i in range(1, 21)}},
            "one": {"policy": "weighted", "members": {f"m{i}": {"address": f"192.0.2.{i}"} for i in range(1, 4)}},
            "third": pool(members={"a": u2}),
        }
        bound = {**{name: name for name in all_pools}, "timed": {"pool": "above", "ttl": "9s"}}
        return {"zones": {"example.test": {"file": "example.test.zone", "names": bound}}, "pools": all_pools,
                "checks": {"open": {"type": "tcp", "port": lib.HTTP_PORT, "interval": "10s", "timeout": "300ms"}}}

    def ask(self, name, rrtype="A"):
        reply = self.daemon.ask(f"{name}.example.test", rrtype)
        return reply.rcode, sorted(reply.data(rrtype))

    def test_answers(self):
        u0, u1, _ = (backend.address for backend in self.up)
        wanted = {"spare": [u1], "spare-all": [u1], "spare-first": [u1], "spare-only": [u0], "open": sorted(self.dead),
                  "nodata": [], "other": ["192.0.2.77"], "few": [], "above": ["192.0.2.77"],
                  "below": sorted(self.dead), "six": [], "split": sorted([u0, u1])}
        for name, addresses in wanted.items():
            with self.subTest(name):
                self.assertEqual(self.ask(name), (dns.NOERROR, addresses))
        self.assertEqual(self.ask("servfail")[0], dns.SERVFAIL)
        self.assertEqual(self.ask("six", "AAAA"), (dns.NOERROR, ["2001:db8::1"]))
        self.assertEqual(self.ask("split", "AAAA"), (dns.NOERROR, []))
        self.assertEqual([r.type for r in self.daemon.ask("six.example.test").authority], ["SOA"])

    def test_limits_and_tiers(self):
        for name, count in (("twenty", 8), ("all20", 20), ("one", 1)):
            self.assertEqual(len(self.ask(name)[1]), count, name)
        first, second, third = (self.ask("tiers")[1] for _ in range(3))
        self.assertEqual(sorted(first + second), sorted(b.address for b in self.up[:2]))
        self.assertEqual(first, third)

    def test_ttl(self):
        for name, ttl in (("page", 3), ("above", 3), ("timed", 9), ("other", 3), ("twenty", 30)):
            self.assertEqual(self.daemon.ask(f"{name}.example.test").answer[0].ttl, ttl, name)

    def test_taken_out_stays_out(self):
        u0, u1, _ = (backend.address for backend in self.up)
        steps = [("spare", "m", "down", [u0]), ("spare", "s", "drain", []), ("spare", "m", "auto", [u1]),
                 ("open", "a", "down", [self.dead[1]]), ("open", "b", "drain", [])]
        for pool, member, state, wanted in steps:
            with self.subTest(f"{pool}/{member} {state}"):
                reply = self.daemon.set_state(pool, member, state)
                self.assertEqual(self.ask(pool), (dns.NOERROR, wanted))
                self.assertEqual(reply["generation"], self.daemon.get("/v1/status")["generation"])

    def test_a_change_is_served_when_it_is_answered(self):
        over = threading.Event()

        def flood():
            while not over.is_set():
                self.daemon.ask("third.example.test")
        threads = [threading.Thread(target=flood) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            for i in range(40):
                self.daemon.set_state("one", "m1", "down" if i % 2 == 0 else "auto")
                self.assertEqual(self.daemon.get("/v1/pools/one")["live"]["a"], 2 if i % 2 == 0 else 3)
                self.daemon.set_state("third", "a", "down" if i % 2 == 0 else "auto")
                for _ in range(6):  # other ports, other workers
                    self.assertEqual(len(self.ask("third")[1]), i % 2)
        finally:
            over.set()
            for thread in threads:
                thread.join()


class Names(lib.Case):
    def test_bound_names(self):
        zone = lib.ZONE + "al CNAME www\nwww TXT t\nold 77 A 192.0.2.31\nold 77 A 192.0.2.32\nov A 192.0.2.200\n"
        bound = {"@": "web", "www": "web", "a.b.c": "web", "*.w": "web", "ov": {"pool": "web", "override": True},
                 "old": {"check": "c"}}
        daemon = self.gslbd({
            "zones": {"example.test": {"file": "example.test.zone", "names": bound}},
            "checks": {"c": {"type": "tcp", "port": 1, "timeout": "100ms"}},
            "pools": {"web": {"members": {"a": {"address": "192.0.2.11"}}}}}, {"example.test.zone": zone})
        one, none = [("A", 30, "192.0.2.11")], []
        wanted = {"": one, "www.": one, "a.b.c.": one, "b.c.": none, "c.": none, "x.w.": one, "x.y.w.": one,
                  "w.": none, "ov.": one, "old.": [("A", 30, "192.0.2.31"), ("A", 30, "192.0.2.32")],
                  "al.": [("CNAME", 300, "www.example.test.")] + one}
        for name, records in wanted.items():
            with self.subTest(name):
                reply = daemon.ask(name + "example.test")
                self.assertEqual((reply.rcode, [(r.type, r.ttl, r.data) for r in reply.answer]), (dns.NOERROR, records))
        self.assertEqual(daemon.ask("x.c.example.test").rcode, dns.NXDOMAIN)
        self.assertEqual(daemon.ask("www.example.test", "TXT").data("TXT"), ['"t"'])
        self.assertEqual(len(daemon.ask("example.test", "SOA").answer), 1)
        pool = daemon.get("/v1/pools/old.example.test")
        self.assertEqual(sorted(pool["members"]), ["192.0.2.31", "192.0.2.32"])


class Start(lib.Case):
    def test_age_of_saved_verdicts(self):
        """Younger than five minutes they answer at once; older ones, and ones of the future, are not believed."""
        backends = self.backends(2)
        daemon = self.gslbd({
            "zones": {"example.test": {"file": "example.test.zone", "names": {"www": "web"}}},
            "checks": {"open": {"type": "tcp", "port": lib.HTTP_PORT, "interval": "1m", "fall": 3}},
            "pools": {"web": {"check": "open", "members": {f"m{i}": {"address": b.address}
                                                           for i, b in enumerate(backends)}}}})
        backends[0].kill()
        daemon.stop()
        path = os.path.join(daemon.dir, "verdicts.json")
        with open(path, encoding="utf-8") as f:
            saved = f.read()

        def shifted(seconds):
            def shift(match):
                at = datetime.datetime.strptime(match[0], "%Y-%m-%dT%H:%M:%S.%fZ")
                at -= datetime.timedelta(seconds=seconds)
                return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
            return re.sub(r"\d{4}-[0-9T:.-]+Z", shift, saved)
        for seconds, count in ((240, 2), (360, 1), (-3600, 1)):
            with self.subTest(seconds):
                daemon.write("verdicts.json", shifted(seconds))
                daemon.start()
                self.assertEqual(len(daemon.addresses("www.example.test")), count)
                daemon.stop()

    def test_end_finishes_what_is_in_flight(self):
        daemon = self.gslbd()
        count = 500
        wires = [dns.query("static.example.test", ident=i) for i in range(count)]
        with socket.create_connection(daemon.server, 5) as s:
            s.sendall(b"".join(struct.pack("!H", len(w)) + w for w in wires))
            daemon.process.send_signal(signal.SIGTERM)
            data = b""
            while chunk := s.recv(65536):
                data += chunk
        answers = 0
        while data:
            length = struct.unpack_from("!H", data)[0]
            self.assertEqual(dns.Message(data[2:2 + length]).rcode, dns.NOERROR)
            data = data[2 + length:]
            answers += 1
        self.assertEqual(answers, count)
        daemon.stop()


class CommandLine(lib.Case):
    def test_each_prints_json(self):
        daemon = self.gslbd({"pools": {"web": {"members": {"a": {"address": "192.0.2.1"}}}},
                             "zones": {"example.test": {"file": "example.test.zone", "names": {"www": "web"}}}})
        table = {"status": "generation", "pools": "pools", "pools web": "members", "down web/a --reason x --for 10m":
                 "override", "up web/a": "state", "drain 192.0.2.1": "members", "auto web/a": "generation",
                 "auto 192.0.2.1": "generation", "weight web/a 5": "effective_weight", "checks": "targets",
                 "explain www.example.test": "steps", "explain www.example.test AAAA --client 192.0.2.7": "scope",
                 "zones": "zones", "reload": "generation", "overrides": "overrides"}
        for line, key in table.items():
            with self.subTest(line):
                self.assertTrue(daemon.ctl(*line.split()).stdout)
                self.assertIn(key, json.loads(daemon.ctl(*line.split(), "--json").stdout))

    def test_failures(self):
        daemon = self.gslbd()
        for line in ("", "nope", "pools zz", "down", "down web/zz", "down zz", "down 10.9.9.9", "weight web/a",
                     "weight web/a x", "explain", "explain x..y", "explain www.example.test ZZ", "status more",
                     "--bogus", "status --api", "--api http://127.0.0.1:1 status", "--api unix:/nope status",
                     "--api ftp://x status"):
            with self.subTest(line):
                done = daemon.ctl(*line.split(), check=False)
                self.assertEqual((done.returncode, done.stdout), (1, ""), done)
                self.assertRegex(done.stderr, r"\A[^\n]+\n\Z")


if __name__ == "__main__":
    unittest.main()
