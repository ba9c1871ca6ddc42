#!/usr/bin/env bash
# Fuzzes the targets one after the other, each for so many seconds, from the committed corpus.
#
#   tests/fuzz/run.sh                 each target for 60 seconds
#   tests/fuzz/run.sh 600 yaml        one target
#   tests/fuzz/run.sh merge           leaves of what was found the inputs that reach something, beside the corpus
#
# New inputs go to build/fuzz/found/TARGET, an input that ends the program to build/fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/../.."
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# Sizes that cannot be allocated are refusals; the limit is for what can be.
ASAN_OPTIONS+=:allocator_may_return_null=1:quarantine_size_mb=8:malloc_context_size=8

build() {
  cmake --preset fuzz >/dev/null
  cmake --build --preset fuzz -j1 >build/fuzz/build.log || { cat build/fuzz/build.log; exit 1; }
}

fuzz() { # SECONDS TARGET
  local found=build/fuzz/found/$2 dictionary=tests/fuzz/$2.dict
  mkdir -p "$found" build/fuzz/crashes
  echo "== $2"
  build/fuzz/tests/fuzz/fuzz_"$2" -max_total_time="$1" -timeout=20 -rss_limit_mb=3000 -max_len=4096 -print_final_stats=1 \
    -verbosity=1 -artifact_prefix=build/fuzz/crashes/"$2"- $([ -f "$dictionary" ] && echo "-dict=$dictionary") \
    "$found" tests/fuzz/corpus/"$2" >build/fuzz/"$2".log 2>&1 || { tail -n 40 build/fuzz/"$2".log; exit 1; }
  grep -E "^stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)" build/fuzz/"$2".log
  grep -oE "cov: [0-9]+ ft: [0-9]+" build/fuzz/"$2".log | tail -n 1
}

merge() { # TARGET
  local kept=build/fuzz/merged/$1
  mkdir -p "$kept"
  build/fuzz/tests/fuzz/fuzz_"$1" -merge=1 -max_len=4096 "$kept" tests/fuzz/corpus/"$1" build/fuzz/found/"$1" \
    >build/fuzz/merge-"$1".log 2>&1
  echo "$1: $(find "$kept" -type f | wc -l) inputs in $kept"
}

build
targets=(${2:-yaml settings message npy data checkpoint training unit results damage})
for target in "${targets[@]}"; do
  if [ "${1:-60}" = merge ]; then merge "$target"; else fuzz "${1:-60}" "$target"; fi
done
