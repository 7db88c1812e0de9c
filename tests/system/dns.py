# SPDX-License-Identifier: BSD-2-Clause
"""DNS messages without any library: just what the system tests ask and read. Kept apart from the server's
code on purpose, so that one mistake cannot hide in both."""
import random
import socket
import struct
import time

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "AAAA": 28,
         "SRV": 33, "DNAME": 39, "OPT": 41, "DS": 43, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "SVCB": 64,
         "HTTPS": 65, "IXFR": 251, "AXFR": 252, "ANY": 255, "CAA": 257}
TYPE_NAMES = {number: name for name, number in TYPES.items()}
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN = range(7)
BADVERS = 16
QR, AA, TC, RD, RA, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010


def type_number(rrtype):
    if isinstance(rrtype, int):
        return rrtype
    return TYPES[rrtype] if rrtype in TYPES else int(rrtype[4:])  # TYPE123


def name_wire(name):
    """Plain names only: no escapes."""
    wire = b""
    for label in name.rstrip(".").split(".") if name.rstrip(".") else []:
        wire += bytes([len(label)]) + label.encode("ascii")
    return wire + b"\0"


def opt(payload=1232, version=0, do=False, options=()):
    """An OPT record; options are (code, bytes)."""
    rdata = b"".join(struct.pack("!HH", code, len(data)) + data for code, data in options)
    return b"\0" + struct.pack("!HHBBHH", 41, payload, 0, version, 0x8000 if do else 0, len(rdata)) + rdata


def query(name, rrtype="A", rdclass=1, ident=None, flags=0, opcode=0, additional=b"", questions=1):
    """The wire form of a query; `additional` is an OPT record, or empty."""
    ident = random.randrange(65536) if ident is None else ident
    header = struct.pack("!HHHHHH", ident, flags | opcode << 11, questions, 0, 0, 1 if additional else 0)
    question = name_wire(name) + struct.pack("!HH", type_number(rrtype), rdclass)
    return header + question * questions + additional


class Record:
    def __init__(self, owner, rrtype, rdclass, ttl, data, raw):
        self.owner, self.type, self.rdclass, self.ttl, self.data, self.raw = \
            owner, TYPE_NAMES.get(rrtype, f"TYPE{rrtype}"), rdclass, ttl, data, raw

    def __repr__(self):
        return f"{self.owner} {self.ttl} {self.type} {self.data}"


