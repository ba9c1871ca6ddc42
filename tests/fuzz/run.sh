#!/usr/bin/env bash
# Fuzzes the targets one after the other, each for so many seconds, from the committed corpus.
#
#   tests/fuzz/run.sh                 each target for 60 seconds
#   tests/fuzz/run.sh 600 yaml        one target
#   tests/fuzz/run.sh merge           puts what was found and reaches something new into build/.../merged/TARGET
#
# With DGBA_FUZZ_FAST=1 without the address sanitizer, which makes HDF5 slow: it opens a file in half a megabyte.
# New inputs go to build/fuzz/found/TARGET, an input that ends the program to build/fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/../.."
export OPENBLAS_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# Sizes that cannot be allocated are refusals; the limit is for what can be.
ASAN_OPTIONS+=:allocator_may_return_null=1:quarantine_size_mb=8:malloc_context_size=8

folder=build/fuzz flags=()
if [ "${DGBA_FUZZ_FAST:-0}" = 1 ]; then
  folder=build/fuzz-fast flags=(-DDGBA_SANITIZE=fuzzer-no-link,undefined)
fi

build() {
  cmake --preset fuzz -B $folder "${flags[@]}" >/dev/null
  cmake --build $folder --target fuzz >$folder/build.log || { cat $folder/build.log; exit 1; }
}

fuzz() { # SECONDS TARGET
  local found=build/fuzz/found/$2 log=$folder/$2.log
  mkdir -p "$found" build/fuzz/crashes
  echo "== $2"
  $folder/tests/fuzz/fuzz_"$2" -max_total_time="$1" -timeout=20 -rss_limit_mb=3000 -max_len=4096 -print_final_stats=1 \
    -artifact_prefix=build/fuzz/crashes/"$2"- "$found" tests/fuzz/corpus/"$2" >"$log" 2>&1 || { tail -n 40 "$log"; exit 1; }
  grep -E "^stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)" "$log"
  grep -oE "cov: [0-9]+ ft: [0-9]+" "$log" | tail -n 1
}

merge() { # TARGET
  local merged=build/fuzz/merged/$1
  mkdir -p "$merged"
  $folder/tests/fuzz/fuzz_"$1" -merge=1 -max_len=4096 "$merged" tests/fuzz/corpus/"$1" build/fuzz/found/"$1" \
    >$folder/merge-"$1".log 2>&1
  echo "$1: $(find "$merged" -type f | wc -l) inputs in $merged"
}

build
targets=("${2:-}")
[ $# -ge 2 ] || targets=(yaml settings message npy data checkpoint training unit results damage)
for target in "${targets[@]}"; do
  if [ "${1:-60}" = merge ]; then merge "$target"; else fuzz "${1:-60}" "$target"; fi
done
