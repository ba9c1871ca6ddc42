#!/usr/bin/python3
"""Golden values of the tasks: losses, seeds and nearest sampling by PyTorch, metrics by NumPy. Writes tasks.h5 beside it."""
import os

import h5py
import numpy as np
import torch
import torch.nn.functional as F

N, PREDICTION, LABEL = 3, (7, 9), (31, 40)
CLASSES = 5
WEIGHTS = np.array([0.3, 2, 1, 0.5, 4], dtype=np.float32)
BATCHES = (slice(0, 2), slice(2, 3))  # of the samples, for the metrics of the released code
NEAREST = [(321, 41), (224, 29), (96, 12), (128, 16), (31, 7), (40, 9), (5, 13), (3, 3), (12, 96), (29, 224), (41, 321)]
rng = np.random.default_rng(20230512)


def sampled(array, size):
    return F.interpolate(torch.from_numpy(np.ascontiguousarray(array)).double(), size=size, mode="nearest")


def losses_of(kind, prediction, labels, valid):
    """Losses and denominators per sample, from the pixels' losses (N,h,w)."""
    if kind == "weighted_segmentation":
        target = labels[:, 0].long().masked_fill(valid == 0, 255)
        weights = torch.from_numpy(WEIGHTS).double()
        losses = [F.cross_entropy(p[None], t[None], weights, ignore_index=255) for p, t in zip(prediction, target)]
        return torch.stack(losses), (weights[labels[:, 0].long()] * valid).sum((1, 2))
    if kind == "raw_normals":
        valid = valid * (labels.max(1)[0] < 255)
    if kind == "segmentation":
        target = labels[:, 0].long().masked_fill(valid == 0, 255)
        pixel = F.cross_entropy(prediction, target, ignore_index=255, reduction="none")
    elif kind.endswith("normals"):
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


def weighted_cross_entropy(p, g):
    return [F.cross_entropy(torch.from_numpy(p.T), torch.from_numpy(g[0]).long(), torch.from_numpy(WEIGHTS).double()).item()]


def raw_normals_metrics(p, g):
    keep = g.max(0) != 255
    return normals_metrics(p[:, keep], g[:, keep])


def absolute_error(p, g):
    return [np.mean(np.abs(p - g))]


METRICS = {"segmentation": segmentation_metrics, "weighted_segmentation": weighted_cross_entropy,
           "normals": normals_metrics, "cosine_normals": lambda p, g: [np.mean(np.sum(p * g, 0) / np.linalg.norm(p, axis=0)
                                                                               / np.linalg.norm(g, axis=0))],
           "raw_normals": raw_normals_metrics, "depth": depth_metrics,
           "log_depth": absolute_error, "pixel_l1": absolute_error}


# The released code's metrics, in NumPy: `batches` are (prediction, label) of the valid pixels, `sizes` their samples.

def batch_mean(function, batches, sizes):
    return np.sum([function(p, g) * n for (p, g), n in zip(batches, sizes)]) / np.sum(sizes)


def released_segmentation(batches, sizes):
    matrix = np.zeros((CLASSES, CLASSES))
    for p, g in batches:
        np.add.at(matrix, (g[0].astype(int), p.argmax(0)), 1)
    iou = [matrix[c, c] / (matrix[c].sum() + matrix[:, c].sum() - matrix[c, c]) for c in range(CLASSES) if matrix[c, c]]
    return {"mean_iou": np.sum(iou) / len(iou), "accuracy": batch_mean(lambda p, g: np.mean(p.argmax(0) == g[0]), batches, sizes)}


def released_normals(batches, sizes):
    p, g = (np.concatenate(x, 1) for x in zip(*batches))
    p, g = p[:, g.max(0) != 255], g[:, g.max(0) != 255]
    cosine = np.clip(np.sum(p * g, 0) / np.linalg.norm(p, axis=0) / np.linalg.norm(g, axis=0), -1, 1)
    angle = np.arccos(cosine) / np.pi * 180
    return {"mean": np.mean(angle), "median": np.median(angle),
            **{f"%{limit}": np.mean(np.less_equal(angle, limit)) * 100 for limit in (11.25, 22.5, 30)}}


