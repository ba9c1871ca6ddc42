# What can go wrong in a unit is a row with its reason and no end of the run: no memory, a refusal of the solver, data that
# breaks in the midst, time-outs. What can go wrong with the run folder is said by name, and mended by the same command.
. "$1/tests/support/sweep.sh"
/usr/bin/python3 -c 'import h5py' 2>/dev/null || { echo "skipped: python3-h5py is missing"; exit 77; }

# expect CODE TEXT WHAT: $code and what the last run has said.
expect() {
  [ "$code" -eq "$1" ] || { cat "$work/log"; fail "$3: exit code $code instead of $1"; }
  grep -qF -- "$2" "$work/log" || { cat "$work/log"; fail "$3: nothing says '$2'"; }
}
# attempt RANKS FOLDER [argument ...]: a run into $code and a log of its own.
attempt() {
  : > "$work/log"
  code=0
  run "$@" || code=$?
}
same() { /usr/bin/python3 "$source/tests/support/same_results.py" "$work/whole/results.h5" "$1/results.h5" || fail "$2: other results"; }
reasons() { "$dgba" report "$1" --format csv | grep -c "$2" || true; }
source=$1
run 0 "$work/whole"

# ---- Units ----

if (ulimit -v 600000; "$dgba" --version >/dev/null 2>&1); then # not under the address sanitizer
  ulimit -S -v 600000
  attempt 0 "$work/memory" --set 'model.width=[4, 0.0625]' --set model.layout=0
  ulimit -S -v unlimited
  expect 1 "train layout 0 seed 0 failed on rank 0: cannot allocate" "out of memory"
  [ "$(units "$work/memory" done)" -eq 22 ] && [ "$(units "$work/memory" blocked)" -eq 21 ] || fail "other units suffered"
fi

attempt 0 "$work/solver" --set 'attack.rule=[dgba, {kind: ilp, solver: cbc, pixels: 10}]' --set model.layout=0
expect 1 "the solver cbc takes too long for 3840 variables" "a refusal"
[ "$(units "$work/solver" failed)" -eq 6 ] && [ "$(units "$work/solver" done)" -eq 10 ] || fail "other units suffered"

is_sanitized && long=40 || long=150 # iterations that last while something happens
# Half of the data is lost while the models are trained.
cp "$work/data.h5" "$work/good.h5"
"$dgba" run "$work/sweep.yaml" -o "$work/data" --set train.iterations=$long 2>"$work/log" &
process=$!
for _ in $(seq 200); do
  grep -q iteration "$work/log" && break
  sleep 0.02
done
truncate -s 30000 "$work/data.h5"
code=0
wait $process || code=$?
expect 1 "data.h5" "truncated data"
[ "$(reasons "$work/data" data.h5)" -gt 0 ] || fail "truncated data: no reason in the report"
cp "$work/good.h5" "$work/data.h5"
attempt 2 "$work/data" --set train.iterations=$long
expect 0 "failed in the last run: " "mended data"

# A rank that hangs. Its unit has failed, the others do the rest, and the job ends.
mpirun -n 2 "$dgba" run "$work/sweep.yaml" -o "$work/hang" --unit-minutes 0.1 2>"$work/log" &
process=$!
for _ in $(seq 500); do
  [ -e "$work/hang/status.json" ] && break
  sleep 0.02
done
kill -STOP "$(pgrep -P $process | tail -n 1)"
code=0
wait $process || code=$?
expect 1 "time-out: no answer for 6 s" "a rank that hangs"
expect 1 "1 of 2 ranks hang; the run ends without them" "a rank that hangs"
[ "$(units "$work/hang" failed)" -eq 1 ] && [ "$(units "$work/hang" waiting)" -eq 0 ] || fail "a rank that hangs: other units suffered"
attempt 2 "$work/hang"
expect 0 "failed in the last run: time-out" "after a rank has hung"
same "$work/hang" "after a rank has hung"

# ---- The folder ----

"$dgba" run "$work/sweep.yaml" -o "$work/busy" --set train.iterations=$long 2>/dev/null &
process=$!
for _ in $(seq 200); do
  [ -e "$work/busy/status.json" ] && break
  sleep 0.02
done
attempt 0 "$work/busy"
expect 4 "busy: in use by process $process on $(hostname) since 2" "two runs in one folder"
kill -9 $process
wait $process 2>/dev/null || true
"$dgba" explain "$work/busy" --list | grep -q ': running when the last run broke off (on rank 0)' || fail "explain does not know what was running"
attempt 2 "$work/busy" --set train.iterations=$long
expect 0 "running when the last run broke off (on rank 0)" "the lock of a killed run"

# Foreign, newer and damaged files. Only what is damaged runs again.
echo hello > "$work/hang/units/notes.txt"
mkdir "$work/hang/models/old"
units_there=("$work"/hang/units/*.h5)
/usr/bin/python3 - "${units_there[2]}" <<'PYTHON'
import sys
import h5py
with h5py.File(sys.argv[1], "r+") as file:
    file.attrs["format_version"] = 99
PYTHON
truncate -s 100 "${units_there[4]}"
attempt 0 "$work/hang"
expect 0 "hang/units: 1 files that are not of a run, such as notes.txt; they are left alone" "a foreign file"
expect 0 "hang/models: 1 files that are not of a run, such as old" "a foreign folder"
expect 0 "${units_there[2]}: written by a newer dgba" "a unit of a newer version"
expect 0 "${units_there[4]}" "a damaged unit"
[ "$(units "$work/hang" done)" -eq 2 ] && [ -e "$work/hang/units/notes.txt" ] || fail "not two units ran again"
same "$work/hang" "damaged files"

if unshare -m mount -t tmpfs none /mnt 2>/dev/null; then
  mkdir "$work/small"
  unshare -m bash -s "$dgba" "$work" > "$work/full" 2>&1 <<'BASH'
mount -t tmpfs -o size=900k none "$2/small"
"$1" run "$2/sweep.yaml" -o "$2/small/run"; echo "full: $?"
find "$2/small" -name '*.part'
"$1" report "$2/small/run" >/dev/null; echo "report: $?"
mount -o remount,size=20m "$2/small"
"$1" run "$2/sweep.yaml" -o "$2/small/run"; echo "room: $?"
cp -r "$2/small/run" "$2/full-run"
mount -o remount,ro "$2/small"
"$1" run "$2/sweep.yaml" -o "$2/small/run"; echo "read-only: $?"
"$1" status "$2/small/run" >/dev/null; echo "status: $?"
BASH
  for line in "full: 4" "report: 0" "room: 0" "read-only: 4" "status: 0"; do
    grep -qx "$line" "$work/full" || { cat "$work/full"; fail "a full or read-only disk: not '$line'"; }
  done
  grep -q "No space left on device" "$work/full" && grep -q "Read-only file system" "$work/full" || fail "no reason"
  ! grep -q '\.part$' "$work/full" || { cat "$work/full"; fail "an unfinished file is left on a full disk"; }
  same "$work/full-run" "a disk that was full"
else
  echo "no mounts allowed here: full and read-only disks are not tested"
fi
echo "faults"
