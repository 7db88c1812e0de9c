#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# deps.sh SET...: installs what the sets (build, run, test, full, bench) need and is not there yet, through
# apt. Says what it installs; as root, or by sudo. Daemons it brings are neither started nor enabled.
set -euo pipefail

declare -A packages=(
    [build]="gcc make pkg-config libc6-dev libldns-dev libuv1-dev libmaxminddb-dev libjansson-dev
             libmicrohttpd-dev libcurl4-openssl-dev libssl-dev libnl-3-dev libnl-genl-3-dev"
    [run]="bind9-dnsutils curl"
    [test]="check bind9-dnsutils bind9-utils unbound nsd knot knot-dnsutils ldnsutils python3 valgrind libc6-dbg
            curl jq iproute2 procps clang clang-format clang-tidy cppcheck libclang-rt-14-dev
            user-mode-linux kmod ipvsadm iptables keepalived"
    [full]="qemu-system-x86 kmod nftables"
    [bench]="nsd knot gdnsd bind9 dnsperf python3"
)
# package:unit of the daemons among them
daemons="unbound:unbound nsd:nsd knot:knot gdnsd:gdnsd bind9:named keepalived:keepalived ipvsadm:ipvsadm"
policy=/usr/sbin/policy-rc.d

sets=("$@")
[ ${#sets[@]} -gt 0 ] || sets=(build)
wanted=
for s in "${sets[@]}"; do
    [ -n "${packages[$s]:-}" ] || { echo "deps: no set named $s" >&2; exit 2; }
    wanted+=" ${packages[$s]}"
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "deps: not a Debian system, nothing is installed. Needed, by their Debian names:" $wanted
    exit 0
fi

is_installed()
{
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for p in $wanted; do
    is_installed "$p" || [[ " ${missing[*]-} " == *" $p "* ]] || missing+=("$p")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "deps: missing packages: ${missing[*]}" >&2
        echo "deps: neither root nor sudo here; as root: apt-get install ${missing[*]}" >&2
        exit 1
    }
    as_root=(sudo)
fi
echo "deps: installing with apt-get${as_root:+ (by sudo)}: ${missing[*]}"

made_policy=
cleanup()
{
    [ -z "$made_policy" ] || "${as_root[@]}" rm -f "$policy"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
# Debian starts a daemon when it is installed, unless this file says no.
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    made_policy=1
    "${as_root[@]}" chmod 755 "$policy"
fi

apt()
{
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}
install_missing()
{
    apt install -y --no-install-recommends "${missing[@]}"
}

# Package lists may be absent (a fresh image) or too old for the mirror: fetch them, once.
if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
    apt update
    install_missing
elif ! install_missing; then
    echo "deps: trying again with new package lists"
    apt update
    install_missing
fi

for d in $daemons; do
    if [[ " ${missing[*]} " == *" ${d%%:*} "* ]] && command -v systemctl >/dev/null; then
        "${as_root[@]}" systemctl disable "${d##*:}" >/dev/null 2>&1 || true
        echo "deps: ${d##*:} is installed, but neither started nor enabled"
    fi
done
