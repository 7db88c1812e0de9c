# SPDX-License-Identifier: BSD-2-Clause
"""Starts and stops the servers, each on a port of its own on loopback, on one core."""

import ctypes
import os
import random
import selectors
import signal
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field

import genzone
import procfs

PR_SET_PDEATHSIG = 1
START_SECONDS = 60
STOP_SECONDS = 20


class StartError(Exception):
    """A server that does not come up; the text says why."""


def free_port():
    """A port that is free on loopback for UDP and TCP."""
    while True:
        port = random.randint(20000, 32000)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, \
                    socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
                return port
        except OSError:
            continue


# ---- one question, to see whether a server answers ----------------------------------------------

def question(name, ident):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">6H", ident, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)


def ask(port, name, seconds=0.05):
    """Asks for an A record. Returns (rcode, number of answers), or None without an answer."""
    ident = random.getrandbits(16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(seconds)
        try:
            sock.connect(("127.0.0.1", port))
            sock.send(question(name, ident))
            answer = sock.recv(4096)
        except OSError:
            return None
    if len(answer) < 12 or answer[:2] != struct.pack(">H", ident):
        return None
    return answer[3] & 15, struct.unpack(">H", answer[6:8])[0]


# ---- the backends of the pools ------------------------------------------------------------------

class Backends:
    """Listeners for the TCP checks: one address a pool member, all on one port. Accepts and closes,
    in a thread of the bench."""

    def __init__(self):
        self.port = free_port()
        self.selector = selectors.DefaultSelector()
        self.stopped = False
        self.sockets = [self.listen(pool, member) for pool in range(genzone.POOLS)
                        for member in range(genzone.MEMBERS)]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def listen(self, pool, member):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((genzone.member_address(pool, member), self.port))
        sock.listen(16)
        sock.setblocking(False)
        self.selector.register(sock, selectors.EVENT_READ)
        return sock

    def serve(self):
        while not self.stopped:
            for key, _ in self.selector.select(0.2):
                try:
                    key.fileobj.accept()[0].close()
                except OSError:
                    pass

    def close(self):
        self.stopped = True
        self.thread.join()
        self.selector.close()
        for sock in self.sockets:
            sock.close()


# ---- a server -----------------------------------------------------------------------------------

def child_setup(cpu):
    """Runs in the child before the server: on its core, and ended if the bench is killed."""
    def setup():
        os.sched_setaffinity(0, {cpu})
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    return setup


@dataclass
class Server:
    """A running server with one set of data. `label` is its name in the tables."""
    label: str
    kind: str
    data: genzone.Data
    process: subprocess.Popen = None
    port: int = 0
    log: str = ""
    pids: dict = field(default_factory=dict)
    started: float = 0.0
    answered: float = 0.0

    def start(self, directory, cpu, program=None, member_port=0):
        self.port = free_port()
        home, command = genzone.write_config(self.kind, self.data, directory, self.port,
                                             member_port)
        if program:
            command[0] = program
        self.log = os.path.join(home, "log")
        self.started = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(  # ended by stop()
                command, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=child_setup(cpu), start_new_session=True)

    def wait(self, cpu):
        """Waits for the right number of records; pins threads that placed themselves elsewhere."""
        last = genzone.owner(self.data.names - 1) if self.data.names else "ns1"
        name, wanted = f"{last}.{genzone.ORIGIN}", (0, self.data.answers)
        got = None
        while got != wanted:
            if self.process.poll() is not None or time.monotonic() - self.started > START_SECONDS:
                raise StartError(self.why(got))
            got = ask(self.port, name)
            if got != wanted:
                time.sleep(0.005)
        self.answered = time.monotonic()
        self.remember()
        for pid in self.pids:
            for tid in procfs.threads(pid):
                os.sched_setaffinity(tid, {cpu})

    def why(self, got):
        if self.process.poll() is not None:
            return self.ended()
        return f"no right answer in {START_SECONDS} s, last (rcode, records): {got}; see {self.log}"

    def ended(self):
        """What to say if the server is no longer there; else an empty string."""
        if self.process.poll() is None:
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            last = log.read().strip().splitlines()[-1:] or ["nothing in its log"]
        return f"ended with {self.process.returncode}: {last[0]}"

    def remember(self):
        self.pids.update((pid, procfs.start_time(pid)) for pid in procfs.tree(self.process.pid))

    def stop(self):
        """Ends the server, by force if it takes too long, and whatever it leaves behind."""
        if self.process is None:
            return
        self.remember()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid, born in self.pids.items():
            if born and procfs.start_time(pid) == born:
                os.kill(pid, signal.SIGKILL)
        self.process = None


class Fleet:
    """Servers that are up together; all of them end with the `with` block."""

    def __init__(self):
        self.servers = []
        self.backends = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.stop()
        if self.backends:
            self.backends.close()

    def member_port(self, data):
        if not data.policy:
            return 0
        if self.backends is None:
            self.backends = Backends()
        return self.backends.port

    def add(self, server, directory, cpu, program=None):
        """Starts a server and waits until it answers; raises StartError."""
        self.servers.append(server)
        server.start(directory, cpu, program, self.member_port(server.data))
        server.wait(cpu)
        return server
