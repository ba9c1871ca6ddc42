# analysis/nyuv2_lists.py on made-up files of the published structure, and its lists used by the importer.
set -eu
source_folder=$1 dgba=$2
python=/usr/bin/python3
$python -c 'import scipy, h5py' 2>/dev/null || { echo "skipped: Python's scipy and h5py are not installed"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
$python - <<'EOF'
import h5py
import numpy as np
from scipy.io import savemat

cells = lambda words: np.array([words], dtype=object)
savemat("splits.mat", {"trainNdxs": np.array([[3], [1]]), "testNdxs": np.array([[2]])})
savemat("map40.mat", {"mapClass": np.array([[2, 0, 40]]), "allClassName": cells(["book", "a, b", "lamp"]),
                      "className": cells([f"class {i}" for i in range(1, 41)])})
savemat("map13.mat", {"classMapping13": {"labels13": np.array([[i % 13 + 1 for i in range(40)]]),
                                         "class13": cells([f"thing {i}" for i in range(1, 14)])}})
with h5py.File("labeled.mat", "w", userblock_size=512) as file:
    file["images"] = np.zeros((3, 3, 8, 6), "u1")
    file["depths"] = np.full((3, 8, 6), 2, "<f4")
    file["labels"] = np.full((3, 8, 6), 3, "<u2")
    names = file.create_dataset("names", (1, 3), dtype=h5py.ref_dtype)
    for i, word in enumerate(("book", "a, b", "lamp")):
        cell = file.create_dataset(f"#refs#/{i}", data=np.array([[ord(c)] for c in word], "<u2"))
        names[0, i] = cell.ref
EOF
$python "$source_folder/analysis/nyuv2_lists.py" --splits splits.mat --map40 map40.mat --map13 map13.mat -o lists
printf '0001\n0003\n' | diff - lists/train.txt
printf '0002\n' | diff - lists/test.txt
printf 'name,class40,class13\nbook,2,2\na, b,0,0\nlamp,40,1\n' | diff - lists/classes.csv
test "$(sed -n 40p lists/classes40.txt)" = "40 class 40"
test "$(sed -n 13p lists/classes13.txt)" = "13 thing 13"
for classes in 40 13; do
  "$dgba" data import nyuv2-mat labeled.mat -o data.h5 --train-list lists/train.txt --test-list lists/test.txt \
    --class-map lists/classes.csv --classes $classes --class-names lists/classes$classes.txt | grep "$classes classes"
done
