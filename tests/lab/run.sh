#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [-b BUILD] COMMAND [ARGUMENT...]: runs the command as root in a guest of its own, a User Mode Linux
# kernel with IPVS whose root is this machine's, read-only; what it prints is printed, its exit status is
# ours. Other statuses: 77 no User Mode Linux here, 98 the guest died, 99 it could not be set up.
#   LAB_SECONDS  limit of time, 300        LAB_MEMORY  of the guest in MB, 384
#   LAB_GUEST    qemu: run-qemu.sh does it instead, with another kernel
set -u
[ "${LAB_GUEST:-uml}" != qemu ] || exec "${BASH_SOURCE%/*}/run-qemu.sh" "$@"
build=build
[ "${1:-}" = -b ] && { build=$2; shift 2; }
[ $# -gt 0 ] || { sed -n 's/^# \(run.sh .*\)/usage: \1/p' "$0" >&2; exit 99; }
here=$(cd "${BASH_SOURCE%/*}" && pwd) || exit 99
mkdir -p "$build/lab" && build=$(cd "$build" && pwd) || exit 99

kernel=${LAB_KERNEL:-$(command -v linux.uml)}
if [ -z "$kernel" ]; then
    echo 'SKIPPED: the IPVS lab did not run: install user-mode-linux (make deps-test)' >&2
    exit 77
fi
memory=${LAB_MEMORY:-384}

# Through a name of one's own: two guests may start at once.
shim=$build/lab/xstate_shim.so
if [ "$(uname -m)" = x86_64 ] && [ ! "$shim" -nt "$here/shim/xstate_shim.c" ]; then
    ${CC:-cc} -O2 -D_GNU_SOURCE -shared -fPIC -o "$shim.$$" "$here/shim/xstate_shim.c" && mv "$shim.$$" "$shim" || exit 99
fi
[ -e "$shim" ] || shim=

out=$(mktemp -d "$build/lab/run.XXXXXX") || exit 99
trap 'rm -rf "$out"' EXIT
printf 'cd %q\nexport LAB_GUEST=uml GSLB_BUILD=/run/build\nexec' "$PWD" >"$out/command"
printf ' %q' "$@" >>"$out/command"

# The guest's memory is a file there, of which it maps parts executable.
room()
{
    [ -w "$1" ] && ! findmnt -n -o OPTIONS -T "$1" | grep -qw noexec &&
        [ "$(df --output=avail -m "$1" | tail -n 1)" -gt $((memory + 64)) ]
}
memory_in=/dev/shm
room $memory_in || memory_in=$out

# Output goes through a pipe: a file cannot be polled, which the guest's console does. The guest makes a session
# of its own and is ended by SIGTERM, with all that it traces; SIGKILL would leave some of that.
env -i PATH="$PATH" HOME="$out" TMPDIR="$memory_in" ${shim:+LD_PRELOAD="$shim"} \
    timeout --foreground -k 10 "${LAB_SECONDS:-300}" setpriv --pdeathsig TERM "$kernel" mem="${memory}M" \
    root=/dev/root rootfstype=hostfs rootflags=/ ro quiet loglevel=3 con=null con0=null,fd:1 ssl=null \
    init="$here/guest-init.sh" LAB_OUT="$out" LAB_MODULES=/usr/lib/uml/modules LAB_BUILD="$build" \
    </dev/null 2>&1 | tr -d '\r' | grep --line-buffered -vE '^(sysrq: Power Off|reboot: Power down)?$'
status=${PIPESTATUS[0]}

if [ ! -s "$out/status" ]; then
    [ "$status" -ne 124 ] || echo "the guest was not over after ${LAB_SECONDS:-300} s" >&2
    echo "the guest died without a status (kernel's own: $status)" >&2
    exit 98
fi
exit "$(cat "$out/status")"
