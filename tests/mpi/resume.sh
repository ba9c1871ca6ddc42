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
echo "resume: $count units"
