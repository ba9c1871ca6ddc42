# kill -9 of a random rank or of mpirun at random moments, now and then a stop instead; each time the same command goes on.
# What was finished is never lost and never done twice, results.h5 can be read at any moment, nothing piles up, and in the
# end the results are those of an undisturbed run, bit for bit. DGBA_KILLS says how often, DGBA_SEED repeats the choices.
. "$1/tests/support/sweep.sh"
/usr/bin/python3 -c 'import h5py' 2>/dev/null || { echo "skipped: python3-h5py is missing"; exit 77; }
is_sanitized && some=1 || some=4
kills=${DGBA_KILLS:-$some} seed=${DGBA_SEED:-$$}
RANDOM=$seed
echo "$kills kills, DGBA_SEED=$seed"

settings=(--set train.iterations=30 --set transfer.model=true)
shared_memory() { find /dev/shm -name 'osc_*' 2>/dev/null | wc -l; }
before=$(shared_memory)

now() { date +%s%3N; } # milliseconds
longest=$(now)
run 3 "$work/whole" "${settings[@]}"
longest=$((11 * ($(now) - longest) / 10))

# Reads all of results.h5 again and again, whatever becomes of the run.
/usr/bin/python3 - "$work" > "$work/read" <<'PYTHON' &
import os, sys, time
import h5py
work, count = sys.argv[1], 0
while not os.path.exists(f"{work}/enough"):
    folders = [name for name in os.listdir(work) if os.path.exists(f"{work}/{name}/results.h5")]
    for name in folders:
        with h5py.File(f"{work}/{name}/results.h5", "r") as file:
            file.visititems(lambda _, item: item[()] if isinstance(item, h5py.Dataset) else None)
            count += 1
    time.sleep(0.05)
print(count)
PYTHON
reader=$!

# Finished units and models of a folder; side files are trainings under way.
kept() { { find "$1/units" "$1/models" -name '*.h5' ! -name '*.side.h5' 2>/dev/null || true; } | wc -l; }
ranks_of() { pgrep -P "$1" || true; }

# Starts the run and disturbs it. Its exit code in $code, 0 if it was faster.
disturb() {
  local folder=$1 victims
  mpirun -n 3 "$dgba" run "$work/sweep.yaml" -o "$folder" --save-minutes 0.002 "${settings[@]}" 2>>"$folder.log" &
  local job=$!
  local moment=$((RANDOM * longest / 32768))
  sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
  victims=("$job" $(ranks_of $job))
  local victim=${victims[RANDOM % ${#victims[@]}]} signal=KILL
  [ $((RANDOM % 5)) -gt 0 ] || { victim=$job signal=USR1; }
  kill -s $signal "$victim" 2>/dev/null || true
  guard $job >/dev/null & local guard=$!
  disown $guard
  code=0
  wait $job 2>/dev/null || code=$?
  kill -KILL $guard 2>/dev/null || true
  for _ in $(seq 200); do # ranks that lost their mpirun end by themselves
    pgrep -f "run $work/sweep.yaml -o $folder" >/dev/null || return 0
    sleep 0.05
  done
  fail "ranks live on after kill -$signal of $victim: $(pgrep -af "$folder")"
}

number=0 killed=0 stopped=0 finished=0
while [ $killed -lt "$kills" ]; do
  number=$((number + 1)) folder=$work/run$number
  while [ $killed -lt "$kills" ]; do
    had=$(kept "$folder")
    disturb "$folder"
    case $code in
      0) break ;;
      75) stopped=$((stopped + 1)) ;;
      *) killed=$((killed + 1)) ;;
    esac
    [ "$(kept "$folder")" -ge "$had" ] || fail "finished units are gone"
    ! [ -e "$folder/status.json" ] || "$dgba" status "$folder" >/dev/null || fail "no status"
  done
  had=$(kept "$folder")
  run 2 "$folder" "${settings[@]}" || { cat "$work/log"; fail "the last run in $folder"; }
  [ "$(units "$folder" cached)" -eq "$had" ] || fail "of $had finished units only $(units "$folder" cached) were used"
  [ "$(kept "$folder")" -eq "$(kept "$work/whole")" ] || fail "$(kept "$folder") units instead of $(kept "$work/whole")"
  leftovers=$(find "$folder" -name '*.part' -o -name '*.side.h5')
  [ -z "$leftovers" ] || fail "left behind: $leftovers"
  /usr/bin/python3 "$1/tests/support/same_results.py" "$work/whole/results.h5" "$folder/results.h5" || fail "other results"
  finished=$((finished + 1))
done

touch "$work/enough"
wait $reader || fail "results.h5 could not be read"
[ "$(shared_memory)" -le "$before" ] || fail "left in /dev/shm: $(ls /dev/shm)"
! [ -e "$work/hung" ] || echo "mpirun has hung without ranks and was killed, too"
echo "$finished runs, killed $killed times and stopped $stopped times: the bits of an undisturbed one; results read $(cat "$work/read") times"
