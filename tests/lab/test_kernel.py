# SPDX-License-Identifier: BSD-2-Clause
"""gslbd's own access to the kernel's table, without gslbd: the suite that the fake of the unit tests passes too, and the
time that a table of 10 000 servers takes beside ipvsadm."""
import os
import subprocess
import unittest

TIME_LIMIT = 180
PROGRAM = os.path.join(os.environ.get("GSLB_BUILD", "build"), "tests", "lab", "ipvs_kernel")


class Kernel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Those two register for all network namespaces, which waits for such as are being taken down; these wait for
        IPVS, which a request that loads a scheduler holds. So a kernel that loads them while the suite's namespaces
        come and go may stand still."""
        subprocess.run(["modprobe", "-a", "ip_vs_lblc", "ip_vs_lblcr"], check=True, timeout=60)

    def run_program(self, *options):
        # Check writes a file for each test, and looks for its folder in TEMP.
        env = os.environ | {"TEMP": os.environ.get("TMPDIR", "/tmp")}
        ran = subprocess.run([PROGRAM, *options], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout)
        return ran.stdout

    def test_suite(self):
        self.assertRegex(self.run_program(), r"(?m)^100%: Checks: [1-9]\d\d")

    def test_time_beside_ipvsadm(self):
        print(self.run_program("--bench"), end="")
