# The same sweep without mpirun and on 1, 2, 3 and 5 ranks: equal results, apart from the fields that tell time and place.
. "$1/tests/support/sweep.sh"

for ranks in 0 1 2 3 5; do
  run $ranks "$work/run$ranks" --set 'attack.rule=[single, sign_sum, dgba, minmax, mgda]' \
    --set 'attack.step=[fgsm, {kind: pgd, iterations: 2, restarts: 2}, {kind: apgd_released, iterations: 4}]' || { cat "$work/log"; fail "the sweep on $ranks ranks"; }
  "$dgba" report "$work/run$ranks" --format csv > "$work/$ranks.csv"
  cmp "$work/0.csv" "$work/$ranks.csv" || fail "$ranks ranks give other results than one process"
done
grep -q ',ok,' "$work/0.csv" || fail "no attack succeeded"

if python3 -c 'import h5py' 2>/dev/null; then
  python3 - "$work/run0/results.h5" "$work"/run[1235]/results.h5 <<'EOF'
import sys
import h5py, numpy as np

told_apart = {"train_seconds", "seconds", "images_per_second"}

def arrays(path):
    found = {}
    with h5py.File(path, "r") as file:
        file.visititems(lambda name, item: found.__setitem__(name, item[()]) if isinstance(item, h5py.Dataset) else None)
    return {name: value for name, value in found.items() if name.rsplit("/")[-1] not in told_apart}

first = arrays(sys.argv[1])
assert first["losses/adversarial"].shape == (2 * 3 * 7, 3, 10), first["losses/adversarial"].shape
for path in sys.argv[2:]:
    other = arrays(path)
    assert first.keys() == other.keys()
    for name, value in first.items():
        # Texts are Python objects, whose bytes would be their addresses.
        same = list(value) == list(other[name]) if value.dtype == object else value.tobytes() == other[name].tobytes()
        assert same, (path, name)
EOF
else
  echo "python3-h5py is missing: results.h5 not compared array by array"
fi
echo "same bits without mpirun and on 1, 2, 3, 5 ranks"
