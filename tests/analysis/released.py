"""A model and checkpoints as the released PyTorch code has them, for convert_torch.sh.

    released.py make FOLDER        writes checkpoints, good and bad ones
    released.py check NAME FILE    adds an image and PyTorch's predictions to FILE, converted from NAME.model
    released.py compare A B        fails unless two checkpoints hold the same
"""

import collections
import os
import pathlib
import sys
import types

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "analysis"))
import convert_torch

TASKS = {"segment_semantic": 5, "normal": 3, "depth_zbuffer": 1}
CHANNELS, HIDDEN, RATES = [2, 4, 7, 14], 4, [6, 12, 18, 24]  # width 14/512 rounds to these
SHARED, APART = [{0, 1, 2}], [{0}, {2}, {1}]
STATES = {
    "good": [SHARED, SHARED, [{1, 2}, {0}], [{1, 2}, {0}], APART],
    "shuffled": [SHARED, SHARED, [{0}, {1, 2}], [{1, 2}, {0}], [{1}, {2}, {0}]],  # not in the order of the enumeration
}
BLOCKS_OF_LEVEL = [1, 3, 4, 6, 3]
DILATIONS = [1, 1, 2, 4]


class BasicBlock(nn.Module):
    def __init__(self, before, out, stride, dilation):
        super().__init__()
        self.conv1 = nn.Conv2d(before, out, 3, stride, dilation, dilation, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(out)

    def forward(self, x):
        return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))


class Residual(nn.Module):
    def __init__(self, before, out, stride, dilation, projects):
        super().__init__()
        self.block = BasicBlock(before, out, stride, dilation)
        self.ds = nn.Sequential(nn.Conv2d(before, out, 1, stride, bias=False), nn.BatchNorm2d(out)) if projects else None

    def forward(self, x):
        return F.relu(self.block(x) + (x if self.ds is None else self.ds(x)))


class Copy(nn.Module):
    """A copy of fine block `index` of level `level`, for a set of tasks."""

    def __init__(self, level, index, tasks):
        super().__init__()
        self.tasks = tasks
        if level == 0:
            parts = nn.Conv2d(3, CHANNELS[0], 7, 2, 3, bias=False), nn.BatchNorm2d(CHANNELS[0]), nn.ReLU()
            self.residual_block = nn.Sequential(*parts, nn.MaxPool2d(3, 2, 1, ceil_mode=True))
            return
        changes = index == 0 and level > 1
        before = CHANNELS[level - 2] if changes else CHANNELS[level - 1]
        stride = 2 if changes and level == 2 else 1
        self.residual_block = Residual(before, CHANNELS[level - 1], stride, DILATIONS[level - 1], changes)


class Branch(nn.Module):
    def __init__(self, channels, rate):
        super().__init__()
        self.conv1 = nn.Conv2d(CHANNELS[-1], HIDDEN, 3, 1, rate, rate)
        self.conv2 = nn.Conv2d(HIDDEN, HIDDEN, 1)
        self.conv3 = nn.Conv2d(HIDDEN, channels, 1)

    def forward(self, x):
        return self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))


class Network(nn.Module):
    def __init__(self, state):
        super().__init__()
        copies = [Copy(level, i, tasks) for level, sets in enumerate(state) for i in range(BLOCKS_OF_LEVEL[level])
                  for tasks in sets]
        self.backbone = nn.Module()
        self.backbone.mtl_blocks = nn.ModuleList(copies)
        heads = {t: {f"fc{r}": Branch(c, rate) for r, rate in enumerate(RATES, 1)} for t, c in TASKS.items()}
        self.heads = nn.ModuleDict({task: nn.ModuleDict(branches) for task, branches in heads.items()})

    def forward(self, x):
        ends = [x] * len(TASKS)
        for copy in self.backbone.mtl_blocks:
            y = copy.residual_block(ends[min(copy.tasks)])
            for t in copy.tasks:
                ends[t] = y
        return [sum(b(end) for b in head.values()) for end, head in zip(ends, self.heads.values())]


