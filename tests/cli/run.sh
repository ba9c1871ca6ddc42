#!/usr/bin/env bash
# One test of the command line: runs the line in CASE/cmd in an empty folder, with $dgba, and compares what it prints and
# its exit code with CASE/stdout, CASE/stderr and CASE/exit. With UPDATE=1 it writes them anew.
#
#   tests/cli/run.sh CASE DGBA
set -u
case=$(realpath "$1")
dgba=$(realpath "$2")
export case dgba
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

bash "$case/cmd" >"$work/.stdout" 2>"$work/.stderr"
echo $? >"$work/.exit"

result=0
for part in stdout stderr exit; do
  if [ "${UPDATE:-}" = 1 ]; then
    cp "$work/.$part" "$case/$part"
  elif ! diff -u "$case/$part" "$work/.$part"; then
    result=1
  fi
done
exit $result
