# SPDX-License-Identifier: BSD-2-Clause
"""What the system tests share: a gslbd of one's own, HTTP backends that can be switched off, the API, dig.

Every server gets a loopback address of its own (127.x.y.z), so that nothing clashes with anything else on
the machine, and everything started is ended by its test."""
import http.client
import http.server
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

import dns
from dns import wait_until

BUILD = os.environ.get("GSLB_BUILD", os.path.abspath("build"))
GSLBD = os.path.join(BUILD, "gslbd")
GSLBCTL = os.path.join(BUILD, "gslbctl")
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DNS_PORT = 5353 + 20000
API_PORT = 8053 + 20000
HTTP_PORT = 8081 + 20000

ZONE = """$ORIGIN example.test.
$TTL 300
@       IN SOA  ns1 hostmaster 1 3600 600 86400 60
        IN NS   ns1
ns1     IN A    192.0.2.53
static  IN A    192.0.2.80
multi   IN A    192.0.2.1
multi   IN A    192.0.2.2
multi   IN A    192.0.2.3
text    IN TXT  "hello"
"""


def loopback_address():
    """An address of 127/8 that nobody uses: found by binding to it."""
    while True:
        address = f"127.{random.randrange(64, 128)}.{random.randrange(256)}.{random.randrange(1, 255)}"
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            try:
                s.bind((address, DNS_PORT))
            except OSError:
                continue
        return address


