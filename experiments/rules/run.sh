#!/usr/bin/env bash
# Every balancing rule with two steps and two radii on NYUv2: trains three small models, attacks them, prints the tables.
#
#   experiments/rules/run.sh FOLDER            images with a dataset.yaml, such as nyuv2_96x128 (see src/data/README.md)
#   experiments/rules/run.sh ... --set KEY=VALUE     changes the experiment, as for `dgba run`
#   experiments/rules/run.sh ... --output FOLDER     where data/ and runs/ go; the source folder otherwise
set -euo pipefail

folder= output=. settings=()
while [ $# -gt 0 ]; do
  case $1 in
    --output) output=$(realpath -m "${2:?--output needs a folder}"); shift 2 ;;
    --set) settings+=(--set "${2:?--set needs KEY=VALUE}"); shift 2 ;;
    -*) folder=; break ;;
    *) folder=$(realpath "$1"); shift ;;
  esac
done
[ -n "$folder" ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }

cd "$(dirname "$0")/../.."
experiments/install.sh --analysis
experiments/build.sh
dgba=build/release/dgba
data=$output/data/$(basename "$folder").h5 run=$output/runs/rules
mkdir -p "$output/data" "$output/runs"
[ -e "$data" ] || $dgba data import folder "$folder" -o "$data"

. experiments/mpi.sh
mpirun -n "$RANKS" $dgba run experiments/rules/experiment.yaml -o "$run" --set "data.file=$data" "${settings[@]}"

/usr/bin/python3 analysis/rules.py "$run"
for step in ifgsm apgd; do
  $dgba report "$run" --claims --where "step=$step,epsilon=8"
done
echo
echo "Done in $SECONDS s: $run/results.h5; dgba report $run --format html -o rules.html draws it"
