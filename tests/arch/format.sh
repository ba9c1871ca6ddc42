#!/bin/bash
# Every C file is formatted as .clang-format says.
# Usage: format.sh SOURCE_FOLDER
set -u

command -v clang-format >/dev/null || { echo "skipped: no clang-format"; exit 77; }
cd "$1" || exit 1
find src include tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror
