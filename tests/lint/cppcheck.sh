#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cppcheck.sh [ROOT [CACHE]]: cppcheck 2.10 over every C file. Suppressed: nullPointer, since its POSIX library
# takes accept4 and getsockopt with NULL for faults (clang-tidy watches null pointers); returnDanglingLifetime, which
# believes that a builder returns its argument; pointerOutOfBoundsCond, which forgets the first half of an "and"; *Called, glibc's readdir and getpwnam at start being safe.
set -euo pipefail
here=$(cd "${BASH_SOURCE%/*}" && pwd)
. "$here/files.sh"
cd "${1:-.}"
cache=${2:-}
[ -z "$cache" ] || mkdir -p "$cache"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
files . '*.c' >"$list"
[ -s "$list" ] || exit 0
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    --suppress=missingIncludeSystem --suppress=missingInclude --suppress=nullPointer \
    --suppress=returnDanglingLifetime --suppress=readdirCalled --suppress=getpwnamCalled --suppress=pointerOutOfBoundsCond \
    --include="$here/cppcheck_macros.h" \
    -D_GNU_SOURCE -D__linux__ -I. -j 2 ${cache:+--cppcheck-build-dir="$cache"} --file-list="$list"
