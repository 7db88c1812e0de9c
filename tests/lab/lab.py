# SPDX-License-Identifier: BSD-2-Clause
"""What the lab's tests share: a test case with a network, the kernel's table, gslbd and keepalived in a director."""
import contextlib
import os
import pwd
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import time

import dns
import lib
import net
from dns import wait_until

USER = "nobody"
CAP_NET_ADMIN = 12
# The guest under qemu has all of IPVS and of nftables, that of User Mode Linux neither twos nor rules for IPv4.
IS_NEW = os.environ.get("LAB_GUEST") == "qemu"
SWITCHES = {"m": "nat", "g": "dr", "i": "tun"}


# ---- the kernel's table, told by others than gslbd

def ipvsadm(*args, director=net.LB, check=True, text=None):
    return net.run(director, "ipvsadm", *args, check=check, text=text).stdout


def saved(director=net.LB):
    """ipvsadm-save -n, its lines sorted: the table in text, without counters."""
    return sorted(line.strip() for line in ipvsadm("-Sn", director=director).splitlines())


def table(director=net.LB):
    """{"-t 10.1.0.100:80": {"scheduler", "options": [...], "servers": {"10.9.0.11:8000": {"forward", "weight"}}}}"""
    services = {}
    for line in saved(director):
        words = shlex.split(line)
        add, key = words[0], " ".join(words[1:3])
        rest = words[3:]
        if rest[:1] == ["-6"]:
            key, rest = key + " -6", rest[1:]
        if add == "-A":
            services[key] = {"scheduler": rest[1], "options": rest[2:], "servers": {}}
        else:
            services[key]["servers"][rest[1]] = {"forward": SWITCHES[rest[2][1]], "weight": int(rest[4])}
    return services


def weights(key, director=net.LB):
    """{server: weight} of one service; None without the service."""
    service = table(director).get(key)
    return service and {name: server["weight"] for name, server in service["servers"].items()}


def proc_table(director=net.LB):
    """The table as /proc tells it: cheap, for loops that watch it. {"TCP 10.1.0.100:80" | "FWM 7": {"10.9.0.11:8000": (weight,
    active, inactive)}}; IPv4 only."""
    def text(wire):
        address, port = wire.split(":")
        return f"{socket.inet_ntoa(bytes.fromhex(address))}:{int(port, 16)}"

    services, servers = {}, {}
    with net.inside(director), open("/proc/thread-self/net/ip_vs", encoding="ascii") as f:
        for line in f:
            words = line.split()
            if words[0] in ("TCP", "UDP") and "[" not in words[1]:
                servers = services.setdefault(f"{words[0]} {text(words[1])}", {})
            elif words[0] == "FWM" and words[1] != "LocalAddress:Port":
                servers = services.setdefault(f"FWM {int(words[1], 16)}", {})
            elif words[0] == "->" and re.fullmatch("[0-9A-F]{8}:[0-9A-F]{4}", words[1]):
                servers[text(words[1])] = tuple(int(w) for w in words[3:6])
    return services


def connections(director=net.LB):
    """Lines of the kernel's connection table, without the head."""
    return ipvsadm("-Lnc", director=director).splitlines()[2:]


# ---- gslbd

