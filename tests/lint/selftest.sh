#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# selftest.sh: gives each lint script a good tree, which it must accept, and trees with one fault each,
# which it must refuse. A check that cannot fail checks nothing.
set -uo pipefail
here=$(cd "${BASH_SOURCE%/*}" && pwd)
top=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
tried=0
spdx='// SPDX-License-Identifier: BSD-2-Clause'

good_tree()
{
    rm -rf "$work/tree"
    mkdir -p "$work/tree"/{base,zones,server,tests/unit/base,tests/unit/zones}
    cd "$work/tree" || exit 1
    cp "$top/.clang-format" "$top/.clang-tidy" .
    printf '%s\n#pragma once\n\nint add_one(int x);\n' "$spdx" >base/add.h
    printf '%s\n#include "base/add.h"\n\nint add_one(int x)\n{\n    return x + 1;\n}\n' "$spdx" >base/add.c
    printf '%s\n#include "base/add.h"\n#include <ldns/ldns.h>\n' "$spdx" >zones/rdata.c
    printf '%s\n' "$spdx" | tee tests/unit/base/test_add.c >tests/unit/zones/test_rdata.c
    printf '#!/bin/bash\n# SPDX-License-Identifier: BSD-2-Clause\necho ok\n' >tests/good.sh
    printf '# SPDX-License-Identifier: BSD-2-Clause\nprint(1)\n' >tests/good.py
}

# expect ok|bad SCRIPT WHAT: runs it on the tree as it stands, then makes the tree good again
expect()
{
    local want=$1 script=$2 what=$3 got=ok
    tried=$((tried + 1))
    "$here/$script.sh" "$work/tree" >"$work/out" 2>&1 || got=bad
    if [ $got != "$want" ]; then
        echo "lint selftest: $script on $what: expected $want, got $got"
        sed 's/^/    /' "$work/out"
        failed=1
    fi
    good_tree
}

good_tree
for script in includes has_test banned format scripts tidy cppcheck; do
    expect ok $script 'the good tree'
done

echo '#include "zones/zone.h"' >>base/add.c;        expect bad includes 'base including zones'
echo '#include "add.h"' >>base/add.c;               expect bad includes 'an include without a folder'
echo '#include <ldns/ldns.h>' >>base/add.c;         expect bad includes 'ldns in base'
echo '  #  include <uv.h>' >>zones/rdata.c;         expect bad includes 'libuv in zones'
echo '#include "server/x.h"' >>zones/rdata.c;       expect bad includes 'zones including server'
mkdir new; echo '#include <a.h>' >new/a.c;          expect bad includes 'a folder not in the table'
rm tests/unit/base/test_add.c;                      expect bad has_test 'a source without a test'
echo "$spdx" >tests/unit/base/test_no.c;            expect bad has_test 'a test without a source'
for call in strcpy strcat sprintf strtok atoi gets strncpy alloca sscanf system; do
    echo "void f(void) { $call(a); }" >>base/add.c; expect bad banned "$call"
done
for mark in TODO FIXME XXX; do
    echo "// $mark: later" >>base/add.c;            expect bad banned "$mark"
done
sed -i 1d base/add.h;                               expect bad banned 'no SPDX line'
seq 600 | sed 's|^|// |' >>base/add.c;              expect bad banned 'a long file'
echo 'int  x;' >>base/add.h;                        expect bad format 'two spaces'
echo 'if then fi' >>tests/good.sh;                  expect bad scripts 'a broken shell script'
echo 'def f(:' >>tests/good.py;                     expect bad scripts 'a broken python file'

cat >>base/add.c <<'C'
int null_read(int *p);
int null_read(int *p)
{
    if (p == 0)
        return *p;
    return 0;
}
C
expect bad tidy 'a null pointer read'
{ echo 'int long_one(int x);'; echo 'int long_one(int x)'; echo '{'
  seq 62 | sed 's/.*/    x += x;/'; echo '    return x;'; echo '}'; } >>base/add.c
expect bad tidy 'a function of 64 lines'
cat >>base/add.c <<'C'
int past_end(void);
int past_end(void)
{
    int a[4] = { 0 };
    return a[4];
}
C
expect bad cppcheck 'a read past the end'

[ $failed -eq 0 ] && echo "lint selftest: $tried cases"
exit $failed
