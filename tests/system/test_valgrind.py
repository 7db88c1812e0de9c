# SPDX-License-Identifier: BSD-2-Clause
"""Start to stop under valgrind, with some of everything between: no error, no leak."""
import os
import signal
import subprocess
import unittest

import dns
import lib
from dns import wait_until

TIME_LIMIT = 240


class Valgrind(lib.Case):
    def test_start_to_stop(self):
        if os.path.basename(lib.BUILD).find("san") >= 0:
            self.skipTest("valgrind cannot run a sanitizer's build")
        backends = self.backends(2)
        daemon = self.gslbd(
            self.pool_config(backends), seconds=60,
            wrapper=["valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
                     "--errors-for-leak-kinds=definite,indirect,possible", "--error-exitcode=99",
                     "--num-callers=30", "--track-fds=no"])
        for name, rrtype in (("www", "A"), ("www", "AAAA"), ("multi", "A"), ("none", "A"), ("text", "TXT")):
            daemon.ask(f"{name}.example.test", rrtype, timeout=20, additional=dns.opt())
            dns.tcp(daemon.server, f"{name}.example.test", rrtype, timeout=20)
        backends[0].kill()
        wait_until(lambda: len(daemon.addresses("www.example.test")) == 1, 30, "it left")
        daemon.set_state("web", "m1", "down", reason="test", **{"for": "1s"})
        daemon.set_state("web", "m0", "up")
        for path in ("/v1/status", "/v1/pools", "/v1/overrides", "/v1/checks", "/v1/zones", "/metrics", "/",
                     "/v1/openapi.json", "/v1/explain?name=www.example.test&type=A", "/v1/none"):
            daemon.api("GET", path, timeout=30)
        daemon.api("GET", "/v1/status", unix=True, timeout=30)
        daemon.api("PUT", "/v1/pools/web/members/m0/state", b"{bad", timeout=30)
        self.assertEqual(daemon.api("POST", "/v1/reload", timeout=30).status, 200)
        daemon.write("example.test.zone", "bad\n")
        self.assertEqual(daemon.api("POST", "/v1/reload", timeout=30).status, 422)
        daemon.write("example.test.zone", lib.ZONE)
        daemon.process.send_signal(signal.SIGHUP)
        with dns.tcp_socket(daemon.server):  # one still open at the end
            daemon.stop()
        self.assertNotRegex(daemon.log(), r"==\d+== ")

    def test_check_of_a_bad_config(self):
        if os.path.basename(lib.BUILD).find("san") >= 0:
            self.skipTest("valgrind cannot run a sanitizer's build")
        daemon = self.gslbd(start=False)
        daemon.config["pools"] = {"p": {"policy": "none", "members": {"a": {"address": "x", "y": 1}}}}
        daemon.write_config()
        daemon.write("example.test.zone", lib.ZONE + "a IN A x\nb CNAME c\nb A 192.0.2.1\n")
        for args in (["-t", "-c", daemon.config_path], ["--schema"],
                     ["--check-zone", "example.test", os.path.join(daemon.dir, "example.test.zone")]):
            with self.subTest(args):
                done = subprocess.run(
                    ["valgrind", "--quiet", "--leak-check=full", "--error-exitcode=99", lib.GSLBD, *args],
                    capture_output=True, text=True, timeout=100, check=False)
                self.assertIn(done.returncode, (0, 1), done.stderr)


if __name__ == "__main__":
    unittest.main()
