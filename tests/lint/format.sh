#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# format.sh [ROOT]: every C file is as clang-format (14, ROOT/.clang-format) writes it.
set -euo pipefail
. "${BASH_SOURCE%/*}/files.sh"
cd "${1:-.}"
files . '*.c' '*.h' | xargs -r -d '\n' -n 20 -P 2 clang-format --dry-run -Werror
