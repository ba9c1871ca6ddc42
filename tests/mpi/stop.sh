# SIGTERM and SIGUSR1: running units are finished, everything is saved, exit code 75, and the same command continues.
. "$1/tests/support/sweep.sh"

run 0 "$work/whole" --set train.iterations=100
"$dgba" report "$work/whole" --format csv > "$work/whole.csv"

for signal in TERM USR1; do
  "$dgba" run "$work/sweep.yaml" -o "$work/$signal" --set train.iterations=100 2>>"$work/log" &
  process=$!
  for _ in $(seq 100); do
    [ -e "$work/$signal/status.json" ] && break
    sleep 0.05
  done
  kill -s $signal $process
  code=0
  wait $process || code=$?
  [ $code -eq 75 ] || fail "exit code $code instead of 75 after SIG$signal"
  "$dgba" status "$work/$signal" | grep -q stopped || fail "the status does not say that the run was stopped"
  "$dgba" report "$work/$signal" >/dev/null || fail "no readable results after SIG$signal"
  run 2 "$work/$signal" --set train.iterations=100
  "$dgba" report "$work/$signal" --format csv | cmp - "$work/whole.csv" || fail "the continued run differs"
done
echo "stopped and continued"
