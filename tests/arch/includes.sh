#!/bin/bash
# Every #include follows the module table in src/CMakeLists.txt.
# Usage: includes.sh SOURCE_FOLDER
set -u

command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
check="$(dirname "$0")/includes.py"
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# First the check is checked: a small tree with one good and several bad includes.
mkdir -p "$tree"/src/{low,high,stray,cli} "$tree/include/dgba/low"
cat >"$tree/src/CMakeLists.txt" <<'TABLE'
# dgba_module(NAME USES module...)
dgba_module(low LIBRARIES m)
dgba_module(high USES low
            LIBRARIES m)
TABLE
touch "$tree"/include/dgba/{low,high}.h "$tree/include/dgba/low/part.h" "$tree/src/high/inside.h" "$tree/src/stray/a.c"
printf '#include "dgba/low.h"\n#include "dgba/low/part.h"\n#include "inside.h"\n#include <stdio.h>\n' >"$tree/src/high/good.c"
printf '#include "dgba/high.h"\n#include "dgba/low.h"\n' >"$tree/src/cli/main.c"
printf '\n#include "dgba/high.h"\n#include <dgba/high.h>\n#include "inside.h"\n#include "../high/inside.h"\n' >"$tree/src/low/bad.c"
printf '#include "high.h"\n#include "dgba/none.h"\n' >"$tree/include/dgba/low/part.h"

expected="include/dgba/low/part.h:1
include/dgba/low/part.h:2
src/low/bad.c:2
src/low/bad.c:3
src/low/bad.c:4
src/low/bad.c:5
src/stray/a.c:1"
found=$(python3 "$check" "$tree" | cut -d: -f1,2 | LC_ALL=C sort)
if [ "$found" != "$expected" ]; then
    echo "the check itself is wrong: on the small tree it found"
    echo "$found"
    exit 1
fi

exec python3 "$check" "$1"
