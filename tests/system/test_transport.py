# SPDX-License-Identifier: BSD-2-Clause
"""UDP and TCP as such: pipelining, truncation and TCP after it, odd framing, address of the answer."""
import socket
import struct
import time
import unittest

import dns
import lib
from dns import wait_until

BIG = lib.ZONE + "".join(f'big IN TXT "{i:03d} {"x" * 90}"\n' for i in range(60)) + \
    "".join(f"mid IN A 192.0.2.{i}\n" for i in range(1, 61))


class Tcp(lib.Case):
    def setUp(self):
        self.daemon = self.gslbd(files={"example.test.zone": BIG})
        self.server = self.daemon.server

    def test_pipelining(self):
        names = ["static", "multi", "none", "text", "ns1"]
        wires = {i: dns.query(f"{names[i % 5]}.example.test", "TXT" if i % 5 == 3 else "A", ident=i)
                 for i in range(200)}
        with dns.tcp_socket(self.server) as s:
            s.sendall(b"".join(map(dns.frame, wires.values())))
            seen = {}
            for _ in wires:  # in any order (RFC 7766 section 6.2.1.1)
                message = dns.Message(dns.recv_frame(s))
                seen[message.id] = message
        self.assertEqual(sorted(seen), sorted(wires))
        for i, message in seen.items():
            self.assertEqual(message.questions[0][0], f"{names[i % 5]}.example.test.")
            self.assertEqual(message.rcode, dns.NXDOMAIN if i % 5 == 2 else dns.NOERROR)

    def test_pieces_of_any_size(self):
        wire = dns.frame(dns.query("static.example.test"))
        for size in (1, 2, 3, 7):
            with dns.tcp_socket(self.server) as s, self.subTest(size):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for i in range(0, 2 * len(wire), size):
                    s.sendall((wire + wire)[i:i + size])
                for _ in range(2):
                    self.assertEqual(dns.Message(dns.recv_frame(s)).data("A"), ["192.0.2.80"])

    def test_half_closed_client_gets_its_answers(self):
        with dns.tcp_socket(self.server) as s:
            s.sendall(b"".join(dns.frame(dns.query("big.example.test", "TXT", ident=i)) for i in range(20)))
            s.shutdown(socket.SHUT_WR)
            self.assertEqual({dns.Message(dns.recv_frame(s)).id for _ in range(20)}, set(range(20)))
            self.assertEqual(s.recv(1), b"")

    def test_bad_framing_closes_and_harms_nobody(self):
        for data in (b"\0\0", b"\0\x01x", b"\xff\xff" + b"x" * 65535, dns.frame(b"x" * 11)):
            with dns.tcp_socket(self.server) as s, self.subTest(data[:4]):
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                try:
                    rest = s.recv(65535)
                except ConnectionResetError:
                    rest = b""
                if rest:
                    self.assertIn(rest[5] & 15, (dns.FORMERR, dns.NOTIMP))
        self.assertEqual(self.daemon.addresses("static.example.test"), ["192.0.2.80"])

    def test_client_that_never_reads_is_closed_and_others_are_served(self):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.settimeout(15)
            s.connect(self.server)
            flood = dns.frame(dns.query("big.example.test", "TXT")) * 200
            end = time.monotonic() + 30
            closed = False
            while time.monotonic() < end and not closed:
                s.settimeout(0.2)
                try:
                    s.sendall(flood)
                except TimeoutError:
                    # our own buffers are full; what counts is that others do not notice
                    self.assertEqual(dns.tcp(self.server, "static.example.test").data("A"), ["192.0.2.80"])
                    self.assertEqual(self.daemon.addresses("static.example.test"), ["192.0.2.80"])
                    break
                except OSError:
                    closed = True
        self.assertEqual(dns.tcp(self.server, "static.example.test").data("A"), ["192.0.2.80"])

    def test_many_connections(self):
        sockets = [dns.tcp_socket(self.server) for _ in range(100)]
        for s in sockets:
            s.sendall(dns.frame(dns.query("static.example.test")))
        for s in sockets:
            self.assertEqual(dns.Message(dns.recv_frame(s)).data("A"), ["192.0.2.80"])
            s.close()

    def test_idle_connections_do_not_stay_for_ever(self):
        with dns.tcp_socket(self.server, 60) as s:
            s.sendall(b"\0")  # not even a length
            self.assertEqual(s.recv(1), b"")


