# Sourced by tests that run a tiny sweep: $dgba, $work (work.sh), $work/data.h5 and $work/sweep.yaml.
set -euo pipefail
dgba=$2
. "$1/tests/support/work.sh"

fail() { echo "FAILED: $*" >&2; exit 1; }

"$dgba" data synth -o "$work/data.h5" --train 12 --test 10 --height 32 --width 40 >/dev/null
cat > "$work/sweep.yaml" <<EOF
name: tiny
data: {file: $work/data.h5, tasks: [segment_semantic, normal, depth_zbuffer], shard: 4}
model: {width: 0.0625, head: {channels: 8, rates: [1, 2]}, layout: [0, 31]}
train: {iterations: 4, batch: 4, learning_rate: 1e-3}
attack:
  step: [fgsm, {kind: ifgsm, iterations: 3}]
  rule: ["single:normal", sign_sum, dgba]
  epsilon: 8
EOF

# Whether the program is built with sanitizers: several times slower, and runs that only test scripts and signals can be fewer.
is_sanitized() { grep -qa __asan_init "$dgba"; }

# For tests of Python scripts, whose sweeps do what other tests do under sanitizers, too.
skip_if_sanitized() { ! is_sanitized || { echo "skipped under sanitizers: a test of scripts"; exit 77; }; }

# guard PID: ends an mpirun whose ranks have been dead for ten seconds. Once in many runs whose ranks are killed or fail, the
# one of Open MPI 4.1 with PMIx 4.2 waits for ever in PMIx_server_finalize.
guard() {
  local alone=0
  while sleep 1 >&- 2>&- && kill -0 "$1" 2>/dev/null; do
    if ps -o stat= --ppid "$1" | grep -qv '^Z'; then alone=0; else alone=$((alone + 1)); fi
    [ $alone -lt 10 ] || { echo "mpirun hangs without ranks" >&2; touch "$work/hung"; kill -KILL "$1"; }
  done
}

# guarded COMMAND ...: an mpirun; its exit code.
guarded() {
  local code=0 job guard
  "$@" & job=$!
  guard $job >/dev/null & guard=$!
  disown $guard
  wait $job || code=$?
  kill -KILL $guard 2>/dev/null || true # which no handler of this shell can catch in its child
  return $code
}

# run RANKS FOLDER [argument ...]: the sweep on so many ranks, 0 = without mpirun.
run() {
  local ranks=$1 folder=$2 code=0
  shift 2
  if [ "$ranks" -eq 0 ]; then
    "$dgba" run "$work/sweep.yaml" -o "$folder" "$@" 2>>"$work/log"
    return
  fi
  guarded mpirun -n "$ranks" "$dgba" run "$work/sweep.yaml" -o "$folder" "$@" 2>>"$work/log" || code=$?
  if [ -e "$work/hung" ]; then # its exit code is unknown
    rm "$work/hung"
    run "$ranks" "$folder" "$@"
    return
  fi
  return $code
}

# units FOLDER KEY: a number of `dgba status`, such as done or cached.
units() { "$dgba" status "$1" | sed -n "s/^units:.*, $2 \([0-9]*\).*/\1/p"; }
