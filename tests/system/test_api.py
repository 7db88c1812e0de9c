# SPDX-License-Identifier: BSD-2-Clause
"""The control API: what each route shows, who may do what, and that no web page can drive it."""
import hashlib
import json
import os
import pwd
import re
import socket
import stat
import subprocess
import threading
import unittest

import dns
import lib
from dns import wait_until

NAME = "www.example.test"
CONFIG = {"zones": {"example.test": {"file": "example.test.zone", "names": {"www": "web"}}},
          "pools": {"web": {"policy": "round_robin", "members": {
              "a": {"address": ["192.0.2.1", "2001:db8::1"]}, "b": {"address": "192.0.2.2", "weight": 4},
              "c": {"address": "192.0.2.3", "disabled": True}}}}}


class Routes(lib.Case):
    def test_status(self):
        status = self.gslbd(CONFIG).get("/v1/status")
        self.assertEqual((status["zones"], status["pools"], status["workers"]), (1, 1, 2))
        self.assertEqual(set(status["members"]), {"up", "down", "unknown", "disabled"})
        self.assertEqual(status["members"]["disabled"], 1)
        self.assertIsInstance(status["generation"], int)
        self.assertGreaterEqual(status["uptime_s"], 0)
        self.assertRegex(status["version"], r"^\d+\.\d+")
        self.assertEqual(status["alarms"], [])

    def test_pools(self):
        daemon = self.gslbd(CONFIG)
        pool = daemon.get("/v1/pools/web")
        self.assertEqual(daemon.get("/v1/pools"), {"pools": [pool]})
        self.assertEqual((pool["name"], pool["policy"], pool["live"]), ("web", "round_robin", {"a": 2, "aaaa": 1}))
        a, b, c = (pool["members"][m] for m in "abc")
        self.assertEqual([x["address"] for x in a["addresses"]], ["192.0.2.1", "2001:db8::1"])
        self.assertEqual(a["addresses"][0]["verdict"], "unknown")
        self.assertEqual((b["weight"], b["effective_weight"], b["override"]), (4, 4, None))
        self.assertEqual(c["state"], "disabled")
        self.assertEqual(daemon.api("GET", "/v1/pools/none").status, 404)

    def test_checks_tell_the_last_result(self):
        backends = self.backends(2)
        daemon = self.gslbd(self.pool_config(backends))
        backends[1].status = 503
        wait_until(lambda: daemon.verdicts("web")["m1"] == ["down"], 10, "it is down")
        targets = {t["address"]: t for t in daemon.get("/v1/checks")["targets"]}
        target = targets[backends[1].address]
        self.assertEqual((target["check"], target["port"], target["verdict"]),
                         ("http-ok", backends[1].port, "down"))
        self.assertIn("503", target["last"]["reason"])
        self.assertGreaterEqual(target["last"]["ms"], 0)
        self.assertTrue(target["last"]["at"].endswith("Z"))
        self.assertGreaterEqual(target["next_in_ms"], 0)
        self.assertEqual(len(target["members"]), 1)
        self.assertIn("m1", json.dumps(target["members"]))
        self.assertEqual(targets[backends[0].address]["verdict"], "up")

    def test_zones(self):
        daemon = self.gslbd(CONFIG)
        zone = daemon.get("/v1/zones/example.test")
        self.assertEqual(zone["serial"], 1)
        self.assertEqual(zone["records"], 8)
        self.assertIn("www", json.dumps(zone["names"]))
        self.assertTrue(zone["file"].endswith("example.test.zone"))
        self.assertEqual(len(daemon.get("/v1/zones")["zones"]), 1)
        self.assertEqual(daemon.api("GET", "/v1/zones/none.test").status, 404)

    def test_explain(self):
        daemon = self.gslbd(CONFIG)
        reply = daemon.get(f"/v1/explain?name={NAME}&type=A&client=192.0.2.200")
        self.assertTrue(all("step" in s and "detail" in s for s in reply["steps"]), reply)
        text = json.dumps(reply["answer"])
        self.assertIn("192.0.2.1", text)
        self.assertNotIn("192.0.2.3", text)  # disabled
        self.assertEqual(reply["ttl"], 30)
        self.assertEqual(reply["scope"], 0)
        for query in ("", "name=", f"name={NAME}&type=NOSUCH", "name=a..b", f"name={NAME}&client=x",
                      f"name={'a' * 300}", f"name={NAME}&ecs=10.0.0.0/99"):
            with self.subTest(query):
                self.assertEqual(daemon.api("GET", f"/v1/explain?{query}").status, 400)
        self.assertEqual(daemon.get("/v1/explain?name=elsewhere.org")["answer"], [])

    def test_metrics(self):
        daemon = self.gslbd(CONFIG)
        for _ in range(10):
            daemon.ask(NAME)
        for _ in range(3):
            dns.tcp(daemon.server, "none.example.test")
        found = daemon.metrics()
        self.assertEqual(found['gslb_queries_total{transport="udp"}'], 10)
        self.assertEqual(found['gslb_queries_total{transport="tcp"}'], 3)
        self.assertEqual(found['gslb_responses_total{rcode="NOERROR"}'], 10)
        self.assertEqual(found['gslb_responses_total{rcode="NXDOMAIN"}'], 3)
        self.assertEqual(found['gslb_pool_live_members{pool="web",family="aaaa"}'], 1)
        self.assertEqual(found['gslb_member_weight{pool="web",member="b"}'], 4)
        self.assertGreater(found['gslb_answers_total{pool="web",member="a"}'], 0)
        self.assertIn('gslb_member_up{pool="web",member="a",family="a"}', found)
        for name in ("gslb_generation", "gslb_reload_failures_total"):
            self.assertIn(name, found)
        text = daemon.api("GET", "/metrics").text
        for name in ("gslb_queries_total", "gslb_member_up"):
            self.assertIn(f"# TYPE {name} ", text)
            self.assertIn(f"# HELP {name} ", text)

    def test_openapi_names_every_route(self):
        daemon = self.gslbd(CONFIG)
        document = daemon.get("/v1/openapi.json")
        self.assertTrue(document["openapi"].startswith("3."))
        routes = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
        for method, path in (("GET", "/v1/status"), ("GET", "/v1/pools"), ("GET", "/v1/explain"),
                             ("PUT", "/v1/pools/{pool}/members/{member}/state"), ("POST", "/v1/reload"),
                             ("GET", "/v1/overrides"), ("GET", "/v1/events"), ("GET", "/v1/ready")):
            self.assertIn((method, path.lower()), {(m, p.lower()) for m, p in routes})

    def test_status_page(self):
        reply = self.gslbd(CONFIG).api("GET", "/")
        self.assertEqual(reply.status, 200)
        self.assertIn("text/html", reply.headers["Content-Type"])

    def test_events(self):
        daemon = self.gslbd(CONFIG)
        s = socket.create_connection(daemon.api_address, 10)
        self.addCleanup(s.close)
        s.sendall(f"GET /v1/events HTTP/1.1\r\nHost: {daemon.address}:{lib.API_PORT}\r\n\r\n".encode())
        seen = bytearray()

        def read():
            try:
                while piece := s.recv(4096):
                    seen.extend(piece)
            except OSError:
                pass

        threading.Thread(target=read, daemon=True).start()
        wait_until(lambda: b"text/event-stream" in seen, 5, "the stream")
        daemon.set_state("web", "a", "down", reason="watch me")
        daemon.reload()
        for text in (b"event: override", b"watch me", b"event: publish", b"event: reload"):
            wait_until(lambda: text in seen, 5, f"{text} in {bytes(seen)}")

    def test_unix_socket(self):
        daemon = self.gslbd(CONFIG)
        self.assertEqual(daemon.api("GET", "/v1/status", unix=True).status, 200)
        reply = daemon.api("PUT", "/v1/pools/web/members/a/state", {"state": "down"}, unix=True)
        self.assertEqual(reply.status, 200, reply)
        self.assertTrue(stat.S_ISSOCK(os.stat(daemon.socket_path).st_mode))
        daemon.restart()  # the old socket file is no obstacle
        self.assertEqual(daemon.api("GET", "/v1/status", unix=True).status, 200)

    @unittest.skipUnless(os.getuid() == 0, "needs a second user")
    def test_unix_socket_refuses_others(self):
        daemon = self.gslbd(CONFIG)
        os.chmod(daemon.socket_path, 0o666)  # not the file's mode alone may decide
        nobody = pwd.getpwnam("nobody")
        done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket",
                               daemon.socket_path, "http://localhost/v1/status"], user=nobody.pw_uid, check=False,
                              capture_output=True, text=True, timeout=20)
        self.assertNotEqual(done.stdout, "200")


