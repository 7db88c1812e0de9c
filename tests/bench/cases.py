# SPDX-License-Identifier: BSD-2-Clause
"""What is measured, and the figures that have to be reached."""

import statistics
from dataclasses import dataclass

OURS = "gslbd"
LOAD_CPU_SECONDS = 2.5
LOAD_BYTES_A_RECORD = 250
MEDIAN_OF = 7       # rounds, at least, for figures to count
# Queries in flight: 8 sockets with 16 each. A UDP socket has room for 166 small queries by default
# (212,992 bytes, 1,280 each): with more in flight the servers that leave it so lose some.
IN_FLIGHT = ("--sockets", "8", "--window", "16")


@dataclass(frozen=True)
class Entry:
    """One row of a table: a server with a set of data (genzone.DATA)."""
    kind: str
    data: str
    label: str


@dataclass(frozen=True)
class Traffic:
    """Servers under load, in turns. Each bound is (row, other row, largest ratio of their CPU)."""
    name: str
    title: str
    entries: tuple
    arguments: tuple = IN_FLIGHT   # of dnsload
    bounds: tuple = ()


@dataclass(frozen=True)
class Loading:
    """Servers started one after the other with a large zone and with an empty one."""
    name: str
    title: str
    data: str
    kinds: tuple
    judged: bool = False


def alike(data, *kinds):
    return tuple(Entry(kind, data, kind) for kind in kinds)


PEERS = ("nsd", "knot", "gdnsd", "bind9")
ALL = (OURS,) + PEERS

CASES = {case.name: case for case in (
    Traffic("static", "1,000 static names over UDP", alike("static", *ALL),
            bounds=((OURS, "nsd", 1.0),)),
    Traffic("edns", "1,000 static names over UDP with EDNS", alike("static", *ALL),
            arguments=IN_FLIGHT + ("--edns", "1232"), bounds=((OURS, "nsd", 1.0),)),
    Traffic("pools", "pools, round robin, 4 addresses an answer, UDP", (
        Entry(OURS, "round_robin", "gslbd pools"), Entry(OURS, "static4", "gslbd static"),
        Entry("gdnsd", "round_robin", "gdnsd multifo"), Entry("gdnsd", "static4", "gdnsd static"),
        Entry("nsd", "static4", "nsd static")),
            bounds=(("gslbd pools", "gslbd static", 1.1),)),
    Traffic("weighted", "pools, weighted, 1 address of 4 an answer, UDP", (
        Entry(OURS, "weighted", "gslbd pools"), Entry(OURS, "static1", "gslbd static"),
        Entry("gdnsd", "weighted", "gdnsd weighted"), Entry("gdnsd", "static1", "gdnsd static")),
            bounds=(("gslbd pools", "gslbd static", 1.1),)),
    Traffic("tcp", "1,000 static names over 32 kept TCP connections, 16 in flight on each",
            alike("static", *ALL), arguments=("--tcp", "--sockets", "32", "--window", "16")),
    Traffic("large", "1,000,000 static names over UDP", alike("records1m", *ALL)),
    Loading("load100k", "start with a zone of 100,000 records", "records100k", ALL),
    Loading("load", "start with a zone of 1,000,000 records", "records1m", ALL, judged=True),
)}

QUICK = ("static", "edns", "pools", "weighted", "tcp", "load")
QUICK_LOADING = (OURS, "nsd")


@dataclass
class Target:
    """A figure with the largest value that passes; `fault` says why it could not be judged."""
    case: str
    what: str
    limit: float
    value: float = None
    fault: str = ""

    @property
    def passed(self):
        return not self.fault and self.value is not None and self.value <= self.limit


def ratio(row, other):
    """Median of the ratios of CPU a query in each round: the two were measured right after one
    another, so what else the machine did at that time touched both."""
    pairs = zip(row["cpu_us_rounds"], other["cpu_us_rounds"], strict=True)
    return statistics.median(one / another for one, another in pairs)


def ratio_target(case, bound, rows):
    ours, other, limit = bound
    target = Target(case.name, f"CPU a query, {ours} / {other}", limit)
    faults = [f"{label}: {fault_of(rows, label)}" for label in (ours, other)
              if fault_of(rows, label)]
    if faults:
        target.fault = "; ".join(faults)
    else:
        target.value = ratio(rows[ours], rows[other])
    return target


def loading_targets(case, rows):
    cpu = Target(case.name, "CPU seconds to load", LOAD_CPU_SECONDS)
    resident = Target(case.name, "bytes resident a record", LOAD_BYTES_A_RECORD)
    fault = fault_of(rows, OURS)
    for target, key in ((cpu, "cpu_s"), (resident, "bytes_a_record")):
        target.fault = fault
        target.value = None if fault else rows[OURS][key]
    return [cpu, resident]


def fault_of(rows, label):
    return rows[label].get("fault", "") if label in rows else "did not run"


def targets_of(case, rows):
    """The targets of one case, judged by its rows {label: figures}."""
    if isinstance(case, Traffic):
        return [ratio_target(case, bound, rows) for bound in case.bounds]
    return loading_targets(case, rows) if case.judged else []
