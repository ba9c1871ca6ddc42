#!/usr/bin/env bash
# Builds build/release/dgba, without the tests and what they need.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset release -DDGBA_TESTS=OFF >/dev/null
cmake --build --preset release --target dgba | tail -n 1
