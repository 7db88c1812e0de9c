# SPDX-License-Identifier: BSD-2-Clause
"""The process: arguments, signals, rights, logs, sd_notify."""
import json
import os
import pwd
import signal
import socket
import subprocess
import time
import unittest

import dns
import lib
from dns import wait_until


def run(*args):
    return subprocess.run([lib.GSLBD, *args], capture_output=True, text=True, timeout=30, check=False,
                          stdin=subprocess.DEVNULL)


class Arguments(lib.Case):
    def test_version_help_schema(self):
        self.assertRegex(run("--version").stdout, r"gslbd \d+\.\d+")
        usage = run("--help")
        self.assertEqual(usage.returncode, 0)
        for flag in ("-c", "-t", "--check-zone", "--schema", "--version"):
            self.assertIn(flag, usage.stdout)
        schema = run("--schema")
        self.assertEqual(schema.returncode, 0)
        for key in ("listen", "workers", "state_dir", "max_answers", "on_all_down", "expect_status"):
            self.assertIn(key, schema.stdout)

    def test_wrong_ones(self):
        for args in ([], ["-x"], ["-c"], ["--nonsense"], ["-c", "a", "b"], ["--check-zone", "example.test"]):
            with self.subTest(args):
                done = run(*args)
                self.assertGreater(done.returncode, 0)
                self.assertTrue(done.stderr.strip())

    def test_files_that_are_not_there(self):
        done = run("-t", "-c", "/nonexistent/gslb.json")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/gslb.json", done.stderr)
        daemon = self.gslbd(start=False)
        os.unlink(os.path.join(daemon.dir, "example.test.zone"))
        for done in (daemon.check(), run("-c", daemon.config_path)):
            self.assertEqual(done.returncode, 1)
            self.assertIn("example.test.zone", done.stderr)

    def test_check_zone(self):
        daemon = self.gslbd(start=False)
        done = run("--check-zone", "Example.TEST", os.path.join(daemon.dir, "example.test.zone"))
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "example.test. 300 IN SOA ns1.example.test. hostmaster.example.test. "
                                   "1 3600 600 86400 60")
        self.assertEqual(lines[-2:], ["static.example.test. 300 IN A 192.0.2.80", 'text.example.test. 300 IN TXT "hello"'])
        daemon.write("bad", "@ IN A 1.2.3\n@ IN NS\n")
        done = run("--check-zone", "example.test", os.path.join(daemon.dir, "bad"))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"(?m)^\S*bad:1: .+\n\S*bad:2: ")


