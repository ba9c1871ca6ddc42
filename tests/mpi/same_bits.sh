# The same sweep without mpirun and on 1, 2, 3 and 5 ranks: equal results, apart from the fields that tell time and place.
. "$1/tests/support/sweep.sh"

is_sanitized && numbers=(0 3) || numbers=(0 1 2 3 5)
for ranks in "${numbers[@]}"; do
  run $ranks "$work/run$ranks" --set 'attack.rule=[single, sign_sum, dgba, minmax, mgda]' \
    --set 'attack.step=[fgsm, {kind: pgd, iterations: 2, restarts: 2}, {kind: apgd_released, iterations: 4}]' \
    --set transfer.model=true --set 'transfer.rule=["single:normal", dgba]' || { cat "$work/log"; fail "the sweep on $ranks ranks"; }
  "$dgba" report "$work/run$ranks" --format csv > "$work/$ranks.csv"
  cmp "$work/0.csv" "$work/$ranks.csv" || fail "$ranks ranks give other results than one process"
done
grep -q ',ok,' "$work/0.csv" || fail "no attack succeeded"

if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  /usr/bin/python3 "$1/tests/support/same_results.py" "$work/run0/results.h5" "$work"/run?/results.h5
  /usr/bin/python3 - "$work/run0/results.h5" <<'EOF'
import sys
import h5py

results = h5py.File(sys.argv[1])
assert results["losses/adversarial"].shape == (2 * 3 * 7, 3, 10), results["losses/adversarial"].shape
assert results["transfer/drops"].shape == (2, 3 * 2, 2, 3) and (results["transfer/images"][:] == 10).all()
EOF
else
  echo "python3-h5py is missing: results.h5 not compared array by array"
fi
echo "same bits on so many ranks: ${numbers[*]} (0: without mpirun)"
