#!/usr/bin/env bash
# The tables and the figure of this experiment: tables.sh RUN
set -euo pipefail
run=$(realpath "${1:?tables.sh RUN}")
cd "$(dirname "$0")/../.."
analysis/learning_curves.py "$run" -o "$run/curves.pdf"
build/release/dgba report "$run"
