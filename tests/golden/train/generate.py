"""Golden values for Adam: parameters after each of 20 steps of PyTorch's optimiser on given gradients."""
import pathlib

import h5py
import torch

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

with h5py.File(pathlib.Path(__file__).with_name("adam.h5"), "w", track_order=False) as file:
    file.attrs["torch"] = str(torch.__version__)
    file["start"] = start.numpy()
    file["gradients"] = gradients.numpy()
    file["after"] = torch.stack(after).numpy()
