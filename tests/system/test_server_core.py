#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The core of the process under attack: signals at any moment, saved state, sockets."""
import http.client
import json
import os
import random
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest

import dns
import lib
from dns import wait_until

TIME_LIMIT = 150


class Moments(lib.Case):
    """Start, end and reload, whenever they are asked for."""

    def slow_start(self):
        """A daemon that waits for the first results of a backend for a second before it answers."""
        backend = self.backend()
        backend.delay = 3
        config = self.pool_config([backend])
        config["checks"]["http-ok"].update(timeout="5s", interval="10s")
        return self.gslbd(config, start=False)

    def leaves(self, daemon, seconds=5):
        process, daemon.process = daemon.process, None
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.fail("it does not end")
        self.assertEqual(code, 0, daemon.log())

    def test_term_while_starting(self):
        for moment in (0.0, 0.1, 0.3, 0.6):
            with self.subTest(moment):
                daemon = self.slow_start()
                daemon.spawn()
                wait_until(lambda: daemon.process.poll() is not None or self.hears(daemon), 10, "handlers are there")
                time.sleep(moment)
                daemon.process.send_signal(signal.SIGTERM)
                self.leaves(daemon)
                self.assertNotIn("answers", daemon.log())

    @staticmethod
    def hears(daemon, number=signal.SIGTERM):
        """True when the process has a handler for the signal."""
        with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as f:
            caught = next(line for line in f if line.startswith("SigCgt:"))
        return int(caught.split()[1], 16) >> (number - 1) & 1 == 1

    def test_hangup_while_starting_is_done_afterwards(self):
        daemon = self.slow_start()
        daemon.spawn()
        wait_until(lambda: self.hears(daemon, signal.SIGHUP), 10, "handlers are there")
        time.sleep(0.3)
        daemon.write("example.test.zone", lib.ZONE + "later IN A 192.0.2.99\n")
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(daemon.is_ready, 10, "it is ready")
        wait_until(lambda: daemon.addresses("later.example.test") == ["192.0.2.99"], 10, "the reload was done")

    def test_hangup_while_a_bad_start_fails(self):
        daemon = self.gslbd(files={"example.test.zone": lib.ZONE + "".join(
            f"h{i} IN A 192.0.2.{i % 256}\n" for i in range(60000)) + "bad IN A x\n"}, start=False)
        daemon.spawn()
        process, daemon.process = daemon.process, None
        while process.poll() is None:
            process.send_signal(signal.SIGHUP if self.hears_pid(process.pid) else 0)
            time.sleep(0.002)
        self.assertEqual(process.returncode, 1, daemon.log())

    @staticmethod
    def hears_pid(pid):
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                return int(next(line for line in f if line.startswith("SigCgt:")).split()[1], 16) & 1 == 1
        except (OSError, StopIteration):
            return False

    def test_hangups_while_ending(self):
        if "tsan" in os.path.basename(lib.BUILD):
            # It runs a handler within a handler, whatever mask was asked for (libuv asks for all), and libuv's
            # handlers then wait for each other. Seen once in 50 runs.
            self.skipTest("a storm of signals locks up under the thread sanitizer")
        for _ in range(5):
            daemon = self.gslbd()
            process = daemon.process
            process.send_signal(signal.SIGTERM)
            while process.poll() is None:
                process.send_signal(random.choice((signal.SIGHUP, signal.SIGTERM, signal.SIGINT)))
            self.leaves(daemon)

    def test_term_while_reloading_waits_for_nobody(self):
        """A reload that waits for first results neither holds up the end nor outlives it."""
        backend = self.backend()
        config = self.pool_config([backend])
        daemon = self.gslbd(config)
        backend.delay = 3
        daemon.config["checks"]["http-ok"].update(timeout="5s", path="/other")
        daemon.write_config()
        replies = []

        def reload():
            try:
                replies.append(daemon.reload().status)
            except OSError:
                replies.append(None)

        thread = threading.Thread(target=reload)
        thread.start()
        wait_until(lambda: "/other" in [r[1] for r in backend.requests], 10, "the new check runs")
        daemon.stop()
        thread.join()
        self.assertNotIn("records", daemon.log().partition("SIGTERM")[2])  # the load was given up
        self.assertEqual(replies, [503])

    def test_changes_under_way_are_answered_before_the_end(self):
        members = {f"m{i}": {"address": f"192.0.2.{i + 1}"} for i in range(8)}
        daemon = self.gslbd({"zones": {"example.test": {"file": "example.test.zone", "names": {"www": "p"}}},
                             "pools": {"p": {"policy": "all", "members": members}}})
        sent, done = [], []

        def change(member):
            try:
                for state in ("down", "up", "drain") * 50:
                    sent.append((member, state))
                    if daemon.api("PUT", f"/v1/pools/p/members/{member}/state", {"state": state}).status == 200:
                        done.append((member, state))
            except OSError:
                pass

        threads = [threading.Thread(target=change, args=(m,)) for m in members]
        for t in threads:
            t.start()
        time.sleep(0.4)
        daemon.stop()
        for t in threads:
            t.join()
        with open(os.path.join(daemon.dir, "overrides.json"), encoding="utf-8") as f:
            saved = {o["member"]: o["state"] for o in json.load(f)["overrides"]}
        for member in members:
            mine = [state for m, state in done if m == member]
            last = [state for m, state in sent if m == member][len(mine) - 1:len(mine) + 1]
            self.assertIn(saved[member], last)
        self.assertNotIn("cannot save", daemon.log())


