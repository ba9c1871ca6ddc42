# analysis/learning_curves.py on the checkpoints of a tiny run: its numbers are those of the files, also while a training is
# under way.
. "$1/tests/support/sweep.sh"
skip_if_sanitized
script=$1/analysis/learning_curves.py
python=/usr/bin/python3
$python -c 'import h5py, matplotlib' 2>/dev/null || { echo "skipped: Python's h5py and matplotlib are not installed"; exit 77; }

run 0 "$work/run" --set train.evaluate_every=2 --set model.layout=0 --set 'train.adversarial={epsilon: [0, 8]}'
$python "$script" "$work/run" -o "$work/curves.png" --metric normal/mean_angle > "$work/table"
[ -s "$work/curves.png" ] || fail "no figure"
[ "$(grep -c '^layout 0' "$work/table")" -eq 2 ] || fail "two models are expected: $(cat "$work/table")"
$python - "$work" <<'EOF'
import glob, sys
import h5py
work = sys.argv[1]
table = open(work + "/table").read()
for path in glob.glob(work + "/run/models/*.h5"):
    evaluation = h5py.File(path)["train/evaluation"]
    assert list(evaluation["iteration"]) == [0, 2, 4] and evaluation["loss"].shape == (3, 3)
    assert evaluation["loss"].dims[0][0].name == "/train/evaluation/iteration"
    angle = list(evaluation["metric_name"].asstr()).index("normal/mean_angle")
    assert evaluation["metric_unit"].asstr()[angle] == "degree"
    for entry in range(3):
        assert f"{evaluation['metric'][entry, angle]:.4f}" in table
        for loss in evaluation["loss"][entry]:
            assert f"{loss:.4f}" in table
EOF
! $python "$script" "$work/run" --metric x 2> "$work/error" || fail "an unknown metric is accepted"
grep -q "unknown metric 'x'; there are segment_semantic/mean_iou" "$work/error" || fail "$(cat "$work/error")"

run 0 "$work/blind"
! $python "$script" "$work/blind" 2> "$work/error" || fail "nothing to show, and no error"
grep -q "set train.evaluate_every" "$work/error" || fail "$(cat "$work/error")"
echo "tables and a figure from checkpoints"
