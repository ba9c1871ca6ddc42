#!/usr/bin/env bash
# Runs an experiment of this folder on real images: installs what is missing, builds, imports, trains, attacks, prints the
# tables. The same command again does what is missing.
#
#   experiments/run.sh NAME FOLDER             NAME as rules or training; FOLDER with images and a dataset.yaml (src/data/README.md)
#   experiments/run.sh ... --set KEY=VALUE     changes the experiment, as for `dgba run`
#   experiments/run.sh ... --output FOLDER     where data/ and runs/ go; the source folder otherwise
set -euo pipefail

usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }

output=. settings=() words=()
while [ $# -gt 0 ]; do
  case $1 in
    --output) output=$(realpath -m "${2:?--output needs a folder}"); shift 2 ;;
    --set) settings+=(--set "${2:?--set needs KEY=VALUE}"); shift 2 ;;
    -*) usage ;;
    *) words+=("$1"); shift ;;
  esac
done
[ ${#words[@]} -eq 2 ] || usage
name=${words[0]} folder=$(realpath "${words[1]}")

cd "$(dirname "$0")/.."
[ -e "experiments/$name/experiment.yaml" ] || { echo "experiments/$name has no experiment.yaml" >&2; exit 2; }
experiments/install.sh --analysis
experiments/build.sh
dgba=build/release/dgba
data=$output/data/$(basename "$folder").h5 run=$output/runs/$name
mkdir -p "$output/data" "$output/runs"
[ -e "$data" ] || $dgba data import folder "$folder" -o "$data"

. experiments/mpi.sh
mpirun -n "$RANKS" $dgba run "experiments/$name/experiment.yaml" -o "$run" --set "data.file=$data" "${settings[@]}"
"experiments/$name/tables.sh" "$run"
echo
echo "Done in $SECONDS s: $run/results.h5; $dgba report $run --format html -o $name.html draws it"