class Connections(lib.Case):
    def test_ends_at_every_byte(self):
        """However and wherever a client ends, no descriptor is left behind, and what was asked is answered."""
        daemon = self.gslbd()
        before = self.descriptors(daemon)
        one = dns.frame(dns.query("static.example.test"))
        for end in (self.finish, self.reset, self.half_close):
            for cut in range(2 * len(one) + 1):
                with socket.create_connection(daemon.server, 5) as s:
                    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    s.sendall((one + one)[:cut])
                    self.assertIn(end(s), (None, cut // len(one)), (end.__name__, cut))
        wait_until(lambda: self.descriptors(daemon) <= before, 10, "all are closed")
        self.assertEqual(dns.tcp(daemon.server, "static.example.test").data("A"), ["192.0.2.80"])

    @staticmethod
    def descriptors(daemon):
        return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))

    @staticmethod
    def finish(_):
        return None

    @staticmethod
    def reset(s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    @staticmethod
    def half_close(s):
        """Returns how many answers came."""
        s.shutdown(socket.SHUT_WR)
        got, count = b"", 0
        while part := s.recv(65536):
            got += part
        while got:
            got = got[2 + struct.unpack("!H", got[:2])[0]:]
            count += 1
        return count


class State(lib.Case):
    def alarms(self, daemon):
        return [a["text"] for a in daemon.get("/v1/status")["alarms"]]

    @staticmethod
    def kill(daemon):
        process, daemon.process = daemon.process, None
        process.kill()
        process.wait()

    def test_a_folder_that_cannot_be_used_stops_nobody(self):
        """Not at the start, not at a change; when it can be used, all is saved and the alarm goes."""
        daemon = self.gslbd({"zones": {"example.test": {"file": "example.test.zone", "names": {"www": "p"}}},
                             "pools": {"p": {"policy": "all", "members": {"a": {"address": "192.0.2.1"},
                                                                          "b": {"address": "192.0.2.2"}}}}},
                            start=False)
        daemon.config["server"]["state_dir"] = os.path.join(daemon.dir, "in-the-way", "state")
        daemon.write_config()
        daemon.write("in-the-way", "a file")
        daemon.start()
        self.assertRegex(" ".join(self.alarms(daemon)), r"server\.state_dir cannot be used: .*make the folder")
        reply = daemon.api("PUT", "/v1/pools/p/members/a/state", {"state": "down"})
        self.assertEqual((reply.status, reply.json["saved"]), (200, False))
        self.assertEqual(daemon.addresses("www.example.test"), ["192.0.2.2"])
        os.unlink(os.path.join(daemon.dir, "in-the-way"))
        wait_until(lambda: self.alarms(daemon) == [], 15, "the alarm goes")
        self.kill(daemon)
        daemon.start()
        self.assertEqual(daemon.addresses("www.example.test"), ["192.0.2.2"])

    def test_killed_at_any_moment(self):
        """What was said to be saved is in force after the next start, whenever the process is killed."""
        members = {f"m{i}": {"address": f"192.0.2.{i + 1}"} for i in range(8)}
        daemon = self.gslbd({"zones": {"example.test": {"file": "example.test.zone", "names": {"www": "p"}}},
                             "pools": {"p": {"policy": "all", "members": members}}}, start=False)
        states = {m: {"up"} for m in members}  # what each may be

        def change(member, seed):
            choose = random.Random(seed)
            try:
                while True:
                    state = choose.choice(("up", "down", "drain"))
                    states[member].add(state)
                    reply = daemon.api("PUT", f"/v1/pools/p/members/{member}/state", {"state": state}, timeout=5)
                    self.assertTrue(reply.json["saved"])
                    states[member] = {state}
            except (OSError, http.client.HTTPException):
                pass

        for turn in range(10):
            daemon.start()
            got = daemon.addresses("www.example.test")
            for member, may in states.items():
                self.assertIn("up" if members[member]["address"] in got else "not",
                              {"up" if state == "up" else "not" for state in may}, member)
                states[member] = {"up"} if members[member]["address"] in got else {"down", "drain"}
            threads = [threading.Thread(target=change, args=(m, turn)) for m in members]
            for t in threads:
                t.start()
            time.sleep(random.random() * 0.2)
            self.kill(daemon)
            for t in threads:
                t.join()


class Storms(lib.Case):
    def test_hangups_are_coalesced(self):
        daemon = self.gslbd(files={"example.test.zone": lib.ZONE + "".join(
            f"h{i} IN A 192.0.2.{i % 256}\n" for i in range(20000))})
        before = daemon.get("/v1/status")["generation"]
        for _ in range(1000):
            daemon.process.send_signal(signal.SIGHUP)
            time.sleep(0.0005)
        daemon.write("example.test.zone", lib.ZONE + "last IN A 192.0.2.99\n")
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: daemon.addresses("last.example.test") == ["192.0.2.99"], 20, "the last one counts")
        loads = daemon.get("/v1/status")["generation"] - before
        self.assertLess(loads, 200)
        with open(daemon.log_path, encoding="utf-8") as f:
            self.assertLessEqual(f.read().count("asked for by SIGHUP"), loads + 2)

    def test_the_manager_is_told_of_reloads(self):
        daemon = self.gslbd(start=False)
        path = os.path.join(daemon.dir, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(10)
            daemon.env = {"NOTIFY_SOCKET": path}
            daemon.start()
            self.assertEqual(s.recv(4096), b"READY=1")
            for good in (True, False, True):
                daemon.write("example.test.zone", lib.ZONE if good else "bad\n")
                self.assertEqual(daemon.reload().status, 200 if good else 422)
                self.assertRegex(s.recv(4096), rb"\ARELOADING=1\nMONOTONIC_USEC=\d+\Z")
                self.assertEqual(s.recv(4096), b"READY=1")
            daemon.stop()
            self.assertEqual(s.recv(4096), b"STOPPING=1")


if __name__ == "__main__":
    unittest.main()
