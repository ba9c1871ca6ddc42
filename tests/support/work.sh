# Sourced by tests that run mpirun: a fresh folder $work, removed at the end with all that Open MPI leaves behind when its
# processes are killed, such as 4 MiB of shared memory a rank.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work/tmp OMPI_MCA_btl_vader_backing_directory=$work/tmp
mkdir "$TMPDIR"
# Nor is there a use for the second that mpirun grants ranks before it kills them, when another one has died.
export OMPI_MCA_odls_base_sigkill_timeout=0
