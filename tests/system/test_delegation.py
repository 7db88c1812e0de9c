# SPDX-License-Identifier: BSD-2-Clause
"""The way of a real lookup: a resolver (unbound) starts at a parent zone on NSD, which delegates a child zone
to gslbd. Rotation and failover are seen through the resolver.

A delegation names no port, so gslbd needs port 53 here. Where this user may not bind it (not root), the file
runs itself again as root of a network and user namespace of its own."""
import os
import shutil
import socket
import subprocess
import sys
import unittest

import dns
import lib
from dns import wait_until

TIME_LIMIT = 150

PARENT_ZONE = """$ORIGIN parent.test.
$TTL 300
@        IN SOA  ns1 hostmaster 1 3600 600 86400 60
         IN NS   ns1
ns1      IN A    {nsd}
static   IN A    192.0.2.10
gslb     IN NS   ns.gslb
ns.gslb  IN A    {gslbd}
"""
CHILD_ZONE = """$ORIGIN gslb.parent.test.
$TTL 300
@        IN SOA  ns hostmaster 1 3600 600 86400 5
         IN NS   ns
ns       IN A    {gslbd}
plain    IN A    192.0.2.20
far      IN CNAME static.parent.test.
big      IN TXT  "{big}"
"""
NSD_CONF = """server:
    ip-address: {nsd}@{port}
    zonesdir: "{dir}"
    database: ""
    zonelistfile: "{dir}/zone.list"
    xfrdfile: "{dir}/xfrd.state"
    xfrdir: "{dir}"
    pidfile: "{dir}/nsd.pid"
    logfile: "{dir}/nsd.log"
    username: ""
    server-count: 1
    round-robin: no
remote-control:
    control-enable: no
zone:
    name: parent.test
    zonefile: parent.zone
"""
UNBOUND_CONF = """server:
    directory: "{dir}"
    chroot: ""
    username: ""
    pidfile: "{dir}/unbound.pid"
    interface: {unbound}@{port}
    access-control: 127.0.0.0/8 allow
    do-ip6: no
    do-daemonize: no
    use-syslog: no
    verbosity: 1
    num-threads: 1
    module-config: "iterator"
    do-not-query-localhost: no
    local-zone: "test." nodefault
    rrset-roundrobin: no
    minimal-responses: no
    cache-max-ttl: 1
    cache-max-negative-ttl: 1
    harden-referral-path: yes
    qname-minimisation: yes
    use-caps-for-id: yes
stub-zone:
    name: "parent.test"
    stub-addr: {nsd}@{port}
remote-control:
    control-enable: no
"""


def may_bind_53():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.bind((lib.loopback_address(), 53))
            return True
        except PermissionError:
            return False


