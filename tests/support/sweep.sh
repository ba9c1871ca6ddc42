# Sourced by tests that run a tiny sweep: $dgba, a fresh folder $work, $work/data.h5 and $work/sweep.yaml.
set -euo pipefail
dgba=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

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

# run RANKS FOLDER [argument ...]: the sweep on so many ranks, 0 = without mpirun.
run() {
  local ranks=$1 folder=$2
  shift 2
  if [ "$ranks" -eq 0 ]; then
    "$dgba" run "$work/sweep.yaml" -o "$folder" "$@" 2>>"$work/log"
  else
    mpirun -n "$ranks" "$dgba" run "$work/sweep.yaml" -o "$folder" "$@" 2>>"$work/log"
  fi
}

# units FOLDER KEY: a number of `dgba status`, such as done or cached.
units() { "$dgba" status "$1" | sed -n "s/^units:.*, $2 \([0-9]*\).*/\1/p"; }
