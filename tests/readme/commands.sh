# The commands and the sweep of the README's section "Your own sweep", as they stand there, with fewer iterations and images.
set -euo pipefail
readme=$(realpath "$1/README.md")
dgba=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir data

section=$(sed -n '/^## Your own sweep/,/^## Results/p' "$readme")
sed -n '/^```yaml$/,/^```$/p' <<<"$section" | sed '/^```/d' > sharing.yaml
sed -n '/^```sh$/,/^```$/p' <<<"$section" | sed '/^```/d' > commands.sh
[ -s sharing.yaml ] && [ "$(grep -c dgba commands.sh)" -ge 7 ] || { echo "FAILED: the section has changed"; exit 1; }

# Shorter: a tiny data set, training, and model; two ranks instead of eight.
sed -i "s|build/release/dgba|$dgba|; s|data synth -o data/rooms.h5|& --train 4 --test 3 --height 24 --width 32|
  s|-n 8|-n 2|; s|run sharing.yaml|& --set train.iterations=1 --set train.batch=2 --set train.seed=0 --set model.width=0.0625 \
  --set model.head.channels=4 --set attack.epsilon=8 --set attack.step=fgsm|" commands.sh
bash -e commands.sh > log 2>&1 || { cat log; exit 1; }
grep -q 'ARP' log && grep -q '^sharing: finished' log || { cat log; exit 1; }
[ "$(grep -c ',ok,' sharing.csv)" -eq $((3 + 3 * 7)) ] || { cat sharing.csv; exit 1; }
[ -s rooms.png ]
echo "the README's commands work"
