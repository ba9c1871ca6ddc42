#!/usr/bin/python3
"""Golden values of attacks: a tiny model of three tasks in double precision, gradients by autograd. Writes attacks.h5."""
import math
import os

import h5py
import numpy as np
import torch
import torch.nn.functional as F

SAMPLES, SHAPE, HIDDEN, OUTPUTS, TASKS, EPSILON = 3, (3, 4, 5), 8, 4, 3, 8.0
SIZE = math.prod(SHAPE)
rng = np.random.default_rng(2305)
MEAN = np.array([104.00699, 116.66877, 122.678914], dtype=np.float32)
LOW = torch.from_numpy(np.repeat(-MEAN, SIZE // 3).astype(np.float64))
HIGH = torch.from_numpy(np.repeat((np.float32(255) - MEAN).astype(np.float32), SIZE // 3).astype(np.float64))

model = {"w": 0.01 * rng.normal(size=(HIDDEN, SIZE)), "b": 0.3 * rng.normal(size=HIDDEN),
         "v": rng.normal(size=(TASKS, OUTPUTS, HIDDEN)), "c": 0.3 * rng.normal(size=(TASKS, OUTPUTS)),
         "targets": rng.normal(size=(TASKS, SAMPLES, OUTPUTS)), "labels": rng.integers(OUTPUTS, size=SAMPLES)}
tensors = {name: torch.from_numpy(value) for name, value in model.items()}
images = rng.uniform(-90, 120, size=(SAMPLES, SIZE)).astype(np.float32)
images[0, :8] = np.repeat(-MEAN, SIZE // 3)[:8]
CLEAN = torch.from_numpy(images.astype(np.float64))


def losses_of(x):
    """[task][sample]: cross entropy, angle, mean square on hugely different scales."""
    hidden = torch.tanh(x @ tensors["w"].T + tensors["b"])
    z = [hidden @ tensors["v"][t].T + tensors["c"][t] for t in range(TASKS)]
    return torch.stack([F.cross_entropy(z[0], tensors["labels"], reduction="none"),
                        0.01 * (1.5 - F.cosine_similarity(z[1], tensors["targets"][1], dim=1)),
                        100 * ((z[2] - tensors["targets"][2]) ** 2).mean(dim=1)])


def gradients_of(x):
    """Losses [task][sample] and gradients [task][sample][pixel]."""
    x = x.clone().requires_grad_(True)
    losses = losses_of(x)
    gradients = [torch.autograd.grad(losses[t].sum(), x, retain_graph=True)[0] for t in range(TASKS)]
    return losses.detach(), torch.stack(gradients)


CLEAN_LOSSES = losses_of(CLEAN).detach()


def relative_score(losses):
    return ((losses - CLEAN_LOSSES) / CLEAN_LOSSES).sum(dim=0)


class Dgba:
    """The sum of the relative gradients."""
    score = staticmethod(relative_score)

    def __call__(self, losses, gradients):
        return (gradients / losses[:, :, None]).sum(dim=0)


def simplex(v):
    """Projection by sorting (Held, Wolfe, Crowder 1974)."""
    u = np.sort(v)[::-1]
    sums = (np.cumsum(u) - 1) / np.arange(1, len(u) + 1)
    return np.maximum(v - sums[np.nonzero(u > sums)[0][-1]], 0)


class MinMax:
    """Weights move after each iterate."""
    beta, gamma = 1.0, 1.0

    def __init__(self):
        self.w = None

    def __call__(self, losses, gradients):
        if self.w is None:
            self.w = np.full((TASKS, SAMPLES), 1 / TASKS)
        else:
            r = ((losses - CLEAN_LOSSES) / CLEAN_LOSSES).numpy()
            v = self.w + (-r - self.gamma * (self.w - 1 / TASKS)) / self.beta
            self.w = np.stack([simplex(v[:, n]) for n in range(SAMPLES)], axis=1)
        return (gradients * (torch.from_numpy(self.w) / CLEAN_LOSSES)[:, :, None]).sum(dim=0)


class PcGrad:
    """Projected conflicting gradients."""

    def __call__(self, losses, gradients):
        h = gradients / losses[:, :, None]
        total = torch.zeros_like(h[0])
        for n in range(SAMPLES):
            for t in range(TASKS):
                p = h[t, n].clone()
                for j in range(TASKS):
                    if j != t and p @ h[j, n] < 0:
                        p = p - (p @ h[j, n]) / (h[j, n] @ h[j, n]) * h[j, n]
                total[n] += p
        return total


class Mgda:
    """The shortest convex combination, by projected gradient descent with many iterations."""

    def __call__(self, losses, gradients):
        h = gradients / losses[:, :, None]
        total = torch.zeros_like(h[0])
        for n in range(SAMPLES):
            gram = (h[:, n] @ h[:, n].T).numpy()
            w = np.full(TASKS, 1 / TASKS)
            step = 1 / np.linalg.eigvalsh(gram)[-1]
            for _ in range(20000):
                w = simplex(w - step * gram @ w)
            total[n] = torch.from_numpy(w) @ h[:, n]
        return total


def project(x, l2=False):
    offset = x - CLEAN
    if l2:
        offset = offset * torch.clamp(EPSILON / offset.norm(dim=1, keepdim=True), max=1)
    else:
        offset = offset.clamp(-EPSILON, EPSILON)
    return torch.minimum(torch.maximum(CLEAN + offset, LOW), HIGH)


def moved(x, u, size, l2=False):
    along = u / u.norm(dim=1, keepdim=True) if l2 else u.sign()
    return project(x + size * along, l2)


def ifgsm(rule, iterations, l2=False):
    x = CLEAN
    for _ in range(iterations):
        x = moved(x, rule(*gradients_of(x)), EPSILON / iterations, l2)
    return x


def mim(rule, iterations, l2=False):
    x, m = CLEAN, 0
    for _ in range(iterations):
        u = rule(*gradients_of(x))
        m = m + u / u.abs().sum(dim=1, keepdim=True)
        x = moved(x, m, EPSILON / iterations, l2)
    return x


def apgd(rule, iterations, l2=False):
    """The loop of AutoAttack's attack_single_run, from the clean image."""
    size = torch.full((SAMPLES, 1), 2 * EPSILON, dtype=torch.float64)
    x = before = best = CLEAN
    losses, gradients = gradients_of(x)
    u = best_u = rule(losses, gradients)
    history = [rule.score(losses)]
    best_score = history[0]
    period = max(int(0.22 * iterations), 1)
    least, less = max(int(0.06 * iterations), 1), max(int(0.03 * iterations), 1)
    reduced, at_check, since = torch.ones(SAMPLES, dtype=torch.bool), best_score, 0
    for i in range(iterations):
        ahead, a = moved(x, u, size, l2), 0.75 if i > 0 else 1.0
        x, before = project(x + a * (ahead - x) + (1 - a) * (x - before), l2), x
        losses, gradients = gradients_of(x)
        u = rule(losses, gradients)
        history.append(rule.score(losses))
        better = history[-1] > best_score
        best, best_u = torch.where(better[:, None], x, best), torch.where(better[:, None], u, best_u)
        best_score = torch.where(better, history[-1], best_score)
        since += 1
        if since == period:
            rises = sum((history[-k] > history[-k - 1]).int() for k in range(1, period + 1))
            reduced, at_check = (rises <= 0.75 * period) | (~reduced & (at_check >= best_score)), best_score
            size = torch.where(reduced[:, None], size / 2, size)
            x, u = torch.where(reduced[:, None], best, x), torch.where(reduced[:, None], best_u, u)
            period, since = max(period - less, least), 0
    return best


def saga(_, iterations):
    """With DGBA: every gradient of an iteration is divided by the losses of its first point."""
    x, a, size = CLEAN, torch.ones(TASKS, SAMPLES, SIZE, dtype=torch.float64), EPSILON / iterations
    for _ in range(iterations):
        losses, gradients = gradients_of(x)
        g = gradients / losses[:, :, None]
        u = (a * g).sum(dim=0)
        h = -(gradients_of(moved(x, u, size))[1] / losses[:, :, None]).sum(dim=0)
        a = a - 10 * h * 50 * size * g / torch.cosh(50 * u) ** 2
        x = moved(x, (a * g).sum(dim=0), size)
    return x


CASES = {"mim": (mim, Dgba, 10, {}), "mim_l2": (mim, Dgba, 10, {"l2": True}), "apgd": (apgd, Dgba, 20, {}),
         "apgd_l2": (apgd, Dgba, 20, {"l2": True}), "saga": (saga, Dgba, 10, {}), "minmax": (ifgsm, MinMax, 10, {}),
         "mgda": (ifgsm, Mgda, 10, {"l2": True}), "pcgrad": (ifgsm, PcGrad, 10, {"l2": True})}

with h5py.File(os.path.join(os.path.dirname(os.path.abspath(__file__)), "attacks.h5"), "w") as out:
    out.attrs["torch"] = str(torch.__version__)
    for key, array in {**model, "images": images, "clean_losses": CLEAN_LOSSES.numpy()}.items():
        out.create_dataset(key, data=array, track_times=False)
    for key, (step, rule_class, count, options) in CASES.items():
        result = step(rule_class(), count, **options)
        out.create_dataset("adversarial/" + key, data=result.numpy(), track_times=False)
        out.create_dataset("losses/" + key, data=losses_of(result).numpy(), track_times=False)
