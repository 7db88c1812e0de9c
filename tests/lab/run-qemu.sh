#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run-qemu.sh [-b BUILD] COMMAND [ARGUMENT...]: as run.sh, with a newer kernel of Debian's under qemu, which has what
# User Mode Linux lacks (the scheduler twos, nftables) and takes some four times as long. The kernel is fetched
# into the build folder. Needs root, for virtiofsd. KVM is not used: it may be there and not work.
#   LAB_SECONDS  limit of time, 600        LAB_MEMORY  of the guest in MB, 512
set -u
build=build
[ "${1:-}" = -b ] && { build=$2; shift 2; }
[ $# -gt 0 ] || { sed -n 's/^# \(run-qemu.sh .*\)/usage: \1/p' "$0" >&2; exit 99; }
here=$(cd "${BASH_SOURCE%/*}" && pwd) || exit 99
mkdir -p "$build/lab" && build=$(cd "$build" && pwd) || exit 99
memory=${LAB_MEMORY:-512}
virtiofsd=/usr/lib/qemu/virtiofsd
kernel=$build/lab/kernel

skip()
{
    echo "SKIPPED: the IPVS lab did not run under qemu: $1" >&2
    exit 77
}
if ! command -v qemu-system-x86_64 >/dev/null || [ ! -x $virtiofsd ]; then
    skip 'install qemu-system-x86 (make deps-full)'
fi

# The package is unpacked, not installed; complete when the list of its modules is.
fetch()
{
    local package part=$kernel.$$
    package=$(apt-cache depends linux-image-6.12-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-6.*\)/\1/p')
    mkdir -p "$part" && (cd "$part" && apt-get -q download "$package" 2>&1 && dpkg -x ./*.deb . && rm ./*.deb &&
        depmod -b . "$(ls lib/modules)") >"$build/lab/kernel.log" && mv "$part" "$kernel"
}
[ -e "$kernel" ] || fetch || skip 'no linux-image-6.12-cloud-amd64 to be had from apt'

out=$(mktemp -d "$build/lab/run.XXXXXX") || exit 99
files=
cleanup()
{
    [ -z "$files" ] || { kill "$files" 2>/dev/null; wait "$files" 2>/dev/null; }
    rm -rf "$out"
}
trap cleanup EXIT
printf 'cd %q\nexport LAB_GUEST=qemu GSLB_BUILD=/run/build\nexec' "$PWD" >"$out/command"
printf ' %q' "$@" >>"$out/command"

$virtiofsd --socket-path="$out/files" -o source=/ -o sandbox=chroot -o cache=always -f >"$out/files.log" 2>&1 &
files=$!
for _ in $(seq 100); do
    [ ! -S "$out/files" ] || break
    sleep 0.05
done

timeout --foreground -k 10 "${LAB_SECONDS:-600}" setpriv --pdeathsig TERM qemu-system-x86_64 \
    -M q35 -accel tcg,thread=multi -cpu max -smp 1 -m "$memory" \
    -object memory-backend-memfd,id=memory,size="${memory}M",share=on -numa node,memdev=memory \
    -nodefaults -display none -serial stdio -serial file:"$out/status" -no-reboot -net none \
    -chardev socket,id=files,path="$out/files" -device vhost-user-fs-pci,chardev=files,tag=root,queue-size=256 \
    -kernel "$kernel"/boot/vmlinuz-* \
    -append "console=ttyS0 quiet loglevel=3 panic=-1 rootfstype=virtiofs root=root ro mitigations=off tsc=nowatchdog
        selinux=0 apparmor=0 init=$here/guest-init.sh LAB_OUT=$out LAB_MODULES=$kernel/lib/modules LAB_BUILD=$build
        LAB_STATUS=/dev/ttyS1" </dev/null 2>&1 | tr -d '\r' | grep --line-buffered -vE '^(\[ *[0-9.]+\] (sysrq: Power Off|reboot: Power down))?$'
ended=${PIPESTATUS[0]}

status=$(tr -cd 0-9 <"$out/status" 2>/dev/null)
if [ -z "$status" ]; then
    [ "$ended" -ne 124 ] || echo "the guest was not over after ${LAB_SECONDS:-600} s" >&2
    echo "the guest died without a status (qemu's own: $ended)" >&2
    exit 98
fi
exit "$status"