class Signals(lib.Case):
    def test_term_and_int_leave_with_0(self):
        for sig in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(sig):
                daemon = self.gslbd()
                daemon.ask("static.example.test")
                started = time.monotonic()
                daemon.stop(sig)  # checks the code
                self.assertLess(time.monotonic() - started, 5)
                with self.assertRaises((TimeoutError, ConnectionRefusedError)):
                    dns.udp(daemon.server, "static.example.test", timeout=0.2)

    def test_open_connections_do_not_hold_it(self):
        daemon = self.gslbd()
        sockets = [dns.tcp_socket(daemon.server), socket.create_connection(daemon.api_address)]
        self.addCleanup(lambda: [s.close() for s in sockets])
        started = time.monotonic()
        daemon.stop()
        self.assertLess(time.monotonic() - started, 6)

    def test_others_are_survived(self):
        daemon = self.gslbd()
        for sig in (signal.SIGPIPE, signal.SIGHUP, signal.SIGHUP, signal.SIGHUP):
            daemon.process.send_signal(sig)
            self.assertEqual(daemon.addresses("static.example.test"), ["192.0.2.80"])

    def test_address_in_use_is_an_error(self):
        daemon = self.gslbd()
        other = self.gslbd({"server": {"listen": [f"{daemon.address}:{lib.API_PORT}"]}}, start=False)
        done = run("-c", other.config_path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(daemon.address, done.stderr)


@unittest.skipUnless(os.getuid() == 0, "only root can become somebody else")
class Rights(lib.Case):
    def ids(self, pid, kind):
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            return next(line for line in f if line.startswith(kind)).split()[1:]

    def test_becomes_the_user(self):
        nobody = pwd.getpwnam("nobody")
        daemon = self.gslbd({"server": {"user": "nobody"}}, start=False)
        os.chown(daemon.dir, nobody.pw_uid, nobody.pw_gid)
        daemon.start()
        pid = daemon.process.pid
        for thread in os.listdir(f"/proc/{pid}/task"):
            where = f"{pid}/task/{thread}"
            self.assertEqual(set(self.ids(where, "Uid:")), {str(nobody.pw_uid)})
            self.assertEqual(set(self.ids(where, "Gid:")), {str(nobody.pw_gid)})
            self.assertLessEqual(set(self.ids(where, "Groups:")), {str(nobody.pw_gid)})
            for kind in ("CapEff:", "CapPrm:"):
                # port 53 may be kept for a later start, nothing else
                self.assertEqual(int(self.ids(where, kind)[0], 16) & ~(1 << 10), 0)
        self.assertEqual(self.ids(pid, "NoNewPrivs:"), ["1"])
        self.assertEqual(daemon.reload().status, 200)

    def test_reads_files_with_the_rights_after_the_drop(self):
        daemon = self.gslbd({"server": {"user": "nobody"}}, start=False)
        zone = os.path.join(daemon.dir, "example.test.zone")
        os.chmod(zone, 0o600)
        for done in (daemon.check(), run("-c", daemon.config_path)):
            self.assertEqual(done.returncode, 1)
            self.assertIn("example.test.zone", done.stderr)
        os.chmod(zone, 0o644)
        self.assertEqual(daemon.check().returncode, 0)

    def test_unknown_user(self):
        daemon = self.gslbd({"server": {"user": "no-such-user"}}, start=False)
        done = run("-c", daemon.config_path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no-such-user", done.stderr)


class Notify(lib.Case):
    def receive(self, address):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(s.close)
        s.bind(address)
        s.settimeout(10)
        return s

    def test_ready_reload_stop(self):
        daemon = self.gslbd(start=False)
        path = os.path.join(daemon.dir, "notify")
        for name, variable in ((path, path), ("\0gslb-test-" + daemon.address, "@gslb-test-" + daemon.address)):
            with self.subTest(variable):
                s = self.receive(name)
                daemon.env = {"NOTIFY_SOCKET": variable}
                daemon.spawn()
                said = s.recv(4096).decode()
                while "READY=1" not in said.splitlines():
                    said = s.recv(4096).decode()
                # what it says is true
                self.assertEqual(daemon.addresses("static.example.test"), ["192.0.2.80"])
                self.assertEqual(daemon.api("GET", "/v1/ready").status, 200)
                daemon.stop()
                self.assertIn("STOPPING=1", self.rest(s))

    @staticmethod
    def rest(s):
        s.settimeout(0.2)
        said = ""
        try:
            while True:
                said += s.recv(4096).decode() + "\n"
        except TimeoutError:
            return said


class Logs(lib.Case):
    def test_json_lines(self):
        daemon = self.gslbd({"server": {"log": {"format": "json", "level": "debug"}}})
        daemon.reload()
        daemon.stop()
        lines = daemon.log().splitlines()
        self.assertGreater(len(lines), 2)
        for line in lines:
            self.assertIsInstance(json.loads(line), dict)

    def test_text_and_warnings(self):
        daemon = self.gslbd(start=False)
        del daemon.config["server"]["state_dir"]
        daemon.write_config()
        daemon.start()
        self.assertIn("state_dir", daemon.log())  # nothing is saved, with a warning

    def test_transitions_are_logged_once(self):
        backends = self.backends(2)
        daemon = self.gslbd(self.pool_config(backends))
        backends[0].kill()
        wait_until(lambda: len(daemon.addresses("www.example.test")) == 1, 10, "it left")
        backends[0].revive()
        wait_until(lambda: len(daemon.addresses("www.example.test")) == 2, 10, "it came back")
        downs = [line for line in daemon.log().splitlines() if backends[0].address in line and "down" in line]
        self.assertGreaterEqual(len(downs), 1, daemon.log())
        self.assertLessEqual(len(downs), 2, downs)


class Resources(lib.Case):
    def test_no_descriptor_or_thread_is_lost(self):
        backends = self.backends(2)
        daemon = self.gslbd(self.pool_config(backends))
        pid = daemon.process.pid

        def busy():
            for _ in range(10):
                self.assertEqual(daemon.reload().status, 200)
                dns.tcp(daemon.server, "static.example.test")
                daemon.api("GET", "/metrics", unix=True)

        def count():
            return len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))

        busy()
        fds, threads = count()
        for _ in range(3):
            busy()
        # a probe may be under way, and closing is somebody else's moment
        wait_until(lambda: count()[0] <= fds + 2 and count()[1] <= threads, 10, f"{count()} is as {fds, threads}")

    def test_dns_lives_when_descriptors_are_gone(self):
        daemon = self.gslbd(wrapper=["prlimit", "--nofile=60:60"])
        sockets = []
        try:
            for _ in range(80):
                try:
                    sockets.append(socket.create_connection(daemon.api_address, 1))
                except OSError:
                    break
            for _ in range(20):
                self.assertEqual(daemon.addresses("static.example.test"), ["192.0.2.80"])
        finally:
            for s in sockets:
                s.close()
        wait_until(lambda: self.alive(daemon), 15, "the API is back")

    @staticmethod
    def alive(daemon):
        try:
            return daemon.api("GET", "/v1/ready", timeout=1).status == 200
        except OSError:
            return False


if __name__ == "__main__":
    unittest.main()
