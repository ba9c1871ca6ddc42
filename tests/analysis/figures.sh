#!/usr/bin/env bash
# On a tiny run of both trainings with two seeds and all transfers: what dgba report says of adversarial training and of
# transfer is what results.h5 holds, and figures.py draws every figure.
# Usage: figures.sh SOURCE_FOLDER DGBA
set -euo pipefail
/usr/bin/python3 -c 'import h5py, pandas, matplotlib' 2>/dev/null ||
  { echo "skipped: /usr/bin/python3 has no h5py, pandas and matplotlib"; exit 77; }
. "$1/tests/support/sweep.sh"
skip_if_sanitized
analysis=$(realpath "$1")/analysis
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$analysis MPLCONFIGDIR=$work/matplotlib

run 0 "$work/run" --set 'model.layout=[0, 2]' --set 'train.seed=[0, 1]' --set attack.step=fgsm --set 'attack.rule=[single, dgba]' \
  --set 'train.adversarial={epsilon: [0, 8], step: fgsm, rule: dgba}' --set 'transfer={task: true, model: true}' --set data.test_images=5 --set examples.images=0 ||
  { cat "$work/log"; fail "the sweep"; }
for table in training models sharing claims; do "$dgba" report "$work/run" --table $table --format csv -o "$work/$table.csv"; done

cd "$work"
/usr/bin/python3 - <<'PYTHON'
import h5py, numpy as np, pandas as pd, dgba_results
file = h5py.File("run/results.h5")
run = dgba_results.load("run")
models, attacks = run.models, run.attacks
metrics, task_of = file["models/metrics"][:], file["metrics/task"][:]
sign = np.where(file["metrics/higher_is_better"][:] == 1, 1, -1)

def arp(values, base):
    """Mean over tasks of the mean over the metrics whose baseline is not 0, in percent."""
    use = base != 0
    change = sign[use] * (values[use] - base[use]) / base[use]
    return 100 * np.mean([change[task_of[use] == task].mean() for task in range(len(run.tasks))])

def values(layout, adversarial, of, rule=None):
    chosen = (of["layout"] == layout) & ((of["adversarial"] != "") == adversarial)
    return of.index[chosen & (of["rule"] == rule)] if rule else of.index[chosen]

table = pd.read_csv("training.csv")
rows = table[table["table"] == "models"]
assert list(rows["layout"]) == [0, 0, 2, 2] and list(rows["trained on"]) == 2 * ["clean images", "fgsm dgba epsilon 8"]
attacked = file["attacks/metrics"][:]
for _, row in rows.iterrows():
    adversarial = row["trained on"] != "clean images"
    own, base = values(row["layout"], adversarial, models), metrics[values(row["layout"], False, models)].mean(axis=0)
    before = [arp(metrics[model], base) for model in own]
    after = [arp(attacked[attack], base) for attack in values(row["layout"], adversarial, attacks, "dgba")]
    for name, expected in (("ARP against clean training (%)", before), ("the same under dgba (%)", after)):
        np.testing.assert_allclose([row[name], row[f"{name} sd"]], [np.mean(expected), np.std(expected, ddof=1)], atol=1e-9)
        assert row[f"{name} n"] == 2
rows = table[table["table"] == "ARP under attack, fgsm"]
assert len(rows) == 2 * 4
for _, row in rows.iterrows():
    for name, adversarial in (("ε 8 clean images (%)", False), ("ε 8 adversarial (%)", True)):
        expected = 100 * attacks.loc[values(row["layout"], adversarial, attacks, row["rule"]), "arp"]
        np.testing.assert_allclose([row[name], row[f"{name} sd"]], [expected.mean(), expected.std()], atol=1e-9)

rows = pd.read_csv("models.csv")
rows = rows[rows["attacked"].notna()]
both = run.model_task_transfer
names, tasks = run.groups, list(run.tasks["name"])
assert list(dict.fromkeys(names)) == ["0", "0 adversarial", "2", "2 adversarial"] and len(rows) == 4 * len(tasks)
for _, row in rows.iterrows():
    for target in dict.fromkeys(names):
        for task in tasks:
            pairs = both[(both["model"].map(names) == row["made on"].removeprefix("layout ")) & (both["task"] == task)
                         & (both["attacked"] == row["attacked"]) & (both["target"].map(names) == target)]
            if row["made on"] == f"layout {target}":
                pairs = pairs[pairs["model"] == pairs["target"]]
            shown = row[f"on {target} {task} (%)"], row[f"on {target} {task} (%) n"]
            np.testing.assert_allclose(shown, [100 * pairs["drop"].mean(), pairs["drop"].count()], atol=1e-9)

trends = pd.read_csv("sharing.csv")
assert set(trends["models"].dropna()) == {"trained on clean images", "adversarial"}
PYTHON

/usr/bin/python3 "$analysis/figures.py" run -o figures --dgba "$dgba" > said
for name in curves-fgsm training transfer drops models models-tasks sharing layouts cost claims; do
  [ "$(head -c 5 "figures/$name.pdf")" = "%PDF-" ] || fail "$name.pdf is no PDF"
  grep -qaF "commit $("$dgba" report run | sed -n 's/^commit *//p')" "figures/$name.pdf" || fail "$name.pdf does not tell its run"
done
echo "tables and figures hold what results.h5 holds"
