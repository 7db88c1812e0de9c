#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Figures of the IPVS module beside ipvsadm, in one guest: `make bench-ipvs`. Ratios below 1 are ours.

    bench_ipvs.py [--services N] [--servers N] [--rounds N]
"""
import argparse
import json
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

BUILD = os.environ.get("GSLB_BUILD", os.path.abspath("build"))
API = "http://127.0.0.1:8053"
ZONE = "$TTL 300\n@ SOA ns1 a 1 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.53\n"


def call(method, path, body=None):
    data = json.dumps(body or {}).encode() if method != "GET" else None
    request = urllib.request.Request(API + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Gslbd:
    def __init__(self, ipvs, **more):
        self.dir = tempfile.mkdtemp(dir="/run")
        os.chmod(self.dir, 0o777)
        with open(f"{self.dir}/zone", "w", encoding="ascii") as f:
            f.write(ZONE)
        config = {"server": {"listen": ["127.0.0.1:5300"], "user": "nobody", "state_dir": f"{self.dir}/state",
                             "log": {"level": "error"}},
                  "api": {"listen": ["127.0.0.1:8053"]},
                  "zones": {"example.test": {"file": "zone"}}, "ipvs": ipvs, **more}
        with open(f"{self.dir}/gslb.json", "w", encoding="ascii") as f:
            json.dump(config, f)
        self.process = subprocess.Popen([f"{BUILD}/gslbd", "-c", f"{self.dir}/gslb.json"])
        wait_until(self.is_ready, 60, "gslbd answers")

    @staticmethod
    def is_ready():
        try:
            return call("GET", "/v1/ready")["ready"]
        except OSError:
            return False

    def processes(self):
        """The parent's and its children's pids."""
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [pid] + [int(child) for child in f.read().split()]

    def cpu(self):
        """Seconds of all three processes."""
        ticks = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                fields = f.read().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def ipvsadm(*args, stdin=None):
    """Wall and CPU seconds, and the output."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(["ipvsadm", *args], input=stdin, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - started, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def large(services, servers):
    return {"services": {
        f"s{s}": {"address": f"10.9.{s // 250}.{s % 250 + 1}", "port": 80, "scheduler": "wrr", "servers": {
            f"r{r}": {"address": f"10.{20 + s % 200}.{r // 250}.{r % 250 + 1}", "port": 80, "weight": r % 7 + 1}
            for r in range(servers)}}
        for s in range(services)}}


def count():
    return ipvsadm("-Sn")[2].count("\n-a ")


def bench_table(services, servers, rounds):
    ours, theirs, plans, lists = [], [], [], []
    for _ in range(rounds):
        # From an empty table to the first answer of the apply: a fresh process each time, so that this
        # is no repair of somebody else's change.
        ipvsadm("-C")
        started = time.monotonic()
        daemon = Gslbd(large(services, servers))
        wait_until(lambda: count() == services * servers, 60, "the table is whole")
        start_up = time.monotonic() - started
        saved = ipvsadm("-Sn")[2]
        call("POST", "/v1/ipvs/plan")
        before = daemon.cpu()
        for _ in range(10):
            if call("POST", "/v1/ipvs/plan")["operations"]:
                raise SystemExit("the plan is not empty")
        plans.append((daemon.cpu() - before) / 10)
        lists.append(statistics.mean(ipvsadm("-Ln")[1] for _ in range(10)))
        ipvsadm("-C")
        started = time.monotonic()
        call("POST", "/v1/ipvs/apply")
        ours.append(time.monotonic() - started)
        if count() != services * servers:
            raise SystemExit("apply has not made the whole table")
        daemon.stop()
        ipvsadm("-C")
        theirs.append(ipvsadm("-R", stdin=saved)[0])
        print(f"  round: start to whole table {start_up:.2f} s, apply {ours[-1]:.2f} s, ipvsadm -R {theirs[-1]:.2f} s, "
              f"plan {plans[-1] * 1000:.0f} ms CPU, ipvsadm -Ln {lists[-1] * 1000:.0f} ms CPU", flush=True)
    ipvsadm("-C")
    tell("empty table to whole, wall, apply / ipvsadm -R", statistics.median(ours), statistics.median(theirs), 1)
    tell("dump and empty plan, CPU, plan / ipvsadm -Ln", statistics.median(plans), statistics.median(lists), 2)


def tell(what, ours, theirs, limit):
    ratio = ours / theirs
    print(f"{what}: {ours * 1000:.0f} ms / {theirs * 1000:.0f} ms = {ratio:.2f} (at most {limit})"
          f"{'' if ratio <= limit else '  MISSED'}", flush=True)


def events(stream):
    """The (type, object) pairs of server-sent events."""
    kind = ""
    for line in stream:
        line = line.decode().strip()
        if line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("data: "):
            yield kind, json.loads(line[6:])


def milliseconds(at):
    """Of the last minute; good for differences below half a minute."""
    return float(at[17:-1]) * 1000


def bench_verdict(rounds):
    """From the verdict of a check to the acknowledgement of the kernel, as the events' times tell it."""
    check = {"type": "tcp", "interval": "100ms", "timeout": "100ms", "fall": 1, "rise": 1, "confirm_interval": "100ms"}
    servers = {f"r{i}": {"address": f"127.0.1.{i}", "port": 8000} for i in (1, 2)}
    keep = socket.create_server(("127.0.1.2", 8000))
    flap = socket.create_server(("127.0.1.1", 8000))
    daemon = Gslbd({"services": {"vip": {"address": "10.9.0.1", "port": 80, "check": "c", "servers": servers}}},
                   checks={"c": check})
    took = []
    with urllib.request.urlopen(API + "/v1/events", timeout=30) as stream:
        flap.close()
        verdict = None
        for kind, event in events(stream):
            if kind == "verdict":
                verdict = milliseconds(event["at"])
            elif kind == "ipvs" and event.get("op", "").endswith("_server") and verdict is not None:
                took.append((milliseconds(event["at"]) - verdict) % 60000)
                verdict = None
                if len(took) == rounds:
                    break
                if event["op"] == "delete_server":
                    flap = socket.create_server(("127.0.1.1", 8000))
                else:
                    flap.close()
    daemon.stop()
    keep.close()
    took.sort()
    print(f"verdict to kernel: median {statistics.median(took):.1f} ms, worst {took[-1]:.1f} ms of {len(took)} "
          f"(at most 100){'' if took[-1] <= 100 else '  MISSED'}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--services", type=int, default=100)
    parser.add_argument("--servers", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    subprocess.run(["modprobe", "-a", "ip_vs", "ip_vs_wrr", "ip_vs_wlc"], check=False)
    print(f"{args.services} services of {args.servers} servers", flush=True)
    bench_verdict(50)
    bench_table(args.services, args.servers, args.rounds)


if __name__ == "__main__":
    sys.exit(main())
