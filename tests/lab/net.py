# SPDX-License-Identifier: BSD-2-Clause
"""Networks for the lab's tests, made of network namespaces inside the guest:

      cn 10.1.0.2 --- 10.1.0.1 (eth1) lb 10.9.0.1 (eth0) ---+-- br0 of sw --- rs1 10.9.0.11, rs2 10.9.0.12, ...
                                      lb2 10.9.0.2 (eth0) --+
                                      cl 10.9.0.3 ----------+                IPv6 alike: fd01::/64, fd09::/64

lb is the director, lb2 a second one, cn a client behind the director (for NAT), cl one beside it (DR, TUN). Real
servers lead back through lb. All sockets are this process' own, each made inside its namespace, so that traffic
costs no processes."""
import contextlib
import ctypes
import errno
import os
import selectors
import socket
import struct
import subprocess
import threading
from collections import Counter

PORT = 8000  # of the real servers
LB, LB2, CL, CN = "lb", "lb2", "cl", "cn"
NAT_VIP, NAT_VIP6 = "10.1.0.100", "fd01::100"
DR_VIP, TUN_VIP, GRE_VIP = "10.9.0.100", "10.9.0.101", "10.9.0.102"
DR_VIP6, TUN_VIP6 = "fd09::100", "fd09::101"
CLONE_NEWNET = 0x40000000
IPV6_RECVPKTINFO, IPV6_PKTINFO = 49, 50
libc = ctypes.CDLL(None, use_errno=True)


def server_address(index, v6=False):
    """Of rsINDEX."""
    return f"fd09::{index + 10:x}" if v6 else f"10.9.0.{index + 10}"


@contextlib.contextmanager
def inside(namespace):
    """This thread is in that network namespace: sockets that it makes and processes that it starts are too."""
    with open("/proc/thread-self/ns/net", "rb") as before, open(f"/run/netns/{namespace}", "rb") as there:
        enter(there)
        try:
            yield
        finally:
            enter(before)


