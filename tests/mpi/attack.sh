# `dgba attack` finds what a sweep on two ranks finds, bit for bit, and saves the images; so it does for a checkpoint that
# does not say how it was trained.
. "$1/tests/support/sweep.sh"
/usr/bin/python3 -c 'import h5py' 2>/dev/null || { echo "skipped: python3-h5py is missing"; exit 77; }

steps='[fgsm, {kind: pgd, iterations: 2, restarts: 2}, {kind: apgd_released, iterations: 4}]'
run 2 "$work/run" --set model.layout=31 --set 'attack.rule=["single:normal", sign_sum]' --set "attack.step=$steps" \
  --set data.height=24 --set attack.seed=3 || { cat "$work/log"; fail "the sweep"; }
model=$(ls "$work"/run/models/*.h5)

# attack NAME [argument ...]: writes NAME.h5 and NAME.txt.
attack() {
  local name=$1
  shift
  "$dgba" attack "$model" "$work/data.h5" --batch 4 --epsilon 8 --images "$work/$name.h5" "$@" > "$work/$name.txt" ||
    fail "dgba attack $*"
}
pgd=(--step pgd --set attack.step.iterations=2 --set attack.step.restarts=2 --seed 3)
attack single --step fgsm --rule single:normal
attack pgd "${pgd[@]}" --rule sign_sum
attack released --step '{kind: apgd_released, iterations: 4}' --rule single:normal
attack part "${pgd[@]}" --rule sign_sum --first 4 --count 4
attack zero --epsilon 0 --set data.height=32
"$dgba" report "$work/single.h5" | grep -q 'single:normal' || fail "the report of an attack's file"
grep -q '^ARP' "$work/pgd.txt" && grep -q 'mean_iou' "$work/pgd.txt" || fail "the table"

/usr/bin/python3 - "$model" <<'PYTHON'
import sys
import h5py
with h5py.File(sys.argv[1], "r+") as file:
    del file["train"], file.attrs["id"], file.attrs["settings"]
PYTHON
attack foreign --step fgsm --rule single:normal --set data.height=24

/usr/bin/python3 - "$work" <<'PYTHON'
import sys
import h5py, numpy as np
work = sys.argv[1]
sweep, data = h5py.File(f"{work}/run/results.h5"), h5py.File(f"{work}/data.h5")
measured = {"seconds", "images_per_second", "model", "reason"}

def same(a, b):
    return a.tolist() == b.tolist() if a.dtype == object else a.tobytes() == b.tobytes()

def row_of(file):
    keys = ("step", "rule", "seed")
    wanted = tuple(file["attacks"][key][0] for key in keys)
    rows = [row for row in range(6) if tuple(sweep["attacks"][key][row] for key in keys) == wanted]
    assert len(rows) == 1, (wanted, rows)
    return rows[0]

for name in ("single", "pgd", "released", "foreign"):
    file = h5py.File(f"{work}/{name}.h5")
    row = row_of(file)
    for column in set(file["attacks"]) - measured:
        assert same(file["attacks"][column][0:1], sweep["attacks"][column][row:row + 1]), (name, column)
    assert same(file["losses/adversarial"][0], sweep["losses/adversarial"][row]), name
    assert same(file["losses/clean"][0], sweep["losses/clean"][0]), name
    assert same(file["models/metrics"][:], sweep["models/metrics"][:]), name
    assert same(file["image"][:], sweep["image"][:]), name
    assert (file["models/id"][0] == sweep["models/id"][0]) == (name != "foreign")

file, whole = h5py.File(f"{work}/part.h5"), h5py.File(f"{work}/pgd.h5")
for path in ("images/clean", "images/adversarial"):
    assert same(file[path][:], whole[path][4:8]), path
assert same(file["losses/adversarial"][:], whole["losses/adversarial"][:, :, 4:8])

clean, adversarial = whole["images/clean"][:].astype(float), whole["images/adversarial"][:].astype(float)
mean = whole["images/channel_mean"][:].astype(float)[:, None, None]
assert clean.shape == (10, 3, 24, 40) and whole["images/adversarial"].dtype == np.float32
moved = np.abs(adversarial - clean)
assert 7.9 < moved.max() <= 8 + 1e-4 and moved.mean() > 1, (moved.max(), moved.mean())
assert (adversarial + mean).min() > -1e-4 and (adversarial + mean).max() < 255 + 1e-4

zero = h5py.File(f"{work}/zero.h5")
bgr = data["images"][:][zero["image"][:]][..., ::-1].transpose(0, 3, 1, 2)
assert np.abs(zero["images/clean"][:] + mean - bgr).max() < 1e-4
assert same(zero["images/clean"][:], zero["images/adversarial"][:])

assert dict(whole["run"].attrs)["config"].startswith("dgba attack ")
for path, axes in {"images/clean": "image channel input_row input_column", "images/adversarial": "image channel input_row input_column",
                   "images/channel_mean": "channel"}.items():
    assert [d[0].name[1:] for d in whole[path].dims] == axes.split(), path
    assert whole[path].attrs["units"] == "input unit" and "subtracted" in whole[path].attrs["description"], path
assert whole["images/clean"].attrs["channels"] == "B, G, R"
PYTHON
echo "dgba attack gives the bits of a sweep"
