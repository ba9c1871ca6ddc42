#!/usr/bin/python3
"""Writes deeplab_resnet34.h5: a narrow model by PyTorch, in double precision.

Weights, images and seeds come from fill(), which the C test computes too, so the file holds results only. The salt was
chosen so that no rectifier or pooling window is so near a tie that single precision could decide it otherwise; the
program stops if one is.
"""
import pathlib

import h5py
import numpy as np
import torch
import torch.nn.functional as F

SALT = 10
TASKS = {"seg": 4, "normal": 3, "depth": 1}
CHANNELS = [4, 8, 16, 32]  # 64..512 at width 1/16
HEAD_CHANNELS, RATES = 8, [1, 2]
SHAPE = (2, 3, 25, 21)
LEVELS = [range(0, 1), range(1, 4), range(4, 8), range(8, 14), range(14, 17)]
STAGES = {1: 1, 2: 1, 3: 1, **{b: 2 for b in range(4, 8)}, **{b: 3 for b in range(8, 14)}, **{b: 4 for b in range(14, 17)}}
SHARED, PAIR, APART = [[0, 1, 2]], [[1, 2], [0]], [[0], [2], [1]]
LAYOUTS = {0: [SHARED] * 5, 20: [SHARED, PAIR, PAIR, APART, APART], 2: [APART] * 5}


def fill(name, shape, low, high):
    """Uniform numbers named by a text: FNV-1a of it starts a counter, each count is mixed (lowbias32)."""
    seed = np.uint32(2166136261)
    with np.errstate(over="ignore"):
        for byte in f"{name}.{SALT}".encode():
            seed = (seed ^ np.uint32(byte)) * np.uint32(16777619)
        x = seed + np.arange(np.prod(shape), dtype=np.uint32) * np.uint32(0x9E3779B9)
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x7FEB352D)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0x846CA68B)
        x ^= x >> np.uint32(16)
    values = (low + (high - low) * (x.astype(np.float64) * 2.0**-32)).astype(np.float32)
    return torch.from_numpy(values.reshape(shape).astype(np.float64))


class Network:
    def __init__(self, layout):
        self.layout, self.parameters, self.margin = layout, {}, np.inf

    def parameter(self, name, shape, low, high, train=True):
        if name not in self.parameters:
            self.parameters[name] = fill(name, shape, low, high).requires_grad_(train)
        return self.parameters[name]

    def conv(self, x, name, out, kernel, stride=1, padding=0, dilation=1, bias=False):
        fan_in = x.shape[1] * kernel * kernel
        bound = np.sqrt(6.0 / fan_in)
        weight = self.parameter(name + ".weight", (out, x.shape[1], kernel, kernel), -bound, bound)
        b = self.parameter(name + ".bias", (out,), -0.1, 0.1) if bias else None
        return F.conv2d(x, weight, b, stride, padding, dilation)

    def bn(self, x, name):
        c = (x.shape[1],)
        weight, bias = self.parameter(name + ".weight", c, 0.5, 1), self.parameter(name + ".bias", c, -0.5, 0.5)
        mean = self.parameter(name + ".running_mean", c, -0.5, 0.5, False)
        var = self.parameter(name + ".running_var", c, 0.5, 1.5, False)
        return F.batch_norm(x, mean, var, weight, bias, self.training, 0.1, 1e-5)

    def relu(self, x):
        self.margin = min(self.margin, (x.abs().min() / x.std()).item())
        return F.relu(x)

    def pool(self, x):
        windows = F.unfold(F.pad(x, (1, 2, 1, 2), value=-1.0).flatten(0, 1)[:, None], 3, stride=2)
        top = windows.topk(2, 1).values
        gap = (top[:, 0] - top[:, 1])[top[:, 1] > 0]  # zeros of the rectifier tie, and pass no gradient
        self.margin = min(self.margin, (gap.min() / x.std()).item())
        return F.max_pool2d(x, 3, 2, 1, ceil_mode=True)

    def block(self, x, b, name):
        if b == 0:
            return self.pool(self.relu(self.bn(self.conv(x, name + ".conv1", CHANNELS[0], 7, 2, 3), name + ".bn1")))
        stage = STAGES[b]
        out, first = CHANNELS[stage - 1], b in (4, 8, 14)
        stride, dilation = (2 if b == 4 else 1), {1: 1, 2: 1, 3: 2, 4: 4}[stage]
        y = self.bn(self.conv(x, name + ".conv1", out, 3, stride, dilation, dilation), name + ".bn1")
        y = self.bn(self.conv(self.relu(y), name + ".conv2", out, 3, 1, dilation, dilation), name + ".bn2")
        if first:
            x = self.bn(self.conv(x, name + ".conv_shortcut", out, 1, stride), name + ".bn_shortcut")
        return self.relu(x + y)

    def head(self, x, name, channels):
        total = 0
        for r, rate in enumerate(RATES):
            y = self.relu(self.conv(x, f"{name}.{r}.conv1", HEAD_CHANNELS, 3, 1, rate, rate, True))
            y = self.relu(self.conv(y, f"{name}.{r}.conv2", HEAD_CHANNELS, 1, bias=True))
            total = total + self.conv(y, f"{name}.{r}.conv3", channels, 1, bias=True)
        return total

    def forward(self, x, training):
        self.training = training
        ends = [x] * len(TASKS)
        for sets, blocks in zip(self.layout, LEVELS):
            for b in blocks:
                ends_before = list(ends)
                for s, tasks in enumerate(sets):
                    y = self.block(ends_before[tasks[0]], b, f"trunk.{b}.{s}")
                    for t in tasks:
                        ends[t] = y
        return [self.head(ends[t], f"head.{name}", c) for t, (name, c) in enumerate(TASKS.items())]


def summary(name, values):
    """Length, and projection on a direction of its own: two numbers that few errors leave alone."""
    direction = fill("direction." + name, tuple(values.shape), -1, 1)
    return [values.norm().item(), (values * direction).sum().item()]


def losses(outputs):
    return [(fill(f"seed.{t}", tuple(y.shape), -1, 1) * y).sum() for t, y in zip(TASKS, outputs)]


def write_layout(group, layout):
    net = Network(layout)
    x = fill("image", SHAPE, -2, 2).requires_grad_()
    outputs = net.forward(x, False)
    for t, (y, loss) in enumerate(zip(outputs, losses(outputs))):
        group[f"output{t}"] = y.detach().numpy().astype(np.float32)
        group[f"dx{t}"] = torch.autograd.grad(loss, x, retain_graph=True)[0].numpy().astype(np.float32)
    sum(losses(net.forward(x.detach(), True))).backward()
    rows = [summary(n, p.grad if p.requires_grad else p) for n, p in net.parameters.items()]
    names = np.array(list(net.parameters), dtype="S96")
    group.create_dataset("names", data=names, compression="gzip")
    group["after_training"] = np.array(rows)
    print(group.name, len(rows), "parameters, margin", net.margin)
    assert net.margin > 1e-5, "choose another SALT"


path = pathlib.Path(__file__).with_name("deeplab_resnet34.h5")
with h5py.File(path, "w") as file:
    file.attrs["torch_version"] = str(torch.__version__)
    file.attrs["salt"] = SALT
    for index, tree in LAYOUTS.items():
        write_layout(file.create_group(f"layout{index}"), tree)
print(path, path.stat().st_size, "bytes")
