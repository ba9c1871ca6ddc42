#!/usr/bin/python3
"""Writes BACKBONE.h5 for each backbone: a narrow model by PyTorch, in double precision.

Weights, images and seeds come from fill(), which the C test computes too, so the files hold results only. The salts were
chosen so that no rectifier or pooling window is so near a tie that single precision could decide it otherwise; the
program stops if one is.
"""
import pathlib

import h5py
import numpy as np
import torch
import torch.nn.functional as F

TASKS = {"seg": 4, "normal": 3, "depth": 1}
HEAD_CHANNELS, RATES = 8, [1, 2]
SHARED, PAIR, APART = [[0, 1, 2]], [[1, 2], [0]], [[0], [2], [1]]
LAYOUTS = {0: [SHARED] * 5, 20: [SHARED, PAIR, PAIR, APART, APART], 2: [APART] * 5}


def fill(salt, name, shape, low, high):
    """Uniform numbers named by a text: FNV-1a of it starts a counter, each count is mixed (lowbias32)."""
    seed = np.uint32(2166136261)
    with np.errstate(over="ignore"):
        for byte in f"{name}.{salt}".encode():
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
    """What the backbones share; each has a name, salt, image shape, levels of blocks, and block().

    Of gradients of the image only every step-th row and column is written.
    """

    step = 1

    def __init__(self, layout):
        self.layout, self.parameters, self.margin = layout, {}, np.inf

    def parameter(self, name, shape, low, high, train=True):
        if name not in self.parameters:
            self.parameters[name] = fill(self.salt, name, shape, low, high).requires_grad_(train)
        return self.parameters[name]

    def conv(self, x, name, out, kernel, stride=1, padding=0, dilation=1, bias=False, groups=1):
        fan_in = x.shape[1] // groups * kernel * kernel
        bound = np.sqrt(6.0 / fan_in)
        weight = self.parameter(name + ".weight", (out, x.shape[1] // groups, kernel, kernel), -bound, bound)
        b = self.parameter(name + ".bias", (out,), -0.1, 0.1) if bias else None
        return F.conv2d(x, weight, b, stride, padding, dilation, groups)

    def bn(self, x, name):
        c = (x.shape[1],)
        weight, bias = self.parameter(name + ".weight", c, 0.5, 1), self.parameter(name + ".bias", c, -0.5, 0.5)
        mean = self.parameter(name + ".running_mean", c, -0.5, 0.5, False)
        var = self.parameter(name + ".running_var", c, 0.5, 1.5, False)
        return F.batch_norm(x, mean, var, weight, bias, self.training, 0.1, 1e-5)

    def relu(self, x):
        self.margin = min(self.margin, (x.abs().min() / x.std()).item())
        return F.relu(x)

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
        for sets, blocks in zip(self.layout, self.levels):
            for b in blocks:
                ends_before = list(ends)
                for s, tasks in enumerate(sets):
                    y = self.block(ends_before[tasks[0]], b, f"trunk.{b}.{s}")
                    for t in tasks:
                        ends[t] = y
        return [self.head(ends[t], f"head.{name}", c) for t, (name, c) in enumerate(TASKS.items())]

    def summary(self, name, values):
        """Length, and projection on a direction of its own: two numbers that few errors leave alone."""
        direction = fill(self.salt, "direction." + name, tuple(values.shape), -1, 1)
        return [values.norm().item(), (values * direction).sum().item()]

    def losses(self, outputs):
        return [(fill(self.salt, f"seed.{t}", tuple(y.shape), -1, 1) * y).sum() for t, y in zip(TASKS, outputs)]


class ResNet34(Network):
    name, salt, shape = "deeplab_resnet34", 10, (2, 3, 25, 21)
    channels = [4, 8, 16, 32]  # 64..512 at width 1/16
    levels = [range(0, 1), range(1, 4), range(4, 8), range(8, 14), range(14, 17)]
    stages = {b: stage for stage, blocks in enumerate(levels) for b in blocks}

    def pool(self, x):
        windows = F.unfold(F.pad(x, (1, 2, 1, 2), value=-1.0).flatten(0, 1)[:, None], 3, stride=2)
        top = windows.topk(2, 1).values
        gap = (top[:, 0] - top[:, 1])[top[:, 1] > 0]  # zeros of the rectifier tie, and pass no gradient
        self.margin = min(self.margin, (gap.min() / x.std()).item())
        return F.max_pool2d(x, 3, 2, 1, ceil_mode=True)

    def block(self, x, b, name):
        if b == 0:
            return self.pool(self.relu(self.bn(self.conv(x, name + ".conv1", self.channels[0], 7, 2, 3), name + ".bn1")))
        stage = self.stages[b]
        out, first = self.channels[stage - 1], b in (4, 8, 14)
        stride, dilation = (2 if b == 4 else 1), {1: 1, 2: 1, 3: 2, 4: 4}[stage]
        y = self.bn(self.conv(x, name + ".conv1", out, 3, stride, dilation, dilation), name + ".bn1")
        y = self.bn(self.conv(self.relu(y), name + ".conv2", out, 3, 1, dilation, dilation), name + ".bn2")
        if first:
            x = self.bn(self.conv(x, name + ".conv_shortcut", out, 1, stride), name + ".bn_shortcut")
        return self.relu(x + y)


class MobileNetV2(Network):
    name, salt, shape, step, width = "mobilenet_v2", 35, (2, 3, 49, 41), 3, 1 / 16
    levels = [range(0, 7), range(7, 18), range(18, 23), range(23, 31), range(31, 32)]

    def __init__(self, layout):
        super().__init__(layout)
        self.makers = [lambda x, name: self.unit(x, name, 1, 32, 3, 2)]
        for expand, channels, count, stride in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                                (6, 160, 3, 2), (6, 320, 1, 1)]:
            before = 32 if expand == 1 else self.last
            self.bottlenecks(expand * before, channels, count, stride, expand > 1)
            self.last = channels
        self.makers.append(lambda x, name: self.unit(x, name, 1, 1280))

    def unit(self, x, name, number, channels, kernel=1, stride=1, groups=1, linear=False):
        out = x.shape[1] if groups > 1 else int(np.floor(channels * self.width + 0.5))
        y = self.conv(x, f"{name}.conv{number}", out, kernel, stride, kernel // 2, groups=groups)
        y = self.bn(y, f"{name}.bn{number}")
        return y if linear else self.relu(y)

    def depthwise(self, x, name, number, stride):
        return self.unit(x, name, number, None, 3, stride, x.shape[1])

    def bottlenecks(self, hidden, channels, count, stride, expands):
        """The first is up to three blocks, as it has no shortcut; each further one is a block."""
        if expands:
            self.makers.append(lambda x, name: self.unit(x, name, 1, hidden))
        self.makers.append(lambda x, name: self.depthwise(x, name, 1, stride))
        self.makers.append(lambda x, name: self.unit(x, name, 1, channels, linear=True))
        for _ in range(count - 1):
            self.makers.append(lambda x, name: self.residual(x, name, channels))

    def residual(self, x, name, channels):
        y = self.depthwise(self.unit(x, name, 1, 6 * channels), name, 2, 1)
        return x + self.unit(y, name, 3, channels, linear=True)

    def block(self, x, b, name):
        return self.makers[b](x, name)


def write_layout(group, net):
    x = fill(net.salt, "image", net.shape, -2, 2).requires_grad_()
    outputs = net.forward(x, False)
    for t, (y, loss) in enumerate(zip(outputs, net.losses(outputs))):
        dx = torch.autograd.grad(loss, x, retain_graph=True)[0][:, :, :: net.step, :: net.step]
        group[f"output{t}"] = y.detach().numpy().astype(np.float32)
        group[f"dx{t}"] = dx.numpy().astype(np.float32)
    sum(net.losses(net.forward(x.detach(), True))).backward()
    rows = [net.summary(n, p.grad if p.requires_grad else p) for n, p in net.parameters.items()]
    names = np.array(list(net.parameters), dtype="S96")
    group.create_dataset("names", data=names, compression="gzip")
    group["after_training"] = np.array(rows)
    print(group.name, len(rows), "parameters, margin", net.margin)
    assert net.margin > 1e-5, "choose another salt"


def main():
    for backbone in (ResNet34, MobileNetV2):
        path = pathlib.Path(__file__).with_name(backbone.name + ".h5")
        with h5py.File(path, "w") as file:
            file.attrs["torch_version"] = str(torch.__version__)
            file.attrs["salt"] = backbone.salt
            for index, tree in LAYOUTS.items():
                write_layout(file.create_group(f"layout{index}"), backbone(tree))
        print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
