#!/usr/bin/env python3
"""Converts checkpoints of the released PyTorch code (MTLAttack-DGBA on TreeMTL, ResNet-34) to dgba's and back.

    convert_torch.py CHECKPOINT.model MODEL.h5
    convert_torch.py --back MODEL.h5 CHECKPOINT.model

What is assumed of a released checkpoint: a dictionary by torch.save with
  state_dict  the parameters; their heads stand in the order of the tasks
  layout      an object of main.layout.Layout with T (tasks), B = 5 (branching points) and state: a list of B levels, each
              a list of sets (or lists) of task indices, in the order in which the level's block copies are numbered
The module main.layout is not needed, nor is torch (only for --back). Reading runs no code of the file: of objects of
unknown classes only the attributes are kept.

Not kept: the states of optimizer and scheduler. Going back they are empty dictionaries. The released code writes no
dilation rates, dropout rate or width: rates are 6, 12, 18, 24 for four branches (else give --rates), the dropout rate is
.5 (else --dropout), the width follows from the shapes.
"""

import argparse
import collections
import os
import pickle
import re
import sys
import tempfile
import types
import zipfile

import h5py
import numpy as np

LEVELS = 5
FIRST_BLOCK = [0, 1, 4, 8, 14, 17]  # fine blocks of each level
STAGES = [range(1, 4), range(4, 8), range(8, 14), range(14, 17)]
CHANNELS = [64, 128, 256, 512]
RELEASED_RATES = [6, 12, 18, 24]
FORMAT = 1
MOST_TASKS = 8


class ConversionError(Exception):
    """Told to the user as it stands."""


# ---- Reading a file that need not be trusted ----
#
# Not by torch.load: it runs whatever the pickle in the file says, and some versions ignore a pickle module given to them.
# What torch.save writes is a zip archive: NAME/data.pkl, and NAME/data/KEY for the elements of each tensor.

STORAGES = {"DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4",
            "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?"}
SAFE = {
    "collections": {"OrderedDict", "defaultdict", "Counter"},
    "builtins": {"set", "frozenset", "list", "tuple", "dict", "int", "float", "bool", "str", "bytes"},
    "__builtin__": {"set", "frozenset"},
    "_codecs": {"encode"},
    "numpy": {"dtype"},
    "numpy.core.multiarray": {"scalar"},
}


class Stub:
    """Stands for an object of a class that is not known: keeps attributes, does nothing."""

    def __init__(self, *_, **__):
        pass

    def __setstate__(self, state):
        if isinstance(state, dict):
            self.__dict__.update(state)

    def __setitem__(self, _key, _value):
        pass

    def append(self, _item):
        pass

    def extend(self, _items):
        pass


def rebuild_tensor(storage, offset, shape, strides, *_):
    """An array of its own from elements of a storage."""
    last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides))
    if min([offset, *shape, *strides]) < 0 or (0 not in shape and last >= len(storage)):
        raise ConversionError(f"a tensor of shape {tuple(shape)} lies outside its storage")
    steps = [stride * storage.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps).copy()


class RestrictedUnpickler(pickle.Unpickler):
    def __init__(self, archive, folder):
        super().__init__(archive.open(folder + "data.pkl"))
        self.archive, self.folder = archive, folder

    def find_class(self, module, name):
        if module in ("torch", "torch.cuda") and name in STORAGES:
            return np.dtype(STORAGES[name])
        if module == "torch._utils" and name == "_rebuild_tensor_v2":
            return rebuild_tensor
        if module == "torch._utils" and name == "_rebuild_parameter":
            return lambda tensor, *_: tensor
        if name in SAFE.get(module, ()):
            return super().find_class(module, name)
        return type(name, (Stub,), {"__module__": module})

    def persistent_load(self, saved):
        _, kind, key, *_ = saved
        if not isinstance(kind, np.dtype):
            raise ConversionError(f"tensors of {kind.__name__} cannot be converted")
        return np.frombuffer(self.archive.read(f"{self.folder}data/{key}"), kind)


