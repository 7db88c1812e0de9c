# SPDX-License-Identifier: BSD-2-Clause
"""gslbctl beside the programs that it takes the place of: lists and saved tables as ipvsadm's, to the letter; restored
text; keepalived's table for the same configuration."""
import difflib
import json
import os

import lab
import net
from dns import wait_until

TIME_LIMIT = 90
VIP, VIP6 = net.NAT_VIP, net.NAT_VIP6
# Of every kind, beside what gslbd makes itself.
FOREIGN = f"""-A -t {VIP}:9000 -s wlc -p 300 -M 255.255.255.0
-a -t {VIP}:9000 -r 10.9.0.11:9001 -m -w 10 -x 2000 -y 100
-a -t {VIP}:9000 -r 10.9.0.200:9001 -m -w 0
-A -u {VIP}:53 -s rr -o
-a -u {VIP}:53 -r 10.9.0.11:53 -g -w 65535
-A -t {VIP}:0 -s sh -p 60 -b sh-fallback,sh-port
-A -t [{VIP6}]:443 -s mh -b mh-port -p 120 -M 64
-a -t [{VIP6}]:443 -r [fd09::b]:443 -i -w 3 --tun-type gue --tun-port 6080 --tun-csum
-a -t [{VIP6}]:443 -r [fd09::c]:443 -i -w 3 --tun-type gre
-A --sctp-service {VIP}:5060 -s lblcr
-a --sctp-service {VIP}:5060 -r 10.9.0.12:5060 -i -w 1
-A -t 192.0.2.77:25 -s nq
-a -t 192.0.2.77:25 -r 192.0.2.78:25 -m -w 1
-a -t 192.0.2.77:25 -r 10.9.0.12:25 -m -w 1
-A -f 7 -s fo
-a -f 7 -r 10.9.0.11:0 -g -w 2
-A -f 7 -6 -s ovf
-a -f 7 -6 -r [fd09::b]:0 -g -w 2
"""


class Texts(lab.Case):
    def setUp(self):
        super().setUp()
        self.gslbd = self.director(lab.config({
            "web": lab.service_config(self.reals(), scheduler="wrr"),
            "six": lab.service_config(self.reals(), VIP6, v6=True, persistence="5m"),
            "dns": lab.service_config(self.reals(), protocol="udp")}))

    def ctl(self, *args, **more):
        return self.gslbd.ctl("ipvs", *args, **more).stdout

    def assert_agree(self, ours, theirs, seconds=5):
        """Both print the same, at last: counters and rates go on for a while."""
        texts = []

        def same():
            texts[:] = [theirs(), ours()]
            return texts[0] == texts[1]
        try:
            wait_until(same, seconds, "they agree", 0.2)
        except AssertionError:
            self.fail("\n" + "\n".join(difflib.unified_diff(*(t.split("\n") for t in texts), "ipvsadm", "gslbctl", lineterm="")))

    def test_lists_are_ipvsadms(self):
        lab.ipvsadm("-R", text=FOREIGN)
        self.net.get(net.CN, VIP, 80, 9)
        self.net.get(net.CN, VIP, 80, 5, "udp")
        self.net.get(net.CN, VIP6, 80, 4)
        self.hold(net.CN, VIP, 80, 3)
        for columns in ([], ["--thresholds"], ["--persistent-conn"], ["--tun-info"], ["--stats"], ["--stats", "--exact"],
                        ["--rate"], ["--rate", "--exact"]):
            with self.subTest(" ".join(columns) or "plain"):
                self.assert_agree(lambda: self.ctl("list", *columns), lambda: lab.ipvsadm("-Ln", *columns), 30)
        line = next(x for x in lab.ipvsadm("-Ln", "--stats").splitlines() if f"{VIP}:80 " in x)
        self.assertNotIn("0", line.split()[2:], "there was traffic")

    def test_a_list_is_not_of_a_second_ago(self):
        for port in range(9100, 9105):
            lab.ipvsadm("-A", "-t", f"{VIP}:{port}", "-s", "rr")
            self.assertEqual(self.ctl("list"), lab.ipvsadm("-Ln"))

    def test_saved_text_is_ipvsadms(self):
        lab.ipvsadm("-R", text=FOREIGN)
        self.assert_agree(lambda: self.ctl("save", "--plain"), lambda: lab.ipvsadm("-Sn"))

    def test_saved_text_makes_the_same_table(self):
        """ipvsadm-restore reads it; and nothing is lost, as the thresholds are in ipvsadm's own."""
        lab.ipvsadm("-R", text=FOREIGN)
        wait_until(lambda: len(self.gslbd.ipvs()["foreign"]) == 8, 5, "they are known")
        before, limits, text = lab.saved(), lab.ipvsadm("-Ln", "--thresholds"), self.ctl("save")
        self.gslbd.stop()
        lab.ipvsadm("-C")
        plain = "".join(line + "\n" for line in text.splitlines() if line and not line.startswith("#"))
        lab.ipvsadm("-R", text=plain)
        self.assertEqual(lab.saved(), before)
        self.assertEqual(lab.ipvsadm("-Ln", "--thresholds"), limits)

    def test_restore_makes_the_difference_only(self):
        path = os.path.join(self.gslbd.dir, "rules")
        self.gslbd.write("rules", FOREIGN)
        before = lab.saved()
        self.ctl("restore", path)
        self.assertEqual(lab.saved(), before, "without --apply it only shows")
        self.ctl("restore", path, "--apply")
        wanted = sorted(before + [line for line in lab.saved() if "9000" in line or " -f 7" in line])
        self.assertLess(len(before), len(wanted))
        self.assertIn("2000", lab.ipvsadm("-Ln", "--thresholds"))
        writes = self.gslbd.operations()
        again = self.ctl("restore", path, "--apply")
        self.assertIn("nothing to do", again)
        self.assertEqual(self.gslbd.operations(), writes)
        # one weight more, one service less, and by --exact that goes
        changed = "".join(line + "\n" for line in FOREIGN.splitlines() if "5060" not in line).replace("-w 10 ", "-w 11 ")
        self.gslbd.write("rules", changed)
        self.ctl("restore", path, "--apply", "--exact")
        self.assertEqual(lab.weights(f"-t {VIP}:9000"), {"10.9.0.11:9001": 11, "10.9.0.200:9001": 0})
        self.assertNotIn(f"--sctp-service {VIP}:5060", lab.table())
        self.assertIn(f"-t {VIP}:80", lab.table(), "what the configuration manages stays")
        self.assertEqual(self.gslbd.operations(), writes + 2)

    def test_wrong_text_changes_nothing(self):
        before = lab.saved()
        for line, why in ((f"-A -t {VIP}:99 -s rx", "scheduler"), (f"-A -u {VIP}:0 -s rr", "port 0"), ("-A -t 10.1.0.100:http", "http"),
                          (f"-A -t {VIP}:99 -s rr\n-a -t {VIP}:99 -r [fd09::b]:99 -m", "famil"), ("-X", "-X"),
                          (f"-a -t {VIP}:98 -r 10.9.0.11:80 -m", "98")):
            self.gslbd.write("rules", FOREIGN + line + "\n")
            done = self.gslbd.ctl("ipvs", "restore", os.path.join(self.gslbd.dir, "rules"), "--apply", check=False)
            with self.subTest(line):
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stdout + done.stderr, r"rules:\d+: ")
                self.assertIn(why, done.stdout + done.stderr)
                self.assertEqual(lab.saved(), before)

    def test_counters_are_zeroed(self):
        self.net.get(net.CN, VIP, 80, 6)
        service = lambda: lab.ipvsadm("-Ln", "--stats", "-t", f"{VIP}:80").splitlines()[2].split()
        wait_until(lambda: service()[2] != "0", 10, "they have counted")
        self.ctl("zero", "web")
        wait_until(lambda: service()[2] == "0", 5, "they are zero")


