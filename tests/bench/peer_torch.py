#!/usr/bin/python3
"""One contender of peer.py: PyTorch on the model and the batch of a file that `dgba bench --save` wrote.

Prints a line of JSON: milliseconds per image of each timed pass, peak memory, and, for attacks, how its losses and its
direction agree with those in the file. A process of its own for each contender keeps their peak memory apart.
"""
import argparse
import importlib.util
import json
import pathlib
import re
import resource
import time

import h5py
import torch
import torch.nn.functional as F


def golden_generator():
    """tests/golden/model/generate.py as a module: it has the network."""
    path = pathlib.Path(__file__).parents[1] / "golden" / "model" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = golden_generator()


class FromFile:
    """Over a network of the golden tests: the weights of a file, dropout in training, and none of their checks."""

    def __init__(self, file, options):
        model = file["model"]
        tree = model.attrs["layout_tree"]
        super().__init__([[[int(t) for t in s] for s in re.findall(r"\{(\d+)\}", level)] for level in tree.split("|")])
        self.tasks = [name.decode() for name in model["tasks"]]
        generate.TASKS = dict(zip(self.tasks, model["task_channels"]))
        generate.RATES = list(model["head_rates"])
        self.dropout = model.attrs["head_dropout"]
        self.parameters = {name: torch.from_numpy(values[()]) for name, values in model["parameters"].items()}
        self.folded = options.folded
        if options.folded:
            self.fold()
        for name, values in self.parameters.items():
            if options.channels_last and values.dim() == 4:
                self.parameters[name] = values.contiguous(memory_format=torch.channels_last)
            trains = not options.frozen and "running" not in name
            self.parameters[name].requires_grad_(trains)

    def fold(self):
        """Batch normalisation in evaluation mode goes into the convolution before it, as dgba does it."""
        for name in [n for n in self.parameters if n.endswith(".running_mean")]:
            bn = name[: -len(".running_mean")]
            conv = bn.replace(".bn", ".conv")
            gamma, beta, mean, var = [self.parameters.pop(f"{bn}.{part}")
                                      for part in ("weight", "bias", "running_mean", "running_var")]
            scale = gamma / torch.sqrt(var + 1e-5)
            self.parameters[conv + ".weight"] *= scale[:, None, None, None]
            self.parameters[conv + ".bias"] = beta - mean * scale

    def parameter(self, name, *_):
        return self.parameters[name]

    def conv(self, x, name, out, kernel, stride=1, padding=0, dilation=1, bias=False, groups=1):
        weight, b = self.parameters[name + ".weight"], self.parameters.get(name + ".bias")
        return F.conv2d(x, weight, b, stride, padding, dilation, groups)

    def bn(self, x, name):
        return x if self.folded else super().bn(x, name)

    def relu(self, x):
        return F.relu(x, inplace=True)

    def pool(self, x):
        return F.max_pool2d(x, 3, 2, 1, ceil_mode=True)

    def drop(self, x):
        return F.dropout(x, self.dropout, self.training)

    def head(self, x, name, channels):
        total = 0
        for r, rate in enumerate(generate.RATES):
            y = self.drop(self.relu(self.conv(x, f"{name}.{r}.conv1", None, 3, 1, int(rate), int(rate))))
            y = self.drop(self.relu(self.conv(y, f"{name}.{r}.conv2", None, 1)))
            total = total + self.conv(y, f"{name}.{r}.conv3", None, 1)
        return total


def read_network(file, options):
    backbone = file["model"].attrs["backbone"]
    kind = next(k for k in (generate.ResNet34, generate.MobileNetV2) if k.name == backbone)
    return type("Network", (FromFile, kind), {})(file, options)


class Batch:
    def __init__(self, file, tasks, options):
        count = options.batch or len(file["bench/images"])
        self.images = torch.from_numpy(file["bench/images"][:count])
        if options.channels_last:
            self.images = self.images.contiguous(memory_format=torch.channels_last)
        self.tasks, labels = tasks, file["bench/labels"]
        self.values = [torch.from_numpy(labels[f"{t}/values"][:count]) for t in tasks]
        self.valid = [torch.from_numpy(labels[f"{t}/valid"][:count]).float() for t in tasks]
        self.size = None

    def shrink(self, size):
        """The labels at the resolution of the predictions; once."""
        if self.size == size:
            return
        self.values = [F.interpolate(v, size=size, mode="nearest") for v in self.values]
        self.valid = [F.interpolate(v, size=size, mode="nearest")[:, 0] for v in self.valid]
        self.size = size

    def losses(self, outputs):
        """[task] of losses per image"""
        self.shrink(outputs[0].shape[2:])
        result = []
        for task, y, g, valid in zip(self.tasks, outputs, self.values, self.valid):
            if task == "segment_semantic":
                pixels = F.cross_entropy(y, g[:, 0].long(), reduction="none")
            elif task == "normal":
                pixels = 1 - F.cosine_similarity(y, g, dim=1)
            else:
                pixels = (y - g).abs()[:, 0]
            result.append((pixels * valid).sum((1, 2)) / valid.sum((1, 2)))
        return result


def released_attack(net, batch):
    """As the paper's code does it: a backward pass per task that also computes the gradients of all weights."""
    x = batch.images.detach().requires_grad_()
    losses = batch.losses(net.forward(x, False))
    direction = torch.zeros_like(x)
    for loss in losses:
        loss.sum().backward(retain_graph=loss is not losses[-1])
        direction += x.grad / loss.detach()[:, None, None, None]
        x.grad = None
    for values in net.parameters.values():
        values.grad = None
    return torch.stack(losses).detach(), direction


def tuned_attack(net, batch):
    """One weighted backward pass to the image."""
    x = batch.images.detach().requires_grad_()
    losses = batch.losses(net.forward(x, False))
    weighted = sum((loss / loss.detach()).sum() for loss in losses)
    return torch.stack(losses).detach(), torch.autograd.grad(weighted, x)[0]


def training(net, batch):
    trained = [p for p in net.parameters.values() if p.requires_grad]
    optimiser = torch.optim.Adam(trained, lr=1e-3, betas=(0.5, 0.999), weight_decay=1e-4)

    def step():
        optimiser.zero_grad(set_to_none=True)
        sum(loss.mean() for loss in batch.losses(net.forward(batch.images, True))).backward()
        optimiser.step()

    return step


def agreement(file, losses, direction):
    ours, theirs = torch.from_numpy(file["bench/direction"][: len(direction)]), direction.contiguous()
    difference = (losses.double() - torch.from_numpy(file["bench/losses"][:, : len(direction)])).abs().max().item()
    return {"equal_signs": (ours.sign() == theirs.sign()).double().mean().item(), "loss_difference": difference}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["released", "tuned", "train"])
    parser.add_argument("file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--batch", type=int, default=0, help="images to use; 0 = all")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--folded", action="store_true")
    options = parser.parse_args()
    options.frozen = options.what == "tuned"
    return options


def main():
    options = read_options()
    torch.set_num_threads(options.threads)
    answer = {}
    with h5py.File(options.file) as file:
        net = read_network(file, options)
        batch = Batch(file, net.tasks, options)
        attack = released_attack if options.what == "released" else tuned_attack
        run = training(net, batch) if options.what == "train" else lambda: attack(net, batch)
        first = run()  # not timed
        if first is not None:
            answer.update(agreement(file, *first))
    answer["ms"] = []
    for _ in range(options.repeat):
        start = time.perf_counter()
        run()
        answer["ms"].append(1e3 * (time.perf_counter() - start) / len(batch.images))
    answer["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