def load_checkpoint(path):
    """What torch.save was given, with arrays for tensors."""
    try:
        with zipfile.ZipFile(path) as archive:
            folder = next(name for name in archive.namelist() if name.endswith("/data.pkl"))[: -len("data.pkl")]
            return RestrictedUnpickler(archive, folder).load()
    except OSError as problem:
        raise ConversionError(problem.strerror) from None
    except (zipfile.BadZipFile, StopIteration):
        raise ConversionError("not a file of torch.save (or of PyTorch before 1.6: load it there, save it with a later "
                              "one)") from None
    except (pickle.UnpicklingError, AttributeError, EOFError, IndexError, KeyError, TypeError, ValueError) as problem:
        raise ConversionError(f"a damaged file of torch.save ({type(problem).__name__}: {problem})") from problem


# ---- Layouts ----


def two_way_splits(tasks):
    """(chosen, rest) of a set in ascending order; its first element stays in the rest; "in" before "out"."""
    first, *others = sorted(tasks)
    for pattern in range(2 ** len(others) - 1, 0, -1):
        chosen = [t for i, t in enumerate(others) if pattern >> (len(others) - 1 - i) & 1]
        yield frozenset(chosen), frozenset([first] + [t for t in others if t not in chosen])


def cut(layout, level, tasks, parts):
    """The layout with a set replaced by its parts from a level on."""
    return [sets if i < level else [s for s in sets if s != tasks] + list(parts) for i, sets in enumerate(layout)]


def enumerate_layouts(tasks, levels):
    """All layouts, each a list of lists of frozensets, in the order of their index."""
    shared = [[frozenset(range(tasks))] for _ in range(levels)]
    found, seen = [], set()

    def add(layout, lowest, cuts_left):
        key = tuple(frozenset(sets) for sets in layout)
        if key in seen:
            return
        seen.add(key)
        found.append(layout)
        for level in range(lowest, levels if cuts_left else 0):
            for members in layout[level]:
                for parts in two_way_splits(members) if len(members) > 1 else ():
                    add(cut(layout, level, members, parts), level, cuts_left - 1)

    add(shared, 0, tasks - 1)
    return found


def layout_index(layout):
    """Index of the enumerated layout that is equal but for the order of its sets, and that layout."""
    tasks = len(set().union(*layout[0]))
    wanted = [set(sets) for sets in layout]
    for index, candidate in enumerate(enumerate_layouts(tasks, len(layout))):
        if [set(sets) for sets in candidate] == wanted:
            return index, candidate
    raise ConversionError(f"the layout {print_layout(layout)} is not among those of {tasks} tasks on {len(layout)} levels")


def print_layout(layout):
    return "|".join("".join("{" + "".join(str(t) for t in sorted(s)) + "}" for s in sets) for sets in layout)


def read_layout(checkpoint):
    stored = checkpoint["layout"]
    state = getattr(stored, "state", None)
    if not isinstance(state, (list, tuple)):
        raise ConversionError("its 'layout' has no list 'state'")
    try:
        layout = [[frozenset(int(t) for t in tasks) for tasks in sets] for sets in state]
    except (TypeError, ValueError):
        raise ConversionError("its layout is not a list of lists of sets of task indices") from None
    count = getattr(stored, "T", None)
    if not isinstance(count, int) or not 1 <= count <= MOST_TASKS:
        raise ConversionError(f"its layout has T = {count}; it must be 1 to {MOST_TASKS}")
    if len(layout) != LEVELS or getattr(stored, "B", LEVELS) != LEVELS:
        raise ConversionError(f"its layout has {len(layout)} levels; a ResNet-34 has {LEVELS}")
    for sets in layout:
        if sorted(t for tasks in sets for t in tasks) != list(range(count)):
            raise ConversionError(f"its layout {print_layout(layout)} does not have each of {count} tasks once per level")
    return layout


