# SPDX-License-Identifier: BSD-2-Clause
"""The IPVS module on a machine whose kernel has none, or which gives no right to use it: everything but the kernel. What
needs a real table is in tests/lab."""
import http.client
import json
import os
import shutil
import unittest

import lib
from dns import wait_until

VIP = "198.51.100.10"
OTHER_VIP = "198.51.100.11"
QUICK = {"type": "http", "interval": "200ms", "timeout": "1s", "fall": 1, "rise": 1}


def has_ipvs():
    """This host itself could be controlled: then nothing here holds, and nothing of it may be touched."""
    return os.path.exists("/proc/net/ip_vs") or any(
        os.path.exists(f"/lib/modules/{os.uname().release}/kernel/net/netfilter/ipvs/ip_vs.ko{end}")
        for end in ("", ".xz", ".zst", ".gz"))


def config(backends, service=None, ipvs=None, **pool):
    """A pool "web" of the service "vip" (member l4) and a plain member, 4 to 4; "only" is of the service alone."""
    servers = {f"s{i}": {"address": b.address, "port": b.port} for i, b in enumerate(backends)}
    return {
        "zones": {"example.test": {"file": "example.test.zone", "names": {"www": "web", "vip": "only"}}},
        "checks": {"alive": QUICK},
        "pools": {"web": {"policy": "weighted", "members": {"l4": {"service": "vip", "weight": 4},
                                                            "plain": {"address": "192.0.2.1", "weight": 4}}, **pool},
                  "only": {"on_all_down": "nodata", "members": {"l4": {"service": "vip"}}}},
        "ipvs": {**(ipvs or {}), "services": {"vip": {
            "address": VIP, "port": 80, "check": "alive", "servers": servers, **(service or {})}}},
    }


@unittest.skipIf(has_ipvs(), "this host has IPVS")
class Case(lib.Case):
    def daemon(self, count=4, **more):
        self.reals = self.backends(count)
        daemon = self.gslbd(config(self.reals, **more))
        self.await_share(daemon, 1)
        return daemon

    def service(self, daemon, name="vip"):
        found = [s for s in daemon.get("/v1/ipvs")["services"] if s["name"] == name]
        return found[0] if found else None

    def states(self, daemon):
        return {s["name"]: s["state"] for s in self.service(daemon)["servers"]}

    def await_share(self, daemon, share):
        wait_until(lambda: self.service(daemon)["share"] == share, 10, f"the share is {share}")

    def shares(self, daemon, name="www.example.test"):
        reply = daemon.api("POST", "/v1/simulate", {"name": name, "type": "A"})
        self.assertEqual(reply.status, 200, reply)
        return reply.json["shares"]

    def assert_shares(self, daemon, vip):
        """The VIP's part of the answers of www.example.test."""
        self.assertAlmostEqual(self.shares(daemon).get(VIP, 0), vip, places=5)

    def weight(self, daemon, pool="web"):
        return daemon.metrics()[f'gslb_member_weight{{pool="{pool}",member="l4"}}']


