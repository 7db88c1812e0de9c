#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tidy.sh [ROOT [CACHE [FLAGS]]]: clang-tidy over every C file, two at a time. A file found clean is not
# looked at again while it, the project headers it includes, the rules and the flags stay the same:
# CACHE holds one empty file per such state.
set -euo pipefail
. "${BASH_SOURCE%/*}/files.sh"
cd "${1:-.}"
export TIDY_CACHE=${2:-}
# gcc's own warnings are unknown to clang, and the compiler itself has shown them
TIDY_FLAGS=$(tr ' ' '\n' <<<"${3:--std=c17 -D_GNU_SOURCE -I.}" | grep -E '^-(std|D|I|isystem)' |
    grep -v FORTIFY | tr '\n' ' ')
export TIDY_FLAGS
[ -z "$TIDY_CACHE" ] || mkdir -p "$TIDY_CACHE"

check_one()
{
    local file=$1 key= out
    if [ -n "$TIDY_CACHE" ]; then
        key=$({ echo "$TIDY_FLAGS"; cat .clang-tidy
            gcc $TIDY_FLAGS -MM "$file" | sed 's/^[^:]*://' | tr -d '\\' | xargs cat; } | sha256sum)
        key=$TIDY_CACHE/${key%% *}
        [ -e "$key" ] && return 0
    fi
    if out=$(clang-tidy -quiet "$file" -- $TIDY_FLAGS -Wno-unknown-warning-option 2>&1); then
        [ -z "$key" ] || : >"$key"
    else
        grep -vE '^[0-9]+ warnings?( and| generated|$)|^Suppressed|^Use -header-filter' <<<"$out"
        return 1
    fi
}
export -f check_one
files . '*.c' | xargs -r -d '\n' -n 1 -P 2 bash -c 'check_one "$0"'