class Group(lib.Case):
    @unittest.skipUnless(os.getuid() == 0, "needs a second user")
    def test_members_of_the_group_get_in_from_a_reload_on(self):
        daemon = self.gslbd(CONFIG)
        nobody = pwd.getpwnam("nobody")

        def status():
            done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket",
                                   daemon.socket_path, "http://localhost/v1/status"], user=nobody.pw_uid,
                                  group=nobody.pw_gid, extra_groups=[], check=False, capture_output=True, text=True,
                                  timeout=20)
            return done.stdout

        self.assertEqual(status(), "000")  # the socket's mode already says no
        daemon.config["api"]["unix_group"] = "nogroup"
        daemon.write_config()
        self.assertEqual(daemon.reload().status, 200)
        self.assertEqual(status(), "200")
        self.assertEqual(os.stat(daemon.socket_path).st_mode & 0o7777, 0o660)
        daemon.config["api"]["unix_group"] = "no-such-group"
        daemon.write_config()
        reply = daemon.reload()
        self.assertEqual(reply.status, 422)
        self.assertRegex(reply.json["errors"][0], r"gslb\.json:\d+:\d+: api\.unix_group: ")
        self.assertEqual(status(), "200")


class Access(lib.Case):
    TOKENS = {"reader": ("read", "r-secret"), "oncall": ("operate", "o-secret"), "boss": ("admin", "a-secret")}

    def tokens(self):
        return "# who may\n" + "".join(f"{name} {role} {hashlib.sha256(secret.encode()).hexdigest()}\n"
                                       for name, (role, secret) in self.TOKENS.items())

    def with_tokens(self):
        config = json.loads(json.dumps(CONFIG))
        config["api"] = {"tokens_file": "tokens"}
        daemon = self.gslbd(config, {"tokens": self.tokens()}, start=False)
        daemon.is_ready = lambda: self.answers(daemon)
        return daemon.start()

    @staticmethod
    def answers(daemon):
        if daemon.process.poll() is not None:
            raise AssertionError(f"gslbd ended with {daemon.process.returncode}")
        try:
            return daemon.api("GET", "/v1/ready", headers={"Authorization": "Bearer r-secret"}).status == 200
        except OSError:
            return False

    def test_roles(self):
        daemon = self.with_tokens()
        state = ("PUT", "/v1/pools/web/members/a/state", {"state": "down"})
        reload_ = ("POST", "/v1/reload", None)
        status = ("GET", "/v1/status", None)
        table = [(status, None, 401), (status, "wrong", 401), (status, "r-secret", 200), (status, "o-secret", 200),
                 (status, "a-secret", 200), (state, None, 401), (state, "r-secret", 403), (state, "o-secret", 200),
                 (reload_, None, 401), (reload_, "r-secret", 403), (reload_, "a-secret", 200),
                 (("GET", "/metrics", None), None, 401), (("GET", "/v1/events", None), None, 401)]
        for (method, path, body), secret, want in table:
            with self.subTest(f"{method} {path} {secret}"):
                headers = {"Authorization": f"Bearer {secret}"} if secret else {}
                reply = daemon.api(method, path, body, headers)
                self.assertEqual(reply.status, want, reply)
                if want >= 400:
                    self.assertEqual(reply.json["error"]["code"], {401: "unauthorized", 403: "forbidden"}[want])
        author = daemon.api("GET", "/v1/overrides", headers={"Authorization": "Bearer r-secret"})
        self.assertEqual(author.json["overrides"][0]["author"], "oncall")

    def test_odd_authorization_headers(self):
        daemon = self.with_tokens()
        for value in ("Bearer", "Bearer ", "r-secret", "Basic cjpyLXNlY3JldA==", "Bearer r-secret x",
                      "Bearer " + "x" * 3000, "Bearer " + hashlib.sha256(b"r-secret").hexdigest()):
            with self.subTest(value[:30]):
                self.assertEqual(daemon.api("GET", "/v1/status", headers={"Authorization": value}).status, 401)

    def test_command_line_with_unix_socket_needs_none(self):
        daemon = self.with_tokens()
        done = subprocess.run([lib.GSLBCTL, "status"], env={**os.environ, "GSLB_API": f"unix:{daemon.socket_path}"},
                              capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_bad_tokens_files_are_refused(self):
        for text in ("x\n", "a read zz\n", "a god " + "0" * 64 + "\n", self.tokens() + self.tokens()):
            with self.subTest(text[:20]):
                config = json.loads(json.dumps(CONFIG))
                config["api"] = {"tokens_file": "tokens"}
                done = self.gslbd(config, {"tokens": text}, start=False).check()
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, r"tokens:\d+: ")

    def test_off_loopback_needs_tokens(self):
        config = {"api": {"listen": ["192.0.2.1:8053"]}}
        done = self.gslbd(config, start=False).check()
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"gslb\.json:\d+:\d+: api\.listen\[0\]: .*token")
        config["api"]["listen"] = ["0.0.0.0:8053"]
        self.assertEqual(self.gslbd(config, start=False).check().returncode, 1)

    def test_no_web_page_can_drive_it(self):
        daemon = self.gslbd(CONFIG)
        path, body = "/v1/pools/web/members/a/state", {"state": "down"}
        own = f"{daemon.address}:{lib.API_PORT}"
        for headers in ({"Host": "evil.example"}, {"Host": f"evil.example:{lib.API_PORT}"},
                        {"Origin": "http://evil.example"}, {"Origin": "null"},
                        {"Host": own, "Origin": f"http://evil.example:{lib.API_PORT}"}):
            with self.subTest(headers):
                reply = daemon.api("PUT", path, body, headers)
                self.assertIn(reply.status, (400, 403), reply)
                self.assertIn(daemon.api("GET", "/v1/status", headers=headers).status, (400, 403))
        self.assertEqual(len(daemon.addresses(NAME)), 2)
        for headers in ({"Origin": f"http://{own}"}, {"Host": own}):
            self.assertEqual(daemon.api("GET", "/v1/status", headers=headers).status, 200)
        reply = daemon.api("GET", "/v1/status")
        self.assertNotIn("Access-Control-Allow-Origin", reply.headers)

    def test_body_that_is_no_json_type_is_refused(self):
        """What a form of a web page can send without a pre-flight; curl -d, which is no browser, may."""
        daemon = self.gslbd(CONFIG)
        own = f"{daemon.address}:{lib.API_PORT}"
        path, body = "/v1/pools/web/members/a/state", b'{"state": "down"}'
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            reply = daemon.api("PUT", path, body, {"Content-Type": kind, "Origin": f"http://{own}"})
            self.assertEqual(reply.status, 415, reply)
            self.assertEqual(daemon.api("PUT", path, body, {"Content-Type": kind}).status, 200)


