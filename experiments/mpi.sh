# Sourced by scripts that call mpirun: RANKS = one per core, and what Open MPI wants to hear in containers and of lost hosts.
RANKS=${RANKS:-$(nproc)}
export OPENBLAS_NUM_THREADS=1
if [ "$(id -u)" -eq 0 ]; then # Open MPI asks root twice
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
# Containers often forbid one process to read another's memory.
export OMPI_MCA_btl_vader_single_copy_mechanism=${OMPI_MCA_btl_vader_single_copy_mechanism:-none}
# Open MPI finds out that another host is gone, or its cable, by probes on its own connections: after a minute with these
# numbers, after eight by default. It then ends the run on all hosts, and the same command continues it.
export OMPI_MCA_oob_tcp_keepalive_time=${OMPI_MCA_oob_tcp_keepalive_time:-30}
export OMPI_MCA_oob_tcp_keepalive_intvl=${OMPI_MCA_oob_tcp_keepalive_intvl:-10}
export OMPI_MCA_oob_tcp_keepalive_probes=${OMPI_MCA_oob_tcp_keepalive_probes:-3}
