#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh BUILD FLAGS: all of the lint, with timing; goes on after a failure and tells all of them.
set -uo pipefail
cd "${BASH_SOURCE%/*}/../.." || exit 1
build=$1 flags=$2
failed=0
step()
{
    local name=$1 started=$SECONDS
    shift
    if "$@"; then
        printf 'lint  %-10s ok, %d s\n' "$name" $((SECONDS - started))
    else
        printf 'lint  %-10s FAILED, %d s\n' "$name" $((SECONDS - started))
        failed=1
    fi
}
for tool in clang-format clang-tidy cppcheck; do
    command -v $tool >/dev/null || { echo "lint: no $tool here: make deps-test" >&2; exit 1; }
done
step selftest tests/lint/selftest.sh
step includes tests/lint/includes.sh
step has_test tests/lint/has_test.sh
step banned tests/lint/banned.sh
step scripts tests/lint/scripts.sh
step format tests/lint/format.sh
step cppcheck tests/lint/cppcheck.sh . "$build/lint/cppcheck"
step tidy tests/lint/tidy.sh . "$build/lint/tidy" "$flags"
exit $failed