def enter(namespace):
    if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def run(namespace, *command, check=True, text=None):
    """A command inside; returns the completed process."""
    with inside(namespace):
        done = subprocess.run(command, input=text or "", capture_output=True, text=True, timeout=60, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{namespace}: {' '.join(command)}: {done.returncode}: {done.stdout}{done.stderr}")
    return done


def ip(*lines, namespace=None):
    """Lines of `ip`, in one process."""
    place = ["-n", namespace] if namespace else []
    subprocess.run(["ip", *place, "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True, timeout=60)


def sysctl(namespace, **values):
    """net.ipv4.NAME = value; a name with dots is written with two underscores for each: conf__all__rp_filter."""
    with inside(namespace):
        for name, value in values.items():
            family = "ipv6" if name.startswith("v6_") else "ipv4"
            path = name.removeprefix("v6_").replace("__", "/")
            with open(f"/proc/sys/net/{family}/{path}", "w", encoding="ascii") as f:
                f.write(str(value))


class Net:
    """The topology above, with that many real servers and directors. Real servers answer at once."""

    def __init__(self, servers=2, directors=1, module="ip_vs"):
        self.servers = [f"rs{i + 1}" for i in range(servers)]
        self.directors = [LB, LB2][:directors]
        subprocess.run(["modprobe", "-a", "ipv6", module], check=True, timeout=60)
        self.traffic = Traffic()
        self.real = {}
        self._make_links()
        self._make_addresses()
        for index, name in enumerate(self.servers, 1):
            self.real[name] = self.traffic.serve(name, index)

    def _make_links(self):
        near = [*self.directors, CL, *self.servers]
        spaces = ["sw", CN, *near]
        ip(*[f"netns add {x}" for x in spaces])
        for x in spaces:  # addresses are to be usable at once; before there are links, which inherit it
            sysctl(x, v6_conf__default__accept_dad=0, v6_conf__default__accept_ra=0)
        lines = [f"link add eth0 netns {x} type veth peer name p{x} netns sw" for x in near]
        lines += [f"link add eth0 netns {CN} type veth peer name eth1 netns {LB}"]
        ip(*lines)
        ip("link add br0 type bridge forward_delay 0 mcast_snooping 0", "link set br0 up",
           *[f"link set p{x} master br0 up" for x in near], namespace="sw")

    def _make_addresses(self):
        hosts = {LB: 1, LB2: 2, CL: 3, **{x: 10 + i for i, x in enumerate(self.servers, 1)}}
        for x, n in hosts.items():
            if x == LB2 and x not in self.directors:
                continue
            lines = ["link set lo up", "link set eth0 up", f"addr add 10.9.0.{n}/24 dev eth0",
                     f"addr add fd09::{n:x}/64 dev eth0 nodad"]
            if x in self.directors:
                sysctl(x, ip_forward=1, v6_conf__all__forwarding=1)
            else:
                lines += ["route add default via 10.9.0.1", "route add default via fd09::1"]
            ip(*lines, namespace=x)
        ip("link set eth1 up", "addr add 10.1.0.1/24 dev eth1", "addr add fd01::1/64 dev eth1 nodad",
           f"addr add {NAT_VIP}/32 dev eth1", f"addr add {NAT_VIP6}/128 dev eth1 nodad", namespace=LB)
        ip("link set lo up", "link set eth0 up", "addr add 10.1.0.2/24 dev eth0", "addr add fd01::2/64 dev eth0 nodad",
           "route add default via 10.1.0.1", "route add default via fd01::1", namespace=CN)

    def make_sources(self, count):
        """That many more addresses of cn, to ask from."""
        sources = [f"10.1.0.{20 + i}" for i in range(count)]
        ip(*[f"addr replace {a}/24 dev eth0" for a in sources], namespace=CN)
        return sources

    def make_vip(self, address, device="eth0", namespace=LB):
        """An IPv6 VIP is deprecated (RFC 4862), so that the director does not take it as the source of what it sends
        itself: a real server drops a tunnel's packet that seems to come from its own VIP."""
        more = "128 dev %s nodad preferred_lft 0" if ":" in address else "32 dev %s"
        ip(f"addr replace {address}/{more % device}", namespace=namespace)

    def prepare_dr(self, *vips):
        """The VIPs on lo of the real servers, which do not answer ARP for them, and on the director."""
        for vip in vips:
            self.make_vip(vip)
        for x in self.servers:
            sysctl(x, conf__all__arp_ignore=1, conf__all__arp_announce=2)
            for vip in vips:
                # IPv6 on lo answers no neighbour solicitation that comes in by eth0
                self.make_vip(vip, "lo", x)

    def prepare_tun(self, *vips, device="tunl0"):
        """The VIPs on a tunnel's end in the real servers: tunl0, ip6tnl0, or one that was made before."""
        module = {"tunl0": "ipip", "ip6tnl0": "ip6_tunnel"}.get(device)
        if module:
            subprocess.run(["modprobe", module], check=True, timeout=60)
        for vip in vips:
            self.make_vip(vip)
        for x in self.servers:
            ip(f"link set {device} up", namespace=x)
            for vip in vips:
                self.make_vip(vip, device, x)
            sysctl(x, conf__all__rp_filter=0, conf__all__arp_ignore=1, conf__all__arp_announce=2,
                   **{f"conf__{device}__rp_filter": 0})

    def prepare_gre(self, vip):
        """gre0 takes packets without a checksum only; this device, those with one."""
        subprocess.run(["modprobe", "ip_gre"], check=True, timeout=60)
        for x in self.servers:
            ip(f"link add gre1 type gre local {self.real[x].address} csum", namespace=x)
        self.prepare_tun(vip, device="gre1")

    def prepare_gue(self, vip, port):
        """The VIP behind UDP with a GUE header (fou) that holds IP packets."""
        subprocess.run(["modprobe", "-a", "fou", "ipip"], check=True, timeout=60)
        for x in self.servers:
            ip(f"fou add port {port} gue", namespace=x)
        self.prepare_tun(vip)

    def close(self):
        self.traffic.close()
        for x in ["sw", CN, CL, *self.directors, *self.servers]:
            subprocess.run(["ip", "netns", "del", x], check=False, timeout=60)

    # ---- traffic

    def get(self, client, address, port, count, protocol="tcp", source=None):
        """{name of the server: answers} of that many requests, each by a socket of its own."""
        found = Counter()
        for _ in range(count):
            found[ask(client, address, port, protocol, source)] += 1
            if found["timeout"] == 2:  # it is not worth waiting for the others
                break
        return {name: n for name, n in found.items() if n}

    def hold(self, client, address, port, count, source=None):
        """That many connections that stay open."""
        return [Connection(client, address, port, source) for _ in range(count)]


def names(connections):
    """{name of the server: connections}"""
    return dict(Counter(c.name for c in connections))


TIMEOUT = 3  # of a client, in seconds


def make_socket(namespace, address, kind, source=None):
    with inside(namespace):
        s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    s.settimeout(TIMEOUT)
    if source:
        s.bind((source, 0))
    return s


def ask(client, address, port, protocol="tcp", source=None):
    """Who answers there; the name of the error where nobody does."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with make_socket(client, address, kind, source) as s:
        try:
            s.connect((address, port))
            s.sendall(b"?\n")
            return s.recv(64).decode().strip() or "closed"
        except TimeoutError:
            return "timeout"
        except OSError as e:
            return errno.errorcode.get(e.errno, str(e))


def ask_by_one_socket(client, address, port, count):
    """{name of the server: answers} to datagrams of one flow."""
    found = Counter()
    with make_socket(client, address, socket.SOCK_DGRAM) as s:
        s.connect((address, port))
        for _ in range(count):
            s.send(b"?")
            found[s.recv(64).decode()] += 1
    return dict(found)


class Connection:
    """A TCP connection that stays open."""

    def __init__(self, client, address, port, source=None):
        self.socket = make_socket(client, address, socket.SOCK_STREAM, source)
        try:
            self.socket.connect((address, port))
            self.name = self.ping()
        except BaseException:
            self.socket.close()
            raise

    def ping(self):
        """The server's name by a round trip; raises OSError when the connection is dead."""
        self.socket.sendall(b"?\n")
        answer = self.socket.recv(64)
        if not answer:
            raise ConnectionResetError("closed by the other end")
        return answer.decode().strip()

    def is_alive(self):
        try:
            return self.ping() == self.name
        except OSError:
            return False

    def close(self):
        self.socket.close()

    def reset(self):
        """Closed at once for all, the director too."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Real:
    """A real server's program: TCP and UDP on PORT, IPv4 and IPv6. "?" is answered by its name, a request of HTTP by
    `status`, or by that of the path."""

    def __init__(self, traffic, namespace, index):
        self.traffic, self.namespace, self.name, self.index = traffic, namespace, namespace, index
        self.address, self.address6 = server_address(index), server_address(index, True)
        self.status, self.statuses = 200, {}
        self.listeners, self.open = [], set()
        self.start()

    def start(self):
        if self.listeners:
            return
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with inside(self.namespace):
                s = socket.socket(socket.AF_INET6, kind)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            s.setblocking(False)
            if kind == socket.SOCK_DGRAM:
                s.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
            s.bind(("::", PORT))
            if kind == socket.SOCK_STREAM:
                s.listen(256)
            self.listeners.append(s)
            self.traffic.add(s, self.on_connection if kind == socket.SOCK_STREAM else self.on_datagram)

    def stop(self):
        """As a program that is killed: nobody listens, connections are reset."""
        self.traffic.do(self._stop)

    def _stop(self):
        for s in [*self.listeners, *self.open]:
            self.traffic.remove(s)
            if s.type == socket.SOCK_STREAM and s not in self.listeners:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
        self.listeners, self.open = [], set()

    def on_connection(self, listener):
        with contextlib.suppress(BlockingIOError, ConnectionError):
            s, _ = listener.accept()
            s.setblocking(False)
            self.open.add(s)
            self.traffic.add(s, self.on_data)

    def on_data(self, s):
        try:
            data = s.recv(4096)
            if data.startswith((b"GET", b"HEAD")):
                status = self.statuses.get(data.split()[1].decode(), self.status)
                s.sendall(b"HTTP/1.1 %d x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n" % status)
                data = b""
            elif data:
                s.sendall(self.name.encode() + b"\n")
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.traffic.remove(s)
            self.open.discard(s)
            s.close()

    def on_datagram(self, s):
        """Answers from the address that was asked: with DR and TUN that is the VIP."""
        with contextlib.suppress(OSError):
            _, controls, _, client = s.recvmsg(512, 256)
            asked = [(level, kind, data[:16] + struct.pack("i", 0)) for level, kind, data in controls
                     if level == socket.IPPROTO_IPV6 and kind == IPV6_PKTINFO]
            s.sendmsg([self.name.encode()], asked, 0, client)


class Traffic:
    """The thread that all real servers run on."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.lock = threading.RLock()
        self.ending = False
        self.reals = []
        self.thread = threading.Thread(target=self._loop, daemon=True)
        self.thread.start()

    def serve(self, namespace, index):
        real = Real(self, namespace, index)
        self.reals.append(real)
        return real

    def add(self, s, handler):
        with self.lock:
            self.selector.register(s, selectors.EVENT_READ, handler)

    def remove(self, s):
        with self.lock:
            self.selector.unregister(s)

    def do(self, action):
        with self.lock:
            action()

    def _loop(self):
        while not self.ending:
            events = self.selector.select(0.2)
            with self.lock:
                for key, _ in events:
                    # one handler may have closed another's socket
                    if key.fileobj.fileno() >= 0:
                        key.data(key.fileobj)

    def close(self):
        self.ending = True
        self.thread.join()
        for real in self.reals:
            real.stop()
        self.selector.close()