# ---- Names and shapes ----

Model = collections.namedtuple("Model", "layout width tasks channels hidden rates")  # channels of each task's prediction
Entry = collections.namedtuple("Entry", "ours released shape")


def scaled(base, width):
    return max(1, int(np.floor(base * width + 0.5)))


def conv_entry(ours, released, *shape):
    return [Entry(f"{ours}.weight", f"{released}.weight", shape)]


def bn_entries(ours, released, channels):
    return [Entry(f"{ours}.{p}", f"{released}.{p}", (channels,)) for p in ("weight", "bias", "running_mean", "running_var")]


def block_entries(block, width, ours, released):
    """One copy of a fine block."""
    if block == 0:
        out = scaled(CHANNELS[0], width)
        return conv_entry(f"{ours}.conv1", f"{released}.0", out, 3, 7, 7) + bn_entries(f"{ours}.bn1", f"{released}.1", out)
    stage = next(i for i, blocks in enumerate(STAGES) if block in blocks)
    is_first = block == STAGES[stage][0]
    out = scaled(CHANNELS[stage], width)
    before = scaled(CHANNELS[stage - (is_first and stage > 0)], width)
    entries = conv_entry(f"{ours}.conv1", f"{released}.block.conv1", out, before, 3, 3)
    entries += bn_entries(f"{ours}.bn1", f"{released}.block.bn1", out)
    entries += conv_entry(f"{ours}.conv2", f"{released}.block.conv2", out, out, 3, 3)
    entries += bn_entries(f"{ours}.bn2", f"{released}.block.bn2", out)
    if is_first and stage > 0:
        entries += conv_entry(f"{ours}.conv_shortcut", f"{released}.ds.0", out, before, 1, 1)
        entries += bn_entries(f"{ours}.bn_shortcut", f"{released}.ds.1", out)
    return entries


def trunk_entries(model, numbering):
    """`numbering` is the layout in whose order of sets the released block copies are counted."""
    entries, copies = [], 0
    for level, sets in enumerate(numbering):
        for block in range(FIRST_BLOCK[level], FIRST_BLOCK[level + 1]):
            for tasks in sets:
                ours = f"trunk.{block}.{model.layout[level].index(tasks)}"
                entries += block_entries(block, model.width, ours, f"backbone.mtl_blocks.{copies}.residual_block")
                copies += 1
    return entries


def head_entries(model):
    features = scaled(CHANNELS[-1], model.width)
    entries = []
    for task, channels in zip(model.tasks, model.channels):
        for r in range(len(model.rates)):
            sizes = [(model.hidden, features, 3, 3), (model.hidden, model.hidden, 1, 1), (channels, model.hidden, 1, 1)]
            for i, shape in enumerate(sizes, 1):
                ours, released = f"head.{task}.{r}.conv{i}", f"heads.{task}.fc{r + 1}.conv{i}"
                entries += conv_entry(ours, released, *shape) + [Entry(f"{ours}.bias", f"{released}.bias", shape[:1])]
    return entries


# ---- To dgba ----


def some(names):
    names = sorted(names)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def shape_of(tensors, name, axes):
    if name not in tensors:
        raise ConversionError(f"the parameter {name} is missing")
    if tensors[name].ndim != axes:
        raise ConversionError(f"the parameter {name} has {tensors[name].ndim} axes instead of {axes}")
    return tensors[name].shape