class Health(Case):
    def test_weight_follows_the_servers(self):
        daemon = self.daemon()
        self.assertEqual(self.weight(daemon), 4)
        self.assert_shares(daemon, 4 / 8)
        for real in self.reals[:2]:
            real.kill()
        self.await_share(daemon, 0.5)
        wait_until(lambda: self.weight(daemon) == 2, 5, "half of the weight")
        self.assert_shares(daemon, 2 / 6)
        member = daemon.get("/v1/pools/web")["members"]["l4"]
        self.assertEqual((member["weight"], member["effective_weight"], member["state"]), (4, 2, "up"))
        self.assertIn("2 (file: 4)", daemon.ctl("pools", "web").stdout)
        for real in self.reals:
            real.kill()
        wait_until(lambda: daemon.addresses("vip.example.test") == [], 10, "the VIP is out")
        self.assertEqual(self.shares(daemon), {"192.0.2.1": 1})
        self.assertEqual({tuple(daemon.addresses("www.example.test")) for _ in range(20)}, {("192.0.2.1",)})
        self.assertEqual(self.service(daemon)["state"], "down")
        self.assertEqual(daemon.metrics()['gslb_member_up{pool="web",member="l4",family="a"}'], 0)
        forced = daemon.set_state("web", "l4", "up")  # an operator knows better
        self.assertEqual((forced["state"], forced["effective_weight"]), ("admin_up", 4))
        self.assert_shares(daemon, 4 / 8)
        daemon.set_state("web", "l4", "auto")
        for real in self.reals:
            real.revive()
        wait_until(lambda: daemon.addresses("vip.example.test") == [VIP], 10, "it is back")
        self.await_share(daemon, 1)

    def test_each_server_is_probed_once(self):
        reals = self.backends(1)
        both = config(reals)
        both["checks"]["alive"] = {**QUICK, "interval": "1h"}
        both["ipvs"]["services"]["second"] = {**both["ipvs"]["services"]["vip"], "port": 81}
        both["pools"]["web"]["members"]["real"] = {"address": reals[0].address, "port": reals[0].port, "check": "alive"}
        daemon = self.gslbd(both)
        (target,) = daemon.get("/v1/checks")["targets"]
        self.assertEqual(sorted(target["members"]), ["ipvs:second/s0", "ipvs:vip/s0", "web/real"])
        self.assertEqual(len(reals[0].requests), 1)

    def test_quorum(self):
        daemon = self.daemon(service={"quorum": 3, "sorry": {"address": "127.0.0.99", "port": 80}})
        self.reals[0].kill()
        self.await_share(daemon, 0.75)
        self.assertEqual(daemon.addresses("vip.example.test"), [VIP])
        self.reals[1].kill()
        wait_until(lambda: self.service(daemon)["state"] == "sorry", 10, "the sorry server's turn")
        wait_until(lambda: daemon.addresses("vip.example.test") == [], 10, "DNS sends nobody there")
        desired = self.service(daemon)["desired"]["servers"]
        self.assertEqual([(s["address"], s["port"]) for s in desired], [("127.0.0.99", 80)])
        self.reals[1].revive()
        wait_until(lambda: daemon.addresses("vip.example.test") == [VIP], 10, "quorum is back")

    def test_explain(self):
        daemon = self.daemon()
        steps = daemon.get("/v1/explain?name=vip.example.test&type=A")["steps"]
        (director,) = [s["detail"] for s in steps if s["step"] == "director"]
        self.assertIn(f"tcp {VIP}:80 is the IPVS service vip of this host: up", director)
        self.assertIn("IPVS is not available: ", director)

    def test_withdrawn_when_it_cannot_be_served(self):
        self.reals = self.backends(1)
        daemon = self.gslbd(config(self.reals, ipvs={"on_unavailable": "withdraw"}))
        self.assertEqual(daemon.addresses("vip.example.test"), [])
        self.assertEqual(self.service(daemon)["state"], "waiting")
        self.assertEqual(daemon.addresses("www.example.test"), ["192.0.2.1"])


