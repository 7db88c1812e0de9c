#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# runtests.sh [-c] SUITE BUILD PROGRAM...: runs each test program with a time limit, one line each, the
# whole output of those that fail; notes "passed failed" in BUILD/results/SUITE. With -c a program
# must print Check's summary with at least one check: a test that leaves early with 0 is no success.
set -u
check=
[ "${1:-}" = -c ] && { check=1; shift; }
suite=$1 build=$2
shift 2
limit=${TEST_SECONDS:-120}
passed=0 failed=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

case $build in
*san*) # a fork of a process with sanitizer threads is slow and hides leaks
    export CK_FORK=${CK_FORK:-no} CK_TIMEOUT_MULTIPLIER=5 ;;
esac
export CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-20}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

for program in "$@"; do
    name=${program#"$build"/tests/}
    timeout -k 5 "$limit" "$program" >"$log" 2>&1 </dev/null
    rc=$?
    summary=$(grep -E '^[0-9]+%: Checks: ' "$log" | tail -n 1)
    if [ $rc -eq 0 ] && [ -n "$check" ]; then
        [[ $summary =~ ^100%:\ Checks:\ [1-9] ]] || rc=no-checks
    fi
    if [ "$rc" = 0 ]; then
        passed=$((passed + 1))
        printf 'ok    %-40s %s\n' "$name" "${summary:-$(tail -n 1 "$log")}"
    else
        failed=$((failed + 1))
        [ "$rc" = 124 ] && rc="time limit of ${limit}s"
        printf 'FAIL  %-40s exit: %s\n' "$name" "$rc"
        sed 's/^/      /' "$log"
    fi
done
mkdir -p "$build/results"
echo "$passed $failed" >"$build/results/$suite"
printf '%s: %d programs passed, %d failed\n' "$suite" "$passed" "$failed"
[ "$failed" -eq 0 ]
