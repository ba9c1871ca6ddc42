#!/usr/bin/env bash
# The tables of this experiment: tables.sh RUN
set -euo pipefail
run=$(realpath "${1:?tables.sh RUN}")
cd "$(dirname "$0")/../.."
for table in clean sharing strength transfer models; do build/release/dgba report "$run" --table $table; done
build/release/dgba report "$run" --claims