KEEPALIVED = """virtual_server %(vip)s 80 {
  delay_loop 1
  lb_algo wrr
  lb_kind NAT
  persistence_timeout 50
  persistence_granularity 255.255.255.0
  protocol TCP
  sorry_server 10.9.0.99 80
  real_server %(rs1)s 8000 {
    weight 3
    uthreshold 100
    TCP_CHECK {
      connect_timeout 1
      retry 1
      delay_before_retry 1
    }
  }
  real_server %(rs2)s 8000 {
    weight 1
    HTTP_GET {
      url {
        path /healthz
        status_code 200
      }
      connect_timeout 1
    }
  }
}
virtual_server %(vip6)s 80 {
  delay_loop 1
  lb_algo sh
  lb_kind DR
  protocol UDP
  ops
  real_server fd09::b 80 {
    weight 2
  }
}
virtual_server fwmark 9 {
  delay_loop 1
  lb_algo lc
  lb_kind TUN
  real_server %(rs1)s 8000 {
    weight 1
    TCP_CHECK {
      connect_timeout 1
    }
  }
}
"""


class Import(lab.Case):
    def test_keepaliveds_table_is_ours(self):
        text = KEEPALIVED % {"vip": VIP, "vip6": VIP6, "rs1": self.net.real["rs1"].address, "rs2": self.net.real["rs2"].address}
        keepalived = self.keepalived(net.LB, text, "-C")
        wait_until(lambda: len(lab.saved()) == 7, 15, "keepalived has made its table")
        theirs, limits = lab.saved(), lab.ipvsadm("-Ln", "--thresholds")
        keepalived.stop()
        wait_until(lambda: not lab.saved(), 10, "keepalived has taken it away")

        gslbd = lab.Director()
        self.addCleanup(gslbd.discard)
        self.addCleanup(self.show_log, gslbd)
        gslbd.write("keepalived.conf", text)
        imported = json.loads(gslbd.ctl("ipvs", "import", os.path.join(gslbd.dir, "keepalived.conf")).stdout)
        gslbd.config = gslbd.complete({"checks": imported.get("checks", {}), "ipvs": imported["ipvs"]})
        gslbd.write_config()
        gslbd.start().await_live()
        wait_until(lambda: lab.saved() == theirs, 10, f"the table is {theirs}; it is {lab.saved()}")
        self.assertEqual(lab.ipvsadm("-Ln", "--thresholds"), limits)
