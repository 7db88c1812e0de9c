# SPDX-License-Identifier: BSD-2-Clause
"""gslbctl as people and scripts use it: how it finds the server, what it prints, how it fails."""
import hashlib
import json
import os
import pty
import re
import subprocess
import unittest

import lib

NAME = "www.example.test"
CONFIG = {"zones": {"example.test": {"file": "example.test.zone", "names": {"www": "web"}}},
          "pools": {"web": {"policy": "weighted", "members": {
              "a": {"address": ["192.0.2.1", "2001:db8::1"], "weight": 3}, "b": {"address": "192.0.2.2"}}}}}


def ctl(*args, env=None, **more):
    """gslbctl with a clean environment."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GSLB_API") and k != "GSLB_TOKEN"}
    return subprocess.run([lib.GSLBCTL, *args], capture_output=True, text=True, timeout=20, check=False,
                          stdin=subprocess.DEVNULL, env={**clean, **(env or {})}, **more)


class Finding(lib.Case):
    def ok(self, *args, **more):
        done = ctl("ready", *args, **more)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "ready\n", ""))

    def fails(self, *args, **more):
        done = ctl("ready", *args, **more)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done)
        self.assertRegex(done.stderr, r"^gslbctl: [^\n]+\n$")
        return done.stderr

    def test_by_option_then_environment(self):
        daemon = self.gslbd(CONFIG)
        url = "http://%s:%d" % daemon.api_address
        self.ok("--api", url)
        self.ok("--api=" + url + "/")
        self.ok("--api", "unix:" + daemon.socket_path)
        self.ok(env={"GSLB_API": url})
        self.ok(env={"GSLB_API": "unix:" + daemon.socket_path})
        self.ok("--api", url, env={"GSLB_API": "http://127.0.0.1:1"})
        self.fails("--api", "http://127.0.0.1:1", env={"GSLB_API": url})
        self.ok(env={"GSLB_API": url, "http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"})

    def test_default_address(self):
        self.assertIn("http://127.0.0.1:8053", ctl("--help").stdout)

    def test_bad_addresses(self):
        for api in ("127.0.0.1:8053", "ftp://127.0.0.1", "unix:here", "http://", "http://nohost.invalid:1"):
            with self.subTest(api):
                self.fails("--api", api)

    def test_name_of_a_host_works(self):
        """The server refuses names in Host, for web pages' sake; gslbctl is none."""
        config = json.loads(json.dumps(CONFIG))
        config["api"] = {"listen": [f"127.0.0.1:{lib.API_PORT + 7}"]}
        daemon = self.gslbd(config, start=False)
        daemon.api_address = ("127.0.0.1", lib.API_PORT + 7)
        daemon.start()
        self.ok("--api", f"http://localhost:{lib.API_PORT + 7}")

    def test_tokens(self):
        config = json.loads(json.dumps(CONFIG))
        config["api"] = {"tokens_file": "tokens"}
        digest = hashlib.sha256(b"s3cret").hexdigest()
        daemon = self.gslbd(config, {"tokens": f"me read {digest}\n", "mine": "s3cret\nrest is ignored\n", "empty": ""},
                            start=False)
        daemon.is_ready = lambda: self.up(daemon)
        daemon.start()
        url = "http://%s:%d" % daemon.api_address
        self.ok("--api", url, env={"GSLB_TOKEN": "s3cret"})
        self.ok("--api", url, "--token-file", os.path.join(daemon.dir, "mine"))
        self.ok("--api", url, "--token-file", os.path.join(daemon.dir, "mine"), env={"GSLB_TOKEN": "wrong"})
        self.assertIn("token", self.fails("--api", url))
        self.assertIn("token", self.fails("--api", url, env={"GSLB_TOKEN": "wrong"}))
        self.assertIn("nofile", self.fails("--api", url, "--token-file", os.path.join(daemon.dir, "nofile")))
        self.assertIn("token", self.fails("--api", url, "--token-file", os.path.join(daemon.dir, "empty")))
        done = ctl("down", "web/a", "--api", url, env={"GSLB_TOKEN": "s3cret"})
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("role", done.stderr)
        self.assertNotIn("s3cret", daemon.log())

    @staticmethod
    def up(daemon):
        return daemon.process.poll() is None and ctl("ready", "--api", "unix:" + daemon.socket_path).returncode == 0