class Message:
    """A parsed message. Raises ValueError or struct.error on a malformed one, also if octets are left."""

    def __init__(self, wire):
        self.wire = wire
        self.id, self.flags, *counts = struct.unpack_from("!HHHHHH", wire)
        self.opcode = self.flags >> 11 & 15
        self.rcode = self.flags & 15
        self.at = 12
        self.questions = [self._question() for _ in range(counts[0])]
        self.answer = [self._record() for _ in range(counts[1])]
        self.authority = [self._record() for _ in range(counts[2])]
        additional = [self._record() for _ in range(counts[3])]
        if self.at != len(wire):
            raise ValueError(f"{len(wire) - self.at} octets after the message")
        opts = [r for r in additional if r.type == "OPT"]
        if len(opts) > 1:
            raise ValueError("two OPT records")
        self.opt = opts[0] if opts else None
        self.additional = [r for r in additional if r.type != "OPT"]
        self.options = {}
        if self.opt:
            self.rcode |= self.opt.ttl >> 24 << 4
            self.edns_version = self.opt.ttl >> 16 & 255
            self.payload = self.opt.rdclass
            self.options = self._options(self.opt.raw)

    @staticmethod
    def _options(raw):
        found, at = {}, 0
        while at < len(raw):
            code, length = struct.unpack_from("!HH", raw, at)
            if at + 4 + length > len(raw):
                raise ValueError("option longer than its OPT")
            found[code] = raw[at + 4:at + 4 + length]
            at += 4 + length
        return found

    def name_at(self, at):
        """(name with its final dot, offset after it)"""
        labels, after, jumps = [], None, 0
        while True:
            length = self.wire[at]
            if length >= 0xC0:
                target = struct.unpack_from("!H", self.wire, at)[0] & 0x3FFF
                after = at + 2 if after is None else after
                jumps += 1
                if target >= at or jumps > 127:
                    raise ValueError("bad compression pointer")
                at = target
                continue
            if length > 63:
                raise ValueError("bad label")
            at += 1
            if length == 0:
                return ".".join(labels) + ".", at if after is None else after
            if at + length > len(self.wire):
                raise ValueError("label past the end")
            labels.append(self.wire[at:at + length].decode("latin-1"))
            at += length

    def _question(self):
        name, self.at = self.name_at(self.at)
        rrtype, rdclass = struct.unpack_from("!HH", self.wire, self.at)
        self.at += 4
        return name, TYPE_NAMES.get(rrtype, f"TYPE{rrtype}"), rdclass

    def _record(self):
        owner, at = self.name_at(self.at)
        rrtype, rdclass, ttl, length = struct.unpack_from("!HHIH", self.wire, at)
        at += 10
        self.at = at + length
        if self.at > len(self.wire):
            raise ValueError("rdata past the end")
        return Record(owner, rrtype, rdclass, ttl, self._text(rrtype, at, length),
                      self.wire[at:at + length])

    def _text(self, rrtype, at, length):
        raw = self.wire[at:at + length]
        if rrtype == 1:
            return socket.inet_ntop(socket.AF_INET, raw)
        if rrtype == 28:
            return socket.inet_ntop(socket.AF_INET6, raw)
        if rrtype in (2, 5, 12, 39):
            return self.name_at(at)[0]
        if rrtype == 15:
            return f"{struct.unpack_from('!H', raw)[0]} {self.name_at(at + 2)[0]}"
        if rrtype == 6:
            mname, at = self.name_at(at)
            rname, at = self.name_at(at)
            return " ".join([mname, rname, *map(str, struct.unpack_from("!5I", self.wire, at))])
        if rrtype == 16:
            texts = []
            while raw:
                texts.append('"' + raw[1:1 + raw[0]].decode("latin-1") + '"')
                raw = raw[1 + raw[0]:]
            return " ".join(texts)
        return raw.hex()

    def data(self, rrtype=None):
        """The answer section's data, of one type or of all."""
        return [r.data for r in self.answer if rrtype in (None, r.type)]


def udp_socket(server, timeout=5):
    s = socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(timeout)
    s.connect(server)
    return s


def udp_raw(server, wire, timeout=5):
    """One datagram and its answer; raises TimeoutError when none comes."""
    with udp_socket(server, timeout) as s:
        s.send(wire)
        return s.recv(65535)


def udp(server, name, rrtype="A", timeout=5, **options):
    wire = query(name, rrtype, **options)
    answer = Message(udp_raw(server, wire, timeout))
    if answer.id != struct.unpack_from("!H", wire)[0] or not answer.flags & QR:
        raise ValueError("this is no answer to the query")
    return answer


def frame(wire):
    return struct.pack("!H", len(wire)) + wire


def recv_exact(s, length):
    data = b""
    while len(data) < length:
        piece = s.recv(length - len(data))
        if not piece:
            raise EOFError(f"closed after {len(data)} of {length} octets")
        data += piece
    return data


def recv_frame(s):
    """The next message of a TCP stream, raw."""
    return recv_exact(s, struct.unpack("!H", recv_exact(s, 2))[0])


def tcp_socket(server, timeout=5):
    return socket.create_connection(server, timeout)


def tcp(server, name, rrtype="A", timeout=5, **options):
    with tcp_socket(server, timeout) as s:
        s.sendall(frame(query(name, rrtype, **options)))
        return Message(recv_frame(s))


def many(server, wires, window=64, timeout=5):
    """Sends many queries over one UDP socket with a window of them in flight; yields each raw answer.
    Raises TimeoutError when one is lost."""
    with udp_socket(server, timeout) as s:
        flying = 0
        for wire in wires:
            s.send(wire)
            flying += 1
            if flying >= window:
                yield s.recv(4096)
                flying -= 1
        for _ in range(flying):
            yield s.recv(4096)


def wait_until(condition, seconds, what, pause=0.02):
    """Waits for the condition to become true, and returns its value; the only place that sleeps."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause)