class Operators(Case):
    def test_address_of_a_real_server(self):
        daemon = self.daemon()
        address = self.reals[0].address
        for state, shown in (("down", "admin_down"), ("drain", "drained")):
            done = daemon.put(f"/v1/backends/{address}/state", {"state": state, "reason": "disk"})
            self.assertEqual(done["servers"]["vip/s0"]["state"], shown)
            self.assertEqual(done["members"], {})
            self.assertEqual(self.states(daemon), {"s0": shown, "s1": "up", "s2": "up", "s3": "up"})
            self.assert_shares(daemon, 3 / 7)
        # the server's own beats the one by address, and goes away without it
        daemon.put("/v1/ipvs/services/vip/servers/s0/state", {"state": "up"})
        self.assert_shares(daemon, 4 / 8)
        daemon.put("/v1/ipvs/services/vip/servers/s0/state", {"state": "auto"})
        self.assert_shares(daemon, 3 / 7)
        daemon.restart()
        self.assertEqual(self.states(daemon)["s0"], "drained")
        out = daemon.ctl("auto", address).stdout
        self.assertIn("ipvs vip/s0 is up", out)
        self.assert_shares(daemon, 4 / 8)
        self.assertEqual(daemon.api("PUT", "/v1/backends/203.0.113.99/state", {"state": "down"}).status, 404)

    def test_address_of_the_vip(self):
        daemon = self.daemon()
        done = daemon.put(f"/v1/backends/{VIP}/state", {"state": "down"})
        self.assertEqual({m["state"] for m in done["members"].values()}, {"admin_down"})
        self.assertEqual(daemon.addresses("vip.example.test"), [])
        self.assertEqual(self.service(daemon)["state"], "admin_down")
        self.assertIsNone(self.service(daemon)["desired"])
        daemon.put(f"/v1/backends/{VIP}/state", {"state": "auto"})
        self.assertEqual(daemon.addresses("vip.example.test"), [VIP])

    def test_service_and_weights(self):
        daemon = self.daemon()
        done = daemon.put("/v1/ipvs/services/vip/servers/s1/weight", {"weight": 0, "reason": "slow disk"})
        self.assertEqual((done["share"], done["saved"]), (0.75, True))
        self.assertIn("weight 0 by local: slow disk", daemon.ctl("ipvs", "status", "vip").stdout)
        self.assertEqual(self.weight(daemon), 3)
        daemon.ctl("ipvs", "weight", "vip/s1", "auto")
        self.assertEqual(self.weight(daemon), 4)
        daemon.ctl("ipvs", "drain", "vip", "--reason", "move", "--for", "1h")
        self.assertEqual(daemon.addresses("vip.example.test"), [])
        self.assertIn("ipvs:vip", daemon.ctl("overrides").stdout)
        daemon.ctl("ipvs", "auto", "vip")
        self.assertEqual(daemon.addresses("vip.example.test"), [VIP])
        for path, body in (("vip/servers/s9/state", {"state": "up"}), ("none/state", {"state": "up"}),
                           ("none/servers/s1/weight", {"weight": 1})):
            self.assertEqual(daemon.api("PUT", f"/v1/ipvs/services/{path}", body).status, 404)
        for path, body in (("vip/state", {"state": "off"}), ("vip/state", {}), ("vip/servers/s1/weight", {"weight": -1}),
                           ("vip/servers/s1/weight", {"weight": 65536}), ("vip/state", {"state": "up", "wy": 1})):
            self.assertEqual(daemon.api("PUT", f"/v1/ipvs/services/{path}", body).status, 400, (path, body))
        self.assertEqual(daemon.get("/v1/overrides")["overrides"], [])


