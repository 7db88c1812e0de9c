# SPDX-License-Identifier: BSD-2-Clause
"""With IPVS: parent, server and helper; their rights, ends and signals. No kernel with IPVS is needed."""
import os
import pwd
import signal
import socket
import subprocess
import threading
import time
import unittest

import lib
from dns import wait_until

IPVS = {"ipvs": {"allow": ["198.51.100.0/24"], "services": {}}}
NET_ADMIN = 1 << 12
BIND = 1 << 10
KILL = 1 << 5
ROOT = os.getuid() == 0


def status(pid):
    """{field: text} of /proc/PID/status; empty when there is no such process, or it is but a corpse."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {} if fields.get("State", "Z")[0] in "ZX" else fields


def caps(pid, kind):
    return int(status(pid)[kind], 16)


def arguments(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read().decode().split("\0")[:-1]
    except (FileNotFoundError, ProcessLookupError):
        return []


def children(pid):
    return [int(p) for p in os.listdir("/proc") if p.isdigit() and status(p).get("PPid") == str(pid)]


class Parent(lib.Case):
    def daemon(self, user=None, **more):
        """A started one, with self.server and self.helper."""
        daemon = self.gslbd({**IPVS, "server": {"user": user} if user else {}}, start=False, **more)
        if user and ROOT:
            entry = pwd.getpwnam(user)
            os.chown(daemon.dir, entry.pw_uid, entry.pw_gid)
        daemon.start()
        self.find(daemon)
        return daemon

    def pick(self, daemon, option):
        return [p for p in children(daemon.process.pid) if option in arguments(p)]

    def find(self, daemon):
        wait_until(lambda: len(self.pick(daemon, "--ipvs-helper")) == 1, 10, "there is a helper")
        self.helper = self.pick(daemon, "--ipvs-helper")[0]
        (self.server,) = self.pick(daemon, "--ipvs-fd")

    def await_gone(self, *pids):
        wait_until(lambda: not any(status(p) for p in pids), 10, f"{pids} are gone")

    def await_new_helper(self, daemon, old):
        def new():
            found = [p for p in self.pick(daemon, "--ipvs-helper") if p != old]
            return found and status(found[0]).get("Name") == "gslbd-ipvs"  # it has got to serving
        wait_until(new, 10, "there is a new helper")
        return self.pick(daemon, "--ipvs-helper")[0]


class Processes(Parent):
    def test_one_process_without_the_section(self):
        daemon = self.gslbd()
        self.assertEqual(children(daemon.process.pid), [])
        self.assertEqual(arguments(daemon.process.pid), [lib.GSLBD, "-c", daemon.config_path])

    @unittest.skipUnless(ROOT, "only root can become somebody else")
    def test_rights_of_root(self):
        daemon = self.daemon("nobody")
        had = caps("self", "CapPrm")
        wait_until(lambda: status(self.helper)["Name"] == "gslbd-ipvs", 10, "the helper serves")
        uid = str(pwd.getpwnam("nobody").pw_uid)
        for pid in (daemon.process.pid, self.server, self.helper):
            self.assertEqual(set(status(pid)["Uid"].split()), {uid})
            self.assertEqual(set(status(pid)["Gid"].split()), {str(pwd.getpwnam("nobody").pw_gid)})
            self.assertEqual(status(pid)["NoNewPrivs"], "1")
        for kind in ("CapPrm", "CapEff"):
            for thread in os.listdir(f"/proc/{self.server}/task"):
                self.assertEqual(caps(f"{self.server}/task/{thread}", kind), 0)
            self.assertEqual(caps(self.helper, kind), had & NET_ADMIN)
            self.assertEqual(caps(daemon.process.pid, kind), had & (NET_ADMIN | KILL))
        for kind in ("CapInh", "CapAmb"):
            self.assertEqual(caps(self.helper, kind), 0)
        self.assertEqual(caps(self.server, "CapBnd") & NET_ADMIN, 0)
        self.assertEqual(caps(self.helper, "CapBnd") & ~NET_ADMIN, 0)
        if os.uname().machine in ("x86_64", "aarch64"):
            self.assertEqual(status(self.helper)["Seccomp"], "2")
        self.assertEqual(arguments(self.helper)[-1], "198.51.100.0/24")

    @unittest.skipUnless(ROOT, "only root can look into a process that keeps rights")
    def test_descriptors(self):
        daemon = self.daemon("nobody")
        wait_until(lambda: status(self.helper)["Name"] == "gslbd-ipvs", 10, "the helper serves")

        def links(pid):
            where = f"/proc/{pid}/fd"
            return [os.readlink(f"{where}/{fd}") for fd in os.listdir(where) if int(fd) > 2]

        # (netlink sockets come with the first request)
        self.assertTrue(all(link.startswith("socket:") for link in links(self.helper)), links(self.helper))
        pair = [link for link in links(daemon.process.pid) if link.startswith("socket:")]
        self.assertEqual(len(pair), 2)
        self.assertEqual([link in links(self.server) for link in pair].count(True), 1)
        self.assertEqual([link in links(self.helper) for link in pair].count(True), 1)

    @unittest.skipUnless(ROOT, "needs root to give one capability away")
    def test_rights_of_a_service(self):
        """As the unit with the drop-in starts it: not root, with two ambient capabilities."""
        for given in ("+net_bind_service,+net_admin", "-all"):
            with self.subTest(given):
                daemon = self.gslbd(IPVS, start=False, wrapper=[
                    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                    f"--inh-caps={given}", f"--ambient-caps={given}"])
                os.chown(daemon.dir, 65534, 65534)
                daemon.start()
                self.find(daemon)
                wait_until(lambda: status(self.helper)["Name"] == "gslbd-ipvs", 10, "the helper serves")
                admin, bind = (0, 0) if given == "-all" else (NET_ADMIN, BIND)
                self.assertEqual(caps(self.helper, "CapEff"), admin)
                self.assertEqual(caps(self.server, "CapEff"), bind)
                self.assertEqual(caps(self.server, "CapPrm"), bind)
                self.assertEqual(caps(daemon.process.pid, "CapEff"), admin)
                self.assertEqual(daemon.addresses("static.example.test"), ["192.0.2.80"])
                os.kill(self.helper, signal.SIGKILL)
                self.assertEqual(caps(self.await_new_helper(daemon, self.helper), "CapEff"), admin)
                daemon.stop()

    @unittest.skipUnless(ROOT, "only root can become somebody else")
    def test_server_cannot_look_into_the_helper(self):
        """The same user, but more rights: ptrace(2) is denied, by which its memory could be written."""
        self.daemon("nobody")
        wait_until(lambda: status(self.helper)["Name"] == "gslbd-ipvs", 10, "the helper serves")
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all",
                               "head", "-c0", f"/proc/{self.helper}/mem"], capture_output=True, text=True,
                              timeout=20, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("ermission denied", done.stderr)


class Deaths(Parent):
    def test_helpers_come_again_and_dns_has_no_gap(self):
        daemon = self.daemon("nobody" if ROOT else None)
        ended, failures, asked = threading.Event(), [], [0]

        def ask():
            while not ended.is_set():
                try:
                    if daemon.addresses("static.example.test") != ["192.0.2.80"]:
                        failures.append("another answer")
                except OSError as e:
                    failures.append(repr(e))
                asked[0] += 1

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            helper = self.helper
            for _ in range(20):
                born = time.monotonic()
                os.kill(helper, signal.SIGKILL)
                helper = self.await_new_helper(daemon, helper)
                # the next one is not to wait for dying young
                wait_until(lambda: time.monotonic() - born > 0.7, 5, "it has lived")
        finally:
            ended.set()
            thread.join()
        self.assertEqual(failures, [])
        self.assertGreater(asked[0], 100)
        self.assertEqual(self.pick(daemon, "--ipvs-fd"), [self.server])
        self.assertEqual(daemon.log().count("was killed by signal 9"), 20)

    def test_the_next_helper_answers_the_server(self):
        """Whatever this machine's kernel says, it is said again."""
        daemon = self.daemon("nobody" if ROOT else None)
        before = daemon.get("/v1/ipvs")
        if not before["available"]:
            self.assertTrue(before["reason"])
            self.assertNotIn("helper does not answer", before["reason"])
        for _ in range(3):
            os.kill(self.helper, signal.SIGKILL)
            self.helper = self.await_new_helper(daemon, self.helper)
            wait_until(lambda: daemon.get("/v1/ipvs").get("reason") == before.get("reason"), 10, "the same as before")
            self.assertIn(daemon.api("POST", "/v1/ipvs/plan", {}).status, (200, 503))

    def test_young_deaths_are_slowed_down(self):
        daemon = self.daemon()
        helper = self.helper
        for _ in range(4):
            wait_until(lambda: self.pick(daemon, "--ipvs-helper"), 10, "there is a helper")
            helper = self.pick(daemon, "--ipvs-helper")[0]
            os.kill(helper, signal.SIGKILL)
            self.await_gone(helper)
        self.assertIn("starts in 0.2 s", daemon.log())
        self.await_new_helper(daemon, helper)

    def test_all_go_with_the_parent(self):
        daemon = self.daemon("nobody" if ROOT else None)
        daemon.process.kill()
        daemon.process.wait()
        daemon.process = None
        self.await_gone(self.server, self.helper)

    def test_all_go_with_the_server(self):
        daemon = self.daemon("nobody" if ROOT else None)
        os.kill(self.server, signal.SIGKILL)
        self.assertEqual(daemon.process.wait(10), -signal.SIGKILL)
        daemon.process = None
        self.await_gone(self.helper)
        self.assertIn("the server was killed by signal 9", daemon.log())


