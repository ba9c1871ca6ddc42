# The README's first command, with a shorter experiment: it must print tables with every rule and layout.
set -euo pipefail
case $2 in *asan*) echo "skipped: builds a program of its own, without sanitizers"; exit 77 ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bash "$1/experiments/quickstart.sh" --output "$work" --set train.iterations=2 --set train.batch=2 --set data.test_images=4 \
  --set attack.step=fgsm > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }

for words in 'Clean results' 'Attack strength' 'sharing' '^31 ' ' single:normal ' ' dgba ' ' static ' ' sign_sum ' ' total ' \
  'depth_zbuffer'; do
  grep -q -- "$words" "$work/log" || { cat "$work/log"; echo "FAILED: no '$words' in the tables"; exit 1; }
done
[ -s "$work/data/rooms.png" ] && [ -s "$work/runs/quickstart-rooms/results.h5" ]
code=0
bash "$1/experiments/quickstart.sh" --dta x > "$work/usage" 2>&1 || code=$?
[ $code -eq 2 ] && grep -q 'experiments/quickstart.sh --data FOLDER' "$work/usage"
echo "quickstart works"