class Unavailable(Case):
    def test_api(self):
        daemon = self.daemon()
        table = daemon.get("/v1/ipvs")
        self.assertEqual((table["available"], table["foreign"]), (False, []))
        self.assertTrue("IPVS" in table["reason"] or "CAP_NET_ADMIN" in table["reason"], table["reason"])
        self.assertEqual([(s["name"], s["kernel"]) for s in table["services"]], [("vip", None)])
        (alarm,) = daemon.get("/v1/status")["alarms"]
        self.assertIn(table["reason"], alarm["text"])
        for path, body in (("plan", {}), ("apply", {}), ("apply", {"force": True}), ("zero", {}), ("zero", {"service": "vip"}),
                           ("restore", {"text": "-A -t 192.0.2.7:80 -s rr\n"})):
            reply = daemon.api("POST", f"/v1/ipvs/{path}", body)
            self.assertEqual((reply.status, reply.json["error"]["code"]), (503, "unavailable"), path)
            self.assertEqual(reply.json["error"]["message"], table["reason"])
        for path, body in (("apply", {"force": 1}), ("apply", {"forse": True}), ("restore", {}), ("restore", {"text": 7}),
                           ("plan", []), ("zero", {"service": 1})):
            self.assertEqual(daemon.api("POST", f"/v1/ipvs/{path}", body).status, 400, (path, body))
        bad = daemon.api("POST", "/v1/ipvs/restore", {"file": "rules", "text": "-A -t 192.0.2.7:80 -s rr\n-A -t 192.0.2.7:80\n"
                                                                               "-A -t 192.0.2.7:81 -s rrr\n-x\n"})
        self.assertEqual((bad.status, bad.json["error"]["code"]), (422, "invalid_config"))
        self.assertEqual([e.split(": ")[0] for e in bad.json["errors"]], ["rules:2", "rules:3", "rules:4"])

    def test_command_line(self):
        daemon = self.daemon()
        rules = os.path.join(daemon.dir, "rules")
        daemon.write("rules", "-A -t 192.0.2.7:80 -s rr\n")
        daemon.write("bad", "-A -t 192.0.2.7:0 -s rr\n")
        for words in (("list",), ("list", "--stats"), ("list", "--connections"), ("plan",), ("apply",), ("save",), ("zero",),
                      ("restore", rules), ("restore", rules, "--apply"), ("restore", rules + ".none"), ("bogus",),
                      ("restore", os.path.join(daemon.dir, "bad")), ("status", "none"), ("down", "none"), ("realserver", "none"),
                      ("import", rules + ".none"), ("list", "--stats", "--rate")):
            for more in ((), ("--json",)):
                done = daemon.ctl("ipvs", *words, *more, check=False)
                self.assertEqual(done.returncode, 1, words)
                self.assertEqual(len(done.stderr.splitlines()), 1, (words, done.stderr))
                self.assertTrue(done.stderr.startswith("gslbctl: "), done.stderr)
                if more and done.stdout:
                    json.loads(done.stdout)
        status = daemon.ctl("ipvs", "status").stdout
        self.assertIn("IPVS is not available", status)
        self.assertIn("4 of 4 servers up", status)
        self.assertTrue(daemon.ctl("ipvs", "realserver", "vip").stdout.startswith("#!/bin/sh\n"))
        doctor = daemon.ctl("ipvs", "doctor", check=False)
        self.assertEqual(doctor.returncode, 1)
        self.assertIn("modprobe ip_vs", doctor.stdout)

    def test_metrics(self):
        daemon = self.daemon()
        self.reals[0].kill()
        self.await_share(daemon, 0.75)
        metrics = daemon.metrics()
        self.assertEqual(metrics["gslb_ipvs_available"], 0)
        self.assertEqual(metrics['gslb_ipvs_service_up{service="vip"}'], 1)
        self.assertEqual(metrics['gslb_ipvs_service_share{service="vip"}'], 0.75)
        self.assertEqual(metrics['gslb_ipvs_operations_total{op="add_service",result="ok"}'], 0)

    def test_without_the_section(self):
        daemon = self.gslbd()
        table = daemon.get("/v1/ipvs")
        self.assertEqual((table["available"], table["services"], table["foreign"]), (False, [], []))
        self.assertIn('no section "ipvs"', table["reason"])
        self.assertEqual(daemon.api("POST", "/v1/ipvs/plan", {}).status, 503)
        self.assertEqual(daemon.get("/v1/status")["alarms"], [])
        self.assertEqual([name for name in daemon.metrics() if "ipvs" in name], [])


