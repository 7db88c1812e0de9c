# SPDX-License-Identifier: BSD-2-Clause
"""Mutants: a good config and a good zone with one fault each, over 200 of them, the same on every run. Each is
refused whole by `gslbd -t` with the place of the fault, and by a running server, which answers as before."""
import copy
import json
import re
import subprocess
import unittest

import dns
import lib

TIME_LIMIT = 240

CONFIG = {
    "server": {"listen": ["127.0.0.1:5300", "[::1]:5300"], "workers": 2, "nsid": "n1",
               "log": {"format": "text", "level": "info"}},
    "api": {"listen": ["127.0.0.1:8053"]},
    "zones": {"example.test": {"file": "example.test.zone", "names": {
        "www": "web", "@": "web", "deep": {"pool": "top", "ttl": "10s"},
        "multi": {"check": "http-ok", "policy": "round_robin"}}}},
    "checks": {
        "http-ok": {"type": "http", "path": "/healthz", "expect_status": "200-299", "interval": "2s",
                    "timeout": "1s", "fall": 3, "rise": 2},
        "port-open": {"type": "tcp", "port": 80, "interval": "500ms", "confirm_interval": "200ms"}},
    "pools": {
        "web": {"policy": "round_robin", "ttl": "30s", "max_answers": 8, "check": "http-ok", "min_live": 1,
                "on_all_down": "all",
                "members": {"a": {"address": "192.0.2.1", "port": 8080},
                            "b": {"address": ["192.0.2.2", "2001:db8::2"], "port": 8080, "weight": 3}}},
        "far": {"policy": "failover", "on_all_down": {"pool": "web"},
                "members": {"p": {"address": "198.51.100.1", "order": 1},
                            "s": {"address": "198.51.100.2", "order": 2, "check": "port-open"}}},
        "top": {"policy": "weighted", "members": {"x": {"pool": "web", "weight": 2},
                                                  "y": {"pool": "far", "disabled": False}}}},
}


class Writer:
    """JSON, one key or element a line, remembering where each path's value and key begin."""

    def __init__(self, value):
        self.lines, self.values, self.keys = [""], {}, {}
        self.write(value, "", 0)
        self.text = "\n".join(self.lines) + "\n"

    def place(self):
        return len(self.lines), len(self.lines[-1].encode()) + 1

    def put(self, text):
        self.lines[-1] += text

    def write(self, value, path, depth):
        self.values.setdefault(path, self.place())
        if isinstance(value, (dict, Twice)) and value or isinstance(value, list) and value:
            named = not isinstance(value, list)
            items = list(value.items()) if named else list(enumerate(value))
            self.put("{" if named else "[")
            for i, (key, item) in enumerate(items):
                self.lines.append("  " * (depth + 1))
                below = join(path, key)
                if named:
                    self.keys[below] = self.place()  # of a duplicate: the last one
                    self.put(json.dumps(key) + ": ")
                self.write(item, below, depth + 1)
                self.put("," if i + 1 < len(items) else "")
            self.lines.append("  " * depth)
            self.put("}" if named else "]")
        else:
            self.put(json.dumps(value))


class Twice:
    """An object whose first key is there twice."""

    def __init__(self, value):
        self.pairs = list(value.items()) + [next(iter(value.items()))]

    def items(self):
        return self.pairs


