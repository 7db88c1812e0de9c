# SPDX-License-Identifier: BSD-2-Clause
"""gslbd ends, crashes and starts again, as a whole or one of its processes: the kernel goes on, and its table is adopted
as it is."""
import os
import signal
import threading
import time

import lab
import net
from dns import wait_until
from test_reconcile import FOREIGN, KEY, NAME, VIP, Reconcile

TIME_LIMIT = 120


class Exit(Reconcile):
    def test_leave(self):
        gslbd = self.start()
        before, held = lab.saved(), self.hold(net.CN, VIP, 80, 4)
        gslbd.stop()
        self.assertEqual(lab.saved(), before)
        self.assert_alive(held)
        self.assertEqual(self.net.get(net.CN, VIP, 80, 4), {"rs1": 2, "rs2": 2})

    def test_remove(self):
        foreign = self.add_foreign()
        gslbd = self.start({"on_exit": "remove"})
        ending = threading.Thread(target=gslbd.stop)
        ending.start()
        try:
            while True:  # as long as DNS answers the VIP, the kernel has servers for it
                had = lab.proc_table()
                if VIP not in gslbd.addresses(NAME):
                    break
                self.assertTrue(had.get(f"TCP {VIP}:80"), had)
        except (OSError, TimeoutError):
            pass  # it has ended
        ending.join()
        self.assertEqual(lab.saved(), foreign)

    def test_drain(self):
        foreign = self.add_foreign()
        gslbd = self.start({"on_exit": "drain"}, drain="5s")
        held = self.hold(net.CN, VIP, 80, 4)
        gslbd.seconds = 40
        ending = threading.Thread(target=gslbd.stop)
        ending.start()
        self.await_weights(KEY, self.dests(rs1=0, rs2=0), 20)
        self.assert_alive(held)
        ending.join()
        self.assertEqual(lab.saved(), foreign)

    def test_second_signal_ends_a_drain(self):
        gslbd = self.start({"on_exit": "drain"}, drain="1h")
        held = self.hold(net.CN, VIP, 80, 4)
        gslbd.process.send_signal(signal.SIGTERM)
        self.await_weights(KEY, self.dests(rs1=0, rs2=0), 20)
        gslbd.process.send_signal(signal.SIGTERM)
        self.assertEqual(gslbd.process.wait(10), 0)
        self.assert_alive(held)


class Crash(Reconcile):
    def test_table_is_adopted_without_a_write(self):
        gslbd = self.start()
        gslbd.ctl("ipvs", "weight", "web/rs2", "3")
        self.await_weights(KEY, self.dests(rs1=1, rs2=3))
        before, held = lab.saved(), self.hold(net.CN, VIP, 80, 8)
        self.assertEqual(net.names(held), {"rs1": 2, "rs2": 6})
        gslbd.kill_all()
        self.assertEqual(lab.saved(), before)
        self.assertEqual(self.net.get(net.CN, VIP, 80, 4), {"rs1": 1, "rs2": 3})
        gslbd.start().await_live()
        self.assertEqual(gslbd.addresses(NAME), [VIP])
        time.sleep(2)  # two looks at the table
        self.assertEqual(lab.saved(), before)
        self.assertEqual(gslbd.operations(), 0)
        self.assert_alive(held)

    def test_restart_after_the_table_was_lost(self):
        gslbd = self.start()
        before = lab.saved()
        gslbd.kill_all()
        lab.ipvsadm("-C")
        gslbd.start().await_live()
        self.assertEqual(lab.saved(), before)

    def test_what_left_the_config_while_it_was_down(self):
        """It is ours by the state file, so it is drained; what was never ours stays."""
        gslbd = self.start()
        foreign = self.add_foreign()
        gslbd.stop()
        gslbd.config = gslbd.complete(lab.config({"other": lab.service_config(self.reals(), port=81)}, {"max_remove": 100}))
        gslbd.write_config()
        gslbd.start().await_live()
        wait_until(lambda: set(lab.table()) == {FOREIGN, f"-t {VIP}:81"}, 20, "ours of before is gone")
        self.assertEqual([line for line in lab.saved() if FOREIGN in line], foreign)

    def watch_dns(self, gslbd, until, seconds, what):
        """DNS answers the VIP all the time until the condition holds."""
        def answered_and_done():
            self.assertEqual(gslbd.addresses(NAME), [VIP])
            return until()
        wait_until(answered_and_done, seconds, what)

    def test_helper_killed(self):
        gslbd = self.start()
        before, held = lab.saved(), self.hold(net.CN, VIP, 80, 4)
        for _ in range(3):
            helper = wait_until(gslbd.helper, 10, "there is a helper")
            os.kill(helper, signal.SIGKILL)
            self.watch_dns(gslbd, lambda: gslbd.helper() not in (None, helper), 10, "another helper")
            self.assertEqual(lab.saved(), before)
        self.assert_alive(held)
        lab.ipvsadm("-C")  # it works: this is repaired
        wait_until(lambda: lab.saved() == before, 20, "the table is repaired")

    def test_only_the_helper_may_change_the_network(self):
        gslbd = self.start()
        processes = gslbd.processes()
        self.assertEqual(len(processes), 3, processes)
        able = {pid for pid, caps in processes.items() if lab.CAP_NET_ADMIN in caps}
        self.assertEqual(able - {gslbd.process.pid}, {gslbd.helper()})
        self.assertIn(set(), processes.values(), "the server has no rights at all")

    def test_server_killed(self):
        """All of it ends, for the service manager to start it again; the table stays and is adopted."""
        gslbd = self.start()
        before, held = lab.saved(), self.hold(net.CN, VIP, 80, 4)
        server = next(pid for pid, caps in gslbd.processes().items() if not caps)
        os.kill(server, signal.SIGKILL)
        self.assertNotEqual(gslbd.process.wait(10), 0)
        wait_until(lambda: not gslbd.processes(), 5, "nothing is left of it")
        self.assertEqual(lab.saved(), before)
        gslbd.start().await_live()
        self.assertEqual(gslbd.addresses(NAME), [VIP])
        self.assertEqual(gslbd.operations(), 0)
        self.assert_alive(held)
