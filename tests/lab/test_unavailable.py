# SPDX-License-Identifier: BSD-2-Clause
"""Without IPVS in the kernel, or without the rights: it is said, DNS goes on, and IPVS is taken up when it comes."""
import lab
import net
from dns import wait_until

TIME_LIMIT = 60
NAME = "www.example.test"
VIP = net.NAT_VIP
MODPROBE = "/proc/sys/kernel/modprobe"


class Unavailable(lab.Case):
    MODULE = "veth"  # no ip_vs yet

    def set_modprobe(self, path):
        with open(MODPROBE, "w", encoding="ascii") as f:
            f.write(path)

    def test_module_is_missing_and_comes_later(self):
        with open(MODPROBE, encoding="ascii") as f:
            modprobe = f.read().strip()
        self.addCleanup(self.set_modprobe, modprobe)
        self.set_modprobe("/bin/false")
        gslbd = self.director(lab.config({"web": lab.service_config(self.reals())}), live=False)
        ipvs = gslbd.ipvs()
        self.assertFalse(ipvs["available"])
        self.assertRegex(ipvs["reason"], "ip_vs|IPVS")
        self.assertEqual(gslbd.addresses(NAME), [VIP])
        for call in ("plan", "apply"):
            reply = gslbd.api("POST", f"/v1/ipvs/{call}", {})
            self.assertEqual((reply.status, reply.json["error"]["code"]), (503, "unavailable"))
        done = gslbd.ctl("ipvs", "list", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(ipvs["reason"], done.stderr)
        self.set_modprobe(modprobe)
        wait_until(lambda: gslbd.ipvs()["available"], 15, "IPVS is taken up")
        self.await_weights(f"-t {VIP}:80", self.dests(rs1=1, rs2=1))
        self.assertEqual(gslbd.addresses(NAME), [VIP])

    def test_without_rights(self):
        """Started by an ordinary user."""
        account = ["setpriv", f"--reuid={lab.USER}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
        gslbd = self.director(lab.config({"web": lab.service_config(self.reals())}), live=False, wrapper=account)
        ipvs = gslbd.ipvs()
        self.assertFalse(ipvs["available"])
        self.assertRegex(ipvs["reason"], "CAP_NET_ADMIN|permi|right")
        self.assertEqual(gslbd.addresses(NAME), [VIP])

    def test_withdraw(self):
        account = ["setpriv", f"--reuid={lab.USER}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
        config = lab.config({"web": lab.service_config(self.reals())}, {"on_unavailable": "withdraw"}, on_all_down="nodata")
        gslbd = self.director(config, live=False, wrapper=account)
        wait_until(lambda: gslbd.addresses(NAME) == [], 5, "no kernel, no VIP")
