#!/usr/bin/python3
"""Golden values of the tasks: losses, seeds and nearest sampling by PyTorch, metrics by NumPy. Writes tasks.h5 beside it."""
import os

import h5py
import numpy as np
import torch
import torch.nn.functional as F

N, PREDICTION, LABEL = 3, (7, 9), (31, 40)
CLASSES = 5
NEAREST = [(321, 41), (224, 29), (96, 12), (128, 16), (31, 7), (40, 9), (5, 13), (3, 3), (12, 96), (29, 224), (41, 321)]
rng = np.random.default_rng(20230512)


def sampled(array, size):
    return F.interpolate(torch.from_numpy(np.ascontiguousarray(array)).double(), size=size, mode="nearest")


def losses_of(kind, prediction, labels, valid):
    """Losses and numbers of valid pixels per sample, from the pixels' losses (N,h,w)."""
    if kind == "segmentation":
        target = labels[:, 0].long().masked_fill(valid == 0, 255)
        pixel = F.cross_entropy(prediction, target, ignore_index=255, reduction="none")
    elif kind == "normals":
        pixel = 1 - F.cosine_similarity(prediction, labels, dim=1)
    else:
        pixel = (prediction - labels).abs()[:, 0]
    count = valid.sum((1, 2))
    return (pixel * valid).sum((1, 2)) / count, count


def segmentation_metrics(p, g):
    answer, truth = p.argmax(0), g[0]
    iou = [np.sum((answer == c) & (truth == c)) / np.sum((answer == c) | (truth == c))
           for c in range(CLASSES) if np.any((answer == c) | (truth == c))]
    return [np.mean(iou), np.mean(answer == truth)]


def normals_metrics(p, g):
    cosine = np.sum(p * g, 0) / np.linalg.norm(p, axis=0) / np.linalg.norm(g, axis=0)
    angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return [np.mean(angle), np.median(angle)] + [np.mean(angle < limit) for limit in (11.25, 22.5, 30)]


def depth_metrics(p, g):
    error = np.abs(p - g)
    ratio = np.maximum(p / g, g / p)
    return [np.mean(error), np.mean(error / g)] + [np.mean((p > 0) & (ratio < 1.25**k)) for k in (1, 2, 3)]


METRICS = {"segmentation": segmentation_metrics, "normals": normals_metrics, "depth": depth_metrics,
           "pixel_l1": lambda p, g: [np.mean(np.abs(p - g))]}


def inputs_of(kind):
    valid = (rng.random((N, *LABEL)) < 0.8).astype(np.uint8)
    if kind == "segmentation":
        labels = rng.integers(0, CLASSES - 1, (N, 1, *LABEL)).astype(np.float32)
        prediction = 3 * rng.standard_normal((N, CLASSES, *PREDICTION))
        prediction[:, CLASSES - 1] -= 100  # never predicted, never true: absent
    elif kind == "normals":
        labels = rng.standard_normal((N, 3, *LABEL)) + np.array([0, 0, 6]).reshape(3, 1, 1)
        labels /= np.linalg.norm(labels, axis=1, keepdims=True)
        labels = labels.astype(np.float32)
        prediction = sampled(labels, PREDICTION).numpy() + 0.3 * rng.standard_normal((N, 3, *PREDICTION))
    else:
        labels = rng.uniform(0.5, 5, (N, 1, *LABEL)).astype(np.float32)
        prediction = sampled(labels, PREDICTION).numpy() + 0.8 * rng.standard_normal((N, 1, *PREDICTION))
    return prediction.astype(np.float32), labels, valid


def write_kind(file, kind):
    prediction, labels, valid = inputs_of(kind)
    weights = rng.uniform(-1, 2, N)
    p = torch.from_numpy(prediction).double().requires_grad_()
    losses, count = losses_of(kind, p, sampled(labels, PREDICTION), sampled(valid[:, None], PREDICTION)[:, 0])
    (torch.from_numpy(weights) * losses).sum().backward()
    # Metrics pool the valid pixels of all samples: (C, pixels).
    keep = valid.astype(bool)
    wide = sampled(prediction, LABEL).numpy().transpose(1, 0, 2, 3)[:, keep]
    true = labels.astype(np.float64).transpose(1, 0, 2, 3)[:, keep]
    group = file.create_group(kind)
    for name, value in {"prediction": prediction, "labels": labels, "valid": valid, "weights": weights,
                        "losses": losses.detach().numpy(), "denominators": count.numpy(),
                        "gradient": p.grad.numpy(), "metrics": np.array(METRICS[kind](wide, true))}.items():
        group.create_dataset(name, data=value, track_times=False)


def write_nearest(file):
    """For each pair (in, out) the source index of every output index, one after the other."""
    indices = [F.interpolate(torch.arange(a, dtype=torch.float32)[None, None], size=b, mode="nearest")[0, 0].numpy()
               for a, b in NEAREST]
    file.create_dataset("nearest/sizes", data=np.array(NEAREST, dtype=np.int64), track_times=False)
    file.create_dataset("nearest/indices", data=np.concatenate(indices).astype(np.int64), track_times=False)


with h5py.File(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tasks.h5"), "w") as out:
    out.attrs["torch"] = str(torch.__version__)
    for each in METRICS:
        write_kind(out, each)
    write_nearest(out)
