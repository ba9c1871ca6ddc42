#!/usr/bin/env bash
# The tables of this experiment: tables.sh RUN
set -euo pipefail
run=$(realpath "${1:?tables.sh RUN}")
cd "$(dirname "$0")/../.."
for table in clean sharing strength; do build/release/dgba report "$run" --table $table; done
build/release/dgba report "$run" --rows layout --columns rule --value arp --where 'rule=total|sign_sum|static|dgba,epsilon=8'
for table in transfer models claims; do build/release/dgba report "$run" --table $table; done
