#!/bin/bash
# The farm's own tests under mpirun, and how it ends when it cannot go on.
# Usage: farm.sh SOURCE_FOLDER BUILT_DGBA
set -u

program="$(dirname "$2")/tests/test_unit_sched_farm"
hang="${program}_hang"
command -v mpirun >/dev/null || { echo "skipped: no mpirun"; exit 77; }
[ -x "$program" ] || { echo "not built: $program"; exit 1; }

failures=0
. "$1/tests/support/work.sh"
output=$work/output

# expect EXIT_CODE TEXT WHAT command... : checks how a command ends and, unless TEXT is empty, what it says.
expect() {
    local code=$1 text=$2 what=$3
    shift 3
    timeout 20 "$@" >"$output" 2>&1
    local got=$?
    if [ $got -eq "$code" ] && grep -qF -- "$text" "$output"; then
        echo "ok: $what"
        grep -hE "overhead of a unit|while waiting" "$output" | sed 's/^/    /'
        return
    fi
    echo "FAILED: $what: exit code $got, expected $code and '$text':"
    cat "$output"
    failures=$((failures + 1))
}

for ranks in 1 2 3 5; do
    expect 0 "PASSED" "all farm tests pass with $ranks ranks" mpirun -n $ranks "$program"
done
for ranks in 2 3 5; do
    expect 0 "PASSED" "units are shared by $ranks ranks" mpirun -n $ranks "${program}_shared"
done
for ranks in 2 3; do
    expect 0 "PASSED" "late ranks come back, of $ranks" mpirun -n $ranks "$hang"
done
expect 2 "the launcher started 2 processes" "a serial run under mpirun -n 2 is refused" mpirun -n 2 "$program" serial
expect 0 "PASSED" "a serial run under mpirun -n 1 is allowed" mpirun -n 1 "$program" serial
expect 2 "use srun --mpi=pmix" "processes of srun that do not know of each other are refused" \
    env SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=4 "$program"
for rank in 0 2; do
    expect 1 "1 of 20 units failed, 0 more need one of them; 20 ended, 1 hang" "the farm ends although rank $rank hangs" \
        mpirun -n 3 "$hang" unit $rank
done
expect 75 "stopped with 19 of 20 units left; 1 ended, 1 hang" "a farm whose only worker hangs ends" "$hang" unit
expect 1 "1 of 20 units failed, 0 more need one of them; 20 ended, 1 hang" "the farm ends although a rank never begins" \
    mpirun -n 3 "$hang" first 1
expect 142 "not all ranks have started in time" "ranks do not wait for ever for one to start" \
    env DGBA_START_SECONDS=1 mpirun -n 2 "$hang" start 1
for rank in 0 1; do
    expect 1 "1 of 20 units failed, 0 more need one of them; 20 ended, 2 hang" "rank $rank hangs in a unit that it shares" \
        mpirun -n 3 "$hang" shared $rank
done
expect 75 "stopped with 19 of 20 units left; 1 ended, 2 hang" "nobody is left when one of two hangs" mpirun -n 2 "$hang" shared 1
expect 70 "assertion failed" "a bug on one rank ends all ranks" mpirun -n 3 "$program" panic
expect 70 "assertion failed" "a bug in a serial run has the same exit code" "$program" panic

exit $((failures > 0))
