#!/usr/bin/env bash
# What scheduling costs: two workers against one on a sweep of equal units, and the time between units.
# Usage: scheduling.sh [FOLDER_OF_THE_BUILD]      (build/release if not given; wants two idle cores for three minutes)
set -euo pipefail
build=$(realpath "${1:-build/release}")
dgba=$build/dgba
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OPENBLAS_NUM_THREADS=1

"$dgba" data synth -o "$work/data.h5" --train 8 --test 256 --height 48 --width 64 > /dev/null 2>&1
cat > "$work/sweep.yaml" <<EOF
data: {file: $work/data.h5, tasks: [segment_semantic, normal, depth_zbuffer], shard: 8}
model: {width: 0.125, head: {channels: 16, rates: [1, 2]}}
train: {iterations: 1, batch: 2}
attack: {step: {kind: ifgsm, iterations: 40}, rule: [total, dgba], epsilon: [2, 4]}
EOF

# Models and clean measurements first, so that only equal units are timed.
"$dgba" run "$work/sweep.yaml" -o "$work/trained" --set 'attack.epsilon=0' --set attack.rule=dgba 2> /dev/null
number() { sed -n "s/^  \"$2\": \([0-9.]*\).*/\1/p" "$1/status.json"; }
busy() { sed -n 's/.*"busy_seconds": \([0-9.]*\).*/\1/p' "$1/status.json" | awk '{ sum += $1 } END { print sum }'; }
done_units() { sed -n 's/.*"done": \([0-9]*\), "failed": [0-9]*, "blocked.*/\1/p' "$1/status.json"; }

echo "workers  units  seconds  of processor  in units  between units, ms"
for round in 1 2 3; do
  for ranks in 1 2; do
    folder=$work/$round.$ranks
    cp -r "$work/trained" "$folder"
    TIMEFORMAT='%U %S'
    { time mpirun -n $ranks "$dgba" run "$work/sweep.yaml" -o "$folder" > /dev/null 2>&1; } 2> "$work/times"
    processor=$(awk 'END { print $1 + $2 }' "$work/times")
    echo "$ranks $(done_units "$folder") $(number "$folder" elapsed_seconds) $processor $(busy "$folder")"
  done
done | awk '
  { gap = 1000 * ($1 * $3 - $5) / $2
    printf "%7d %6d %8.2f %13.2f %9.2f %18.2f\n", $1, $2, $3, $4, $5, gap
    if (!($1 in seconds) || $3 < seconds[$1]) seconds[$1] = $3
    if (!($1 in used) || $4 < used[$1]) used[$1] = $4 }
  END { printf "\nefficiency of two workers, best of three: %.1f %% by the clock, %.1f %% by processor time\n",
               100 * seconds[1] / (2 * seconds[2]), 100 * used[1] / used[2] }'
echo
"$build/tests/test_unit_sched_farm" 2>/dev/null | grep 'overhead of a unit' || true
mpirun -n 2 "$build/tests/test_unit_sched_farm" 2>/dev/null | grep 'overhead of a unit' || true
