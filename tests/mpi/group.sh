# Trainings that several ranks share: the same bits on any number of ranks, also when stopped in their midst; a failure counts once.
. "$1/tests/support/sweep.sh"

little=(--set attack.step=fgsm --set attack.rule=dgba)
group=("${little[@]}" --set train.group=2 --set train.evaluate_every=3 --set train.clip_norm=5
       --set 'train.adversarial={epsilon: 4, step: {kind: pgd, iterations: 2}}')

# rows FOLDER: the results without run and configuration.
rows() { "$dgba" report "$1" --format csv | cut -d, -f4-; }

is_sanitized && numbers=(0 3) || numbers=(0 2 3 5)
for ranks in "${numbers[@]}"; do
  run $ranks "$work/run$ranks" "${group[@]}" || { cat "$work/log"; fail "groups of two on $ranks ranks"; }
  rows "$work/run$ranks" > "$work/$ranks.rows"
  cmp "$work/0.rows" "$work/$ranks.rows" || fail "$ranks ranks give other results than one process"
done
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  # All that trainings leave: parameters, losses, evaluations.
  for file in results.h5 $(cd "$work/run0" && ls models/*.h5); do
    /usr/bin/python3 "$1/tests/support/same_results.py" "$work"/run[0235]/"$file" || fail "$file depends on the ranks"
  done
else
  echo "python3-h5py is missing: only tables were compared"
fi
grep -q 'train layout.*: on rank [0-9], [0-9]' "$work/run3/log.txt" || fail "nothing was shared"

# Four parts on two and on three ranks, which are shared by two of them.
run 2 "$work/four2" "${little[@]}" --set train.group=4
run 3 "$work/four3" "${little[@]}" --set train.group=4
rows "$work/four2" > "$work/four.rows"
rows "$work/four3" | cmp - "$work/four.rows" || fail "four parts on two and on three ranks"
rows "$work/four2" | cmp -s - "$work/0.rows" && fail "the group does not count"

# until_running FOLDER: until a run there has begun its first units.
until_running() {
  for _ in $(seq 200); do
    grep -qs '"phase": "running"' "$work/$1/status.json" && return
    sleep 0.05
  done
}

# Stopped in their midst on two ranks, trainings go on on three, and then in one process.
is_sanitized && iterations=30 || iterations=60
long=("${group[@]}" --set train.iterations=$iterations)
run 0 "$work/whole" "${long[@]}"
rows "$work/whole" > "$work/whole.rows"
for ranks in 2 3; do
  mpirun -n $ranks "$dgba" run "$work/sweep.yaml" -o "$work/parts" "${long[@]}" 2>>"$work/log" &
  launcher=$!
  until_running parts
  sleep 0.3
  kill -s USR1 $launcher
  code=0
  wait $launcher || code=$?
  [ $code -eq 75 ] || fail "exit code $code instead of 75"
  ls "$work"/parts/models/*.side.h5 >/dev/null || fail "no training was stopped in its midst on $ranks ranks"
done
run 0 "$work/parts" "${long[@]}"
grep -q 'goes on after iteration' "$work/parts/log.txt" || fail "nothing went on"
rows "$work/parts" | cmp - "$work/whole.rows" || fail "the trainings in parts differ"

# A rank that hangs takes along the one that shares its unit. The third does the rest, and the same command what is left.
is_sanitized && minutes=0.2 || minutes=0.05
mpirun -n 3 "$dgba" run "$work/sweep.yaml" -o "$work/hang" --unit-minutes $minutes "${long[@]}" 2>>"$work/log" &
launcher=$!
until_running hang
kill -STOP "$(pgrep -P $launcher | sed -n 2p)" # rank 1; the first training is that of ranks 0 and 1
code=0
wait $launcher || code=$?
[ $code -eq 1 ] && grep -q '2 of 3 ranks hang' "$work/hang/log.txt" || { cat "$work/log"; fail "exit code $code when a member hangs"; }
[ "$(units "$work/hang" failed)" = 1 ] && [ "$(units "$work/hang" waiting)" = 0 ] || fail "a member hangs: other units suffered"
rows "$work/hang" | grep -q 'time-out: no answer for' || fail "a member hangs: no row says so"
run 3 "$work/hang" "${long[@]}"
rows "$work/hang" | cmp - "$work/whole.rows" || fail "other results after a member has hung"

# A failure is that of all members, and told once for each unit.
code=0
run 2 "$work/failed" --set train.group=2 --set train.learning_rate=1e30 || code=$?
[ $code -eq 1 ] || fail "exit code $code instead of 1"
[ "$(units "$work/failed" failed)" = 2 ] || fail "expected two failed trainings"
[ "$(grep -c 'failed on rank.*training diverged' "$work/failed/log.txt")" = 2 ] || fail "a failure is not told once"

code=0
run 0 "$work/refused" --set train.group=3 || code=$?
[ $code -eq 3 ] && grep -q 'group: a batch of 4 images has no 3 equal parts' "$work/log" || fail "three parts of four images"
echo "shared trainings give the same bits on so many ranks: ${numbers[*]} (0: without mpirun)"