def describe_model(tensors, layout, rates):
    """Works out what the model is from the names and shapes of its parameters."""
    matches = [re.fullmatch(r"heads\.([^.]+)\.fc(\d+)\..+", name) for name in tensors]
    heads = [match for match in matches if match]
    tasks = list(dict.fromkeys(match[1] for match in heads))
    if len(tasks) != len(set().union(*layout[0])):
        raise ConversionError(f"its layout is for {len(set().union(*layout[0]))} tasks, but it has {len(tasks)} heads: "
                              + ", ".join(tasks))
    branches = max(int(match[2]) for match in heads)
    if rates is None and branches != len(RELEASED_RATES):
        raise ConversionError(f"its heads have {branches} branches: give their dilation rates by --rates")
    rates = rates or RELEASED_RATES
    if len(rates) != branches:
        raise ConversionError(f"its heads have {branches} branches, but --rates has {len(rates)} numbers")
    hidden, features = shape_of(tensors, f"heads.{tasks[0]}.fc1.conv1.weight", 4)[:2]
    channels = [shape_of(tensors, f"heads.{task}.fc1.conv3.weight", 4)[0] for task in tasks]
    return Model(layout, features / CHANNELS[-1], tasks, channels, hidden, rates)


def check_tensors(tensors, entries):
    tracked = {e.released.replace("running_var", "num_batches_tracked") for e in entries if "running_var" in e.released}
    expected = {e.released for e in entries}
    missing, unknown = expected - tensors.keys(), tensors.keys() - expected - tracked
    if missing:
        raise ConversionError(f"parameters are missing: {some(missing)}")
    if unknown:
        raise ConversionError(f"parameters that such a model does not have: {some(unknown)}")
    for e in entries:
        if tensors[e.released].shape != e.shape:
            raise ConversionError(f"the parameter {e.released} has the shape {tensors[e.released].shape}; "
                                  f"the model needs {e.shape}")
    return max((int(tensors[name]) for name in tracked & tensors.keys()), default=0)


def write_list(file, path, values, description, kind=None):
    dataset = file.create_dataset(path, data=values, dtype=kind, track_times=False)
    dataset.attrs["units"], dataset.attrs["description"] = "", description


def write_model(file, model, index, dropout):
    attributes = file.create_group("model").attrs
    attributes["format"] = np.int64(FORMAT)
    attributes["backbone"] = "deeplab_resnet34"
    attributes["width"] = np.float64(model.width)
    attributes["layout"] = np.int64(index)
    attributes["layout_tree"] = print_layout(model.layout)
    attributes["head_channels"] = np.int64(model.hidden)
    attributes["head_dropout"] = np.float64(dropout)
    write_list(file, "model/head_rates", np.array(model.rates, np.int64), "dilation rates of each head")
    write_list(file, "model/tasks", model.tasks, "tasks in the order of the outputs", h5py.string_dtype())
    write_list(file, "model/task_channels", np.array(model.channels, np.int64), "channels of each task's prediction")


def convert(source, destination, rates, dropout):
    checkpoint = load_checkpoint(source)
    if not isinstance(checkpoint, dict) or not {"state_dict", "layout"} <= checkpoint.keys():
        raise ConversionError("not a checkpoint of the released code: it lacks 'state_dict' or 'layout'")
    tensors = checkpoint["state_dict"]
    if not isinstance(tensors, dict) or not all(isinstance(t, np.ndarray) for t in tensors.values()):
        raise ConversionError("its 'state_dict' is not a dictionary of tensors")
    stored = read_layout(checkpoint)
    index, ours = layout_index(stored)
    model = describe_model(tensors, ours, rates)
    entries = trunk_entries(model, stored) + head_entries(model)
    batches = check_tensors(tensors, entries)
    with h5py.File(destination, "w") as file:
        write_model(file, model, index, dropout)
        for e in entries:
            write_list(file, f"model/parameters/{e.ours}", tensors[e.released], "parameter", "<f4")
        file["model"].attrs["released_iterations"] = np.int64(checkpoint.get("iter", 0))
        file["model"].attrs["released_batches"] = np.int64(batches)
    return f"layout {index} {print_layout(ours)}, width {model.width:g}, {len(entries)} parameters"


# ---- Back ----


