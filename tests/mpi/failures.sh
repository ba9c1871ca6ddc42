# A failing unit is a row with its reason, the sweep goes on, and the exit code says so. Nothing failed is cached.
. "$1/tests/support/sweep.sh"

# A rate at which training must diverge, beside a good one.
diverging=(--set 'train.learning_rate=[1e-3, 1e30]' --set train.iterations=12 --set transfer.model=true
           --set attack.step=fgsm --set attack.rule=dgba)
code=0
run 2 "$work/run" "${diverging[@]}" || code=$?
[ $code -eq 1 ] || { cat "$work/log"; fail "exit code $code instead of 1"; }
"$dgba" report "$work/run" --format csv > "$work/report.csv"
grep -q 'diverged' "$work/report.csv" || fail "the reason is not in the report"
grep -q ',ok,' "$work/report.csv" || fail "the good models were not attacked"
"$dgba" status "$work/run" | grep -q '^failed: train .*diverged' || fail "the reason is not in the status"
[ "$(units "$work/run" failed)" = 2 ] || fail "expected 2 failed units"
code=0
run 2 "$work/run" "${diverging[@]}" || code=$?
[ $code -eq 1 ] && [ "$(units "$work/run" failed)" = 2 ] || fail "failures were cached"

# Why units run: what failed, and what other settings mean.
"$dgba" explain "$work/run" > "$work/why"
grep -q '^  2 for instance failed in the last run: training diverged' "$work/why" || { cat "$work/why"; fail "explain does not say what failed"; }
"$dgba" explain "$work/sweep.yaml" -o "$work/run" "${diverging[@]}" --set train.iterations=13 > "$work/why"
grep -qx '  train.iterations: 12 -> 13' "$work/why" || { cat "$work/why"; fail "explain does not say what has changed"; }
grep -qx '  4 no result yet' "$work/why" || { cat "$work/why"; fail "explain does not count the new trainings"; }

# A second try, and an end at the first failure.
code=0
: > "$work/log"
run 2 "$work/retry" "${diverging[@]}" --retry 1 || code=$?
[ $code -eq 1 ] || fail "exit code $code instead of 1 with --retry"
[ "$(grep -c 'and is tried again: .*diverged' "$work/log")" = 2 ] || { cat "$work/log"; fail "expected 2 second tries"; }
[ "$(units "$work/retry" failed)" = 2 ] || fail "second tries count as units"
code=0
run 2 "$work/fast" "${diverging[@]}" --set 'train.learning_rate=[1e30, 1e-3]' --fail-fast || code=$?
[ $code -eq 1 ] || fail "exit code $code instead of 1 with --fail-fast"
[ "$(units "$work/fast" waiting)" -gt 0 ] || fail "--fail-fast went on to the end"

# Between the two good models there is transfer all the same.
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  /usr/bin/python3 - "$work/run/results.h5" <<'EOF'
import sys
import h5py

results = h5py.File(sys.argv[1])
good = results["models/status"].asstr()[:] == "ok"
status, reason = (results["transfer"][name].asstr()[:] for name in ("status", "reason"))
assert good.sum() == 2
for source in range(4):
    for target in range(4):
        cell = status[source, :, target], reason[source, :, target]
        if good[source] and good[target]:
            assert set(cell[0]) == {"ok"}, cell
        else:
            assert set(cell[0]) == {"failed"} and all("diverged" in text for text in cell[1]), cell
EOF
fi

# Configuration errors: exit code 3 on every rank, with the place.
for ranks in 0 3; do
  code=0
  run $ranks "$work/bad" --set attack.epsilson=3 || code=$?
  [ $code -eq 3 ] || fail "exit code $code instead of 3 on $ranks ranks"
done
grep -q "did you mean 'epsilon'" "$work/log" || fail "no suggestion for a misspelled key"
echo "failures"
