#!/usr/bin/env bash
# Builds build/release/dgba.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset release >/dev/null
cmake --build --preset release --target dgba | tail -n 1
