# Checkpoints of the released PyTorch code become ours and theirs again, and predict the same.
# Usage: convert_torch.sh SOURCE_FOLDER DGBA
set -euo pipefail

fail() { echo "FAILED: $*" >&2; exit 1; }

python=
for candidate in python3 /usr/bin/python3; do
  $candidate -c 'import h5py, torch' 2>/dev/null && { python=$candidate; break; }
done
[ -n "$python" ] || { echo "skipped: no python3 with torch and h5py"; exit 77; }
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1

convert=$1/analysis/convert_torch.py released=$1/tests/analysis/released.py dgba=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
$python "$released" make "$work"

# There, and predictions; the order in which a layout lists a level's sets does not matter.
for name in good shuffled; do
  $python "$convert" "$work/$name.model" "$work/$name.h5" | tee "$work/said"
  grep -qF 'layout 33 {012}|{012}|{12}{0}|{12}{0}|{0}{2}{1}' "$work/said" || fail "another layout"
  cp "$work/$name.h5" "$work/check.h5"
  $python "$released" check $name "$work/check.h5"
  "$(dirname "$dgba")/tests/run_checkpoint" "$work/check.h5" || fail "our predictions differ from PyTorch's"
done
[ ! -e "$work/harmed" ] || fail "reading ran code of the file"

# And back: the same checkpoint, and once more the same file of ours.
$python "$convert" --back "$work/good.h5" "$work/back.model"
$python "$released" compare "$work/good.model" "$work/back.model" || fail "going back gave something else"
$python "$convert" "$work/back.model" "$work/again.h5"
cmp "$work/good.h5" "$work/again.h5" || fail "there, back and there again gave something else"

# The enumeration is that of dgba, whatever the order of sets.
sizes=(1 5 2 5 3 5 4 5 5 3)
PYTHONPATH=$1/analysis $python - "${sizes[@]}" > "$work/python" <<'EOF'
import sys, convert_torch
sizes = [int(word) for word in sys.argv[1:]]
for tasks, levels in zip(sizes[::2], sizes[1::2]):
    for layout in convert_torch.enumerate_layouts(tasks, levels):
        print(convert_torch.print_layout(layout))
EOF
for ((i = 0; i < ${#sizes[@]}; i += 2)); do
  "$dgba" layouts --tasks ${sizes[i]} --levels ${sizes[i + 1]} | grep -oE '(\{[0-9]+\}|\|)+'
done > "$work/c"
cmp "$work/python" "$work/c" || fail "other layouts than dgba's"

# refused FILE MESSAGE [argument ...]
refused() {
  local file=$1 message=$2
  shift 2
  echo before > "$work/out.h5"
  ! $python "$convert" "$work/$file" "$work/out.h5" "$@" 2> "$work/error" || fail "$file was converted"
  grep -qF "$file: $message" "$work/error" || { cat "$work/error"; fail "$file: expected '$message'"; }
  [ "$(cat "$work/out.h5")" = before ] || fail "$file: the destination was touched"
}
refused missing.model 'parameters are missing: backbone.mtl_blocks.5.residual_block.ds.0.weight'
refused unknown.model 'parameters that such a model does not have: backbone.extra.weight'
refused misshapen.model 'the parameter backbone.mtl_blocks.5.residual_block.ds.0.weight has the shape (3, 2, 3, 3); the model needs (4, 2, 1, 1)'
refused branches.model 'its heads have 3 branches: give their dilation rates by --rates'
refused branches.model 'its heads have 3 branches, but --rates has 2 numbers' --rates 1,2
refused no_layout.model 'the layout {012}|{0}{2}{1}|{012}|{0}{2}{1}|{0}{2}{1} is not among those of 3 tasks on 5 levels'
refused four_levels.model 'its layout has 4 levels; a ResNet-34 has 5'
refused four_tasks.model 'its layout is for 4 tasks, but it has 3 heads: segment_semantic, normal, depth_zbuffer'
refused stateless.model "its 'layout' has no list 'state'"
refused bare.model "not a checkpoint of the released code: it lacks 'state_dict' or 'layout'"
refused old.model 'not a file of torch.save (or of PyTorch before 1.6'
refused text.model 'not a file of torch.save'
refused cut.model 'not a file of torch.save'
refused nowhere.model 'No such file or directory'
refused good.model 'not a readable HDF5 file' --back
$python "$convert" "$work/branches.model" "$work/branches.h5" --rates 1,2,3
