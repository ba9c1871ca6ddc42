#!/bin/bash
# Runs a command on a "host" that is a network namespace: what hosts.sh gives mpirun in place of ssh. Like another machine,
# the host has a name and shared memory of its own; the file system is everybody's.
# Usage: HOSTS_FILE=FILE netns-rsh.sh HOST command...
set -eu
host=$1
shift
# As with ssh, the words are one line for a shell.
exec ip netns exec "$host" unshare --uts --ipc --mount sh -c "
  hostname '$host' && mount -t tmpfs dgba-test /dev/shm && mount --bind '$HOSTS_FILE' /etc/hosts && $*"