class Signals(Parent):
    def test_term_and_int(self):
        for sig in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(sig):
                daemon = self.daemon("nobody" if ROOT else None)
                daemon.stop(sig)  # checks the code
                self.await_gone(self.server, self.helper)
                self.assertNotIn("helper was", daemon.log())

    def test_signal_to_all_of_them(self):
        """As a terminal or a service manager does it: the helper stays to the end."""
        daemon = self.daemon("nobody" if ROOT else None)
        for pid in (self.helper, self.server):
            os.kill(pid, signal.SIGTERM)
        daemon.stop()
        self.await_gone(self.server, self.helper)
        self.assertNotIn("another one starts", daemon.log())

    def test_very_early_term(self):
        """Whenever it comes, it ends all of them in good time, and none stays."""
        daemon = self.gslbd(IPVS, start=False)
        for delay in (0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1):
            with self.subTest(delay):
                daemon.spawn()
                try:
                    daemon.process.wait(delay)
                except subprocess.TimeoutExpired:
                    pass
                pid = daemon.process.pid
                mine = children(pid)
                daemon.process.send_signal(signal.SIGTERM)
                # before its first line of code it dies of the signal, as any program
                self.assertIn(daemon.process.wait(15), (0, -signal.SIGTERM))
                self.await_gone(*mine)
                self.assertEqual(children(pid), [])
        daemon.process = None

    def test_hup_reloads(self):
        daemon = self.daemon("nobody" if ROOT else None)
        daemon.write("example.test.zone", lib.ZONE.replace("192.0.2.80", "192.0.2.81"))
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: daemon.addresses("static.example.test") == ["192.0.2.81"], 10, "it was loaded")
        self.assertTrue(status(self.helper))
        self.assertEqual(self.pick(daemon, "--ipvs-fd"), [self.server])

    def test_notify(self):
        """The server tells that it is ready; nobody else tells anything."""
        daemon = self.gslbd(IPVS, start=False)
        path = os.path.join(daemon.dir, "notify")
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(s.close)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        s.bind(path)
        s.settimeout(10)
        daemon.env = {"NOTIFY_SOCKET": path}
        daemon.spawn()
        said, control, _, _ = s.recvmsg(4096, 256)
        self.assertIn("READY=1", said.decode().splitlines())
        self.find(daemon)
        self.assertEqual(int.from_bytes(control[0][2][:4], "little"), self.server)
        self.assertEqual(daemon.addresses("static.example.test"), ["192.0.2.80"])


