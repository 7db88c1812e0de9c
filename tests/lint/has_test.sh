#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# has_test.sh [ROOT]: each ROOM/x.c has its tests/unit/ROOM/test_x.c, and each of those its source.
set -euo pipefail
. "${BASH_SOURCE%/*}/files.sh"
root=${1:-.}
failed=0
while IFS= read -r f; do
    case $f in
    tests/unit/*/test_*.c)
        rest=${f#tests/unit/}
        name=${rest#*/test_}
        name=${name%.c}
        # test_x_noalloc.c, test_x_share.c: further programs for x.c
        room=${rest%%/*} source=$name
        until [ -e "$root/$room/$source.c" ] || [ -e "$root/$room/$source.h" ] || [ "${source%_*}" = "$source" ]; do
            source=${source%_*}
        done
        [ -e "$root/$room/$source.c" ] || [ -e "$root/$room/$source.h" ] || {
            echo "$f: no $room/$name.c to be tested"
            failed=1
        }
        ;;
    tests/* | */main.c | */*/*) ;;
    */*.c)
        test=tests/unit/${f%%/*}/test_${f#*/}
        [ -e "$root/$test" ] || { echo "$f: no $test"; failed=1; }
        ;;
    esac
done < <(files "$root" '*.c')
exit $failed
