#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# guest-init.sh: process 1 of the lab's guest, started by its kernel; see run.sh and run-qemu.sh. The root is the host's,
# read-only. NAME=value of the kernel's command line that the kernel does not know is environment here:
#   LAB_OUT      folder of the host for what the guest leaves: `command` (to run) and `status`; unset under
#                qemu, which has it as the device `out`
#   LAB_MODULES  where the kernel's modules are: RELEASE/ below it
#   LAB_BUILD    build folder, seen as /run/build even if the folders above it are closed to others
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run/tmp TERM=dumb LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/modules/lib /run/bin /run/out /run/tmp /run/lock /run/build
chmod 1777 /run/tmp
export TMPDIR=/run/tmp
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount --bind "$LAB_BUILD" /run/build
if [ -n "${LAB_OUT:-}" ]; then
    mount -t hostfs -o "$LAB_OUT" none /run/out
else
    mount -t virtiofs out /run/out
fi

# Modules lie elsewhere than modprobe looks; the kernel's own loading of them goes the same way.
ln -s "$LAB_MODULES" /run/modules/lib/modules
printf '#!/bin/sh\nexec /sbin/modprobe -d /run/modules "$@"\n' >/run/bin/modprobe
chmod 755 /run/bin/modprobe
echo /run/bin/modprobe >/proc/sys/kernel/modprobe
export PATH=/run/bin:$PATH
ip link set lo up

mkfifo /run/wait
bash /run/out/command </dev/null
echo $? >/run/out/status
sync
echo o >/proc/sysrq-trigger # power off; files may be gone before it is over, so this is no sleep
read -r -t 10 <>/run/wait
