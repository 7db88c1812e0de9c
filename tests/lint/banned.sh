#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# banned.sh [ROOT]: functions that invite overflows or hidden state, marks of unfinished work, the licence
# line on top, and files that grew too long (tables that a program wrote say "// generated" in line 2).
set -euo pipefail
. "${BASH_SOURCE%/*}/files.sh"
root=${1:-.}
failed=0
complain()
{
    echo "$1"
    failed=1
}

# ban CALLS FILE...: the calls, but not as a member or in a comment line
ban()
{
    local calls=$1 hit
    shift
    [ $# -gt 0 ] || return 0
    while IFS= read -r hit; do
        complain "$hit: banned function"
    done < <(cd "$root" && grep -HnE "(^|[^A-Za-z0-9_.>\"])($calls)[ \t]*\(" "$@" |
        grep -vE '^[^:]*:[0-9]+:[ \t]*(//|\*)' || true)
}
mapfile -t all < <(files "$root" '*.c' '*.h')
mapfile -t ours < <(files "$root" '*.c' '*.h' | grep -v '^tests/')
ban 'strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|atoi|atol|atoll|atof|gets|alloca' "${all[@]}"
ban 'scanf|sscanf|system|popen|mktemp|tmpnam|asctime|ctime|localtime|gmtime|gethostbyname|rand|srand' \
    "${ours[@]}"

while IFS= read -r hit; do
    complain "$hit: unfinished"
done < <(cd "$root" && files . '*.c' '*.h' '*.sh' '*.py' Makefile |
    grep -v '^tests/lint/' | xargs -r -d '\n' grep -HnE '\b(TODO|FIXME|XXX)\b' || true)

while IFS= read -r f; do
    case $f in
    *.c | *.h) top=$(head -n 1 "$root/$f") ;;
    *) top=$(head -n 2 "$root/$f") ;; # a script starts with #!
    esac
    [[ $top == *"SPDX-License-Identifier: BSD-2-Clause"* ]] || complain "$f:1: no SPDX line"
done < <(files "$root" '*.c' '*.h' '*.sh' '*.py' Makefile)

while IFS= read -r f; do
    lines=$(wc -l <"$root/$f")
    if [ "$lines" -gt 600 ] && [[ $(sed -n 2p "$root/$f") != "// generated"* ]]; then
        complain "$f:600: $lines lines, at most 600"
    fi
done < <(files "$root" '*.c' '*.h')
exit $failed