def join(path, key):
    if isinstance(key, int):
        return f"{path}[{key}]"
    if not re.fullmatch(r"[A-Za-z0-9_-]+", key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def walk(value, path="", steps=()):
    """(path, steps, value) of the value and all below it."""
    yield path, steps, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from walk(item, join(path, key), steps + (key,))


def changed(steps, new):
    """CONFIG with the value at `steps` replaced by new(old)."""
    if not steps:
        return new(CONFIG)
    config = copy.deepcopy(CONFIG)
    at = config
    for key in steps[:-1]:
        at = at[key]
    at[steps[-1]] = new(at[steps[-1]])
    return config


def config_mutants():
    """(what, text, path that an error must name or None, Writer or None)"""
    def mutant(what, path, steps, new):
        writer = Writer(changed(steps, new))
        return f"{what} at {path or 'top'}", writer.text, path, writer

    for path, steps, value in walk(CONFIG):
        if isinstance(value, dict):
            yield mutant("unknown key", join(path, "zz"), steps, lambda v: {**v, "zz": 5})
            yield mutant("a list", path, steps, lambda v: [v])
            first = next(iter(value))
            yield mutant("duplicate key", join(path, first), steps, Twice)
        elif not isinstance(value, list):
            yield mutant("an object", path, steps, lambda v: {"zz": [1]})
            if not isinstance(value, bool):
                yield mutant("a truth", path, steps, lambda v: True)
            if isinstance(value, int) and not isinstance(value, bool):
                yield mutant("below the range", path, steps, lambda v: -1)
                yield mutant("above the range", path, steps, lambda v: 10**18)
                yield mutant("a fraction", path, steps, lambda v: 1.5)
            elif isinstance(value, str):
                if steps[-1] == "file":  # the place is then that of the file
                    yield mutant("a missing file", "", steps, lambda v: "no-such-file")
                elif steps[-1] not in ("path", "nsid"):
                    yield mutant("nonsense", path, steps, lambda v: "no such thing!")
            if isinstance(value, str) and re.fullmatch(r"\d+(ms|s)", value):
                for bad in ("10x", "-5s", "", "99999999999999999999s", "5 s s"):
                    yield mutant(f"duration {bad!r}", path, steps, lambda v, bad=bad: bad)
    loops = {"a loop of pools": (("pools", "far", "members", "p"), {"pool": "top"}),
             "a pool in itself": (("pools", "web", "members", "a"), {"pool": "web"}),
             "a member without address": (("pools", "web", "members", "a"), {"weight": 1}),
             "address and pool": (("pools", "web", "members", "a"), {"address": "192.0.2.1", "pool": "far"}),
             "no members": (("pools", "web", "members"), {}),
             "a name out of the zone": (("zones", "example.test", "names"), {"www.other.org.": "web"}),
             "a service that is not there": (("pools", "web", "members", "a"), {"service": "l4"})}
    for what, (steps, new) in loops.items():
        writer = Writer(changed(steps, lambda v, new=new: new))
        yield what, writer.text, None, writer
    text = Writer(CONFIG).text
    for i in range(1, 31):
        yield f"cut after {len(text) * i // 31} bytes", text[:len(text) * i // 31].rstrip(), None, None
    marks = [m for m in re.finditer(r'"[^"]*"|[{}\[\],:]', text) if not m.group().startswith('"')]
    for i, match in enumerate(marks):
        if i % 6 == 0:
            yield f"without the {match.group()} at byte {match.start()}", \
                text[:match.start()] + text[match.end():], None, None
        if i % 9 == 0:
            yield f"an @ at byte {match.start()}", text[:match.start()] + "@" + text[match.start():], None, None
    yield "empty", "", None, None
    yield "two documents", text + text, None, None
    yield "not UTF-8", text.replace("n1", "\udcff"), None, None


GOOD_ZONE = lib.ZONE + """mail    IN MX   10 static
        IN TXT  "v=spf1 -all"
deleg   IN NS   ns.deleg
ns.deleg IN A   192.0.2.9
$GENERATE 1-3 gen$ A 192.0.2.$
alias   IN CNAME static
paren   IN TXT  ( "a"
                  "b" ) ; over two lines
srv     300 IN SRV 1 2 80 static
last    1h A    192.0.2.10
"""
BAD_LINES = [
    "bad IN A 192.0.2.256", "bad IN A 192.0.2", "bad IN A", "bad IN A 192.0.2.1 192.0.2.2", "bad IN A www",
    "bad IN AAAA 2001:db8:::1", "bad IN AAAA 192.0.2.1", "bad IN MX ten static", "bad IN MX 10", "bad IN MX 70000 static",
    "bad IN TXT", "bad IN NOSUCHTYPE x", r"bad IN TYPE70000 \# 0", r"bad IN TYPE65280 \# 4 0a00", r"bad IN TYPE65280 \# 2 0a0",
    r"bad IN TYPE65280 \# 2 0a00ff", "bad 99999999999 IN A 192.0.2.1", "bad 1x IN A 192.0.2.1", "bad CH A 192.0.2.1",
    "bad IN CNAME", "bad IN CNAME a b", "a" * 64 + " IN A 192.0.2.1", ".".join(["a" * 60] * 5) + " IN A 192.0.2.1",
    "bad..name IN A 192.0.2.1", "bad IN NS a..b", r"bad\300 IN A 192.0.2.1", "www.other.org. IN A 192.0.2.1", "$TTL never", "$TTL",
    "$ORIGIN a..b", "$INCLUDE no-such-file", "$INCLUDE", "$GENERATE 5-1 g$ A 192.0.2.$", "$GENERATE 1-3",
    "$NOSUCH x", "bad IN SRV 1 2 3", "bad IN SRV 1 2 99999 static", "bad IN CAA 256 issue \"x\"", "bad IN DS 1 2 3 zz", "bad IN SSHFP 1 1 12345",
    "bad IN HTTPS x static", ") bad IN A 192.0.2.1", "bad", "bad IN", "bad IN PTR", "bad IN NAPTR 1 2 u", "bad IN LOC 95 N 0 E 0m",
]
# the fault is one of the zone as a whole: the place is that of one of the records concerned
BAD_ZONES = {
    "two SOA": GOOD_ZONE + "@ IN SOA ns1 hostmaster 2 3600 600 86400 60\n",
    "SOA elsewhere": GOOD_ZONE + "bad IN SOA ns1 hostmaster 2 3600 600 86400 60\n",
    "no SOA": re.sub(r"@ +IN SOA.*\n", "@ IN TXT x\n", GOOD_ZONE),
    "no NS": re.sub(r" +IN NS +ns1\n", "", GOOD_ZONE),
    "CNAME and other data": GOOD_ZONE + "static IN CNAME multi\n",
    "two CNAME": GOOD_ZONE + "alias IN CNAME multi\n",
    "CNAME at the apex": GOOD_ZONE + "@ IN CNAME static\n",
    "two DNAME": GOOD_ZONE + "dn IN DNAME other\ndn IN DNAME static\n",
    "NS without address": GOOD_ZONE + "@ IN NS nowhere\n",
    "open parenthesis": GOOD_ZONE + "bad IN TXT ( \"x\"\n",
    "open quote": GOOD_ZONE + "bad IN TXT \"x\n",
    "empty": "", "only comments": "; nothing\n", "binary": "\x00\x01\x02\xff\n" * 10,
    "include of itself": GOOD_ZONE + "$INCLUDE example.test.zone\n",
}


def zone_mutants():
    """(what, text, line or None)"""
    lines = GOOD_ZONE.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("ns1"))
    places = [i for i in range(first, len(lines) + 1)
              if i == len(lines) or re.match(r"[a-z$]", lines[i])]  # not into a record of two lines, nor above an owner
    for i, bad in enumerate(BAD_LINES):
        for step in (0, 5):
            at = places[(i * 3 + step) % len(places)]
            yield f"{bad[:60]!r} at line {at + 1}", "\n".join(lines[:at] + [bad] + lines[at:]) + "\n", at + 1
    for what, text in BAD_ZONES.items():
        yield what, text, None


class Mutants(lib.Case):
    def setUp(self):
        self.daemon = self.gslbd(start=False)

    def refuse(self, done):
        """What every refusal has: status 1, and each line with its place."""
        self.assertEqual(done.returncode, 1, done.stderr[-2000:])
        lines = done.stderr.splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, rf"^{re.escape(self.daemon.dir)}/[^:]+:\d+(:\d+)?: \S", line)
        return lines

    def test_there_are_enough_of_them_and_the_originals_are_good(self):
        configs, zones = list(config_mutants()), list(zone_mutants())
        self.assertGreaterEqual(len(configs), 120)
        self.assertGreaterEqual(len(zones), 100)
        for mutants, good in ((configs, Writer(CONFIG).text), (zones, GOOD_ZONE)):
            self.assertNotIn(good, [m[1] for m in mutants])
            self.assertEqual(len({m[0] for m in mutants}), len(mutants))
        self.daemon.write("gslb.json", Writer(CONFIG).text)
        self.daemon.write("example.test.zone", GOOD_ZONE)
        done = self.daemon.check()
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_configs(self):
        for what, text, path, writer in config_mutants():
            with self.subTest(what):
                with open(self.daemon.config_path, "wb") as f:
                    f.write(text.encode("utf-8", "surrogateescape"))
                lines = self.refuse(self.daemon.check())
                named = self.check_places(text, lines, writer)
                if path:
                    self.assertTrue(any(n == path or n.startswith(path + ".") or n.startswith(path + "[")
                                        for n in named), f"{path} is not named: {lines}")

    def check_places(self, text, lines, writer):
        """Every place is true: line and column of the path's value, or of its key. Returns the paths named."""
        named = []
        total = text.count("\n") + 1
        for line in lines:
            if not line.startswith(self.daemon.config_path + ":"):
                continue
            number, column = map(int, re.match(r"[^:]*:(\d+):(\d+): ", line).groups())
            self.assertTrue(1 <= number <= total and column >= 1, line)
            if writer is None:
                continue
            rest = re.match(r"[^:]*:\d+:\d+: (.*)", line).group(1)
            path = max((p for p in list(writer.values) + list(writer.keys) if p and rest.startswith(p + ": ")),
                       key=len, default=None)
            if path is not None:
                named.append(path)
                self.assertIn((number, column), (writer.values.get(path), writer.keys.get(path)), line)
            else:  # a key that is missing: the place is that of what lacks it
                named.append(rest.split(": ")[0])
        return named

    def test_zones(self):
        for what, text, line in zone_mutants():
            with self.subTest(what):
                self.daemon.write("example.test.zone", text)
                lines = self.refuse(self.daemon.check())
                if line is not None:
                    self.assertTrue(any(f"example.test.zone:{line}: " in told for told in lines),
                                    f"line {line} is not named: {lines}")
                    self.assertEqual(len({told.split(": ")[0] for told in lines}), 1, lines)

    def test_check_zone_agrees(self):
        path = f"{self.daemon.dir}/example.test.zone"
        for what, text, _ in list(zone_mutants())[::4]:
            with self.subTest(what):
                self.daemon.write("example.test.zone", text)
                done = subprocess.run([lib.GSLBD, "--check-zone", "example.test", path], capture_output=True,
                                      text=True, timeout=20, check=False)
                self.refuse(done)
                self.assertEqual(done.stdout, "")

    def test_all_errors_at_once(self):
        lines = GOOD_ZONE.splitlines()
        bad = [line for line in BAD_LINES if not line.startswith("$")][:25]
        self.daemon.write("example.test.zone", "\n".join(lines + bad) + "\n")
        told = {int(line.split(":")[1]) for line in self.refuse(self.daemon.check())}
        self.assertLessEqual(set(range(len(lines) + 1, len(lines) + 26)), told)
        config = copy.deepcopy(CONFIG)
        config["pools"]["web"]["policy"] = "none"
        config["pools"]["far"]["members"]["p"]["order"] = -1
        config["checks"]["http-ok"]["zz"] = 1
        config["zones"]["example.test"]["names"]["www"] = "gone"
        writer = Writer(config)
        self.daemon.write("gslb.json", writer.text)
        self.daemon.write("example.test.zone", GOOD_ZONE)
        named = self.check_places(writer.text, self.refuse(self.daemon.check()), writer)
        for path in ("pools.web.policy", "pools.far.members.p.order", "checks.http-ok.zz",
                     'zones["example.test"].names.www'):
            self.assertIn(path, named)


