#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run-qemu.sh [-b BUILD] COMMAND [ARGUMENT...]: as run.sh, with a newer kernel of Debian's under qemu, which has what
# User Mode Linux lacks (the scheduler twos, nftables, room for sanitizers) and takes some four times as long.
# The kernel is fetched into the build folder. Needs root, for virtiofsd. KVM is not used: it may be there and
# not work.
#   LAB_SECONDS  limit of time, 600        LAB_MEMORY  of the guest in MB, 768
set -u
build=build
[ "${1:-}" = -b ] && { build=$2; shift 2; }
[ $# -gt 0 ] || { sed -n 's/^# \(run-qemu.sh .*\)/usage: \1/p' "$0" >&2; exit 99; }
here=$(cd "${BASH_SOURCE%/*}" && pwd) || exit 99
mkdir -p "$build/lab" && build=$(cd "$build" && pwd) || exit 99
memory=${LAB_MEMORY:-768}
kernel=$build/lab/kernel
package=linux-image-6.12-cloud-amd64 # depends on the newest of them; virtiofs is built in, so it needs no initramfs
out=
daemons=()

cleanup()
{
    for pid in "${daemons[@]}"; do
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    rm -rf "$kernel.$$" "$out" "/run/virtiofsd/root.$$.pid" "/run/virtiofsd/out.$$.pid"
}
trap cleanup EXIT

skip()
{
    echo "SKIPPED: the IPVS lab did not run under qemu: $1" >&2
    exit 77
}
[ "$(uname -m)" = x86_64 ] || skip 'its kernel is for x86_64'
[ "$(id -u)" -eq 0 ] || skip 'virtiofsd needs root'
command -v qemu-system-x86_64 >/dev/null || skip 'install qemu-system-x86 (make deps-full)'
for virtiofsd in /usr/lib/qemu/virtiofsd /usr/libexec/virtiofsd ''; do
    [ ! -x "$virtiofsd" ] || break
done
[ -n "$virtiofsd" ] || skip 'there is no virtiofsd'

# download FOLDER: the package, into that folder. apt's lists may be absent, or too old for the mirror.
download()
{
    local update version
    for update in true 'apt-get -q update'; do
        $update
        version=$(apt-cache depends $package | sed -n 's/^ *Depends: \(linux-image-6.*\)/\1/p')
        [ -z "$version" ] || (cd "$1" && apt-get -q -o APT::Sandbox::User=root download "$version") && return
    done
    return 1
}

# The package is unpacked, not installed; under a name of one's own first, since two guests may start at once.
fetch()
{
    local part=$kernel.$$
    mkdir "$part" || exit 99
    download "$part" >&2 </dev/null || skip "apt does not get $package"
    dpkg -x "$part"/*.deb "$part" && rm "$part"/*.deb && depmod -b "$part" "$(ls "$part/lib/modules")" || exit 99
    mv -T "$part" "$kernel" 2>/dev/null || [ -e "$kernel/boot" ] || exit 99
}
[ -e "$kernel" ] || fetch

out=$(mktemp -d "$build/lab/run.XXXXXX") || exit 99
printf 'cd %q\nexport LAB_GUEST=qemu GSLB_BUILD=/run/build\nexec' "$PWD" >"$out/command"
printf ' %q' "$@" >>"$out/command"
cd "$out" || exit 99 # names of sockets have to be short, and unlike those of other guests

# share TAG FOLDER CACHE: that folder, for the guest to mount by its tag
share()
{
    setpriv --pdeathsig TERM "$virtiofsd" --socket-path="$1.$$" -o source="$2" -o sandbox=chroot -o cache="$3" \
        -o log_level=warn -f >"$1.log" 2>&1 &
    daemons+=($!)
    for _ in $(seq 100); do
        [ ! -S "$1.$$" ] || return 0
        sleep 0.05
    done
    cat "$1.log" >&2
    exit 99
}
share root / always
share out "$out" auto

timeout --foreground -k 10 "${LAB_SECONDS:-600}" setpriv --pdeathsig TERM qemu-system-x86_64 \
    -M q35 -accel tcg,thread=multi,tb-size=256 -cpu max -smp 1 -m "$memory" \
    -object memory-backend-memfd,id=memory,size="${memory}M",share=on -numa node,memdev=memory \
    -nodefaults -display none -serial stdio -no-reboot -net none \
    -chardev socket,id=root,path=root.$$ -device vhost-user-fs-pci,chardev=root,tag=root,queue-size=256 \
    -chardev socket,id=out,path=out.$$ -device vhost-user-fs-pci,chardev=out,tag=out \
    -kernel "$kernel"/boot/vmlinuz-* \
    -append "console=ttyS0 quiet loglevel=3 panic=-1 rootfstype=virtiofs root=root ro mitigations=off tsc=nowatchdog
        selinux=0 apparmor=0 init=$here/guest-init.sh LAB_MODULES=$kernel/lib/modules LAB_BUILD=$build" \
    </dev/null 2>&1 | tr -d '\r' | grep --line-buffered -vE '^(\[ *[0-9.]+\] (sysrq: Power Off|reboot: Power down))?$'
ended=${PIPESTATUS[0]}

if [ ! -s status ]; then
    [ "$ended" -ne 124 ] || echo "the guest was not over after ${LAB_SECONDS:-600} s" >&2
    cat root.log out.log >&2
    echo "the guest died without a status (qemu's own: $ended)" >&2
    exit 98
fi
exit "$(cat status)"
