# SPDX-License-Identifier: BSD-2-Clause
"""`make run`, as a newcomer sees it: the demo starts, what it prints and what the README's tour says works when
pasted, Ctrl-C ends it. Needs the demo's own ports."""
import os
import re
import signal
import socket
import subprocess
import unittest

import lib
from dns import wait_until

TIME_LIMIT = 180
SERVER = ("127.0.0.1", 5300)


def ports_are_free():
    for address, port in (("127.0.0.1", 5300), ("127.0.0.1", 8053), ("127.0.0.1", 8080), ("127.0.0.11", 8081)):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((address, port))
            except OSError:
                return False
    return True


def tour():
    """The lines to paste of the README's tour: its ```sh blocks marked so."""
    with open(os.path.join(lib.TOP, "README.md"), encoding="utf-8") as f:
        blocks = re.findall(r"^<!-- tour -->\n```sh\n(.*?)^```", f.read(), re.M | re.S)
    return [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]


class Demo(lib.Case):
    def setUp(self):
        if not ports_are_free():
            self.skipTest("something else has the demo's ports")
        self.out_path = os.path.join(lib.BUILD, "demo.out")
        with open(self.out_path, "wb") as out:
            self.process = subprocess.Popen(["tests/demo/run.sh", os.path.relpath(lib.BUILD, lib.TOP)], cwd=lib.TOP,
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.addCleanup(self.end)
        wait_until(lambda: "Ctrl-C" in self.printed() or self.process.poll() is not None, 20, "the demo is up")
        self.assertIsNone(self.process.poll(), self.printed())

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)

    def printed(self):
        with open(self.out_path, encoding="utf-8") as f:
            return f.read()

    def shell(self, line):
        line = re.sub(r"(?<![\w/-])build/(?=gslb)", lib.BUILD + "/", line)
        return subprocess.run(["bash", "-c", line], cwd=lib.TOP, capture_output=True, text=True, timeout=30,
                              check=False, stdin=subprocess.DEVNULL)

    def addresses(self):
        return sorted(lib.dig_short(SERVER, "www.example.test"))

    def test_the_story(self):
        everyone = ["127.0.0.11", "127.0.0.12", "127.0.0.13"]
        # the demo remembers verdicts, as any start does
        wait_until(lambda: self.addresses() == everyone, 10, "all are up")
        orders = [tuple(lib.dig_short(SERVER, "www.example.test")) for _ in range(3)]
        self.assertEqual(len(set(orders)), 3)
        self.assertEqual(self.addresses(), everyone)
        self.shell("curl -s -X POST http://127.0.0.1:8080/kill/127.0.0.12")
        wait_until(lambda: self.addresses() == ["127.0.0.11", "127.0.0.13"], 30, "the killed one left")
        self.shell("curl -s -X POST http://127.0.0.1:8080/revive/127.0.0.12")
        wait_until(lambda: self.addresses() == everyone, 30, "the revived one is back")
        self.assertEqual(self.shell("build/gslbctl --api http://127.0.0.1:8053 down 127.0.0.11").returncode, 0)
        self.assertEqual(self.addresses(), ["127.0.0.12", "127.0.0.13"])
        self.assertEqual(self.shell("build/gslbctl --api http://127.0.0.1:8053 auto 127.0.0.11").returncode, 0)
        self.assertEqual(self.addresses(), everyone)
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(20), 0, self.printed())
        self.assertTrue(ports_are_free())

    def test_every_line_to_paste(self):
        printed = [line.strip() for line in self.printed().splitlines()]
        lines = [line for line in printed if re.match(r"(dig|curl|\S*/gslbctl) ", line)]
        self.assertGreaterEqual(len(lines), 7)
        self.assertGreaterEqual(len(tour()), 10)
        for line in lines + tour():
            with self.subTest(line):
                done = self.shell(line)
                self.assertEqual(done.returncode, 0, f"{line}: {done.stdout}{done.stderr}")
                self.assertEqual(done.stderr, "", line)
                if not re.match("sleep|\\S*gslbctl (down|auto|weight)", line):
                    self.assertTrue(done.stdout.strip(), line)


class Tools(lib.Case):
    def test_load_generator_checks_itself(self):
        program = os.path.join(lib.BUILD, "dnsload")
        if not os.path.exists(program):
            self.skipTest("not built")
        done = subprocess.run([program, "--selftest"], capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
