# experiments/run-until-done.sh: again after a stop and after crashes, not after anything else; and a sweep that is cut into
# pieces by --wall-minutes and kill -9 ends with the bits of an undisturbed run.
. "$1/tests/support/sweep.sh"
until_done=$1/experiments/run-until-done.sh

# fake OUTCOME ...: a command whose first call ends with the first exit code or signal, its second with the second, ...
fake() {
  printf '%s\n' "$@" > "$work/outcomes"
  cat > "$work/fake" <<'FAKE'
outcome=$(head -n 1 "$0.list"); sed -i 1d "$0.list"
case $outcome in
  [0-9]*) exit "$outcome" ;;
  wait) trap 'exit 75' USR1; touch "$0.waits"; sleep 20 & wait $! ;;
  lost) mkdir -p "$2"; echo '{"phase": "running"}' > "$2/status.json"; exit 1 ;;
  *) kill -s "$outcome" $$ ;;
esac
FAKE
  mv "$work/outcomes" "$work/fake.list"
}
# expect CODE LEFT WHAT [option ...]: the script's exit code, and how many outcomes it left.
expect() {
  local code=0 wanted=$1 left=$2 what=$3
  shift 3
  "$until_done" --pause 0 "$@" bash "$work/fake" -o "$work/folder" 2>>"$work/said" || code=$?
  [ $code -eq "$wanted" ] || fail "$what: exit code $code instead of $wanted"
  [ "$(wc -l < "$work/fake.list")" -eq "$left" ] || fail "$what: $(cat "$work/fake.list") left"
}
fake 75 75 0 0 && expect 0 1 "stops"
fake KILL 75 SEGV 1 0 && expect 1 1 "crashes, then failed units"
fake lost lost 3 && expect 3 0 "a launcher that lost a rank"
fake KILL KILL KILL 0 && expect 137 1 "too many crashes" --crashes 2
fake KILL 75 0 && expect 75 1 "stops are the caller's" --crashes-only
fake wait 0
"$until_done" bash "$work/fake" & process=$!
for _ in $(seq 100); do
  [ -e "$work/fake.waits" ] && break
  sleep 0.05
done
kill -TERM $process
code=0
wait $process || code=$?
[ $code -eq 75 ] && [ "$(wc -l < "$work/fake.list")" -eq 1 ] || fail "a stop from outside: exit code $code"

! is_sanitized || { echo "run until done"; exit 0; }
settings=(--set train.iterations=150 --set 'attack.step=fgsm' --set 'attack.rule=dgba')
run 0 "$work/whole" "${settings[@]}"
: > "$work/log"
code=0
SLURM_JOB_END_TIME=$(($(date +%s) + 2)) run 0 "$work/cut" "${settings[@]}" --set train.iterations=100000 || code=$?
[ $code -eq 75 ] || fail "exit code $code instead of 75 at the end of a Slurm job"

rm -r "$work/cut"
"$until_done" --pause 1 mpirun -n 2 "$dgba" run "$work/sweep.yaml" -o "$work/cut" --wall-minutes 0.02 --save-minutes 0.001 \
  "${settings[@]}" 2>>"$work/log" & process=$!
for _ in $(seq 400); do
  ls "$work/cut/models" 2>/dev/null | grep -q side && break
  sleep 0.02
done
pkill -KILL -n -f "^$dgba run $work/sweep.yaml -o $work/cut" # a rank
code=0
wait $process || code=$?
[ $code -eq 0 ] || { cat "$work/log"; fail "exit code $code of the sweep"; }
grep -q "ended by a crash (exit code 137)" "$work/log" || fail "no crash was told"
grep -q "stopped with .* units left" "$work/log" || fail "no run was stopped by the time limit"
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  /usr/bin/python3 "$1/tests/support/same_results.py" "$work/whole/results.h5" "$work/cut/results.h5" || fail "other results"
fi
echo "run until done"