class Output(lib.Case):
    def test_tables(self):
        daemon = self.gslbd(CONFIG)
        daemon.ctl("down", "web/a", "--reason", "new disk", "--for", "1h")
        lines = daemon.ctl("pools", "web").stdout.splitlines()
        self.assertEqual(lines[0], "pool web, weighted, live: 1 A, 0 AAAA")
        self.assertEqual(lines[1].split(), ["MEMBER", "STATE", "ADDRESS", "VERDICT", "WEIGHT", "OVERRIDE"])
        self.assertEqual(lines[2].split(), ["a", "admin_down", "192.0.2.1", "unknown", "3", "down", "by", "local:", "new",
                                            "disk"])
        self.assertEqual(lines[3].split(), ["2001:db8::1", "unknown"])
        starts = {line.index(word) for line, word in zip(lines[1:4], ("ADDRESS", "192.0.2.1", "2001:db8::1"))}
        self.assertEqual(len(starts), 1)
        overrides = daemon.ctl("overrides").stdout
        self.assertRegex(overrides, r"o1 +web/a +down +local +\d s +\d+ min +new disk\n")
        self.assertIn("taken away", daemon.ctl("overrides", "delete", "o1").stdout)
        self.assertEqual(daemon.ctl("overrides").stdout, "no overrides\n")

    def test_simulate_and_explain(self):
        daemon = self.gslbd(CONFIG)
        self.assertRegex(daemon.ctl("simulate", NAME).stdout, r"192\.0\.2\.1 +75\.00 %\n192\.0\.2\.2 +25\.00 %\n")
        self.assertRegex(daemon.ctl("simulate", NAME, "A", "web/a=down").stdout, r"192\.0\.2\.2 +100\.00 %\n")
        self.assertRegex(daemon.ctl("explain", NAME, "AAAA").stdout, rf"\n{NAME}\. 30 IN AAAA 2001:db8::1\n")

    def test_json_is_the_answer_as_it_came(self):
        daemon = self.gslbd(CONFIG)
        self.assertEqual(daemon.ctl("pools", "--json").stdout, daemon.api("GET", "/v1/pools").text)
        done = daemon.ctl("pools", "none", "--json", check=False)
        self.assertEqual(json.loads(done.stdout)["error"]["code"], "not_found")
        self.assertEqual((done.returncode, done.stderr), (1, "gslbctl: there is no pool none\n"))

    def test_colour_only_on_a_terminal(self):
        daemon = self.gslbd(CONFIG)
        args = ["pools", "web", "--api", "http://%s:%d" % daemon.api_address]
        self.assertNotIn("\033", ctl(*args, env={"TERM": "xterm"}).stdout)
        for env, coloured in (({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False),
                              ({"TERM": "dumb"}, False)):
            with self.subTest(env):
                master, slave = pty.openpty()
                clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
                subprocess.run([lib.GSLBCTL, *args], stdout=slave, env={**clean, **env}, timeout=20, check=True)
                os.close(slave)
                text = os.read(master, 65536).decode()
                os.close(master)
                self.assertIs("\033[33m" in text, coloured, text)

    def test_events_after(self):
        daemon = self.gslbd(CONFIG)
        daemon.set_state("web", "a", "down", reason="seen later")
        watcher = subprocess.Popen([lib.GSLBCTL, "--api", "http://%s:%d" % daemon.api_address, "events", "--after", "0",
                                    "--json"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.stdout.close)
        self.addCleanup(watcher.kill)
        while True:
            line = json.loads(watcher.stdout.readline())
            if line["event"] == "override":
                break
        self.assertEqual((line["data"]["target"], line["data"]["reason"]), ("web/a", "seen later"))

    def test_stream_that_ends_is_told(self):
        daemon = self.gslbd(CONFIG)
        watcher = subprocess.Popen([lib.GSLBCTL, "--api", "http://%s:%d" % daemon.api_address, "events", "--after", "0"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.addCleanup(watcher.kill)
        self.assertIn("publish", watcher.stdout.readline())
        daemon.stop()
        _, error = watcher.communicate(timeout=10)
        self.assertEqual((watcher.returncode, error), (1, "gslbctl: the server has ended the stream\n"))

    def test_ipvs_says_why_not(self):
        daemon = self.gslbd(CONFIG)
        daemon.write("rules", "-A -t 192.0.2.77:25\n")
        for args in (["list"], ["list", "--stats"], ["save"], ["plan"], ["apply"], ["zero"],
                     ["restore", os.path.join(daemon.dir, "rules")]):
            with self.subTest(args):
                done = daemon.ctl("ipvs", *args, check=False)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertRegex(done.stderr, r"^gslbctl: [^\n]+\n$")
        self.assertIn("IPVS is not available", daemon.ctl("ipvs", "list", check=False).stderr)
        self.assertIn("IPVS is not available", daemon.ctl("ipvs", "status").stdout)
        self.assertIs(json.loads(daemon.ctl("ipvs", "status", "--json").stdout)["available"], False)

    def test_doctor_looks_at_this_host(self):
        daemon = self.gslbd(CONFIG)
        done = daemon.ctl("ipvs", "doctor", "--all", check=False)
        self.assertIn(done.returncode, (0, 1))
        self.assertEqual(done.stdout.splitlines()[0], "every service")
        findings = json.loads(daemon.ctl("ipvs", "doctor", "--all", "--json", check=False).stdout)["findings"]
        self.assertLessEqual({"every service", "nat", "dr", "tun"}, {f["scope"] for f in findings})
        self.assertEqual(done.returncode, int(any(f["level"] == "wrong" for f in findings)))
        done = daemon.ctl("ipvs", "realserver", "none", check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (1, "", "gslbctl: there is no IPVS service none\n"))

    def test_refused_reload_lists_what_is_wrong(self):
        daemon = self.gslbd(CONFIG)
        daemon.write("example.test.zone", "one\ntwo\n")
        done = daemon.ctl("reload", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertEqual([line.split(":")[1] for line in done.stdout.splitlines()[:2]], ["1", "2"])


class Help(unittest.TestCase):
    def test_help_and_version(self):
        done = ctl("--version")
        self.assertRegex(done.stdout, r"^gslbctl \d+\.\d+\.\d+\n$")
        text = ctl("--help").stdout
        for command in ("status", "pools", "down", "up", "drain", "auto", "weight", "explain", "checks", "zones", "reload",
                        "events", "ipvs"):
            self.assertRegex(text, rf"(?m)^  {command} ")
            one = ctl(command, "--help")
            self.assertEqual(one.returncode, 0)
            self.assertTrue(one.stdout.startswith(f"usage: gslbctl {command}"), one.stdout)
        verbs = re.findall(r"(?m)^  ipvs (\w+) ", ctl("ipvs", "--help").stdout)
        self.assertGreaterEqual(len(verbs), 14)
        for verb in verbs:
            one = ctl("ipvs", verb, "--help")
            self.assertTrue(one.stdout.startswith(f"usage: gslbctl ipvs {verb}"), one.stdout)

    def test_mistakes_are_one_line(self):
        for args in ([], ["nonsense"], ["--nonsense"], ["status", "x"], ["down"], ["down", "web"], ["down", "a", "b"],
                     ["weight", "web/a"], ["weight", "web/a", "1.5"], ["explain"], ["status", "--for", "1h"],
                     ["pools", "--reason"], ["ipvs"], ["ipvs", "flush"],
                     ["ipvs", "down"], ["ipvs", "restore", "/nonexistent"], ["ipvs", "list", "--stats", "--rate"],
                     ["ipvs", "status", "--force"], ["ipvs", "doctor"]):
            with self.subTest(args):
                done = ctl(*args, env={"GSLB_API": "http://127.0.0.1:1"})
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertRegex(done.stderr, r"^gslbctl: [^\n]+\n$")

    def test_full_disk_is_no_success(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([lib.GSLBCTL, "--help"], stdout=full, stderr=subprocess.PIPE, timeout=10, check=False)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
