# A run over two hosts, here two network namespaces joined by a cable of their own: the same results as on one; when the
# cable is cut or a host dies, mpirun ends by itself, says so, and the same command completes the run.
. "$1/tests/support/sweep.sh"
skip() { echo "skipped: $*"; exit 77; }

[ "$(id -u)" -eq 0 ] || skip "only root may make network namespaces"
command -v ip >/dev/null || skip "no ip; install iproute2"
command -v unshare >/dev/null || skip "no unshare; install util-linux"

near=dgba-$$-near far=dgba-$$-far
remove_hosts() {
  local host pid
  for host in $near $far; do
    for pid in $(ip netns pids $host 2>/dev/null); do kill -9 "$pid" 2>/dev/null || true; done
    ip netns delete $host 2>/dev/null || true
  done
  rm -rf "$work"
}
trap remove_hosts EXIT

ip netns add $near 2>"$work/why" || skip "no network namespaces here: $(cat "$work/why")"
ip netns add $far
ip link add eth0 netns $near type veth peer name eth0 netns $far 2>"$work/why" || skip "no veth devices here: $(cat "$work/why")"
ip -n $near addr add 10.99.7.1/24 dev eth0
ip -n $far addr add 10.99.7.2/24 dev eth0
for host in $near $far; do
  ip -n $host link set lo up
  ip -n $host link set eth0 up
done
export HOSTS_FILE=$work/etc-hosts
printf '127.0.0.1 localhost\n10.99.7.1 %s\n10.99.7.2 %s\n' $near $far > "$HOSTS_FILE"
printf '%s slots=2\n' $near $far > "$work/hostfile"

rsh=$1/tests/support/netns-rsh.sh
"$rsh" $near true 2>"$work/why" || skip "no host names or mounts of one's own here: $(cat "$work/why")"

# What experiments/mpi.sh sets, with seconds instead of tens of them.
export OMPI_MCA_oob_tcp_keepalive_time=2 OMPI_MCA_oob_tcp_keepalive_intvl=1 OMPI_MCA_oob_tcp_keepalive_probes=3
RANKS=4
. "$1/experiments/mpi.sh"

# run_on_hosts FOLDER [argument ...]: the sweep on two ranks of each host. In a session of its own, since mpirun and the
# timeout would otherwise be stopped by the terminal they share.
run_on_hosts() {
  local folder=$1
  shift
  setsid timeout 100 "$rsh" $near "$(printf '%q ' mpirun -n $RANKS --hostfile "$work/hostfile" --mca plm_rsh_agent "$rsh" \
    "$dgba" run "$work/sweep.yaml" -o "$folder" "$@")" 2>>"$work/log"
}

same_results() {
  if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
    /usr/bin/python3 "$source/tests/support/same_results.py" "$@"
  else
    echo "python3-h5py is missing: results.h5 not compared array by array"
  fi
}
source=$1

# Undisturbed. Each host has its own copy of the weights.
settings=(--set train.iterations=100 --set 'attack.step=fgsm' --set 'attack.rule=[sign_sum, dgba]')
run 2 "$work/one" "${settings[@]}"
: > "$work/log"
run_on_hosts "$work/two" "${settings[@]}" || { cat "$work/log"; fail "the run on two hosts"; }
grep -q ' units on 4 workers' "$work/log" || fail "the hosts were not one farm"
same_results "$work/one/results.h5" "$work/two/results.h5" || fail "two hosts give other results than one"

# is_left HOST: whether anything still runs there.
is_left() { [ -n "$(ip netns pids "$1")" ]; }

# disturbed NAME command...: while both hosts train, does something bad to them; the run must end, and then be completed.
disturbed() {
  local folder=$work/$1 code=0 job since
  shift
  : > "$work/log"
  run_on_hosts "$folder" --save-minutes 0 "${settings[@]}" &
  job=$!
  for _ in $(seq 300); do
    [ "$(ls "$folder/models" 2>/dev/null | grep -c 'side.h5$')" -eq 2 ] && break
    sleep 0.05
  done
  # The ranks sleep: the near ones would have finished all trainings before the loss is noticed.
  kill -STOP $(pgrep -f "^$dgba run $work/sweep.yaml -o $folder")
  "$@"
  since=$SECONDS
  wait $job || code=$?
  took=$((SECONDS - since))
  [ $code -ne 0 ] && [ $code -ne 124 ] || { cat "$work/log"; fail "exit code $code when it was: $*"; }
  for _ in $(seq 200); do
    is_left $near || is_left $far || break
    sleep 0.1
  done
  ! is_left $near && ! is_left $far || fail "processes are left after: $*"
  ip -n $far link set eth0 up
  : > "$work/log"
  run_on_hosts "$folder" "${settings[@]}" || { cat "$work/log"; fail "the completion after: $*"; }
  grep -q 'goes on after iteration' "$work/log" || fail "trainings began anew after: $*"
  same_results "$work/one/results.h5" "$folder/results.h5" || fail "other results after: $*"
}

cut_cable() { ip -n $far link set eth0 down; }
disturbed cut cut_cable
cut_took=$took

# The machine is gone: its processes say nothing more.
lose_power() {
  local pid
  ip -n $far link set eth0 down
  for pid in $(ip netns pids $far); do kill -9 "$pid" 2>/dev/null || true; done
}
disturbed dead lose_power
echo "two hosts; ended $cut_took s after the cable was cut, $took s after a host had died, and went on"