class Starts(Parent):
    def run_it(self, *args, **more):
        return subprocess.run([lib.GSLBD, *args], capture_output=True, text=True, timeout=30, check=False,
                              stdin=subprocess.DEVNULL, **more)

    def errors_of(self, daemon):
        done = self.run_it("-c", daemon.config_path)
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stderr

    def test_errors_are_told_once(self):
        daemon = self.gslbd(IPVS, start=False)
        daemon.config["ipvs"]["mode"] = "nonsense"
        daemon.write_config()
        said = self.errors_of(daemon)
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertIn("ipvs.mode", said)
        del daemon.config["ipvs"]["mode"]
        daemon.write_config()
        daemon.write("example.test.zone", "@ IN SOA broken\n")
        said = self.errors_of(daemon)  # of the server, which loads zones
        self.assertEqual(said.count("example.test.zone:1"), 1, said)

    @unittest.skipUnless(ROOT, "only root can become somebody else")
    def test_unknown_user(self):
        daemon = self.gslbd({**IPVS, "server": {"user": "no-such-user"}}, start=False)
        said = self.errors_of(daemon)
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertIn("server.user", said)

    def test_address_in_use(self):
        other = self.gslbd()
        daemon = self.gslbd({**IPVS, "server": {"listen": [f"{other.address}:{lib.API_PORT}"]}}, start=False)
        said = self.errors_of(daemon)
        self.assertEqual(said.count(f"{other.address}:{lib.API_PORT}"), 1, said)

    def test_check_starts_nothing(self):
        daemon = self.gslbd(IPVS, start=False)
        done = daemon.check()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual([p for p in os.listdir("/proc") if p.isdigit() and daemon.config_path in arguments(p)], [])

    def test_relative_path(self):
        daemon = self.gslbd(IPVS, start=False)
        process = subprocess.Popen([lib.GSLBD, "-c", "gslb.json"], cwd=daemon.dir, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            daemon.process = process
            wait_until(daemon.is_ready, 15, "it is ready")
        finally:
            daemon.stop()

    def test_options_between_the_processes_need_numbers(self):
        for args in (["--ipvs-fd", "x", "-c", "f"], ["--ipvs-helper", ""], ["--ipvs-helper", "-1"],
                     ["--ipvs-helper", "2"], ["--parent", "99999999999"]):
            with self.subTest(args):
                self.assertEqual(self.run_it(*args).returncode, 1)
        self.assertNotIn("ipvs-", self.run_it("--help").stdout)


if __name__ == "__main__":
    unittest.main()
