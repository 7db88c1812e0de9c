# SPDX-License-Identifier: BSD-2-Clause
"""Two directors, each with gslbd and with keepalived for the VRRP part alone: the VIP moves, DNS and the sync daemon's
role follow, both kernels are ready all the time."""
import signal

import lab
import net
from dns import wait_until

TIME_LIMIT = 90
NAME = "www.example.test"
VIP = "10.9.0.110"
KEY = f"-t {VIP}:{net.PORT}"

VRRP = """vrrp_instance vi {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority %d
  advert_int 0.2
  virtual_ipaddress {
    %s/32 dev eth0
  }
}
"""


class Vrrp(lab.Case):
    DIRECTORS = 2

    def setUp(self):
        super().setUp()
        for x in self.net.servers:
            net.sysctl(x, conf__all__arp_ignore=1, conf__all__arp_announce=2)
            self.net.make_vip(VIP, "lo", x)

    def holds(self, director):
        return f"{VIP}/32" in net.run(director, "ip", "-o", "addr", "show", "dev", "eth0").stdout

    def test_vip_moves_and_dns_follows(self):
        service = lab.service_config(self.reals(), VIP, net.PORT, forward="dr", vip={"require_local": True})
        sync = {"role": "follow", "interface": "eth0", "id": 7}
        config = lab.config({"web": service}, {"sync": sync}, on_all_down="nodata")
        gslbds = {x: self.director(config, live=False, director=x) for x in (net.LB, net.LB2)}
        keepalived = {x: self.keepalived(x, VRRP % (priority, VIP), "-P") for x, priority in ((net.LB, 200), (net.LB2, 100))}

        def answers(there, elsewhere):
            """DNS, kernel and sync daemon, on both."""
            wait_until(lambda: self.holds(there) and not self.holds(elsewhere), 10, f"{there} has the VIP")
            wait_until(lambda: gslbds[there].addresses(NAME) == [VIP], 5, f"{there} answers it")
            wait_until(lambda: gslbds[elsewhere].addresses(NAME) == [], 5, f"{elsewhere} does not")
            for x in (there, elsewhere):
                self.await_weights(KEY, self.dests(rs1=1, rs2=1), director=x)
            self.assertEqual(gslbds[elsewhere].service("web")["state"], "waiting")
            for x, role in ((there, "master"), (elsewhere, "backup")):
                wait_until(lambda: f"{role} sync daemon (mcast=eth0, syncid=7" in lab.ipvsadm("-L", "--daemon", director=x), 5,
                           f"{x} is {role}")
            self.assertEqual(self.net.get(net.CL, VIP, net.PORT, 4), {"rs1": 2, "rs2": 2})

        answers(net.LB, net.LB2)
        keepalived[net.LB].stop()
        answers(net.LB2, net.LB)
        self.keepalived(net.LB, VRRP % (200, VIP), "-P")
        answers(net.LB, net.LB2)
        net.run(net.LB, "ip", "link", "set", "eth1", "down")  # another link does not matter
        self.assertEqual(gslbds[net.LB].addresses(NAME), [VIP])

    def test_vip_that_we_put_there(self):
        """vip.interface: the address comes with the service and goes with it."""
        service = lab.service_config(self.reals(), VIP, net.PORT, forward="dr", vip={"interface": "eth0", "require_local": True})
        gslbd = self.director(lab.config({"web": service}, {"on_exit": "remove"}, on_all_down="nodata"))
        self.assertTrue(self.holds(net.LB))
        self.assertEqual(gslbd.addresses(NAME), [VIP])
        self.assertEqual(self.net.get(net.CL, VIP, net.PORT, 4), {"rs1": 2, "rs2": 2})
        net.run(net.LB, "ip", "addr", "del", f"{VIP}/32", "dev", "eth0")  # by hand
        wait_until(lambda: self.holds(net.LB), 10, "it is put back")
        gslbd.stop(signal.SIGTERM)
        self.assertFalse(self.holds(net.LB))