class Hostile(lib.Case):
    def test_odd_http_does_no_harm(self):
        daemon = self.gslbd(CONFIG)
        for data in (b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 1000, b"A" * 200000,
                     b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", b"PUT /v1/pools/web/members/a/state HTTP/1.1\r\n"
                     b"Host: 127.0.0.1\r\nContent-Length: -1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000,
                     b"PUT /v1/pools/web/members/a/state HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff"
                     b"ffffffff\r\n", b"GET /v1/pools/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     b"GET /v1/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            with socket.create_connection(daemon.api_address, 5) as s:
                try:
                    s.sendall(data)
                    s.shutdown(socket.SHUT_WR)
                    while s.recv(65536):
                        pass
                except OSError:
                    pass
            self.assertEqual(daemon.api("GET", "/v1/ready").status, 200)

    def test_idle_clients_do_not_shut_others_out(self):
        daemon = self.gslbd(CONFIG)
        sockets = [socket.create_connection(daemon.api_address, 5) for _ in range(20)]
        self.addCleanup(lambda: [s.close() for s in sockets])
        for s in sockets:
            s.sendall(b"GET /v1/status HTTP/1.1\r\n")
        self.assertEqual(daemon.api("GET", "/v1/ready").status, 200)

    def test_json_torture(self):
        daemon = self.gslbd(CONFIG)
        path = "/v1/pools/web/members/a/state"
        for body in (b"[" * 100000, b"{" * 50, b'{"state":' * 5000, b"\xff\xfe", b'"' + b"\\" * 999, b"1e99999",
                     b'{"state": "\\ud800"}', b'{"state": "down\\u0000"}', b"null", b"true", b'{"state": null}'):
            with self.subTest(body[:20]):
                self.assertEqual(daemon.api("PUT", path, body).status, 400)
        self.assertEqual(len(daemon.addresses(NAME)), 2)


class Documented(lib.Case):
    """docs/api.md: each curl line with a JSON block behind it is run; the answer has the page's shape."""

    def same_shape(self, page, answer, where):
        if isinstance(page, dict):
            self.assertIsInstance(answer, dict, where)
            self.assertEqual(sorted(page), sorted(answer), where)
            for key, value in page.items():
                self.same_shape(value, answer[key], f"{where}.{key}")
        elif isinstance(page, list):
            self.assertIsInstance(answer, list, where)
            for a, b in zip(page, answer):
                self.same_shape(a, b, where + "[]")
            self.assertEqual(bool(page), bool(answer), where)
        elif isinstance(page, (int, float)) and not isinstance(page, bool):
            self.assertIsInstance(answer, (int, float), where)
        else:
            self.assertIs(type(page), type(answer), where)

    def test_every_example(self):
        with open(os.path.join(lib.TOP, "docs", "api.md"), encoding="utf-8") as f:
            page = f.read()
        config = next(c for c in map(json.loads, re.findall(r"^```json\n(.*?)^```", page, re.M | re.S)) if "pools" in c)
        del config["api"]
        daemon = self.gslbd(config)
        examples = re.findall(r"^```sh\n(curl [^\n]*)\n```\n```json\n(.*?)^```", page, re.M | re.S)
        self.assertGreaterEqual(len(examples), 15)
        for line, text in examples:
            with self.subTest(line):
                here = line.replace("127.0.0.1:8053", "%s:%d" % daemon.api_address).replace("/run/gslb/api.sock",
                                                                                          daemon.socket_path)
                done = subprocess.run(["sh", "-c", here], capture_output=True, text=True, timeout=20, check=True)
                self.same_shape(json.loads(text), json.loads(done.stdout), line)


class CommandLine(lib.Case):
    def test_each_command(self):
        backends = self.backends(2)
        daemon = self.gslbd(self.pool_config(backends))
        self.assertIn(str(daemon.get("/v1/status")["generation"]), daemon.ctl("status").stdout)
        self.assertIn("web", daemon.ctl("pools").stdout)
        self.assertIn(backends[0].address, daemon.ctl("pools", "web").stdout)
        self.assertIn(backends[0].address, daemon.ctl("checks").stdout)
        self.assertIn("example.test", daemon.ctl("zones").stdout)
        self.assertIn(backends[0].address, daemon.ctl("explain", NAME, "A", "--client", "192.0.2.9").stdout)
        daemon.ctl("reload")
        for args in (["status"], ["pools"], ["pools", "web"], ["checks"], ["zones"], ["explain", NAME], ["reload"],
                     ["down", "web/m0"], ["auto", "web/m0"], ["weight", "web/m0", "3"]):
            with self.subTest(args):
                json.loads(daemon.ctl(*args, "--json").stdout)

    def test_events_follow(self):
        daemon = self.gslbd(CONFIG)
        watcher = subprocess.Popen([lib.GSLBCTL, "--api", f"http://{daemon.address}:{lib.API_PORT}", "events"],
                                   stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.stdout.close)
        self.addCleanup(watcher.terminate)
        os.set_blocking(watcher.stdout.fileno(), False)
        seen = bytearray()

        def told():
            daemon.set_state("web", "a", "down", reason="seen by ctl")
            seen.extend(watcher.stdout.read() or b"")
            return b"override" in seen

        wait_until(told, 10, "the event is told at once, not when a buffer is full")

    def test_reload_refused_shows_the_errors(self):
        daemon = self.gslbd(CONFIG)
        daemon.write("example.test.zone", "bad line\n")
        done = daemon.ctl("reload", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("example.test.zone:1", done.stderr + done.stdout)


if __name__ == "__main__":
    unittest.main()
