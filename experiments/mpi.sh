# Sourced by scripts that call mpirun: RANKS = one per core, and what Open MPI wants to hear in containers.
RANKS=${RANKS:-$(nproc)}
export OPENBLAS_NUM_THREADS=1
if [ "$(id -u)" -eq 0 ]; then # Open MPI asks root twice
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
# Containers often forbid one process to read another's memory.
export OMPI_MCA_btl_vader_single_copy_mechanism=${OMPI_MCA_btl_vader_single_copy_mechanism:-none}
