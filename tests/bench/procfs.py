# SPDX-License-Identifier: BSD-2-Clause
"""CPU time and memory of a process and its children, read from /proc."""

import os

TICKS = os.sysconf("SC_CLK_TCK")


def read(path):
    """Text of a file under /proc; empty if the process has gone."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except (OSError, ProcessLookupError):
        return ""


def stat_fields(pid):
    """Fields of /proc/PID/stat from the state on (field 3 of the manual page is [0])."""
    return read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def parents():
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    fields = ((pid, stat_fields(pid)) for pid in pids)
    return {pid: int(found[1]) for pid, found in fields if found}


def tree(root):
    """The process and all its descendants that live."""
    parent_of = parents()
    found = [root] if root in parent_of else []
    for pid in found:
        found.extend(child for child, parent in parent_of.items() if parent == pid)
    return found


def start_time(pid):
    """Tells a process from a later one with the same id; empty if it has gone."""
    fields = stat_fields(pid)
    return fields[19] if fields and fields[0] != "Z" else ""


def threads(pid):
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def run_ns(root):
    """Time on a CPU in nanoseconds of each thread of the tree: {(pid, tid): ns}."""
    times = {}
    for pid in tree(root):
        for tid in threads(pid):
            text = read(f"/proc/{pid}/task/{tid}/schedstat").split()
            if text:
                times[pid, tid] = int(text[0])
    return times


def run_ns_between(before, after):
    """Time that the threads alive at the end have used; threads that ended meanwhile are missed."""
    return sum(ns - before.get(key, 0) for key, ns in after.items())


def cpu_seconds(root):
    """CPU time of the tree since its start: threads that ended and children that were reaped
    included, which schedstat forgets. In steps of a clock tick."""
    ticks = 0
    for pid in tree(root):
        fields = stat_fields(pid)
        if fields:
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICKS


def memory(root):
    """Resident memory of the tree in bytes: pss (shared pages split), rss of the first process
    (shared pages in full), peak (sum of the largest rss that each one had)."""
    total = {"pss": 0, "rss": 0, "peak": 0}
    for pid in tree(root):
        rollup = kilobytes(read(f"/proc/{pid}/smaps_rollup"))
        total["pss"] += rollup.get("Pss", 0)
        total["peak"] += kilobytes(read(f"/proc/{pid}/status")).get("VmHWM", 0)
        if pid == root:
            total["rss"] = rollup.get("Rss", 0)
    return total


def kilobytes(text):
    """{name: bytes} of the lines `Name: 123 kB`."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) == 3 and words[2] == "kB":
            found[words[0].rstrip(":")] = int(words[1]) * 1024
    return found


def core_busy_seconds(cpu):
    """Time for which a core has not been idle."""
    for line in read("/proc/stat").splitlines():
        words = line.split()
        if words and words[0] == f"cpu{cpu}":
            fields = [int(word) for word in words[1:9]]
            return (sum(fields) - fields[3] - fields[4]) / TICKS
    return 0.0


def ksoftirqd_ns(cpu):
    """CPU time of the kernel thread that takes over network work when there is too much of it: it
    is in no server's account, so it should not move."""
    for name in os.listdir("/proc"):
        if name.isdigit() and read(f"/proc/{name}/comm").strip() == f"ksoftirqd/{cpu}":
            return int(read(f"/proc/{name}/schedstat").split()[0])
    return 0


def machine():
    """What the figures depend on."""
    lines = read("/proc/cpuinfo").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    huge = read("/sys/kernel/mm/transparent_hugepage/enabled")
    return {"cpu": models[0] if models else os.uname().machine, "cores": os.cpu_count(),
            "kernel": os.uname().release, "huge_pages": huge.partition("[")[2].partition("]")[0],
            "load_average": os.getloadavg()[0]}
