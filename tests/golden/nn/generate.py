#!/usr/bin/python3
"""Writes ops.h5: what PyTorch computes, in double precision, for float32 inputs. Run with /usr/bin/python3."""

import os

import h5py
import torch
import torch.nn.functional as F

# name: (N, C, H, W), K, kernel, stride, padding, dilation
CONVOLUTIONS = {
    "first_layer": ((1, 3, 17, 21), 4, 7, 2, 3, 1),
    "plain": ((2, 3, 9, 11), 5, 3, 1, 1, 1),
    "stride_2": ((2, 3, 9, 12), 4, 3, 2, 1, 1),
    "stride_2_dilation_2": ((2, 2, 11, 14), 3, 3, 2, 2, 2),
    "pointwise": ((2, 5, 6, 7), 4, 1, 1, 0, 1),
    "projection": ((2, 4, 7, 9), 3, 1, 2, 0, 1),
    "dilation_6_small": ((2, 2, 12, 16), 3, 3, 1, 6, 6),
    "dilation_12_small": ((2, 2, 12, 16), 3, 3, 1, 12, 12),
    "dilation_18_small": ((1, 2, 12, 16), 3, 3, 1, 18, 18),
    "dilation_24_small": ((1, 2, 12, 16), 3, 3, 1, 24, 24),
    "dilation_12_map": ((1, 1, 41, 41), 1, 3, 1, 12, 12),
    "dilation_24_map": ((1, 1, 41, 41), 1, 3, 1, 24, 24),
}

# name: (N, C, H, W), stride, padding, dilation
DEPTHWISE = {
    "plain": ((2, 2, 7, 11), 1, 1, 1),
    "stride_2": ((2, 2, 9, 10), 2, 1, 1),
    "dilation_2": ((1, 2, 9, 7), 1, 2, 2),
}

BATCHNORMS = {"map": (3, 4, 5, 7), "pixels": (6, 3, 1, 1), "one_image": (1, 2, 8, 9)}

# name: (N, C, H, W), kernel, stride, padding, ceil mode
POOLS = {
    "backbone_odd": ((2, 2, 9, 11), 3, 2, 1, True),
    "backbone_even": ((1, 2, 8, 10), 3, 2, 1, True),
    "floor_even": ((1, 2, 8, 10), 3, 2, 1, False),
    "overhang": ((2, 1, 5, 7), 2, 2, 0, True),
    "dropped_window": ((1, 2, 5, 8), 2, 3, 1, True),
    "wide_stride": ((1, 2, 11, 6), 3, 4, 0, True),
}


def draw(*shape):
    """Standard normal float32 numbers as leaves in double."""
    return torch.randn(*shape).double().requires_grad_(True)


def save(group, **arrays):
    for name, array in arrays.items():
        group.create_dataset(name, data=array.detach().float().numpy(), track_times=False)


def save_conv2d(group, shape, out_channels, kernel, stride, padding, dilation):
    x, w, b = draw(*shape), draw(out_channels, shape[1], kernel, kernel), draw(out_channels)
    y = F.conv2d(x, w, b, stride, padding, dilation)
    dy = draw(*y.shape)
    y.backward(dy)
    group.attrs.update(kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    save(group, x=x, w=w, b=b, y=y, dy=dy, dx=x.grad, dw=w.grad, db=b.grad)


def save_depthwise(group, shape, stride, padding, dilation):
    x, w, b = draw(*shape), draw(shape[1], 1, 3, 3), draw(shape[1])
    y = F.conv2d(x, w, b, stride, padding, dilation, groups=shape[1])
    dy = draw(*y.shape)
    y.backward(dy)
    group.attrs.update(kernel=3, stride=stride, padding=padding, dilation=dilation)
    save(group, x=x, w=w, b=b, y=y, dy=dy, dx=x.grad, dw=w.grad, db=b.grad)


def save_batchnorm(group, shape):
    """Two steps of training on different inputs, the gradient of the second, then evaluation."""
    norm = torch.nn.BatchNorm2d(shape[1], eps=1e-5, momentum=0.1).double()
    torch.nn.init.normal_(norm.weight), torch.nn.init.normal_(norm.bias)
    with torch.no_grad():
        norm.weight.copy_(norm.weight.float()), norm.bias.copy_(norm.bias.float())
    first, x, evaluated = draw(*shape) * 2 + 1, draw(*shape), draw(*shape)
    first = first.detach().float().double()
    norm(first)
    y = norm(x)
    dy = draw(*shape)
    y.backward(dy)
    save(group, first=first, x=x, y=y, dy=dy, dx=x.grad, dgamma=norm.weight.grad, dbeta=norm.bias.grad,
         gamma=norm.weight, beta=norm.bias, running_mean=norm.running_mean, running_var=norm.running_var,
         evaluated=evaluated, evaluated_y=norm.eval()(evaluated))


def save_maxpool(group, shape, kernel, stride, padding, ceil_mode):
    x = draw(*shape)
    y = F.max_pool2d(x, kernel, stride, padding, ceil_mode=ceil_mode)
    dy = draw(*y.shape)
    y.backward(dy)
    group.attrs.update(kernel=kernel, stride=stride, padding=padding, ceil_mode=int(ceil_mode))
    save(group, x=x, y=y, dy=dy, dx=x.grad)


def main():
    torch.manual_seed(1)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ops.h5")
    with h5py.File(path, "w") as file:
        file.attrs["torch"] = str(torch.__version__)
        for kind, cases, write in (("conv2d", CONVOLUTIONS, save_conv2d), ("maxpool", POOLS, save_maxpool)):
            for name, case in cases.items():
                write(file.create_group(f"{kind}/{name}"), *case)
        for name, shape in BATCHNORMS.items():
            save_batchnorm(file.create_group(f"batchnorm/{name}"), shape)
        for name, case in DEPTHWISE.items():
            save_depthwise(file.create_group(f"depthwise/{name}"), *case)


main()
