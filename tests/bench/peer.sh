#!/usr/bin/env bash
# Runs dgba and PyTorch side by side on the same weights and images; see README.md.
#
#   tests/bench/peer.sh                     two layouts at 161 x 161, minutes
#   tests/bench/peer.sh --full              the paper's size, batches of 1 and 4: half an hour, 8 GB
#   DGBA=build/dev/dgba tests/bench/peer.sh --size 97 --layouts 0,31
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
dgba=${DGBA:-$folder/../../build/release/dgba}
python=${PYTHON:-/usr/bin/python3}

[ -x "$dgba" ] || { echo "not built: $dgba (cmake --workflow --preset release)" >&2; exit 1; }
"$python" -c 'import torch, h5py' 2>/dev/null || { echo "skipped: $python has no torch or no h5py" >&2; exit 77; }

# Tests pin these for equal bits on all machines; speed is measured with what users get.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS OMP_NUM_THREADS MKL_NUM_THREADS
exec "$python" "$folder/peer.py" --dgba "$dgba" "$@"
