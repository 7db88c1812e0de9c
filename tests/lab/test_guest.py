# SPDX-License-Identifier: BSD-2-Clause
"""The guest and its network are what the other tests take them for: the kernel has IPVS with its schedulers, and
packets go their ways by NAT, DR and TUN with a table that ipvsadm makes."""
import lab
import net
from dns import wait_until

TIME_LIMIT = 60
SCHEDULERS = "rr wrr lc wlc lblc lblcr dh sh sed nq mh fo ovf".split() + lab.IS_NEW * ["twos"]


class Guest(lab.Case):
    def add(self, key, reals, *options, forward="-m", port=net.PORT, v6=False):
        lab.ipvsadm("-A", *key, "-s", "rr", *options)
        for r in reals:
            lab.ipvsadm("-a", *key, "-r", f"[{r.address6}]:{port}" if v6 else f"{r.address}:{port}", forward)

    def assert_both(self, client, vip, port, protocol="tcp"):
        self.assertEqual(self.net.get(client, vip, port, 10, protocol), {"rs1": 5, "rs2": 5})

    def test_nat(self):
        for switch, protocol in (("-t", "tcp"), ("-u", "udp")):
            with self.subTest(protocol):
                self.add((switch, f"{net.NAT_VIP}:80"), self.reals())
                self.assert_both(net.CN, net.NAT_VIP, 80, protocol)
                self.add((switch, f"[{net.NAT_VIP6}]:80"), self.reals(), v6=True)
                self.assert_both(net.CN, net.NAT_VIP6, 80, protocol)

    def test_dr(self):
        self.net.prepare_dr(net.DR_VIP, net.DR_VIP6)
        for switch, protocol in (("-t", "tcp"), ("-u", "udp")):
            with self.subTest(protocol):
                self.add((switch, f"{net.DR_VIP}:{net.PORT}"), self.reals(), forward="-g")
                self.assert_both(net.CL, net.DR_VIP, net.PORT, protocol)
                self.add((switch, f"[{net.DR_VIP6}]:{net.PORT}"), self.reals(), forward="-g", v6=True)
                self.assert_both(net.CL, net.DR_VIP6, net.PORT, protocol)

    def test_tun(self):
        self.net.prepare_tun(net.TUN_VIP)
        for switch, protocol in (("-t", "tcp"), ("-u", "udp")):
            with self.subTest(protocol):
                self.add((switch, f"{net.TUN_VIP}:{net.PORT}"), self.reals(), forward="-i")
                self.assert_both(net.CL, net.TUN_VIP, net.PORT, protocol)

    def test_every_scheduler_is_there(self):
        for scheduler in SCHEDULERS:
            with self.subTest(scheduler):
                lab.ipvsadm("-A", "-t", f"{net.NAT_VIP}:80", "-s", scheduler)
                lab.ipvsadm("-C")

    def test_connections_that_stay(self):
        self.add(("-t", f"{net.NAT_VIP}:80"), self.reals())
        held = self.hold(net.CN, net.NAT_VIP, 80, 6)
        self.assertEqual(net.names(held), {"rs1": 3, "rs2": 3})
        self.assertEqual(lab.proc_table(), {f"TCP {net.NAT_VIP}:80": {
            f"{r.address}:{net.PORT}": (1, 3, 0) for r in self.reals()}})
        self.assert_alive(held)
        self.net.real["rs1"].stop()
        self.assertEqual([c.is_alive() for c in held], [c.name == "rs2" for c in held])
        self.assertEqual(self.net.get(net.CN, net.NAT_VIP, 80, 2), {"rs2": 1, "ECONNREFUSED": 1})

    def test_table_as_data(self):
        lab.ipvsadm("-A", "-f", "7", "-6", "-s", "wlc", "-p", "300")
        self.add(("-t", f"{net.NAT_VIP}:80"), self.reals(), "-p", "30")
        self.assertEqual(lab.table(), {
            "-f 7 -6": {"scheduler": "wlc", "options": ["-p", "300"], "servers": {}},
            f"-t {net.NAT_VIP}:80": {"scheduler": "rr", "options": ["-p", "30"], "servers": {
                f"{r.address}:{net.PORT}": {"forward": "nat", "weight": 1} for r in self.reals()}}})


class Keepalived(lab.Case):
    def test_takes_a_dead_server_out(self):
        vip, port = net.NAT_VIP, net.PORT
        self.keepalived(net.LB, f"""virtual_server {vip} 80 {{
  delay_loop 1
  lb_algo rr
  lb_kind NAT
  protocol TCP
""" + "".join(f"""  real_server {r.address} {port} {{
    TCP_CHECK {{
      connect_timeout 1
      retry 1
      delay_before_retry 1
    }}
  }}
""" for r in self.reals()) + "}\n", "-C")
        wanted = {f"{r.address}:{port}": 1 for r in self.reals()}
        self.await_weights(f"-t {vip}:80", wanted)
        self.net.real["rs2"].stop()
        del wanted[f"{self.net.real['rs2'].address}:{port}"]
        wait_until(lambda: lab.weights(f"-t {vip}:80") == wanted, 15, "the dead one is gone")