def make_network(name):
    """Every number differs from its neighbours and from its initial value."""
    torch.manual_seed(3)
    network = Network(STATES[name])
    for name, values in network.state_dict().items():
        if name.endswith("running_var"):
            values.uniform_(0.5, 1.5)
        elif name.endswith("num_batches_tracked"):
            values.fill_(1234)
        elif values.dim() == 1:
            values.add_(0.2 * torch.randn(values.shape))
    return network.eval()


def make_module():
    """Makes the class main.layout.Layout, whose module is gone when convert_torch.py reads a checkpoint."""
    module = types.ModuleType("main.layout")
    exec("class Layout:\n    pass", module.__dict__)
    sys.modules["main"], sys.modules["main.layout"] = types.ModuleType("main"), module


def layout_object(state, tasks=3):
    layout = sys.modules["main.layout"].Layout()
    layout.T, layout.B, layout.state, layout.score = tasks, len(state), state, 0.25
    return layout


class Harm:
    """Runs a command when it is unpickled by a trusting reader."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def make(folder):
    make_module()
    tensors = make_network("good").state_dict()
    good = {"iter": 20000, "state_dict": tensors, "layout": layout_object(STATES["good"]), "scheduler": {"last_epoch": 5},
            "optimizer": {"harm": Harm(f"touch {folder}/harmed")}}

    def save(name, **changes):
        torch.save({**good, **changes}, f"{folder}/{name}.model")

    def without(*names):
        return collections.OrderedDict((k, v) for k, v in tensors.items() if k not in names)

    conv = "backbone.mtl_blocks.5.residual_block.ds.0.weight"
    save("good")
    save("shuffled", state_dict=make_network("shuffled").state_dict(), layout=layout_object(STATES["shuffled"]))
    torch.save(tensors, f"{folder}/old.model", _use_new_zipfile_serialization=False)
    save("missing", state_dict=without(conv))
    save("unknown", state_dict={**tensors, "backbone.extra.weight": torch.zeros(3)})
    save("misshapen", state_dict={**tensors, conv: torch.zeros(3, 2, 3, 3)})
    save("branches", state_dict=collections.OrderedDict((k, v) for k, v in tensors.items() if ".fc4." not in k))
    save("no_layout", layout=layout_object([SHARED, APART, SHARED, APART, APART]))
    save("four_levels", layout=layout_object(STATES["good"][:4]))
    save("four_tasks", layout=layout_object([[{0, 1, 2, 3}]] * 5, 4))
    save("stateless", layout="A")
    torch.save(tensors, f"{folder}/bare.model")
    pathlib.Path(folder, "cut.model").write_bytes(pathlib.Path(folder, "good.model").read_bytes()[:-900])
    pathlib.Path(folder, "text.model").write_text("not a checkpoint\n")


def check(name, path):
    torch.manual_seed(4)
    image = 50 * torch.randn(2, 3, 65, 57)
    with torch.no_grad(), h5py.File(path, "a") as file:
        file["check/image"] = image.numpy()
        for t, prediction in enumerate(make_network(name)(image)):
            file[f"check/prediction{t}"] = prediction.numpy()


def compare(first, second):
    a, b = (convert_torch.load_checkpoint(path) for path in (first, second))
    names = set(a["state_dict"])
    assert a.keys() == b.keys() and names == set(b["state_dict"]), names ^ set(b["state_dict"])
    assert a["iter"] == b["iter"] and a["layout"].T == b["layout"].T and a["layout"].B == b["layout"].B
    assert a["layout"].state == b["layout"].state
    different = [name for name in names if not np.array_equal(a["state_dict"][name], b["state_dict"][name])]
    assert not different, f"{len(different)} differ: {different[:3]}"
    make_module()  # torch.load wants it
    loaded = torch.load(second)
    make_network("good").load_state_dict(loaded["state_dict"], strict=True)
    assert isinstance(loaded["layout"], sys.modules["main.layout"].Layout) and isinstance(loaded["layout"].state[0][0], set)


if __name__ == "__main__":
    {"make": make, "check": check, "compare": compare}[sys.argv[1]](*sys.argv[2:])
