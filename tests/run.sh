#!/usr/bin/env bash
# Installs what is missing, builds and runs all tests: in the dev build (warnings are errors) and under sanitizers.
#
#   tests/run.sh            everything
#   tests/run.sh -R graph   tests whose names match, as for ctest
set -euo pipefail
cd "$(dirname "$0")/.."
experiments/install.sh --tests

for preset in dev asan; do
  echo "== $preset"
  cmake --preset $preset >/dev/null
  cmake --build --preset $preset | tail -n 1
  ctest --preset $preset --parallel "$(nproc)" "$@"
done