class Reload(Case):
    def reload(self, daemon, change):
        before = json.loads(json.dumps(daemon.config))
        change(daemon.config["ipvs"])
        daemon.write_config()
        reply = daemon.reload()
        if reply.status != 200:
            daemon.config = before
            daemon.write_config()
        return reply

    def test_services_come_and_go(self):
        daemon = self.daemon()
        second = {"address": OTHER_VIP, "port": 53, "protocol": "udp", "one_packet": True, "scheduler": "mh",
                  "flags": ["mh-port"], "check": [], "servers": {"a": {"address": "10.0.0.1"}}}
        self.assertEqual(self.reload(daemon, lambda ipvs: ipvs["services"].update(second=second)).status, 200)
        self.assertEqual(self.service(daemon, "second")["state"], "up")
        self.assertEqual(daemon.put(f"/v1/backends/{OTHER_VIP}/state", {"state": "auto"})["members"], {})
        self.assertEqual(self.reload(daemon, lambda ipvs: ipvs["services"].pop("second")).status, 200)
        gone = self.service(daemon, "second")
        self.assertTrue(gone is None or (gone["live"], gone["configured"]) == (False, False), gone)
        reply = self.reload(daemon, lambda ipvs: ipvs["services"]["vip"]["servers"].pop("s3"))
        self.assertEqual(reply.status, 200)
        self.assertEqual(self.states(daemon), {"s0": "up", "s1": "up", "s2": "up"})
        self.assertEqual(self.service(daemon)["share"], 1)
        self.assertEqual(daemon.addresses("vip.example.test"), [VIP])

    def test_what_needs_a_restart_or_is_wrong(self):
        daemon = self.daemon(count=1)
        for change, words in ((lambda ipvs: ipvs.update(mode="observe"), "ipvs.mode: "),
                              (lambda ipvs: ipvs.update(allow=["198.51.100.0/24"]), "ipvs.allow: ")):
            reply = self.reload(daemon, change)
            self.assertEqual((reply.status, reply.json["error"]["code"]), (422, "invalid_config"))
            (error,) = reply.json["errors"]
            self.assertIn(words, error)
            self.assertIn("restart needed", error)
        reply = self.reload(daemon, lambda ipvs: ipvs["services"]["vip"].update(scheduler="wrx", quorum=9))
        self.assertEqual([error.split(": ")[1] for error in reply.json["errors"]],
                         ["ipvs.services.vip.scheduler", "ipvs.services.vip.quorum"])
        self.assertEqual(daemon.get("/v1/status")["generation"], 1)
        self.assertEqual(daemon.addresses("vip.example.test"), [VIP])

    def test_events(self):
        daemon = self.daemon(count=1)
        stream = http.client.HTTPConnection(*daemon.api_address, timeout=20)
        self.addCleanup(stream.close)
        stream.request("GET", "/v1/events?after=0")
        response = stream.getresponse()
        self.reals[0].kill()
        kind = None
        for line in response:  # it has a time limit
            word, _, rest = line.decode().strip().partition(": ")
            kind = rest if word == "event" else kind
            event = json.loads(rest) if word == "data" and kind == "ipvs" else {}
            if event.get("state") == "down":
                break
        self.assertEqual(event["service"], "vip")
        self.assertIn("0 of 1 servers up", event["reason"])


