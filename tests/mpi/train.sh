# A stop during a training: every rank saves the one it runs and gives it back at once, exit code 75; the same command goes
# on from there, on other ranks, too, and ends with the models of an undisturbed run.
. "$1/tests/support/sweep.sh"

settings=(--set train.iterations=200 --set train.evaluate_every=70 --set 'attack.step=fgsm' --set 'attack.rule=dgba')
run 0 "$work/whole" "${settings[@]}"
"$dgba" report "$work/whole" --format csv > "$work/whole.csv"

mpirun -n 2 "$dgba" run "$work/sweep.yaml" -o "$work/cut" --save-minutes 0 "${settings[@]}" 2>>"$work/log" &
process=$!
for _ in $(seq 200); do
  [ "$(ls "$work/cut/models" 2>/dev/null | grep -c 'side.h5$')" -eq 2 ] && break
  sleep 0.02
done
kill -s USR1 $process
code=0
wait $process || code=$?
[ $code -eq 75 ] || fail "exit code $code instead of 75"
[ "$(ls "$work/cut/models" | grep -c 'side.h5$')" -eq 2 ] || fail "two trainings should be under way"
"$dgba" status "$work/cut" | grep -q stopped || fail "the status does not say that the run was stopped"
[ "$(units "$work/cut" failed)" = 0 ] || fail "a stopped training counts as failed"

run 3 "$work/cut" "${settings[@]}"
[ "$(grep -c 'goes on after iteration' "$work/log")" -eq 2 ] || fail "the trainings did not go on from where they were"
! ls "$work/cut/models" | grep side || fail "a side file is left"
"$dgba" report "$work/cut" --format csv | cmp - "$work/whole.csv" || fail "the continued run differs"
echo "stopped in the midst of training and continued"
