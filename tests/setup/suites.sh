#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# suites.sh MAKE BUILD TARGET...: runs each suite's make target, all of them even if one fails, with
# timing; the last line is "N passed, M failed", counted over all test programs.
set -u
make=$1 build=$2
shift 2
passed=0 failed=0
rm -rf "$build/results"
for suite in "$@"; do
    started=$SECONDS
    echo "== $suite"
    result=$build/results/$suite
    $make --no-print-directory BUILD="$build" "$suite"
    rc=$?
    p=0 f=0
    [ ! -r "$result" ] || read -r p f <"$result"
    # a suite that did not build, or died, is a failure even if it counted none
    [ $rc -eq 0 ] || [ "$f" -gt 0 ] || f=1
    passed=$((passed + p)) failed=$((failed + f))
    echo "== $suite: $p passed, $f failed, $((SECONDS - started)) s"
done
echo "$passed $failed" >"$build/results.total"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
