#!/usr/bin/env bash
# From a fresh checkout to tables: installs what is missing, builds, makes data, trains three small models that share
# differently, attacks them with every rule, prints the tables.
#
#   experiments/quickstart.sh                 synthetic rooms, nothing to download
#   experiments/quickstart.sh --data FOLDER   your images: a folder with a dataset.yaml (see src/data/README.md)
#   experiments/quickstart.sh ... --set KEY=VALUE   changes the experiment, as for `dgba run`
#   experiments/quickstart.sh ... --output FOLDER   where data/ and runs/ go; here otherwise
set -euo pipefail

folder= output=. settings=()
while [ $# -gt 0 ]; do
  case $1 in
    --data) folder=$(realpath "${2:?--data needs a folder}"); shift 2 ;;
    --output) output=$(realpath -m "${2:?--output needs a folder}"); shift 2 ;;
    --set) settings+=(--set "${2:?--set needs KEY=VALUE}"); shift 2 ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done

cd "$(dirname "$0")/.."
phase() { echo; echo "== $1 [${SECONDS} s]"; }

phase "Packages"
experiments/install.sh
SECONDS=0

phase "Build"
experiments/build.sh
dgba=build/release/dgba

phase "Data"
name=rooms
[ -z "$folder" ] || name=$(basename "$folder")
data=$output/data/$name.h5 run=$output/runs/quickstart-$name
mkdir -p "$output/data" "$output/runs"
if [ -e "$data" ]; then
  echo "Using $data; remove it to make it anew"
  $dgba data info "$data"
elif [ -n "$folder" ]; then
  $dgba data import folder "$folder" -o "$data"
else
  $dgba data synth -o "$data"
fi
$dgba data sheet "$data" -o "$output/data/$name.png"

phase "Training and attacks"
. experiments/mpi.sh
mpirun -n "$RANKS" $dgba run experiments/quickstart/experiment.yaml -o "$run" --set "data.file=$data" "${settings[@]}"

phase "Tables"
$dgba report "$run"

phase "Done: $run/results.h5, pictures of the data in $output/data/$name.png"
