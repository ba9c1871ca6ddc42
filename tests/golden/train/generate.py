"""Golden values of training, by PyTorch.

adam.h5   parameters after each of 20 steps of Adam on given gradients.
curve.h5  losses of 100 iterations of a narrow three-task model on batches of three of six images, with weighted losses, a
          clipped gradient and a decaying rate, in double and in single precision. Weights and images are computed by
          fill() of tests/golden/model/generate.py, as the C test does; the order of the images is that of our own random
          numbers, which stand here a second time.
"""
import importlib.util
import pathlib

import h5py
import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
SPEC = importlib.util.spec_from_file_location("model_generate", HERE.parent / "model" / "generate.py")
MODEL = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MODEL)


def adam():
    torch.manual_seed(1)
    count, steps = 37, 20
    start = torch.randn(count)
    gradients = torch.randn(steps, count) * torch.logspace(-4, 2, count)
    parameters = torch.nn.Parameter(start.clone())
    optimiser = torch.optim.Adam([parameters], lr=1e-2, betas=(0.5, 0.999), weight_decay=1e-2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimiser, step_size=7, gamma=0.5)
    after = []
    for gradient in gradients:
        parameters.grad = gradient.clone()
        optimiser.step()
        scheduler.step()
        after.append(parameters.detach().clone())
    with h5py.File(HERE / "adam.h5", "w", track_order=False) as file:
        file.attrs["torch"] = str(torch.__version__)
        file["start"] = start.numpy()
        file["gradients"] = gradients.numpy()
        file["after"] = torch.stack(after).numpy()


SALT, IMAGES, BATCH, HEIGHT, WIDTH, CLASSES, ITERATIONS, SEED = 7, 6, 3, 41, 33, 4, 100, 3
WEIGHTS, CLIP = (1.0, 2.0, 0.5), 2.0
MEAN = np.array([104.00698793, 116.66876762, 122.67891434], dtype=np.float32)


def philox(key, counter):
    """Philox4x32-10."""
    key, counter = list(key), list(counter)
    for _ in range(10):
        a, b = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [b >> 32 ^ counter[1] ^ key[0], b & 0xFFFFFFFF, a >> 32 ^ counter[3] ^ key[1], a & 0xFFFFFFFF]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return counter


def order_of(epoch, count):
    """Fisher-Yates by the stream (seed, SHUFFLE = 2, epoch); two words a draw."""
    words = (word for block in range(100) for word in philox((SEED, 0), (block, 2, epoch, 0)))
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        n, draw = i + 1, 0
        while True:
            draw = next(words) << 32 | next(words)
            if draw >= 2**64 % n:
                break
        order[i], order[draw % n] = order[draw % n], order[i]
    return order


def numbers(name, shape, low, high):
    return MODEL.fill(SALT, name, shape, low, high).numpy()


def image(i):
    """Network input and labels; the picture is 8-bit RGB, the network sees B, G, R without the mean."""
    rgb = np.floor(numbers(f"picture.{i}", (HEIGHT, WIDTH, 3), 0, 255)).astype(np.float32)
    return {"x": (rgb[:, :, ::-1] - MEAN).transpose(2, 0, 1),
            "seg": np.floor(numbers(f"seg.{i}", (HEIGHT, WIDTH), 0, CLASSES)).astype(np.int64),
            "normal": numbers(f"normal.{i}", (HEIGHT, WIDTH, 3), -1, 1),
            "depth": numbers(f"depth.{i}", (HEIGHT, WIDTH), 1, 5),
            "valid": numbers(f"valid.{i}", (HEIGHT, WIDTH), 0, 1) >= 0.1}


def losses_of(outputs, images):
    """Pooled over the valid pixels of the batch; labels at the predictions' resolution."""
    height, width = outputs[0].shape[2:]
    rows, columns = np.arange(height) * HEIGHT // height, np.arange(width) * WIDTH // width
    stack = {k: torch.from_numpy(np.stack([i[k][np.ix_(rows, columns)] for i in images]))
             for k in ("seg", "normal", "depth", "valid")}
    valid = stack["valid"]
    seg, normal, depth = [y.permute(0, 2, 3, 1)[valid] for y in outputs]
    return [F.cross_entropy(seg, stack["seg"][valid]),
            1 - F.cosine_similarity(normal, stack["normal"][valid].to(normal.dtype), dim=1).mean(),
            (depth[:, 0] - stack["depth"][valid]).abs().mean()]


def curve(dtype):
    net = MODEL.ResNet34(MODEL.LAYOUTS[20])
    net.salt = SALT
    images = [image(i) for i in range(IMAGES)]
    x = torch.from_numpy(np.stack([i["x"] for i in images])).to(dtype)
    net.forward(x[:BATCH].double(), False)  # makes the parameters
    net.parameters = {n: p.detach().to(dtype).requires_grad_(p.requires_grad) for n, p in net.parameters.items()}
    trained = [p for p in net.parameters.values() if p.requires_grad]
    optimiser = torch.optim.Adam(trained, lr=3e-5, betas=(0.5, 0.999), weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.StepLR(optimiser, step_size=40, gamma=0.5)
    found, clipped = [], 0
    for iteration in range(ITERATIONS):
        first = iteration * BATCH
        chosen = [order_of(sample // IMAGES, IMAGES)[sample % IMAGES] for sample in range(first, first + BATCH)]
        losses = losses_of(net.forward(x[chosen], True), [images[c] for c in chosen])
        optimiser.zero_grad()
        sum(w * loss for w, loss in zip(WEIGHTS, losses)).backward()
        clipped += torch.nn.utils.clip_grad_norm_(trained, CLIP).item() > CLIP
        optimiser.step()
        scheduler.step()
        found.append([loss.item() for loss in losses])
    print(dtype, "clipped", clipped, "of", ITERATIONS, "first", found[0], "last", found[-1])
    return np.array(found)


def main():
    adam()
    double, single = curve(torch.float64), curve(torch.float32)
    deviation = np.abs(single - double) / double
    for first in range(0, ITERATIONS, 20):
        print("iterations", first, "to", first + 19, "single differs by at most", deviation[first : first + 20].max())
    with h5py.File(HERE / "curve.h5", "w", track_order=False) as file:
        file.attrs["torch"] = str(torch.__version__)
        file["double"], file["single"] = double, single


if __name__ == "__main__":
    main()
