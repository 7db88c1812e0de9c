# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the lint scripts: files ROOT PATTERN... prints the source files under ROOT, one a line,
# relative to it; what is built or belongs to git is left out.
files()
{
    local root=$1 pattern
    shift
    local tests=()
    for pattern in "$@"; do
        tests+=(${tests[@]:+-o} -name "$pattern")
    done
    (cd "$root" && find . \( -path ./.git -o -path './build*' -o -name __pycache__ \) -prune \
        -o -type f \( "${tests[@]}" \) -print | sed 's|^\./||' | sort)
}
