#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Speed and memory of gslbd beside other DNS servers, in one run on this machine. See README.md."""

import argparse
import dataclasses
import json
import os
import signal
import statistics
import subprocess
import sys
import time

import cases
import genzone
import procfs
import report
import servers

WARM_SECONDS = 0.3
SETTLE_SECONDS = 1.0
LOST_SHARE = 0.01       # more than this share of queries lost spoils a row

# What stands for the result of a run in which dnsload could not even connect.
NO_RESULT = {"sent": 0, "answered": 0, "lost": 0, "bad": 0, "empty": 0, "truncated": 0,
             "rcodes": {}, "seconds": 0, "qps": 0, "answer_bytes": 0,
             "latency_us": {"p50": 0, "p99": 0}}


# ---- traffic ------------------------------------------------------------------------------------

def run_dnsload(server, case, options, seconds, seed):
    """One run of the load generator. Returns what it counted."""
    command = [options.dnsload, "--target", f"127.0.0.1:{server.port}",
               "--queries", genzone.query_path(server.data, options.work),
               "--time", str(seconds), "--cpu", str(options.client_cpu), "--seed", str(seed),
               *case.arguments]
    if options.client_cpu == options.server_cpu:
        command.append("--block")
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    return json.loads(done.stdout) if done.stdout else dict(NO_RESULT)


def measure(server, case, options, seed):
    """One round: what dnsload counted, and the CPU time that the server took for it."""
    pid, cpu = server.process.pid, options.server_cpu
    before, busy, soft = procfs.run_ns(pid), procfs.core_busy_seconds(cpu), procfs.ksoftirqd_ns(cpu)
    start = time.monotonic()
    result = run_dnsload(server, case, options, options.seconds, seed)
    wall = time.monotonic() - start
    used = procfs.run_ns_between(before, procfs.run_ns(pid)) / 1e9
    busy = procfs.core_busy_seconds(cpu) - busy
    soft = (procfs.ksoftirqd_ns(cpu) - soft) / 1e9
    answered = max(result["answered"], 1)
    return {**result, "cpu_us": used / answered * 1e6,
            "core": min(used / max(result["seconds"], 1e-9), 1.0),
            "others": max(busy - used, 0.0) / wall, "ksoftirqd_us": soft / answered * 1e6}


def fault_in(rounds):
    """Why the answers are not what they should be; empty if they are."""
    def total(key):
        return sum(one[key] for one in rounds)
    others = {rcode for one in rounds for rcode in one["rcodes"]} - {"NOERROR"}
    if others:
        return f"answered {', '.join(sorted(others))}"
    for key in ("bad", "empty", "truncated"):
        if total(key):
            return f"{total(key)} {key} answers"
    if total("lost") > LOST_SHARE * total("sent"):
        return f"{total('lost')} of {total('sent')} queries lost"
    return ""


def summary(rounds):
    """Medians over the rounds."""
    def median(key):
        return statistics.median(one[key] for one in rounds)
    return {"cpu_us": median("cpu_us"), "cpu_us_rounds": [one["cpu_us"] for one in rounds],
            "qps": median("qps"), "core": median("core"), "others": median("others"),
            "ksoftirqd_us": median("ksoftirqd_us"), "answer_bytes": median("answer_bytes"),
            "p50_us": statistics.median(one["latency_us"]["p50"] for one in rounds),
            "p99_us": statistics.median(one["latency_us"]["p99"] for one in rounds),
            "lost": sum(one["lost"] for one in rounds), "sent": sum(one["sent"] for one in rounds),
            "fault": fault_in(rounds), "rounds": rounds}


def server_row(server, rounds):
    if not all(one["answered"] for one in rounds):
        return {"fault": server.ended() or "a round without answers"}
    return summary(rounds)


def start_entry(fleet, entry, options):
    """Starts one server of a case. Returns it, or the reason why not."""
    program = options.gslbd if entry.kind == cases.OURS else genzone.PROGRAMS[entry.kind]
    if not os.path.exists(program):
        return f"{program} is not there"
    data = genzone.DATA[entry.data]
    genzone.write_data(data, options.work)
    server = servers.Server(entry.label, entry.kind, data)
    try:
        return fleet.add(server, options.work, options.server_cpu, program)
    except servers.StartError as error:
        server.stop()
        return str(error)


def one_round(running, case, options, seed):
    """Measures each server once; every round starts with another one. {label: figures}"""
    labels = list(running)
    turn = seed % len(labels)
    return {label: measure(running[label], case, options, seed)
            for label in labels[turn:] + labels[:turn]}


def run_traffic(case, options):
    entries = [entry for entry in case.entries if entry.kind in options.kinds]
    with servers.Fleet() as fleet:
        started = {entry.label: start_entry(fleet, entry, options) for entry in entries}
        running = {label: one for label, one in started.items() if not isinstance(one, str)}
        for server in running.values():
            run_dnsload(server, case, options, WARM_SECONDS, 0)
        rounds = [one_round(running, case, options, seed)
                  for seed in range(1, options.rounds + 1)] if running else []
        return {label: {"fault": one} if isinstance(one, str) else
                server_row(one, [figures[label] for figures in rounds])
                for label, one in started.items()}


# ---- loading ------------------------------------------------------------------------------------

def load_once(kind, data, options):
    """Starts a server, lets it settle, looks at it, ends it. Returns its figures."""
    with servers.Fleet() as fleet:
        server = start_entry(fleet, cases.Entry(kind, data, kind), options)
        if isinstance(server, str):
            return {"fault": server}
        time.sleep(SETTLE_SECONDS)
        pid = server.process.pid
        return {"cpu_s": procfs.cpu_seconds(pid), "answer_s": server.answered - server.started,
                **procfs.memory(pid)}


