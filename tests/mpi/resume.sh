# Finished units are not run again; exactly the missing ones are.
. "$1/tests/support/sweep.sh"

run 2 "$work/run" || { cat "$work/log"; fail "the first run"; }
"$dgba" report "$work/run" --format csv > "$work/first.csv"
count=$(ls "$work/run/units" "$work/run/models" | grep -c h5)

run 2 "$work/run"
[ "$(units "$work/run" done)" = 0 ] && [ "$(units "$work/run" cached)" = "$count" ] || fail "the second run did something"

# Lost, truncated and foreign files: these three run again, nothing else.
victims=($(ls "$work"/run/units/*.h5 | sed -n '5p;20p;33p'))
rm "${victims[0]}"
truncate -s 700 "${victims[1]}"
echo "not HDF5" > "${victims[2]}"
run 0 "$work/run"
[ "$(units "$work/run" done)" = 3 ] || fail "expected 3 units to run again"
"$dgba" report "$work/run" --format csv | cmp - "$work/first.csv" || fail "resuming changed the results"

# Another epsilon: only its attacks are new. Training and clean measurements are known.
run 0 "$work/run" --set 'attack.epsilon=[8, 2]'
[ "$(units "$work/run" cached)" = "$count" ] || fail "a wider sweep did not reuse what was there"

# A lost model is trained again; its measurements stay.
rm "$(ls "$work"/run/models/*.h5 | head -1)"
run 0 "$work/run"
[ "$(units "$work/run" done)" = 1 ] || fail "expected one training"
"$dgba" report "$work/run" --format csv | cmp - "$work/first.csv" || fail "training again gave another model"
# Transfer added later: only its units are new, and with them no attack is lost.
run 0 "$work/run" --set transfer.model=true
[ "$(units "$work/run" cached)" = "$count" ] || fail "transfer ran again what was there"
# The run and its configuration, in the first columns, are other ones now.
cut -d, -f4- "$work/first.csv" > "$work/first.rows"
"$dgba" report "$work/run" --format csv | cut -d, -f4- | cmp - "$work/first.rows" || fail "transfer changed the attacks"
run 2 "$work/run" --set transfer.model=true
[ "$(units "$work/run" done)" = 0 ] || fail "transfer was not taken for done"

# Killed while it transfers, a run ends as the undisturbed one.
"$dgba" run "$work/sweep.yaml" -o "$work/killed" --set transfer.model=true 2>>"$work/log" &
process=$!
for _ in $(seq 500); do
  [ "$(ls "$work/killed/units" 2>/dev/null | grep -c 'h5$')" -gt 12 ] && break
  sleep 0.02
done
kill -9 $process
wait $process || true
run 3 "$work/killed" --set transfer.model=true
[ "$(units "$work/killed" cached)" -gt 0 ] || fail "nothing was left of the killed run"
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  /usr/bin/python3 - "$work/run/results.h5" "$work/killed/results.h5" <<'EOF'
import sys
import h5py

whole, killed = (h5py.File(path)["transfer"] for path in sys.argv[1:])
for name in whole:
    if name != "seconds":
        # repr: NaN equals nothing, numbers are printed in full.
        assert repr(whole[name][:].tolist()) == repr(killed[name][:].tolist()), name
EOF
fi
echo "resume: $count units"
