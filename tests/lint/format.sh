#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# format.sh [ROOT]: every C file is as clang-format (14, ROOT/.clang-format) writes it.
set -euo pipefail
. "${BASH_SOURCE%/*}/files.sh"
cd "${1:-.}"
check_one()
{
    local faults
    faults=$(clang-format --dry-run -Werror "$1" 2>&1 | grep -c 'code should be') || true
    [ "$faults" -eq 0 ] || { echo "$1: $faults places are not as clang-format has them: make format"; return 1; }
}
export -f check_one
files . '*.c' '*.h' | xargs -r -d '\n' -n 1 -P 2 bash -c 'check_one "$0"'