def loading_row(empty, full, data):
    """CPU and memory with the zone, medians over the starts, against an empty zone."""
    fault = next((one["fault"] for one in [empty, *full] if "fault" in one), "")
    if fault:
        return {"fault": fault}
    row = {key: statistics.median(one[key] for one in full) for key in full[0]}
    grown = max(row["pss"] - empty["pss"], row["rss"] - empty["rss"])
    return {**row, "pss_empty": empty["pss"], "rss_empty": empty["rss"], "fault": "",
            "cpu_s_rounds": [one["cpu_s"] for one in full],
            "bytes_a_record": grown / data.records}


def run_loading(case, options):
    kinds = [kind for kind in case.kinds if kind in options.kinds]
    if options.quick:
        kinds = [kind for kind in kinds if kind in cases.QUICK_LOADING]
    empty = {kind: load_once(kind, "empty", options) for kind in kinds}
    rounds = [{kind: load_once(kind, case.data, options) for kind in kinds}
              for _ in range(options.loads)]
    data = genzone.DATA[case.data]
    return {kind: loading_row(empty[kind], [one[kind] for one in rounds], data) for kind in kinds}


# ---- the whole ----------------------------------------------------------------------------------

def run_case(case, options):
    traffic = isinstance(case, cases.Traffic)
    how = f"{options.rounds} rounds of {options.seconds:g} s" if traffic else \
        f"{options.loads} starts"
    print(f"\n{case.name}: {case.title} ({how})", flush=True)
    rows = run_traffic(case, options) if traffic else run_loading(case, options)
    if traffic:
        report.print_traffic(rows)
    else:
        report.print_loading(rows)
    return rows


def write_json(path, options, results, targets):
    machine = {**procfs.machine(), "server_cpu": options.server_cpu,
               "client_cpu": options.client_cpu}
    judged = [{**dataclasses.asdict(target), "passed": target.passed} for target in targets]
    with open(path + ".new", "w", encoding="ascii") as out:
        json.dump({"machine": machine, "rounds": options.rounds, "seconds": options.seconds,
                   "cases": results, "targets": judged}, out, indent=1)
    os.rename(path + ".new", path)


def run_all(options):
    machine = procfs.machine()
    print(f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}; servers on core "
          f"{options.server_cpu}, load from core {options.client_cpu}")
    if options.server_cpu == options.client_cpu:
        print("only one core: server and load share it, the figures are rough")
    results, targets = {}, []
    for name in options.only:
        rows = run_case(cases.CASES[name], options)
        results[name] = rows
        if cases.OURS in options.kinds:
            targets += cases.targets_of(cases.CASES[name], rows)
    if targets:
        report.print_targets(targets)
    if options.rounds < cases.MEDIAN_OF:
        print(f"fewer than {cases.MEDIAN_OF} rounds: for a first look only")
    write_json(options.json, options, results, targets)
    return all(target.passed for target in targets)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.environ.get("BUILD", "build"), help="build folder")
    parser.add_argument("--gslbd", help="server to measure (BUILD/gslbd)")
    parser.add_argument("--dnsload", help="load generator (BUILD/dnsload)")
    parser.add_argument("--work", help="folder for zones and configs (BUILD/bench)")
    parser.add_argument("--json", help="where the figures go (BUILD/bench.json)")
    parser.add_argument("--only", action="append", choices=cases.CASES, metavar="CASE",
                        help="one case, may be repeated: " + ", ".join(cases.CASES))
    parser.add_argument("--servers", default=",".join(cases.ALL), help="which servers to start")
    parser.add_argument("--rounds", type=int, help="rounds of each case (7)")
    parser.add_argument("--seconds", type=float, help="length of a round (1.2)")
    parser.add_argument("--quick", action="store_true", help="a look at all of it in a minute")
    return parser.parse_args()


def complete(options):
    """Fills in what was not given. Exits if a program that is needed is missing."""
    options.gslbd = os.path.abspath(options.gslbd or os.path.join(options.build, "gslbd"))
    options.dnsload = os.path.abspath(options.dnsload or os.path.join(options.build, "dnsload"))
    options.work = options.work or os.path.join(options.build, "bench")
    options.json = options.json or os.path.join(options.build, "bench.json")
    options.only = options.only or list(cases.QUICK if options.quick else cases.CASES)
    options.kinds = options.servers.split(",")
    options.rounds = options.rounds or (3 if options.quick else cases.MEDIAN_OF)
    options.seconds = options.seconds or (0.5 if options.quick else 1.2)
    options.loads = 1 if options.quick else 3
    cores = sorted(os.sched_getaffinity(0))
    options.server_cpu, options.client_cpu = cores[0], cores[min(1, len(cores) - 1)]
    needed = [options.dnsload] + [options.gslbd] * (cases.OURS in options.kinds)
    for program in needed:
        if not os.access(program, os.X_OK):
            sys.exit(f"bench: {program} is not there: run `make bench`")
    unknown = set(options.kinds) - set(cases.ALL)
    if unknown:
        sys.exit(f"bench: no such server: {', '.join(sorted(unknown))}")
    os.makedirs(options.work, exist_ok=True)
    return options


def main():
    options = complete(parse_arguments())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.sched_setaffinity(0, {options.client_cpu})
    try:
        return 0 if run_all(options) else 1
    except KeyboardInterrupt:
        print("bench: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
