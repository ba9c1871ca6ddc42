#!/usr/bin/env bash
# Runs dgba and PyTorch side by side on the same weights and images; see README.md.
#
#   tests/bench/peer.sh                                       the paper's size: an hour or two, 8 GB
#   tests/bench/peer.sh --budget 1200                         as much of it as twenty minutes allow; again: goes on
#   DGBA=build/dev/dgba tests/bench/peer.sh --size 65 --width 0.125 --batches 1 --rounds 1 --output /tmp/small
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
dgba=${DGBA:-$folder/../../build/release/dgba}
python=${PYTHON:-/usr/bin/python3}

[ -x "$dgba" ] || { echo "not built: $dgba (cmake --workflow --preset release)" >&2; exit 1; }
"$python" -c 'import torch, h5py' 2>/dev/null || { echo "skipped: $python has no torch or no h5py" >&2; exit 77; }
. "$folder/../../experiments/mpi.sh"

# Tests pin these for equal bits on all machines; speed is measured with what users get.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS OMP_NUM_THREADS MKL_NUM_THREADS
export PYTHONDONTWRITEBYTECODE=1
exec "$python" "$folder/peer.py" --dgba "$dgba" "$@"
