"""same_results.py FIRST OTHER ...: every array of results files is the same bit for bit, but for those that tell time."""
import sys

import h5py

told_apart = {"train_seconds", "seconds", "images_per_second"}


def arrays(path):
    found = {}
    with h5py.File(path, "r") as file:
        file.visititems(lambda name, item: found.__setitem__(name, item[()]) if isinstance(item, h5py.Dataset) else None)
    return {name: value for name, value in found.items() if name.rsplit("/")[-1] not in told_apart}


def same(a, b):
    # Texts are Python objects, whose bytes would be their addresses.
    return a.tolist() == b.tolist() if a.dtype == object else a.tobytes() == b.tobytes()


first = arrays(sys.argv[1])
for path in sys.argv[2:]:
    other = arrays(path)
    assert first.keys() == other.keys(), (path, first.keys() ^ other.keys())
    for name, value in first.items():
        assert same(value, other[name]), (path, name)
