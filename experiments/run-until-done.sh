#!/usr/bin/env bash
# Runs `dgba run` until it is done: again after a stop (exit code 75), and after a crash, a few times and after a pause.
#
#   experiments/run-until-done.sh [--crashes N] [--pause SECONDS] [--crashes-only] COMMAND ...
#   experiments/run-until-done.sh mpirun -n 8 build/release/dgba run sweep.yaml -o runs/sweep
#
#   --crashes N       gives up after so many crashes (5)
#   --pause SECONDS   before going on after a crash (10), doubled each time, at most ten minutes
#   --crashes-only    a stop ends this script, too, with exit code 75: sweep.sbatch then queues the job again
#
# Ctrl-C, SIGHUP, SIGTERM and SIGUSR1 reach the run as SIGUSR1: it saves and ends, and this script with it. (On the others
# mpirun would kill its ranks a second later.)
set -u

crashes=5 pause=10 after_stop=yes
while [ $# -gt 0 ]; do
  case $1 in
    --crashes) crashes=${2:?--crashes needs a number}; shift 2 ;;
    --pause) pause=${2:?--pause needs seconds}; shift 2 ;;
    --crashes-only) after_stop=; shift ;;
    -*) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }

say() { echo "run-until-done: $*" >&2; }

# The run folder among the command's arguments.
folder=
for word in "$@"; do
  case ${previous:-} in -o | --output) folder=$word ;; esac
  case $word in --output=*) folder=${word#*=} ;; esac
  previous=$word
done

# A launcher that loses a host or a rank ends with 1, as a run with failed units does; but that run says how it ended.
is_crash() {
  [ "$1" -gt 128 ] && return 0
  [ "$1" -eq 1 ] || [ "$1" -eq 70 ] || return 1
  grep -q '"phase": "running"' "$folder/status.json" 2>/dev/null
}

stopped=0 running=
stop() {
  stopped=$((stopped + 1))
  [ -z "$running" ] || kill -USR1 "$running" 2>/dev/null
}
trap stop HUP INT TERM USR1

# Open MPI 4.1 with PMIx 4.2 can wait for ever at its own end (PMIx_server_finalize) after ranks were killed. A mpirun
# whose ranks have all been dead for half a minute is killed, too.
watch_launcher() {
  local alone=0
  while sleep 5 >&- 2>&- && kill -0 "$1" 2>/dev/null; do
    case $(ps -o comm= -p "$1") in mpirun | mpiexec | orterun) ;; *) continue ;; esac
    if ps -o stat= --ppid "$1" | grep -qv '^Z'; then alone=0; else alone=$((alone + 1)); fi
    [ $alone -lt 6 ] || { say "mpirun hangs without ranks"; kill -KILL "$1"; }
  done
}

# run COMMAND ...: its exit code into $code. In a session of its own, so that Ctrl-C reaches this script only.
run() {
  local before watcher
  setsid "$@" &
  running=$!
  watch_launcher $running &
  watcher=$!
  disown $watcher
  while :; do # a signal ends `wait`
    before=$stopped code=0
    wait "$running" || code=$?
    [ "$stopped" -ne "$before" ] || break
  done
  running=
  kill -KILL $watcher 2>/dev/null
}

while :; do
  run "$@"
  if is_crash "$code"; then
    [ "$stopped" -eq 0 ] || exit 75
    [ "$crashes" -gt 0 ] || { say "ended by a crash (exit code $code); giving up"; exit "$code"; }
    say "ended by a crash (exit code $code); goes on in $pause s, $crashes more times at most"
    crashes=$((crashes - 1))
    sleep "$pause" & wait $!
    [ "$stopped" -eq 0 ] || exit 75
    pause=$((pause < 300 ? 2 * pause : 600))
  elif [ "$code" -ne 75 ] || [ "$stopped" -gt 0 ] || [ -z "$after_stop" ]; then
    exit "$code"
  fi
done