SERVERS = {"a": {"address": "10.0.0.11"}, "b": {"address": "10.0.0.12"}}
SERVICE = {"address": VIP, "port": 80, "servers": SERVERS, "check": []}
# (what is changed in the service, where the error is below ipvs.services.v, words of it)
BAD_SERVICES = [
    ({"scheduler": "wrx"}, ".scheduler", 'did you mean "wrr"'),
    ({"shceduler": "rr"}, ".shceduler", "unknown key"),
    ({"port": 0}, ".port", "persistence"),
    ({"port": 65536}, ".port", "maximum 65535"),
    ({"port": None}, "", "port"),
    ({"protocol": "icmp"}, ".protocol", "none of tcp, udp, sctp"),
    ({"fwmark": 7}, "", "one of them"),
    ({"address": "198.51.100.300"}, ".address", "not an IPv4 or IPv6 address"),
    ({"address": "224.0.0.1"}, ".address", "virtual address"),
    ({"address": "2001:db8::10"}, ".servers.a.address", "other family"),
    ({"forward": "fullnat"}, ".forward", "SNAT"),
    ({"forward": "masq"}, ".forward", "none of nat, dr, tun"),
    ({"flags": ["sh-port"]}, ".flags[0]", 'flag of scheduler "sh"'),
    ({"flags": ["fast"]}, ".flags[0]", "there is no flag"),
    ({"persistence": "0s"}, ".persistence", "minimum 1s"),
    ({"persistence": "32d"}, ".persistence", "maximum 31d"),
    ({"persistence_prefix": 24}, ".persistence_prefix", "persistence"),
    ({"persistence": 60, "persistence_prefix": 33}, ".persistence_prefix", "32 bits"),
    ({"one_packet": True}, ".one_packet", "udp"),
    ({"engine": "sip"}, ".engine", "persistence"),
    ({"quorum": 0}, ".quorum", "minimum 1"),
    ({"quorum": 3}, ".quorum", "never be met"),
    ({"check": "none"}, ".check", "there is no check"),
    ({"servers": {}}, ".servers", "empty"),
    ({"servers": {"a": {"address": "10.0.0.11"}, "b": {"address": "10.0.0.11"}}}, ".servers.b", "same server"),
    ({"servers": {"a": {"address": "10.0.0.11", "weight": 65536}}}, ".servers.a.weight", "maximum 65535"),
    ({"servers": {"a": {"address": "10.0.0.11", "lower": 5}}}, ".servers.a.lower", "upper"),
    ({"servers": {"a": {"address": "10.0.0.11", "upper": 4, "lower": 5}}}, ".servers.a.lower", "upper"),
    ({"servers": {"a": {"address": "fe80::1", "forward": "tun"}}}, ".servers.a.address", "link-local"),
    ({"servers": {"a": {"address": "10.0.0.11", "tunnel": {}}}}, ".servers.a.tunnel", "tun"),
    ({"servers": {"a": {"address": "10.0.0.11", "forward": "tun", "tunnel": {"type": "gue"}}}}, ".servers.a.tunnel", "port"),
    ({"forward": "dr", "servers": {"a": {"address": "10.0.0.11", "port": 81}}}, ".servers.a.port", "nat"),
    ({"sorry": {"port": 80}}, ".sorry.address", "required"),
    ({"sorry": {"address": "fd00::1"}}, ".sorry.address", "other family"),
    ({"capacity": 0}, ".capacity", "minimum 1"),
    ({"load": "rate"}, ".load", "capacity"),
    ({"vip": {"interface": "an-interface-of-long-name"}}, ".vip.interface", "15 bytes"),
]
BAD_SECTIONS = [
    ({"mode": "mine"}, "mode", "none of shared, exclusive, observe"),
    ({"on_exit": "flush"}, "on_exit", "none of leave, drain, remove"),
    ({"allow": ["198.51.100.10/24"]}, "allow[0]", "prefix"),
    ({"allow": ["192.0.2.0/24"]}, "services.v.address", "none of the prefixes"),
    ({"timeouts": {"tcp": "0s"}}, "timeouts.tcp", "minimum 1s"),
    ({"sync": {"role": "slave", "interface": "eth0"}}, "sync.role", "none of master, backup"),
    ({"sync": {"role": "master"}}, "sync.interface", "required"),
    ({"sync": {"role": "master", "interface": "eth0", "group": "10.0.0.1"}}, "sync.group", "multicast"),
    ({"services": {"v": SERVICE, "w": SERVICE}}, "services.w", 'same service as "v"'),
    ({"servcies": {}}, "servcies", "unknown key"),
]


