# A sweep through a real Slurm, of this one node with daemons of its own: sbatch and srun --mpi=pmix, stopped by the job's time
# limit, queued again by sweep.sbatch, completed; the results are those of a run without Slurm.
. "$1/tests/support/sweep.sh"
skip() { echo "skipped: $*"; exit 77; }

! is_sanitized || skip "the same program as without sanitizers, and Slurm's timers take most of the time"
for program in slurmctld slurmd srun munged mungekey; do
  command -v $program >/dev/null || skip "no $program; install slurmctld slurmd slurm-client munge"
done
[ "$(id -u)" -eq 0 ] || skip "only root can start slurmd"

source=$1
slurm=$work/slurm
daemons=()
end_daemons() {
  scancel --user=root --signal=KILL 2>/dev/null || true
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap end_daemons EXIT

host=$(hostname -s) port=$((20000 + $$ % 10000 * 2))
mkdir -m 755 "$slurm"
chmod 755 "$work" # munged trusts no folder that others may not enter
export SLURM_CONF=$slurm/slurm.conf
# cred_expire is how long a job that is queued again must wait: otherwise two minutes.
cat > "$SLURM_CONF" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$slurm/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd.pid
SlurmctldLogFile=$slurm/slurmctld.log
SlurmdLogFile=$slurm/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=2
PartitionName=all Nodes=$host Default=YES MaxTime=60 OverSubscribe=NO
END

# start PROGRAM argument...: a daemon in the foreground, so that it is a child of this script.
start() {
  "$@" >"$slurm/$1.out" 2>&1 &
  daemons+=($!)
}

# until_true SECONDS command...: whether the command succeeds in this time.
until_true() {
  local tries=$(($1 * 5))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $((tries -= 1)) -gt 0 ] || return 1
    sleep 0.2
  done
}

mungekey --create --keyfile="$slurm/munge.key"
start munged --foreground --force --key-file="$slurm/munge.key" --socket="$slurm/munge.socket" --pid-file="$slurm/munge.pid" \
  --seed-file="$slurm/munge.seed" --log-file="$slurm/munge.log"
until_true 10 munge --socket="$slurm/munge.socket" --no-input || skip "munged does not start: $(tail -n 1 "$slurm/munged.out")"
start slurmctld -D
start slurmd -D -N "$host"
node_is_idle() { [ "$(sinfo --noheader --format=%T)" = idle ]; }
until_true 20 node_is_idle || skip "the Slurm daemons do not start: $(tail -qn 1 "$slurm"/slurm*.log)"
srun --mpi=list 2>&1 | grep -qw pmix || skip "this Slurm has no PMIx"

settings=(--set train.iterations=100 --set 'attack.step=fgsm')
run 2 "$work/local" "${settings[@]}"

# The limit is a minute, and Slurm, which looks every half minute, sends the signal up to a minute too early: at its first look.
cd "$source"
job=$(DGBA=$dgba sbatch --parsable --ntasks=2 --time=1 --signal=B:USR1@30 --output="$work/job.log" experiments/sweep.sbatch \
  "$work/sweep.yaml" -o "$work/run" --save-minutes 0 "${settings[@]}")

fail_with_logs() { tail -n 30 "$work/job.log" "$slurm"/*.log; squeue; fail "$*"; }
field() { scontrol show job "$job" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
trains() { [ "$(ls "$work/run/models" | grep -c 'side.h5$')" -eq 2 ]; }
was_queued_again() { [ "$(field Restarts)" -ge 1 ]; }
is_over() { case $(field JobState) in COMPLETED | FAILED | TIMEOUT | CANCELLED | NODE_FAIL) ;; *) false ;; esac; }
ranks() { pgrep -f "^$dgba run $work/sweep.yaml -o $work/run"; }
# A process that is stopped keeps SIGUSR1, signal 10, pending.
was_signalled() { grep -q '^ShdPnd:.*[2367abef]..$' "/proc/$(ranks | head -n 1)/status"; }

# The ranks sleep until Slurm has sent the signal, instead of computing for so long.
until_true 60 trains || fail_with_logs "the job does not train"
kill -STOP $(ranks)
until_true 90 was_signalled || fail_with_logs "no signal came before the time limit"
kill -CONT $(ranks)
until_true 60 was_queued_again || fail_with_logs "the stopped job was not queued again"
"$dgba" status "$work/run" | grep -q stopped || fail "the status does not say that the run was stopped"
until_true 200 is_over || fail_with_logs "the job does not end"
[ "$(field JobState) $(field ExitCode)" = "COMPLETED 0:0" ] || fail_with_logs "the job ended as $(field JobState) $(field ExitCode)"
grep -q 'goes on after iteration' "$work/job.log" || fail_with_logs "the trainings began anew"
grep -q ' units on 2 workers' "$work/job.log" || fail_with_logs "srun did not start one farm of two ranks"

if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  /usr/bin/python3 tests/support/same_results.py "$work/local/results.h5" "$work/run/results.h5" || fail "other results than without Slurm"
else
  echo "python3-h5py is missing: results.h5 not compared array by array"
fi
echo "stopped, queued again and completed by $(srun --version)"
