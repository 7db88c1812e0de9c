#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Zones, query lists and server configs for the bench; the same every time.

By hand:  genzone.py --out DIR --data static --server nsd --port 25300
writes DIR/static.zone, DIR/static.queries and DIR/nsd-static/, and prints the command that starts
the server.
"""

import argparse
import itertools
import json
import os
import sys
from dataclasses import dataclass

ORIGIN = "bench.test"
POOLS = 100
MEMBERS = 4
WEIGHTS = (10, 20, 30, 40)
CHECK_INTERVAL = 5
TTL = 300
SERVERS = ("gslbd", "nsd", "knot", "gdnsd", "bind9")
PROGRAMS = {"nsd": "/usr/sbin/nsd", "knot": "/usr/sbin/knotd", "gdnsd": "/usr/sbin/gdnsd",
            "bind9": "/usr/sbin/named"}


@dataclass(frozen=True)
class Data:
    """A zone and what is asked of it."""
    name: str
    names: int
    addresses: int = 1      # A records a name
    aaaa_every: int = 0     # every so many names also have an AAAA
    policy: str = ""        # the names are backed by pools with this policy
    answers: int = 1        # A records in an answer

    @property
    def records(self):
        aaaa = -(-self.names // self.aaaa_every) if self.aaaa_every else 0
        return self.names * self.addresses + aaaa


DATA = {data.name: data for data in (
    Data("empty", 0),
    Data("static", 1000, aaaa_every=4),
    Data("static1", 1000),
    Data("static4", 1000, addresses=4, answers=4),
    Data("records100k", 100_000),
    Data("records1m", 1_000_000),
    Data("round_robin", 1000, addresses=0, policy="round_robin", answers=4),
    Data("weighted", 1000, addresses=0, policy="weighted"),
)}


# ---- zones and queries --------------------------------------------------------------------------

def owner(index):
    return f"n{index:07d}"


def address(index, copy):
    return f"10.{16 * copy + (index >> 16)}.{index >> 8 & 255}.{index & 255}"


def member_address(pool, member):
    """Every member has an address of its own, so that every one is probed."""
    return f"127.1.{pool}.{member + 1}"


def zone_head():
    yield f"$ORIGIN {ORIGIN}."
    yield f"$TTL {TTL}"
    yield f"@ {TTL} IN SOA ns1 hostmaster 1 3600 900 604800 300"
    yield f"@ {TTL} IN NS ns1"
    yield f"ns1 {TTL} IN A 127.0.0.1"


def zone_static(data):
    for index in range(data.names):
        for copy in range(data.addresses):
            yield f"{owner(index)} {TTL} IN A {address(index, copy)}"
        if data.aaaa_every and index % data.aaaa_every == 0:
            yield f"{owner(index)} {TTL} IN AAAA 2001:db8::{index >> 16:x}:{index & 0xffff:x}"


def zone_dynamic(data):
    """gdnsd has its pools in the zone file, as records of a type of its own."""
    plugin = "multifo" if data.policy == "round_robin" else "weighted"
    for index in range(data.names):
        yield f"{owner(index)} {TTL} DYNA {plugin}!p{index % POOLS}"


def queries(data):
    if data.names == 0:
        yield f"ns1.{ORIGIN} A"
    for index in range(data.names):
        yield f"{owner(index)}.{ORIGIN} A"
        if data.aaaa_every and index % data.aaaa_every == 0:
            yield f"{owner(index)}.{ORIGIN} AAAA"


def write_lines(path, lines):
    """Writes the file whole or not at all."""
    with open(path + ".new", "w", encoding="ascii") as out:
        out.writelines(f"{line}\n" for line in lines)
    os.rename(path + ".new", path)


def write_large(path, mark, lines):
    """Writes the file unless it is there from an earlier run: then its first line says the same."""
    try:
        with open(path, encoding="ascii") as file:
            if file.readline().rstrip("\n") == mark:
                return
    except OSError:
        pass
    write_lines(path, itertools.chain([mark], lines))


def write_data(data, directory):
    """Writes the zone (also in gdnsd's form if it has pools) and its list of queries."""
    base = os.path.join(directory, data.name)
    write_large(base + ".zone", f"; {data}", itertools.chain(zone_head(), zone_static(data)))
    write_large(base + ".queries", f"# {data}", queries(data))
    if data.policy:
        write_lines(base + ".gdnsd.zone", itertools.chain(zone_head(), zone_dynamic(data)))


def zone_path(server, data, directory):
    form = ".gdnsd.zone" if server == "gdnsd" and data.policy else ".zone"
    return os.path.join(os.path.abspath(directory), data.name + form)


def query_path(data, directory):
    return os.path.join(os.path.abspath(directory), data.name + ".queries")


# ---- configs: write them into `home`, return the command that starts the server -----------------

def gslbd_member(data, pool, member, port):
    fields = {"address": member_address(pool, member), "port": port}
    if data.policy == "weighted":
        fields["weight"] = WEIGHTS[member]
    return fields


def gslbd_pool(data, pool, port):
    members = {f"m{m}": gslbd_member(data, pool, m, port) for m in range(MEMBERS)}
    return {"policy": data.policy, "ttl": f"{TTL}s", "check": "tcp", "members": members}


def gslbd_pools(config, data, port):
    config["zones"][ORIGIN]["names"] = {owner(i): f"p{i % POOLS}" for i in range(data.names)}
    config["checks"] = {"tcp": {"type": "tcp", "interval": f"{CHECK_INTERVAL}s", "timeout": "2s"}}
    config["pools"] = {f"p{p}": gslbd_pool(data, p, port) for p in range(POOLS)}


def config_gslbd(home, zone, port, data, member_port, program="build/gslbd"):
    config = {"server": {"listen": [f"127.0.0.1:{port}"], "workers": 1},
              "zones": {ORIGIN: {"file": zone}}}
    if data.policy:
        gslbd_pools(config, data, member_port)
    path = os.path.join(home, "gslb.json")
    with open(path, "w", encoding="ascii") as out:
        json.dump(config, out, indent=1)
    return [program, "-c", path]


def rotates(data):
    """Peers rotate, as we do, where there is something to rotate; it costs them a little."""
    return data.addresses > 1


def config_nsd(home, zone, port, data, _member_port):
    path = os.path.join(home, "nsd.conf")
    write_lines(path, f"""\
server:
    ip-address: 127.0.0.1@{port}
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{home}"
    database: ""
    pidfile: "{home}/nsd.pid"
    xfrdfile: ""
    xfrdir: "{home}"
    zonelistfile: "{home}/zone.list"
    tcp-count: 200
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
    minimal-responses: yes
    round-robin: {"yes" if rotates(data) else "no"}
remote-control:
    control-enable: no
zone:
    name: {ORIGIN}
    zonefile: "{zone}"
""".splitlines())
    return [PROGRAMS["nsd"], "-d", "-c", path]


def config_knot(home, zone, port, data, _member_port):
    path = os.path.join(home, "knot.conf")
    write_lines(path, f"""\
server:
    rundir: "{home}"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    tcp-max-clients: 200
    answer-rotation: {"on" if rotates(data) else "off"}
database:
    storage: "{home}"
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: "{home}"
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
  - domain: {ORIGIN}
    file: "{zone}"
""".splitlines())
    return [PROGRAMS["knot"], "-c", path]


def gdnsd_member(data, pool, member):
    where = member_address(pool, member)
    value = f"[ {where}, {WEIGHTS[member]} ]" if data.policy == "weighted" else where
    return f"m{member} => {value}"


def gdnsd_plugins(data, member_port):
    plugin = "multifo" if data.policy == "round_robin" else "weighted"
    yield (f"service_types => {{ tcp => {{ plugin => tcp_connect, port => {member_port}, "
           f"interval => {CHECK_INTERVAL}, timeout => 2 }} }}")
    yield f"plugins => {{ {plugin} => {{"
    yield "  service_types => tcp"
    for pool in range(POOLS):
        members = ", ".join(gdnsd_member(data, pool, m) for m in range(MEMBERS))
        yield f"  p{pool} => {{ {members} }}"
    yield "} }"


def config_gdnsd(home, zone, port, data, member_port):
    os.makedirs(os.path.join(home, "zones"), exist_ok=True)
    linked = os.path.join(home, "zones", ORIGIN)
    if os.path.exists(linked):
        os.unlink(linked)
    os.link(zone, linked)
    head = [f"options => {{ listen => 127.0.0.1:{port}, udp_threads => 1, tcp_threads => 1,",
            f"  run_dir => {home}/run, state_dir => {home}/state }}"]
    plugins = gdnsd_plugins(data, member_port) if data.policy else []
    write_lines(os.path.join(home, "config"), itertools.chain(head, plugins))
    return [PROGRAMS["gdnsd"], "-c", home, "start"]


def config_bind9(home, zone, port, _data, _member_port):
    path = os.path.join(home, "named.conf")
    write_lines(path, f"""\
options {{
    directory "{home}";
    pid-file "{home}/named.pid";
    session-keyfile "{home}/session.key";
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    recursion no;
    dnssec-validation no;
    minimal-responses yes;
    notify no;
    tcp-clients 200;
}};
controls {{ }};
zone "{ORIGIN}" {{ type primary; file "{zone}"; }};
""".splitlines())
    return [PROGRAMS["bind9"], "-4", "-n", "1", "-g", "-c", path]


CONFIGS = {"gslbd": config_gslbd, "nsd": config_nsd, "knot": config_knot, "gdnsd": config_gdnsd,
           "bind9": config_bind9}


def write_config(server, data, directory, port, member_port=0):
    """Writes the server's config beside the data. Returns (its folder, command that starts it)."""
    home = os.path.join(os.path.abspath(directory), f"{server}-{data.name}")
    os.makedirs(home, exist_ok=True)
    zone = zone_path(server, data, directory)
    return home, CONFIGS[server](home, zone, port, data, member_port)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--out", required=True, help="folder to write into")
    parser.add_argument("--data", action="append", choices=DATA, help="default: all")
    parser.add_argument("--server", action="append", choices=SERVERS, default=[])
    parser.add_argument("--port", type=int, default=25300)
    parser.add_argument("--member-port", type=int, default=25080, help="TCP port of pool members")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    for name in args.data or DATA:
        write_data(DATA[name], args.out)
        for server in args.server:
            if DATA[name].policy and server not in ("gslbd", "gdnsd"):
                continue
            _, command = write_config(server, DATA[name], args.out, args.port, args.member_port)
            print(" ".join(command))
    return 0


if __name__ == "__main__":
    sys.exit(main())