def released_cosine(batches, sizes):
    p, g = (np.concatenate(x, 1) for x in zip(*batches))
    return {"cosine": np.mean(np.sum(p * g, 0) / np.linalg.norm(p, axis=0) / np.linalg.norm(g, axis=0))}


def released_depth(batches, sizes):
    p, g = (np.concatenate(x, 1) for x in zip(*batches))
    ratio = np.maximum(p / g, g / p)
    return {"absolute": batch_mean(lambda p, g: np.mean(np.abs(p - g)), batches, sizes),
            "relative": batch_mean(lambda p, g: np.mean(np.abs(p - g) / g), batches, sizes),
            **{f"%{k}": np.mean(np.less_equal(ratio, 1.25**k)) * 100 for k in (1, 2, 3)}}


def released_mean(metric):
    return lambda batches, sizes: {"mean": batch_mean(lambda p, g: metric(p, g)[0], batches, sizes)}


RELEASED = {"segmentation": released_segmentation, "weighted_segmentation": released_mean(weighted_cross_entropy),
            "normals": released_normals, "cosine_normals": released_cosine, "raw_normals": released_normals,
            "depth": released_depth, "log_depth": released_mean(absolute_error), "pixel_l1": released_mean(absolute_error)}


def released_metrics(kind, wide, labels, valid):
    """Rounded to 4 digits, as they are told; percentages as shares."""
    batches = []
    for part in BATCHES:
        keep = valid[part].astype(bool)
        batches.append(tuple(x[part].astype(np.float64).transpose(1, 0, 2, 3)[:, keep] for x in (wide, labels)))
    told = RELEASED[kind](batches, [valid[part].shape[0] for part in BATCHES])
    return [round(value, 4) / (100 if name.startswith("%") else 1) for name, value in told.items()]


def inputs_of(kind):
    valid = (rng.random((N, *LABEL)) < 0.8).astype(np.uint8)
    if kind.endswith("segmentation"):
        labels = rng.integers(0, CLASSES - 1, (N, 1, *LABEL)).astype(np.float32)
        prediction = 3 * rng.standard_normal((N, CLASSES, *PREDICTION))
        prediction[:, CLASSES - 1] -= 100  # never predicted, never true: absent
    elif kind == "raw_normals":
        labels = rng.integers(60, 256, (N, 3, *LABEL)).astype(np.float32)
        labels[:, :, ::4] = 255  # white: no normal
        prediction = sampled(labels, PREDICTION).numpy() + 60 * rng.standard_normal((N, 3, *PREDICTION))
    elif kind.endswith("normals"):
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
    full = sampled(prediction, LABEL).numpy()
    wide = full.transpose(1, 0, 2, 3)[:, keep]
    true = labels.astype(np.float64).transpose(1, 0, 2, 3)[:, keep]
    group = file.create_group(kind)
    for name, value in {"prediction": prediction, "labels": labels, "valid": valid, "weights": weights,
                        "losses": losses.detach().numpy(), "denominators": count.numpy(),
                        "gradient": p.grad.numpy(), "metrics": np.array(METRICS[kind](wide, true)),
                        "released": np.array(released_metrics(kind, full, labels, valid))}.items():
        group.create_dataset(name, data=value, track_times=False)


def write_nearest(file):
    """For each pair (in, out) the source index of every output index, one after the other."""
    indices = [F.interpolate(torch.arange(a, dtype=torch.float32)[None, None], size=b, mode="nearest")[0, 0].numpy()
               for a, b in NEAREST]
    file.create_dataset("nearest/sizes", data=np.array(NEAREST, dtype=np.int64), track_times=False)
    file.create_dataset("nearest/indices", data=np.concatenate(indices).astype(np.int64), track_times=False)


with h5py.File(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tasks.h5"), "w") as out:
    out.attrs["torch"] = str(torch.__version__)
    out.attrs["numpy"] = np.__version__
    out.create_dataset("class_weights", data=WEIGHTS, track_times=False)
    for each in METRICS:
        write_kind(out, each)
    write_nearest(out)