class Truncation(lib.Case):
    def setUp(self):
        self.server = self.gslbd(files={"example.test.zone": BIG}).server

    def test_limit_is_the_clients_size_and_1232_at_most(self):
        for options, limit in (({}, 512), ({"additional": dns.opt(512)}, 512), ({"additional": dns.opt(100)}, 512),
                               ({"additional": dns.opt(1000)}, 1000), ({"additional": dns.opt(4096)}, 1232)):
            for name, rrtype in (("big", "TXT"), ("mid", "A")):
                with self.subTest(name=name, limit=limit):
                    raw = dns.udp_raw(self.server, dns.query(f"{name}.example.test", rrtype, **options))
                    message = dns.Message(raw)
                    self.assertLessEqual(len(raw), limit)
                    fits = name == "mid" and limit > 60 * 16 + 50
                    self.assertEqual(bool(message.flags & dns.TC), not fits)
                    self.assertEqual(message.opt is not None, bool(options))

    def test_dig_comes_back_by_tcp(self):
        lines = lib.dig_short(self.server, "big.example.test", "TXT")
        self.assertEqual(len(lines), 60)
        text = "\n".join(lib.dig(self.server, "big.example.test", "TXT"))
        self.assertIn("Truncated, retrying in TCP mode", text)
        ignored = "\n".join(lib.dig(self.server, "big.example.test", "TXT", "+ignore", "+noall", "+comments"))
        self.assertRegex(ignored, r"flags:[^;]* tc")

    def test_tcp_is_never_truncated(self):
        message = dns.tcp(self.server, "big.example.test", "TXT")
        self.assertEqual((message.flags & dns.TC, len(message.answer)), (0, 60))


class SourceAddress(lib.Case):
    """On a wildcard listener the answer leaves from the address that was asked (IP_PKTINFO): a connected
    socket takes no other."""

    def free_port(self, family, address):
        """For UDP and TCP alike."""
        while True:
            with socket.socket(family, socket.SOCK_STREAM) as tcp, socket.socket(family, socket.SOCK_DGRAM) as udp:
                tcp.bind((address, 0))
                try:
                    udp.bind((address, tcp.getsockname()[1]))
                    return tcp.getsockname()[1]
                except OSError:
                    continue

    def test_wildcard_ipv4(self):
        port = self.free_port(socket.AF_INET, "0.0.0.0")
        self.gslbd({"server": {"listen": [f"0.0.0.0:{port}"]}})
        for address in ("127.0.0.77", "127.0.0.1", "127.1.2.3"):
            with self.subTest(address):
                self.assertEqual(dns.udp((address, port), "static.example.test").data("A"), ["192.0.2.80"])
                self.assertEqual(dns.tcp((address, port), "static.example.test").data("A"), ["192.0.2.80"])
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:  # not connected: look at it
                    s.settimeout(5)
                    s.sendto(dns.query("static.example.test"), (address, port))
                    self.assertEqual(s.recvfrom(512)[1], (address, port))

    def test_wildcard_ipv6_beside_ipv4(self):
        port = self.free_port(socket.AF_INET6, "::")
        self.gslbd({"server": {"listen": [f"0.0.0.0:{port}", f"[::]:{port}"]}})
        for address in ("::1", "127.0.0.77"):
            self.assertEqual(dns.udp((address, port), "static.example.test").data("A"), ["192.0.2.80"])

    def test_dig_takes_it(self):
        port = self.free_port(socket.AF_INET, "0.0.0.0")
        self.gslbd({"server": {"listen": [f"0.0.0.0:{port}"]}})
        text = "\n".join(lib.dig(("127.0.0.77", port), "static.example.test"))
        self.assertIn(f"SERVER: 127.0.0.77#{port}", text)


class Silence(lib.Case):
    def test_what_gets_no_answer(self):
        server = self.gslbd().server
        query = dns.query("static.example.test", ident=5)
        with dns.udp_socket(server, 5) as s:
            for size in range(0, 12):
                s.send(query[:size])
            s.send(struct.pack("!HH", 5, dns.QR) + query[4:])  # an answer is never answered
            s.send(dns.query("static.example.test", ident=6))
            self.assertEqual(dns.Message(s.recv(4096)).id, 6)
            s.settimeout(0.3)
            self.assertRaises(TimeoutError, s.recv, 4096)

    def test_every_length_and_garbage_do_no_harm(self):
        daemon = self.gslbd()
        query = dns.query("static.example.test", additional=dns.opt(options=[(10, b"12345678")]))
        with dns.udp_socket(daemon.server, 0.001) as s:
            for size in range(len(query)):
                s.send(query[:size])
                for at in range(size):
                    if at % 3 == size % 3:
                        s.send(query[:at] + bytes([query[at] ^ 0xFF]) + query[at + 1:])
        wait_until(lambda: daemon.ask("static.example.test", timeout=5).data("A") == ["192.0.2.80"], 5, "alive")


if __name__ == "__main__":
    unittest.main()
