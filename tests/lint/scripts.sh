#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# scripts.sh [ROOT]: shell scripts parse, python files compile.
set -uo pipefail
. "${BASH_SOURCE%/*}/files.sh"
cd "${1:-.}" || exit 1
failed=0
for f in $(files . '*.sh' run); do
    case $f in
    *.sh | .ci/run) bash -n "$f" || failed=1 ;;
    esac
done
files . '*.py' | /usr/bin/python3 -c '
import sys
failed = 0
for path in sys.stdin.read().split():
    try:
        compile(open(path, encoding="utf-8").read(), path, "exec")
    except (SyntaxError, ValueError) as e:
        print(f"{path}: {e}")
        failed = 1
sys.exit(failed)' || failed=1
exit $failed
