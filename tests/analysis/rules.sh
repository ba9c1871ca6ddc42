#!/usr/bin/env bash
# analysis/rules.py: its examples, and on a tiny run the numbers of results.h5.
# Usage: rules.sh SOURCE_FOLDER DGBA
set -euo pipefail
/usr/bin/python3 -c 'import h5py, pandas' 2>/dev/null || { echo "skipped: /usr/bin/python3 has no h5py and pandas"; exit 77; }
. "$1/tests/support/sweep.sh"
skip_if_sanitized
analysis=$(realpath "$1")/analysis
export PYTHONDONTWRITEBYTECODE=1
(cd "$analysis" && /usr/bin/python3 -m doctest rules.py) || fail "the examples in rules.py"

run 0 "$work/run" --set 'attack.rule=[single, total, sign_sum, dgba]' || { cat "$work/log"; fail "the sweep"; }
/usr/bin/python3 "$analysis/rules.py" "$work/run" > "$work/tables" || fail "rules.py"

/usr/bin/python3 - "$work/run/results.h5" "$work/tables" <<'PYTHON'
import sys
import h5py, numpy as np
file, lines = h5py.File(sys.argv[1]), open(sys.argv[2]).read().splitlines()
attacks = {name: column[:] for name, column in file["attacks"].items()}
tasks = [name.decode() for name in file["tasks/name"]]

def cells(title, first):
    row = next(line for line in lines[lines.index("### " + title):] if line.startswith(f"| {first} "))
    return [cell.strip() for cell in row.strip("|").split("|")][1:]

def chosen(step, rule):
    return (attacks["step"] == step) & (attacks["rule"] == rule)

found = chosen(b"ifgsm", b"dgba")
arp, drops = 100 * attacks["arp"][found], 100 * attacks["drops"][found].mean(axis=0)
worst, least = drops.argmin(), drops.argmax()
assert found.sum() == 2
assert cells("ifgsm, 3 iterations, ε 8", "dgba") == [
    f"{arp.mean():.2f} ± {arp.std(ddof=1):.2f}", f"{tasks[worst]} {drops[worst]:.2f}", f"{tasks[least]} {drops[least]:.2f}"]

per_image = attacks["seconds"] / attacks["images"]
ratio = per_image[chosen(b"fgsm", b"sign_sum")].mean() / per_image[chosen(b"fgsm", b"dgba")].mean()
assert cells("Time", "sign_sum")[1] == f"{ratio:.2f}"

wins = sum(attacks["arp"][chosen(b"fgsm", b"dgba")] < attacks["arp"][chosen(b"fgsm", b"total")])
assert cells("Claim C2: does dgba hurt all tasks together more?", "fgsm, ε 8")[1] == f"{wins} of 2"
PYTHON
echo "the tables hold what results.h5 holds"
