#!/usr/bin/env bash
# The tables of this experiment: tables.sh RUN
set -euo pipefail
run=$(realpath "${1:?tables.sh RUN}")
cd "$(dirname "$0")/../.."
/usr/bin/python3 analysis/rules.py "$run"
for step in ifgsm apgd; do
  build/release/dgba report "$run" --claims --where "step=$step,epsilon=8"
done
