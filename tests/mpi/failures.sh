# A failing unit is a row with its reason, the sweep goes on, and the exit code says so. Nothing failed is cached.
. "$1/tests/support/sweep.sh"

# A rate at which training must diverge, beside a good one.
code=0
run 2 "$work/run" --set 'train.learning_rate=[1e-3, 1e30]' --set train.iterations=12 || code=$?
[ $code -eq 1 ] || { cat "$work/log"; fail "exit code $code instead of 1"; }
"$dgba" report "$work/run" --format csv > "$work/report.csv"
grep -q 'diverged' "$work/report.csv" || fail "the reason is not in the report"
grep -q ',ok,' "$work/report.csv" || fail "the good models were not attacked"
"$dgba" status "$work/run" | grep -q '^failed: train .*diverged' || fail "the reason is not in the status"
[ "$(units "$work/run" failed)" = 2 ] || fail "expected 2 failed units"
code=0
run 2 "$work/run" --set 'train.learning_rate=[1e-3, 1e30]' --set train.iterations=12 || code=$?
[ $code -eq 1 ] && [ "$(units "$work/run" failed)" = 2 ] || fail "failures were cached"

# Configuration errors: exit code 3 on every rank, with the place.
for ranks in 0 3; do
  code=0
  run $ranks "$work/bad" --set attack.epsilson=3 || code=$?
  [ $code -eq 3 ] || fail "exit code $code instead of 3 on $ranks ranks"
done
grep -q "did you mean 'epsilon'" "$work/log" || fail "no suggestion for a misspelled key"
echo "failures"
