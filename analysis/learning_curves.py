#!/usr/bin/python3
"""Learning curves of the models of a run, from their checkpoints alone: a table, and with -o a figure.

    learning_curves.py RUN [-o curves.pdf] [--metric task/metric ...]

RUN is a run folder; its models may still be in training (models/*.side.h5). A panel shows the loss of a task, in training
(dashed) and where it was evaluated, or a metric. Without --metric: a metric a task.
"""
import argparse
import pathlib
import sys

import h5py
import numpy as np


class Curves:
    """What a checkpoint tells of a training."""

    def __init__(self, path):
        with h5py.File(path, "r") as file:
            settings = dict(line.split("=", 1) for line in file.attrs["settings"].splitlines())
            train = file["train"]
            self.evaluated = "evaluation" in train
            if not self.evaluated:
                return
            self.name = self._name(path, settings)
            self.tasks = list(train["task"].asstr())
            self.units = dict(zip(self.tasks, train["loss_unit"].asstr()))
            self.iteration, self.loss = train["iteration"][:], train["loss"][:]
            evaluation = train["evaluation"]
            self.split = evaluation.attrs["split"]
            self.evaluations = evaluation["iteration"][:]
            self.evaluated_loss, self.metric = evaluation["loss"][:], evaluation["metric"][:]
            self.metrics = dict(zip(evaluation["metric_name"].asstr(), evaluation["metric_unit"].asstr()))

    @staticmethod
    def _name(path, settings):
        name = f"layout {settings['model.layout']}"
        if settings["train.seed"] != "0":
            name += f", seed {settings['train.seed']}"
        name += ", adversarial" if "train.adversarial.epsilon" in settings else ""
        return name + (", in training" if path.name.endswith(".side.h5") else "")

    def column(self, metric):
        return self.metric[:, list(self.metrics).index(metric)]


def sort_key(curves):
    head, _, rest = curves.name.partition(",")
    return [int(word) if word.isdigit() else 0 for word in head.split()], rest


def read(run):
    paths = sorted((run / "models").glob("*.h5"))
    curves = sorted((c for c in map(Curves, paths) if c.evaluated), key=sort_key)
    if not curves:
        sys.exit(f"{run}: no model there was evaluated during its training; set train.evaluate_every")
    return curves


def first_metrics(curves):
    """The first metric of each task."""
    first = {}
    for name in curves.metrics:
        first.setdefault(name.split("/")[0], name)
    return list(first.values())


def training_loss(curves, task, iteration):
    """Mean over the tenth of the training before an iteration; a single entry is noise."""
    recent = (curves.iteration <= iteration) & (curves.iteration > iteration - curves.iteration[-1] / 10)
    return curves.loss[recent, curves.tasks.index(task)].mean() if recent.any() else np.nan


def row(curves, entry, metrics):
    iteration = curves.evaluations[entry]
    cells = [curves.name if entry == 0 else "", str(iteration)]
    for t, task in enumerate(curves.tasks):
        cells += [f"{training_loss(curves, task, iteration):.4f}", f"{curves.evaluated_loss[entry, t]:.4f}"]
    return cells + [f"{curves.column(m)[entry]:.4f}" for m in metrics]


def print_table(all_curves, metrics):
    """Every evaluation of every model; losses in training and on the evaluated split."""
    first = all_curves[0]
    heads = ["model", "iteration"]
    for task in first.tasks:
        heads += [f"{task} train", first.split]
    rows = [heads + metrics]
    for curves in all_curves:
        rows += [row(curves, entry, metrics) for entry in range(len(curves.evaluations))]
    widths = [max(len(r[c]) for r in rows) for c in range(len(rows[0]))]
    for r in rows:
        print("  ".join([r[0].ljust(widths[0])] + [cell.rjust(w) for cell, w in zip(r[1:], widths[1:])]).replace("nan", "  -"))


def draw(all_curves, metrics, path):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    first = all_curves[0]
    columns = max(len(first.tasks), len(metrics))
    figure, axes = plt.subplots(2, columns, figsize=(3.6 * columns, 6), sharex=True, squeeze=False, layout="constrained")
    for number, curves in enumerate(all_curves):
        colour, style = f"C{number % 10}", ":" if "adversarial" in curves.name else "-"
        for t, task in enumerate(curves.tasks):
            axes[0, t].plot(curves.iteration, curves.loss[:, t], "--", color=colour, linewidth=0.6, alpha=0.6)
            axes[0, t].plot(curves.evaluations, curves.evaluated_loss[:, t], style, color=colour, label=curves.name)
        for m, metric in enumerate(metrics):
            axes[1, m].plot(curves.evaluations, curves.column(metric), style, color=colour)
    for t, task in enumerate(first.tasks):
        axes[0, t].set(title=task, ylabel="loss" + (f" ({first.units[task]})" if first.units[task] else ""))
        top = max(np.nanmax(c.evaluated_loss[:, t]) for c in all_curves)
        axes[0, t].set_ylim(0, 1.05 * top)
    for m, metric in enumerate(metrics):
        unit = first.metrics[metric]
        axes[1, m].set(xlabel="iteration", ylabel=metric + (f" ({unit})" if unit else ""))
    for panel in axes.flat:
        panel.set_visible(panel.has_data())
    axes[0, 0].legend(fontsize=7)
    figure.savefig(path, dpi=150)
    print(f"\n{path}: thick lines {first.split} images, dashed lines training")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("-o", "--output", help="the figure: .pdf, .png or .svg")
    parser.add_argument("--metric", action="append", help="such as normal/mean_angle; may be repeated")
    options = parser.parse_args()
    curves = read(options.run)
    metrics = options.metric or first_metrics(curves[0])
    for metric in metrics:
        if metric not in curves[0].metrics:
            sys.exit(f"unknown metric '{metric}'; there are {', '.join(curves[0].metrics)}")
    print_table(curves, metrics)
    if options.output:
        draw(curves, metrics, options.output)


if __name__ == "__main__":
    main()