def read_model(file):
    if "model" not in file or "format" not in file["model"].attrs:
        raise ConversionError("not a checkpoint of dgba: it lacks /model")
    group = file["model"]
    attributes = group.attrs
    if attributes["format"] != FORMAT:
        raise ConversionError(f"a checkpoint of format {attributes['format']}; this program reads format {FORMAT}")
    if attributes["backbone"] != "deeplab_resnet34":
        raise ConversionError(f"its backbone is {attributes['backbone']}; only deeplab_resnet34 has a released form")
    tasks, channels = group["tasks"].asstr()[()].tolist(), group["task_channels"][()].tolist()
    layouts, index = enumerate_layouts(len(tasks), LEVELS), int(attributes["layout"])
    if not 0 <= index < len(layouts) or print_layout(layouts[index]) != attributes["layout_tree"]:
        raise ConversionError(f"layout {index} is not {attributes['layout_tree']} here")
    return Model(layouts[index], float(attributes["width"]), tasks, channels, int(attributes["head_channels"]),
                 group["head_rates"][()].tolist())


def released_layout(layout):
    """An object that pickles as one of the released class; it needs the module only where it is read."""
    kind = type("Layout", (), {"__module__": "main.layout"})
    for name in ("main", "main.layout"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["main"].layout, sys.modules["main.layout"].Layout = sys.modules["main.layout"], kind
    stored = kind()
    stored.T, stored.B = len(set().union(*layout[0])), len(layout)
    stored.state = [[set(tasks) for tasks in sets] for sets in layout]
    return stored


def read_tensors(file, entries, batches):
    import torch  # only here and to save

    tensors = collections.OrderedDict()
    for e in entries:
        name = f"model/parameters/{e.ours}"
        if name not in file:
            raise ConversionError(f"the parameter {e.ours} is missing")
        if file[name].shape != e.shape:
            raise ConversionError(f"the parameter {e.ours} has the shape {file[name].shape}; the model needs {e.shape}")
        tensors[e.released] = torch.from_numpy(file[name][()])
        if e.released.endswith("running_var"):
            tensors[e.released.replace("running_var", "num_batches_tracked")] = torch.tensor(batches)
    return tensors


def convert_back(source, destination):
    try:
        file = h5py.File(source, "r")
    except OSError as problem:
        raise ConversionError(f"not a readable HDF5 file ({problem})") from problem
    with file:
        model = read_model(file)
        attributes = file["model"].attrs
        entries = trunk_entries(model, model.layout) + head_entries(model)
        tensors = read_tensors(file, entries, int(attributes.get("released_batches", 0)))
        checkpoint = {"iter": int(attributes.get("released_iterations", 0)), "state_dict": tensors,
                      "layout": released_layout(model.layout), "optimizer": {}, "scheduler": {}}
    import torch

    torch.save(checkpoint, destination)
    return f"{print_layout(model.layout)}, {len(entries)} parameters"


# ---- Command line ----


def integers(text):
    return [int(word) for word in text.split(",")]


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("destination")
    parser.add_argument("--back", action="store_true", help="from dgba's form to the released one")
    parser.add_argument("--rates", type=integers, help="dilation rates of the heads' branches, such as 6,12,18,24")
    parser.add_argument("--dropout", type=float, default=0.5, help="dropout rate of the heads, for training on (0.5)")
    return parser.parse_args()


def main():
    """Writes beside the destination first, so that a failure leaves what was there."""
    given = read_arguments()
    folder = os.path.dirname(os.path.abspath(given.destination))
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".convert_torch-") as scratch:
            new = os.path.join(scratch, "new")
            done = convert_back(given.source, new) if given.back else convert(given.source, new, given.rates, given.dropout)
            os.replace(new, given.destination)
    except ConversionError as problem:
        sys.exit(f"convert_torch.py: {given.source}: {problem}")
    except OSError as problem:
        sys.exit(f"convert_torch.py: {problem}")
    print(f"{given.destination}: {done}")


if __name__ == "__main__":
    main()
