# The weights of a model are read once on a node, whatever its number of ranks; neither a model that cannot be read nor a
# killed rank makes the others wait; nothing remains in shared memory.
. "$1/tests/support/sweep.sh"

shared_memory() { ls /dev/shm 2>/dev/null | grep -c '^osc_' || true; }
before=$(shared_memory)

is_sanitized && numbers=(3) || numbers=(1 2 3 5)
for ranks in "${numbers[@]}"; do
  timeout 60 mpirun -n $ranks "$(dirname "$dgba")/tests/test_unit_sched_shelf" > "$work/unit" 2>&1 || { cat "$work/unit"; fail "tests on $ranks ranks"; }
done

# weights N: how often a run of the last log did that ("taken" or "read").
weights() { sed -n "s/.*weights.* $1 \([0-9]*\) times.*/\1/p" "$work/log"; }

run 0 "$work/alone"
"$dgba" report "$work/alone" --format csv > "$work/alone.csv"
for ranks in 2 3; do
  : > "$work/log"
  run $ranks "$work/run$ranks"
  "$dgba" report "$work/run$ranks" --format csv | cmp - "$work/alone.csv" || fail "$ranks ranks give other results than one process"
  [ "$(weights read)" = 2 ] || { cat "$work/log"; fail "two models on $ranks ranks were read $(weights read) times"; }
  [ "$(weights taken)" -gt 2 ] || fail "the ranks did not share models"
done

# A model that cannot be read, although it has no checksum that would tell: each rank tries in its turn, none waits for ever.
model=$(ls "$work"/run3/models/*.h5 | head -1)
truncate -s -32 "$model"
LC_ALL=C sed -i 's/conv2/conv?/g' "$model"
code=0
timeout 60 mpirun -n 3 "$dgba" run "$work/sweep.yaml" -o "$work/run3" --set attack.epsilon=2 2>"$work/log" || code=$?
[ $code -eq 1 ] && grep -q "failed on rank.*conv2.weight is missing" "$work/log" || { cat "$work/log"; fail "a broken model gave the exit code $code"; }
code=0
timeout 60 mpirun -n 2 "$dgba" bench --what attack --checkpoint "$model" > "$work/log" 2>&1 || code=$?
[ $code -eq 4 ] && grep -q "conv2.weight is missing" "$work/log" || { cat "$work/log"; fail "bench of a broken model gave the exit code $code"; }

# Killing a rank, here the one that the memory belongs to, ends the job.
run 3 "$work/killed" --set train.iterations=4000 & job=$!
for _ in $(seq 200); do
  [ -e "$work/killed/status.json" ] && break
  sleep 0.05
done
kill -9 "$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$work/killed/status.json")"
code=0
wait $job || code=$?
[ $code -ne 0 ] || fail "the run survived that a rank was killed"
[ "$(shared_memory)" -le "$before" ] || fail "left in /dev/shm: $(ls /dev/shm)"
echo "weights are read once per node on 2 and 3 ranks; nothing is left in shared memory"