class BadInput(Case):
    def refused(self, section, path, words, pools=None):
        daemon = self.gslbd({"ipvs": section, "pools": pools or {}}, start=False)
        done = daemon.check()
        self.assertEqual((done.returncode, done.stdout), (1, ""), (section, done.stderr))
        place = f"{daemon.config_path}:"
        for line in done.stderr.splitlines():
            self.assertTrue(line.startswith(place), line)
            where = line[len(place):].split(": ")
            row, column = (int(x) for x in where[0].split(":"))
            self.assertGreater(row, 1)
            self.assertGreater(column, 1)
            if where[1] == path and words in line:
                return
        self.fail(f"{section}: {path}: ...{words} is not in\n{done.stderr}")

    def test_services(self):
        for change, path, words in BAD_SERVICES:
            with self.subTest(change):
                service = {k: v for k, v in {**SERVICE, **change}.items() if v is not None}
                self.refused({"services": {"v": service}}, f"ipvs.services.v{path}", words)

    def test_sections(self):
        for change, path, words in BAD_SECTIONS:
            with self.subTest(change):
                self.refused({"services": {"v": SERVICE}, **change}, f"ipvs.{path}", words)

    def test_members(self):
        marked = {"fwmark": 7, "servers": SERVERS, "check": []}
        for member, path, words in (({"service": "none"}, "service", "there is no service"),
                                    ({"service": "v", "address": "192.0.2.1"}, "", "more than one"),
                                    ({"service": "v", "check": "c"}, "check", "no check"),
                                    ({"service": "m"}, "service", "fwmark")):
            with self.subTest(member):
                self.refused({"services": {"v": SERVICE, "m": marked}},
                             f"pools.p.members.l4{'.' if path else ''}{path}", words, {"p": {"members": {"l4": member}}})

    def test_a_service_twice_in_the_text(self):
        daemon = self.gslbd({"ipvs": {"services": {"v": SERVICE}}}, start=False)
        twice = json.dumps(daemon.config, indent=2).replace('"services": {', f'"services": {{\n"v": {json.dumps(SERVICE)},')
        daemon.write("gslb.json", twice)
        done = daemon.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn("ipvs.services.v: duplicate key, first seen at ", done.stderr)

    def test_everything_that_is_good(self):
        service = {**SERVICE, "scheduler": "sh", "flags": ["sh-port", "sh-fallback"], "persistence": "5m", "persistence_prefix": 24,
                   "quorum": 1, "hysteresis": 1, "on_fail": "quiesce", "sorry": {"address": "10.0.0.99", "port": 8080},
                   "capacity": 1000, "vip": {"interface": "eth0", "require_local": True}, "forward": "tun"}
        service["servers"] = {"a": {"address": "10.0.0.11", "weight": 0, "upper": 10, "lower": 5,
                                    "tunnel": {"type": "gue", "port": 6080, "checksum": "remcsum"}},
                              "b": {"address": "10.0.0.12", "tunnel": {"type": "gre", "checksum": "csum"}},
                              "c": {"address": "10.0.0.13", "port": 8080, "forward": "nat", "check": "c"}}
        service["sorry"]["forward"] = "nat"
        six = {"address": "2001:db8::10", "port": 5060, "protocol": "udp", "persistence": 30, "engine": "sip", "check": [],
               "servers": {"a": {"address": "2001:db8::11", "port": 5061}}}
        ipvs = {"mode": "exclusive", "on_exit": "drain", "timeouts": {"tcp": "15m", "tcp_fin": "2m", "udp": 300},
                "sync": {"role": "both", "interface": "eth1", "id": 7, "group": "224.0.0.82", "port": 8849},
                "allow": ["198.51.100.0/24", "2001:db8::/32"],
                "services": {"v": service, "six": six, "all": {**SERVICE, "port": 0, "persistence": 300},
                             "sctp": {**SERVICE, "protocol": "sctp"},
                             "mark": {"fwmark": 4294967295, "family": "ipv6", "check": [],
                                      "servers": {"a": {"address": "2001:db8::11"}}}}}
        daemon = self.gslbd({"checks": {"c": {"type": "tcp"}}, "ipvs": ipvs}, start=False)
        done = daemon.check()
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Import(unittest.TestCase):
    def test_a_config_of_keepalived_is_one_of_ours(self):
        """The JSON on standard output loads, what is left out is on standard error."""
        daemon = lib.Gslbd()
        self.addCleanup(shutil.rmtree, daemon.dir)
        daemon.write("keepalived.conf", """vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress { 198.51.100.10 }
}
virtual_server 198.51.100.10 80 {
    delay_loop 6
    lb_algo wrr
    lb_kind NAT
    persistence_timeout 50
    protocol TCP
    sorry_server 10.0.0.99 80
    real_server 10.0.0.11 8080 {
        weight 3
        TCP_CHECK { connect_timeout 3 }
    }
}
""")
        done = daemon.ctl("ipvs", "import", os.path.join(daemon.dir, "keepalived.conf"))
        made = json.loads(done.stdout)
        (service,) = made["ipvs"]["services"].values()
        self.assertEqual((service["address"], service["port"], service["scheduler"]), (VIP, 80, "wrr"))
        self.assertIn("vrrp", done.stderr.lower())
        daemon.config.update(made)
        daemon.write_config()
        checked = daemon.check()
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