class Delegation(lib.Case):
    def setUp(self):
        if not may_bind_53():
            self.run_in_namespace()
        self.backend_list = self.backends(3)
        self.daemon = self.make_gslbd()
        self.nsd, self.resolver = lib.loopback_address(), lib.loopback_address()
        self.names = {"dir": self.daemon.dir, "nsd": self.nsd, "unbound": self.resolver,
                      "gslbd": self.daemon.address, "port": lib.DNS_PORT, "big": '" "'.join(["x" * 200] * 12)}
        for name, text in (("child.zone", CHILD_ZONE), ("parent.zone", PARENT_ZONE), ("nsd.conf", NSD_CONF),
                           ("unbound.conf", UNBOUND_CONF)):
            self.daemon.write(name, text.format(**self.names))
        self.daemon.start()
        self.run_daemon(["nsd", "-d", "-c", self.path("nsd.conf")], self.nsd, "parent.test")
        self.run_daemon(["unbound", "-d", "-c", self.path("unbound.conf")], self.resolver, "static.parent.test")

    def run_in_namespace(self):
        """Where port 53 is not ours: the same test as root of a namespace."""
        if os.environ.get("GSLB_IN_NAMESPACE"):
            self.fail("port 53 cannot be bound, not even in a namespace")
        inner = 'ip link set lo up && exec "$0" "$@"'
        done = subprocess.run(
            ["unshare", "-Urn", "sh", "-c", inner, sys.executable, os.path.join(lib.TOP, "tests/system/run.py"),
             "--build", lib.BUILD, f"test_delegation.py:{self.id().split('.', 1)[1]}"],
            env={**os.environ, "GSLB_IN_NAMESPACE": "1"}, capture_output=True, text=True, timeout=120, check=False)
        if done.stderr.startswith("unshare:"):
            self.skipTest(f"neither port 53 nor a user namespace for this user: run it as root ({done.stderr.strip()})")
        if done.returncode != 0:
            self.fail(done.stdout + done.stderr)
        # passed over there: nothing is left to do here
        raise unittest.SkipTest("passed in a namespace of its own")

    def make_gslbd(self):
        daemon = self.gslbd(self.pool_config(self.backend_list, ttl="1s"), start=False)
        daemon.config["server"]["listen"] = [f"{daemon.address}:53"]
        daemon.config["zones"] = {"gslb.parent.test": {"file": "child.zone", "names": {
            "www": "web", "*.any": "web", "first": "order", "one": {"pool": "single", "ttl": "1s"}}}}
        members = daemon.config["pools"]["web"]["members"]
        daemon.config["pools"]["order"] = {"policy": "failover", "ttl": "1s", "check": "http-ok", "members": members}
        daemon.config["pools"]["single"] = {"policy": "round_robin", "max_answers": 1, "check": "http-ok",
                                            "members": members}
        daemon.write_config()
        return daemon

    def path(self, name):
        return os.path.join(self.daemon.dir, name)

    def run_daemon(self, command, address, probe):
        command[0] = shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        log = open(self.path(os.path.basename(command[0]) + ".out"), "wb")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()

        def end():
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

        def answers():
            self.assertIsNone(process.poll(), f"{command[0]} ended: {open(log.name, errors='replace').read()}")
            try:
                return dns.udp((address, lib.DNS_PORT), probe, "SOA", timeout=1, flags=dns.RD).rcode == 0
            except (TimeoutError, ConnectionRefusedError):
                return False

        self.addCleanup(end)
        wait_until(answers, 15, f"{command[0]} answers")

    def resolve(self, name, rrtype="A"):
        answer = dns.udp((self.resolver, lib.DNS_PORT), f"{name}.gslb.parent.test", rrtype, flags=dns.RD, timeout=10)
        self.assertEqual(answer.rcode, dns.NOERROR, f"{name} {rrtype}")
        return answer

    def addresses(self, backends):
        return sorted(b.address for b in backends)

    def test_lookup_through_the_parent(self):
        referral = dns.udp((self.nsd, lib.DNS_PORT), "www.gslb.parent.test")
        self.assertEqual([r.type for r in referral.authority], ["NS"])
        self.assertEqual(self.resolve("plain").data("A"), ["192.0.2.20"])
        self.assertEqual(sorted(self.resolve("www").data("A")), self.addresses(self.backend_list))
        self.assertEqual(self.resolve("far").data("A"), ["192.0.2.10"])  # out and back to the parent
        big = dns.tcp((self.resolver, lib.DNS_PORT), "big.gslb.parent.test", "TXT", flags=dns.RD)
        self.assertEqual(len(big.data("TXT")), 1)  # which the resolver got by TCP, too
        self.assertEqual(self.resolve("plain", "AAAA").answer, [])
        nothing = dns.udp((self.resolver, lib.DNS_PORT), "none.gslb.parent.test", flags=dns.RD)
        self.assertEqual(nothing.rcode, dns.NXDOMAIN)
        lines = lib.dig_short((self.resolver, lib.DNS_PORT), "www.gslb.parent.test")
        self.assertEqual(sorted(lines), self.addresses(self.backend_list))

    def test_rotation_through_the_resolver(self):
        # names the resolver has not cached yet
        firsts = [self.resolve(f"n{i}.any").data("A")[0] for i in range(9)]
        self.assertEqual(sorted(set(firsts)), self.addresses(self.backend_list))
        self.assertEqual(firsts[:3], firsts[3:6])
        # and one name, each time its TTL of a second is over
        seen = set()
        wait_until(lambda: seen.add(self.resolve("one").data("A")[0]) or len(seen) == 3, 20,
                   "one name shows all three backends in turn")

    def test_failover_through_the_resolver(self):
        first, second, third = (b.address for b in self.backend_list)
        self.assertEqual(self.resolve("first").data("A"), [first])
        self.backend_list[0].kill()
        wait_until(lambda: self.resolve("first").data("A") == [second], 15, "the second takes over")
        self.assertEqual(sorted(self.resolve("x.any").data("A")), sorted([second, third]))
        self.backend_list[0].revive()
        wait_until(lambda: self.resolve("first").data("A") == [first], 15, "the first is back")
        self.daemon.set_state("order", "m0", "down")
        wait_until(lambda: self.resolve("first").data("A") == [second], 15, "taken out by hand")


if __name__ == "__main__":
    unittest.main()
