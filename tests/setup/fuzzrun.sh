#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# fuzzrun.sh BUILD SECONDS: runs each libFuzzer target that long, starting from the corpus. New inputs go
# to BUILD/corpus, so that the repository's corpus changes only by hand.
set -u
build=$1 seconds=$2
failed=0
for program in "$build"/tests/fuzz/fuzz_*; do
    case $program in *.*) continue ;; esac
    [ -x "$program" ] || continue
    name=${program##*/fuzz_}
    found=$build/corpus/$name
    mkdir -p "$found"
    echo "== fuzz $name, $seconds s"
    if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$found-" "$found" "tests/fuzz/corpus/$name" >"$build/fuzz-$name.log" 2>&1; then
        grep -E 'number_of_executed_units|average_exec_per_sec' "$build/fuzz-$name.log"
        echo "ok    fuzz $name"
    else
        tail -n 60 "$build/fuzz-$name.log"
        echo "FAIL  fuzz $name"
        failed=$((failed + 1))
    fi
done
exit $((failed > 0))
