#!/usr/bin/env bash
# `dgba bench` adds up, its tables have the promised columns, and a saved model gives the same losses again. Not how fast.
# Usage: smoke.sh SOURCE_FOLDER BUILT_DGBA
set -euo pipefail
dgba=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "FAILED: $*" >&2; exit 1; }
bench() { "$dgba" bench --width 0.0625 --head-channels 8 --head-rates '[1, 2]' --repeat 1 "$@"; }

# quantity NAME: its value in $work/numbers.csv
quantity() { awk -F, -v name="$1" '$1 == name { print $2 }' "$work/numbers.csv"; }
split_tables() {
  sed '/^$/,$d' "$work/all.csv" > "$work/layers.csv"
  sed '1,/^$/d' "$work/all.csv" > "$work/numbers.csv"
}

bench --size 33 --batch 2 --layout 20 --format csv --save "$work/saved.h5" > "$work/all.csv"
split_tables
columns=index,operation,name,forward_algorithm,backward_algorithm,in_channels,in_height,in_width,out_channels
columns=$columns,out_height,out_width,kernel,stride,dilation,macs,forward_ms,backward_ms,forward_gflops,backward_gflops,share
[ "$(head -n 1 "$work/layers.csv")" = "$columns" ] || fail "columns of the layers"
[ "$(head -n 1 "$work/numbers.csv")" = quantity,value,unit ] || fail "columns of the numbers"
awk -F, 'NF != 20 { exit 1 } NR > 1 && $1 != NR - 2 { exit 1 }' "$work/layers.csv" || fail "fields of the layers"
awk -F, 'NF != 3 { exit 1 }' "$work/numbers.csv" || fail "fields of the numbers"

sum=$(awk -F, 'NR > 1 { sum += $15 } END { printf "%.0f", sum }' "$work/layers.csv")
[ "$sum" = "$(quantity macs)" ] || fail "layers have $sum multiply-accumulates, the model $(quantity macs)"
awk -F, 'NR > 1 { sum += $20 } END { exit !(sum > 0.999 && sum < 1.001) }' "$work/layers.csv" || fail "shares of time"
awk -F, 'NR > 1 && ($15 > 0) != ($4 != "" && $5 != "") { exit 1 }' "$work/layers.csv" || fail "an algorithm for each convolution"

# The parts of an iteration and of a step add up to it (medians of one repetition).
adds_up() { awk "BEGIN { d = $(quantity "$1") + $(quantity "$2") + ${4:-0} - $(quantity "$3"); exit !(d * d < 1e-4) }"; }
adds_up attack_forward_losses attack_backward attack_iteration || fail "an attack's iteration"
adds_up attack_forward_losses attack_task_backwards attack_task_iteration || fail "an iteration with task gradients"
adds_up train_forward_losses train_backward train_step "$(quantity train_update)" || fail "a training step"

# A saved model and batch give the same losses and direction, also when they are saved again.
"$dgba" bench --what attack --repeat 1 --checkpoint "$work/saved.h5" --images "$work/saved.h5" --save "$work/again.h5" \
  --format csv > "$work/numbers.csv"
[ "$(quantity macs)" = "$sum" ] || fail "the saved model is another one"
[ "$(quantity batch)" = 2 ] || fail "the saved batch is another one"
cmp "$work/saved.h5" "$work/again.h5" || fail "a saved model gives other results"

# Five tasks, images that are not square.
bench --tasks taskonomy --height 24 --width-pixels 40 --what attack --format csv > "$work/numbers.csv"
[ "$(quantity tasks),$(quantity height),$(quantity width)" = 5,24,40 ] || fail "five tasks on 24 x 40"
bench --size 24 --what layers > "$work/text"
grep -q '^   0  conv2d+batchnorm+relu trunk.0.0.conv1 ' "$work/text" || fail "the text table"

# Integer programs: eight of each, of three and five tasks in three relations.
"$dgba" bench --what ilp --size 4 --repeat 1 --format csv > "$work/programs.csv"
[ "$(head -n 1 "$work/programs.csv")" = variables,tasks,gradients,program,solver,status,gap,core,ms ] || fail "columns of the programs"
[ "$(wc -l < "$work/programs.csv")" = 49 ] || fail "a line for each program"
grep -q '^48,3,independent,"maxmin",cbc,optimal,' "$work/programs.csv" || fail "a program of three independent tasks"

refused() {
  local code=$1 message=$2
  shift 2
  local got=0
  bench "$@" > /dev/null 2> "$work/error" || got=$?
  [ "$got" -eq "$code" ] && grep -qF -- "$message" "$work/error" || fail "$*: exit code $got, $(cat "$work/error")"
}
refused 2 "--save writes what the attack found" --what train --save "$work/x.h5"
refused 2 "has 2 images; a batch of 3" --images "$work/saved.h5" --batch 3 --what attack
refused 2 "unknown option '--sise' (did you mean 'size'?)" --sise 3
refused 4 "not an HDF5 file" --images "$2" --what attack
