#!/usr/bin/env bash
# analysis/dgba_results.py does what its examples say and computes what dgba report computes; figures.py draws its figures.
# Usage: results.sh SOURCE_FOLDER DGBA
set -euo pipefail

fail() { echo "FAILED: $*" >&2; exit 1; }

python=
for candidate in python3 /usr/bin/python3; do
  $candidate -c 'import h5py, pandas, xarray, matplotlib' 2>/dev/null && { python=$candidate; break; }
done
[ -n "$python" ] || { echo "skipped: no python3 with h5py, pandas, xarray and matplotlib"; exit 77; }
analysis=$(realpath "$1")/analysis dgba=$2
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$analysis
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export MPLCONFIGDIR=$work/matplotlib
cd "$work"
"$(dirname "$dgba")/tests/make_results" results.h5

$python - <<'EOF'
import doctest, sys, dgba_results
outcome = doctest.testmod(dgba_results, extraglobs={"RUN": "results.h5"}, optionflags=doctest.NORMALIZE_WHITESPACE)
sys.exit(outcome.failed > 0 or outcome.attempted < 10)
EOF

"$dgba" report results.h5 --format csv --table clean -o clean.csv
"$dgba" report results.h5 --format csv --rows model.layout,rule --columns step,epsilon --value drop --where task=normal -o drops.csv
$python - <<'EOF'
import numpy as np, pandas as pd, dgba_results
run = dgba_results.load(".")
ours = run.models.assign(arp=100 * run.clean_arp).groupby("layout", sort=False)["arp"].mean()
theirs = pd.read_csv("clean.csv").set_index("layout")["clean ARP ↑ (%)"]
np.testing.assert_allclose(ours, theirs, rtol=1e-12)
drops = run.drops.query("task == 'normal'")
ours = 100 * drops.pivot_table("drop", ["layout", "rule"], ["step", "epsilon"], sort=False)
theirs = pd.read_csv("drops.csv").set_index(["layout", "rule"])
theirs = theirs[[name for name in theirs if name.endswith("(%)")]]
assert list(theirs) == ["fgsm epsilon 4 (%)", "fgsm epsilon 8 (%)", "ifgsm epsilon 8 (%)"], list(theirs)
np.testing.assert_allclose(ours.loc[theirs.index], theirs, rtol=1e-12)
EOF

$python "$analysis/figures.py" results.h5 -o figures --dgba "$dgba" > said
for name in curves-fgsm curves-ifgsm-10-iterations drops sharing layouts examples-layout-0-image-0; do
  [ "$(head -c 5 "figures/$name.pdf")" = "%PDF-" ] || fail "$name.pdf is no PDF"
  grep -qaF 'run id 0123abcd' "figures/$name.pdf" || fail "$name.pdf does not tell its run"
done
$python "$analysis/figures.py" results.h5 -o again --dgba "$dgba" > /dev/null
diff -r figures again || fail "equal runs give other bytes"
echo text > text.h5
! $python "$analysis/figures.py" text.h5 2> error || fail "a text was drawn"
grep -q '^figures.py: ' error || { cat error; fail "no message"; }