class Running(lib.Case):
    def test_reload_of_mutants_leaves_the_old_answers(self):
        daemon = self.gslbd({"zones": CONFIG["zones"], "pools": CONFIG["pools"], "checks": CONFIG["checks"]},
                            {"example.test.zone": GOOD_ZONE})
        good_config = open(daemon.config_path, encoding="utf-8").read()
        before = self.answers(daemon)
        generation = daemon.get("/v1/status")["generation"]
        mutants = [("gslb.json", what, text) for what, text, *_ in config_mutants()] + \
            [("example.test.zone", what, text) for what, text, _ in zone_mutants()]
        for i, (name, what, text) in enumerate(mutants):
            with self.subTest(f"{name}: {what}"):
                self.put_bytes(daemon, name, text)
                reply = daemon.reload()
                self.assertEqual(reply.status, 422, reply)
                self.assertTrue(reply.json.get("errors") or reply.json["error"].get("errors"))
                if i % 10 == 0:
                    self.assertEqual(self.answers(daemon), before)
            if name == "gslb.json" and (i + 1 == len(mutants) or mutants[i + 1][0] != name):
                daemon.write("gslb.json", good_config)
        self.assertEqual(self.answers(daemon), before)
        self.assertEqual(daemon.get("/v1/status")["generation"], generation)
        daemon.write("example.test.zone", GOOD_ZONE)
        self.assertEqual(daemon.reload().status, 200)

    @staticmethod
    def put_bytes(daemon, name, text):
        with open(f"{daemon.dir}/{name}", "wb") as f:
            f.write(text.encode("utf-8", "surrogateescape"))

    @staticmethod
    def answers(daemon):
        return [(m.rcode, sorted(m.data())) for m in (
            dns.udp(daemon.server, f"{name}.example.test", rrtype) for name, rrtype in (
                ("static", "A"), ("mail", "MX"), ("gen2", "A"), ("none", "A"), ("alias", "A")))]


if __name__ == "__main__":
    unittest.main()