class Director(lib.Gslbd):
    """gslbd inside a director, started as root, that becomes USER. Its API is on the Unix socket alone (paths are not
    of a network namespace), DNS on 127.x inside and on the director's own address for the clients."""

    def __init__(self, config=None, files=None, director=net.LB, **more):
        self.director = director
        super().__init__(config, files, **more)
        account = pwd.getpwnam(USER)
        os.chown(self.dir, account.pw_uid, account.pw_gid)

    def complete(self, config):
        own = {net.LB: "10.9.0.1", net.LB2: "10.9.0.2"}[self.director]
        self.server = (own, lib.DNS_PORT)
        config = {**config, "api": {"listen": [f"unix:{self.socket_path}"]},
                  "server": {"listen": [f"{own}:{lib.DNS_PORT}"], "workers": 1, "user": USER, **config.get("server", {})}}
        return super().complete(config)

    def spawn(self):
        with net.inside(self.director), open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, lib.GSLBD, "-c", self.config_path, *self.args], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env={**os.environ, **(self.env or {})}, start_new_session=True)

    def api(self, method, path, body=None, headers=None, unix=True, timeout=10):
        return super().api(method, path, body, headers, unix, timeout)

    def ctl(self, *args, check=True):
        done = subprocess.run([lib.GSLBCTL, "--api", f"unix:{self.socket_path}", *args], capture_output=True, text=True,
                              timeout=20, stdin=subprocess.DEVNULL, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"gslbctl {' '.join(args)}: {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def ask(self, name, rrtype="A", client=None, **options):
        with net.inside(client or self.director):
            return dns.udp(self.server, name, rrtype, **options)

    def shares(self, name, count=200, client=None):
        """{address: answers} of that many queries."""
        found = {}
        with net.inside(client or self.director):
            for raw in dns.many(self.server, [dns.query(name) for _ in range(count)], 8):
                for address in dns.Message(raw).data("A"):
                    found[address] = found.get(address, 0) + 1
        return found

    # ---- its processes

    def processes(self):
        """{pid: set of its capabilities' numbers} of all that were started by spawn(): they share its session."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
                    state, _, _, session = f.read().rpartition(")")[2].split()[:4]
                with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
                    bits = int(re.search(r"CapEff:\s*(\w+)", f.read()).group(1), 16)
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(session) == self.process.pid and state != "Z":
                found[int(pid)] = {n for n in range(64) if bits >> n & 1}
        return found

    def helper(self):
        """The pid of the IPVS helper: the one besides the parent that may change the network; None while there is
        none."""
        pids = [pid for pid, caps in self.processes().items() if CAP_NET_ADMIN in caps and pid != self.process.pid]
        return pids[0] if len(pids) == 1 else None

    def kill_all(self):
        """As a crash of all of it at once."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):  # one ends with another
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        wait_until(lambda: not self.processes(), 5, "all processes are gone")
        self.process = None

    def discard(self):
        try:
            super().discard()
        finally:
            if self.process is not None:
                self.kill_all()

    # ---- IPVS

    def ipvs(self):
        return self.get("/v1/ipvs")

    def await_live(self, seconds=10):
        """Until all services may be answered by DNS."""
        wait_until(lambda: all(s["live"] for s in self.ipvs()["services"]), seconds, "all services are live")
        return self

    def service(self, name):
        return next(s for s in self.ipvs()["services"] if s["name"] == name)

    def server_states(self, name):
        return {server["name"]: server["state"] for server in self.service(name)["servers"]}

    def operations(self):
        """Writes to the kernel since the start."""
        return sum(value for name, value in self.metrics().items() if name.startswith("gslb_ipvs_operations_total"))

    def set_service(self, path, state, **more):
        """path: SERVICE or SERVICE/servers/SERVER"""
        return self.put(f"/v1/ipvs/services/{path}/state", {"state": state, **more})


QUICK_CHECK = {"type": "http", "path": "/healthz", "interval": "200ms", "timeout": "1s", "fall": 2, "rise": 2,
               "confirm_interval": "100ms"}


def service_config(reals, address=net.NAT_VIP, port=80, v6=False, **more):
    """One entry of ipvs.services with the real servers and a quick check."""
    servers = {r.name: {"address": r.address6 if v6 else r.address, "port": net.PORT} for r in reals}
    return {"address": address, "port": port, "scheduler": "rr", "forward": "nat", "check": "quick", "servers": servers, **more}


def config(services, ipvs=None, members=None, **pool):
    """A config with those services; www.example.test is answered from all those with an IPv4 VIP, or `members`."""
    if members is None:
        members = {name: {"service": name} for name, s in services.items() if "." in s.get("address", "")}
    pool = {"policy": "all", "ttl": "1s", "members": members, **pool}
    names = {"www": "web"} if members else {}
    return {"zones": {"example.test": {"file": "example.test.zone", "names": names}},
            "checks": {"quick": QUICK_CHECK}, "pools": {"web": pool} if members else {},
            "ipvs": {"services": services, **(ipvs or {})}}


# ---- keepalived

class Syslog:
    """What keepalived says; it can tell it to nothing but syslog."""
    QUEUE = "/proc/sys/net/unix/max_dgram_qlen"

    def __init__(self):
        with open(self.QUEUE, "w", encoding="ascii") as f:
            f.write("10000")  # nobody reads before somebody asks
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind("/dev/log")
        self.lines = []

    def text(self):
        try:
            while True:
                self.lines.append(self.socket.recv(2048).decode(errors="replace").rstrip("\0\n"))
        except BlockingIOError:
            return "\n".join(self.lines)

    def close(self):
        self.socket.close()
        os.unlink("/dev/log")


class Keepalived:
    """keepalived inside a namespace, with that config."""

    def __init__(self, namespace, text, *args):
        self.dir = tempfile.mkdtemp(prefix="keepalived-")
        path = os.path.join(self.dir, "keepalived.conf")
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        pids = [word for flag, name in (("-p", "main"), ("-r", "vrrp"), ("-c", "check"))
                for word in (flag, os.path.join(self.dir, name))]
        with net.inside(namespace):
            self.process = subprocess.Popen(["keepalived", "-n", "-f", path, *pids, *args], stdin=subprocess.DEVNULL,
                                            start_new_session=True)

    def stop(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            if sig == signal.SIGKILL:
                os.killpg(self.process.pid, sig)
            else:
                self.process.send_signal(sig)
            self.process.wait(20)


# ---- test cases

class Case(lib.Case):
    """Tests in one network, made once for the class; each finds an empty table and real servers that answer."""
    SERVERS, DIRECTORS, MODULE = 2, 1, "ip_vs"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.net = net.Net(cls.SERVERS, cls.DIRECTORS, cls.MODULE)
        cls.addClassCleanup(cls.net.close)

    def setUp(self):
        super().setUp()
        for real in self.reals():
            real.start()
            real.status, real.statuses = 200, {}
        self.addCleanup(self.clear)

    def clear(self):
        """Empties the table, and takes the connections along: a server that is added again would get its old ones
        back."""
        for director in self.net.directors:
            net.sysctl(director, vs__expire_nodest_conn=1)
            ipvsadm("-R", director=director, text="-A -f 999\n-a -f 999 -r 10.9.0.99:0 -g\n")  # something to delete
            ipvsadm("-C", director=director)
            wait_until(lambda: not connections(director), 5, "no connections any more")
            net.sysctl(director, vs__expire_nodest_conn=0)

    def reals(self):
        return list(self.net.real.values())

    def director(self, config=None, live=True, **more):
        """A gslbd that runs; unless told otherwise, all of its services are in the kernel and may be answered."""
        daemon = Director(config, **more)
        self.addCleanup(daemon.discard)
        self.addCleanup(self.show_log, daemon)
        daemon.start()
        return daemon.await_live() if live else daemon

    def keepalived(self, namespace, text, *args):
        if not hasattr(self, "syslog"):
            self.syslog = Syslog()
            self.addCleanup(self.syslog.close)
            self.addCleanup(lambda: print(self.syslog.text()) if self.has_failed() else None)
        k = Keepalived(namespace, text, *args)
        self.addCleanup(k.stop)
        return k

    def hold(self, client, address, port, count):
        """Connections that are closed after the test."""
        held = self.net.hold(client, address, port, count)
        for c in held:
            self.addCleanup(c.close)
        return held

    def assert_alive(self, held):
        dead = [c.name for c in held if not c.is_alive()]
        self.assertEqual(dead, [], "connections that died")

    def await_weights(self, key, wanted, seconds=10, director=net.LB):
        """Until the kernel's service has exactly these servers; `wanted` by address:port."""
        seen = []

        def same():
            seen[:] = [weights(key, director)]
            return seen[0] == wanted
        try:
            wait_until(same, seconds, f"{key} has {wanted}")
        except AssertionError as e:
            raise AssertionError(f"{e}; it has {seen[0]}") from None

    def dest(self, name):
        """As tables name that real server."""
        return f"{self.net.real[name].address}:{net.PORT}"

    def dests(self, **weights):
        """{address:port: weight} from rs1=1, rs2=1"""
        return {self.dest(name): weight for name, weight in weights.items()}

    def measure(self, condition, seconds, what):
        """Seconds until the condition holds."""
        started = time.monotonic()
        wait_until(condition, seconds, what, 0.002)
        return time.monotonic() - started