def dig(server, *args):
    """dig's output, its lines stripped. One try, so that a lost answer is seen."""
    address, port = server
    done = subprocess.run(["dig", f"@{address}", "-p", str(port), "+tries=1", "+time=5", *args],
                          capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        raise AssertionError(f"dig {' '.join(args)}: {done.returncode}: {done.stdout}{done.stderr}")
    return [line.strip() for line in done.stdout.splitlines() if line.strip()]


def dig_short(server, name, rrtype="A", *args):
    return dig(server, name, rrtype, "+short", *args)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Reply:
    """Of the API: status, headers, text, and json when it is that."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode("utf-8")
        self.json = None
        if "json" in (response.headers.get("Content-Type") or ""):
            self.json = json.loads(self.text)

    def __repr__(self):
        return f"{self.status} {self.text}"


class Gslbd:
    """One daemon in a temporary folder. `config` is completed: listen, workers, API, as the caller leaves
    them out; `files` are written beside it. Not started yet: start(), or use it through Case.gslbd()."""

    def __init__(self, config=None, files=None, wrapper=(), args=(), env=None, seconds=15):
        self.dir = tempfile.mkdtemp(prefix="gslb-test-")
        os.chmod(self.dir, 0o755)  # a daemon that dropped its rights reads here
        self.address = loopback_address()
        self.server = (self.address, DNS_PORT)
        self.api_address = (self.address, API_PORT)
        self.socket_path = os.path.join(self.dir, "api.sock")
        self.wrapper, self.args, self.env, self.seconds = list(wrapper), list(args), env, seconds
        self.process = None
        self.log_path = os.path.join(self.dir, "log")
        self.config_path = os.path.join(self.dir, "gslb.json")
        self.write("example.test.zone", ZONE)
        for name, text in (files or {}).items():
            self.write(name, text)
        self.config = self.complete(config or {})
        self.write_config()

    def complete(self, config):
        config = json.loads(json.dumps(config))
        server = config.setdefault("server", {})
        server.setdefault("listen", [f"{self.address}:{DNS_PORT}"])
        server.setdefault("workers", 2)
        server.setdefault("state_dir", self.dir)
        config.setdefault("api", {}).setdefault(
            "listen", [f"{self.address}:{API_PORT}", f"unix:{self.socket_path}"])
        config.setdefault("zones", {"example.test": {"file": "example.test.zone"}})
        return config

    def write(self, name, text):
        """Through a rename, as operators' tools do it."""
        path = os.path.join(self.dir, name)
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write(text)
        os.replace(path + ".new", path)

    def write_config(self):
        self.write("gslb.json", json.dumps(self.config, indent=2) + "\n")

    # ---- the process

    def spawn(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, GSLBD, "-c", self.config_path, *self.args], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env={**os.environ, **(self.env or {})})

    def start(self):
        self.spawn()
        try:
            wait_until(self.is_ready, self.seconds, "gslbd is ready")
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.log()}") from None
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"gslbd ended with {self.process.returncode}")
        try:
            return self.api("GET", "/v1/ready").status == 200
        except OSError:
            return False

    def stop(self, sig=signal.SIGTERM):
        """Ends it by the signal; it must leave with 0, in good time."""
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(sig)
        try:
            code = process.wait(self.seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"gslbd did not end on signal {sig}\n{self.log()}") from None
        if code != 0:
            raise AssertionError(f"gslbd ended with {code}\n{self.log()}")

    def restart(self):
        self.stop()
        return self.start()

    def discard(self):
        try:
            self.stop()
        finally:
            if self.process is not None:
                self.process.kill()
                self.process.wait()
            shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as f:
                return f.read()[-8000:]
        except FileNotFoundError:
            return ""

    def check(self, *args):
        """gslbd -t on the present files."""
        return subprocess.run([GSLBD, "-t", "-c", self.config_path, *args], capture_output=True, text=True,
                              errors="replace", timeout=60, check=False, stdin=subprocess.DEVNULL)

    # ---- talking to it

    def api(self, method, path, body=None, headers=None, unix=False, timeout=10):
        """One request. `body` is sent as JSON, or as it is when it is bytes."""
        connection = UnixConnection(self.socket_path, timeout) if unix else \
            http.client.HTTPConnection(*self.api_address, timeout=timeout)
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, headers)
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def get(self, path):
        """The JSON of a GET that must succeed."""
        reply = self.api("GET", path)
        if reply.status != 200:
            raise AssertionError(f"GET {path}: {reply}")
        return reply.json

    def put(self, path, body):
        reply = self.api("PUT", path, body)
        if reply.status != 200:
            raise AssertionError(f"PUT {path}: {reply}")
        return reply.json

    def set_state(self, pool, member, state, **more):
        path = f"/v1/pools/{pool}/members/{urllib.parse.quote(member)}/state"
        return self.put(path, {"state": state, **more})

    def reload(self):
        return self.api("POST", "/v1/reload")

    def verdicts(self, pool):
        """{member: [verdict of each address]}"""
        members = self.get(f"/v1/pools/{pool}")["members"]
        return {name: [a["verdict"] for a in m["addresses"]] for name, m in members.items()}

    def metrics(self):
        """{'name{labels}': value}"""
        found = {}
        for line in self.api("GET", "/metrics").text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                found[name] = float(value)
        return found

    def ctl(self, *args, check=True):
        done = subprocess.run([GSLBCTL, "--api", f"http://{self.address}:{API_PORT}", *args],
                              capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"gslbctl {' '.join(args)}: {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def ask(self, name, rrtype="A", **options):
        return dns.udp(self.server, name, rrtype, **options)

    def addresses(self, name, rrtype="A"):
        """The answer's addresses, sorted."""
        return sorted(self.ask(name, rrtype).data(rrtype))


class Backend:
    """An HTTP server in a thread: answers `status` to each request and counts them. kill() closes its port,
    revive() opens it again."""

    def __init__(self, address=None, port=HTTP_PORT):
        self.address = address or loopback_address()
        self.port = port
        self.status, self.body, self.delay = 200, b"ok\n", 0
        self.requests = []  # (method, path, Host)
        self.httpd = None
        self.revive()

    def revive(self):
        if self.httpd is not None:
            return
        backend = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                backend.requests.append((self.command, self.path, self.headers.get("Host")))
                if backend.delay:
                    time.sleep(backend.delay)
                try:
                    self.send_response(backend.status)
                    self.send_header("Content-Length", str(len(backend.body)))
                    self.end_headers()
                    self.wfile.write(backend.body)
                except OSError:
                    pass  # the probe gave up

            do_HEAD = do_GET

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
            daemon_threads = True

            def handle_error(self, *args):
                pass

        self.httpd = Server((self.address, self.port), Handler)
        threading.Thread(target=self.httpd.serve_forever, args=(0.02,), daemon=True).start()

    def kill(self):
        if self.httpd is not None:
            httpd, self.httpd = self.httpd, None
            httpd.shutdown()
            httpd.server_close()


class Case(unittest.TestCase):
    """A test case that ends what it starts, and shows the daemon's log when it fails."""

    def gslbd(self, config=None, files=None, start=True, **more):
        daemon = Gslbd(config, files, **more)
        self.addCleanup(daemon.discard)
        self.addCleanup(self.show_log, daemon)
        return daemon.start() if start else daemon

    def has_failed(self):
        """So far; while cleaning up, _outcome.success speaks of the clean-up alone."""
        result = self._outcome.result
        return any(getattr(test, "test_case", test) is self for test, _ in result.failures + result.errors)

    def show_log(self, daemon):
        if self.has_failed() and daemon.log():
            print(f"log of gslbd at {daemon.address}:\n{daemon.log()}")

    def backend(self, *args, **more):
        backend = Backend(*args, **more)
        self.addCleanup(backend.kill)
        return backend

    def backends(self, count):
        return [self.backend() for _ in range(count)]

    def pool_config(self, backends, **pool):
        """One pool "web" over the backends (members m0, m1, ...), bound to www.example.test, with an HTTP
        check that is quick to see a change."""
        return {
            "zones": {"example.test": {"file": "example.test.zone", "names": {"www": "web"}}},
            "checks": {"http-ok": {"type": "http", "path": "/healthz", "interval": "200ms", "timeout": "1s",
                                   "fall": 2, "rise": 2, "confirm_interval": "100ms"}},
            "pools": {"web": {"policy": "round_robin", "ttl": "5s", "check": "http-ok",
                              "members": {f"m{i}": {"address": b.address, "port": b.port}
                                          for i, b in enumerate(backends)}, **pool}},
        }
