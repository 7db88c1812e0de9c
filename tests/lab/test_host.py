# SPDX-License-Identifier: BSD-2-Clause
"""What gslbctl says that hosts need is enough: its scripts make real servers that serve, the doctor a director that
passes its own examination."""
import subprocess

import lab
import net

TIME_LIMIT = 90
# The guest sees the machine's /etc, which it may not write.
WRITTEN = ("/etc/sysctl.d", "/etc/modules-load.d", "/etc/systemd/network")
WAYS = {
    "dr": (net.DR_VIP, {"forward": "dr"}, {}), "dr-six": (net.DR_VIP6, {"forward": "dr"}, {}),
    "tun": (net.TUN_VIP, {"forward": "tun"}, {}), "tun-six": (net.TUN_VIP6, {"forward": "tun"}, {}),
    "gre": (net.GRE_VIP, {"forward": "tun"}, {"type": "gre"}),
    "gue": ("10.9.0.103", {"forward": "tun"}, {"type": "gue", "port": 6080}),
}


class Host(lab.Case):
    def setUp(self):
        super().setUp()
        for folder in WRITTEN:
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True, timeout=20)
            self.addCleanup(subprocess.run, ["umount", folder], check=True, timeout=20)

    def ctl_inside(self, gslbd, *args, check=True):
        with net.inside(net.LB):
            return gslbd.ctl("ipvs", *args, check=check)

    def test_scripts_for_real_servers(self):
        services = {}
        for name, (vip, forward, tunnel) in WAYS.items():
            self.net.make_vip(vip)
            services[name] = lab.service_config(self.reals(), vip, net.PORT, v6=":" in vip, **forward)
            for server in services[name]["servers"].values():
                if tunnel:
                    server["tunnel"] = tunnel
        gslbd = self.director(lab.config(services))
        for name, (vip, _, _) in WAYS.items():
            with self.subTest(name):
                script, undo = (gslbd.ctl("ipvs", "realserver", name, *more).stdout for more in ([], ["--undo"]))
                for x in [*self.net.servers, "rs1"]:  # running it again changes nothing
                    net.run(x, "sh", "-s", text=script)
                self.assertEqual(self.net.get(net.CL, vip, net.PORT, 6), {"rs1": 3, "rs2": 3})
                for x in self.net.servers:
                    net.run(x, "sh", "-s", text=undo)
                    self.assertNotIn(f" {vip}/", net.run(x, "ip", "-o", "addr").stdout)

    def test_doctor(self):
        net.sysctl(net.LB, ip_forward=0, conf__all__rp_filter=1)
        gslbd = self.director(lab.config({"web": lab.service_config(self.reals())}))
        sick = self.ctl_inside(gslbd, "doctor", check=False)
        self.assertEqual(sick.returncode, 1)
        self.assertIn("net.ipv4.ip_forward: 0, should be 1", sick.stdout)
        self.ctl_inside(gslbd, "doctor", "--apply")
        self.assertEqual(self.ctl_inside(gslbd, "doctor").returncode, 0)
        self.assertEqual(self.net.get(net.CN, net.NAT_VIP, 80, 4), {"rs1": 2, "rs2": 2})
