#!/usr/bin/env python3
"""The figures of `dgba report --format html` as PDF files for papers.

    figures.py RUN [-o FOLDER] [--format pdf|png|svg]

RUN is a run folder or a results file. Written are, as far as the run has something to draw:
    curves.pdf    ARP over the radius, a panel per layout, a file per step (curves-ifgsm-10-iterations.pdf)
    transfer.pdf  task × task, a panel per layout
    models.pdf    layout × layout, a panel per rule
    sharing.pdf   clean ARP and transfer between tasks over the sharing score
    layouts.pdf   the layouts as trees
    cost.pdf      processor time per image
    examples.pdf  an image under attack, a file per image and layout: perturbation, predictions before and after, ground
                  truth (examples-layout-0-image-0.pdf)
Every file carries run id, commit and data in its metadata. ARP is relative to the same model's clean value; clean ARP to
the independent layout's; error bars are standard deviations over seeds.
"""

import argparse
import os
import re
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import dgba_results

# Okabe and Ito's colours, the palest left out; marker and line style tell the series apart without them.
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
MARKERS = ["o", "s", "^", "D", "v", "P", "o", "X", "<", ">"]
LINES = ["-", "--", ":", "-.", (0, (4, 1)), (0, (1, 1)), "-"]
REPEATS = ["layout", "backbone", "width", "model_iterations"]  # models alike in these differ in their seeds only

plt.rcParams.update({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
                     "pdf.fonttype": 42, "svg.hashsalt": "dgba"})


def panels(count, width=2.1, height=1.7, columns=4, **options):
    """Axes for `count` panels; those left over are hidden."""
    columns = min(count, columns)
    rows = -(-count // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(width * columns, height * rows), squeeze=False,
                                layout="constrained", **options)
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    return figure, list(axes.flat[:count])


def reference(attacks):
    """The attacks of the last method with the most iterations, at its largest radius."""
    most = attacks[attacks["iterations"] == attacks["iterations"].max()]
    chosen = most[most["method"] == list(dict.fromkeys(most["method"]))[-1]]
    return chosen[chosen["epsilon"] == chosen["epsilon"].max()]


def label(group):
    first = group.iloc[0]
    return f"layout {first['layout']} ({first['sharing_score']}/{first['sharing_score_most']})"


# ---- Figures: each gives name and figure ----


def curves(run):
    attacks = run.attacks[run.attacks["status"] == "ok"]
    rules = list(dict.fromkeys(attacks["rule"]))
    for method, own in attacks.groupby("method", sort=False):
        groups = [group for _, group in own.groupby(REPEATS, sort=False)]
        figure, axes = panels(len(groups), sharex=True, sharey=True)
        for axis, group in zip(axes, groups):
            for i, rule in enumerate(rules):
                arp = 100 * group[group["rule"] == rule].groupby("epsilon")["arp"].agg(["mean", "std"])
                arp.loc[0.0] = 0.0
                arp = arp.sort_index()
                axis.errorbar(arp.index, arp["mean"], arp["std"].fillna(0), label=rule, lw=1, ms=3, elinewidth=0.6,
                              color=COLORS[i % len(COLORS)], marker=MARKERS[i % len(MARKERS)], ls=LINES[i % len(LINES)])
            axis.set_title(label(group), fontsize=8)
            axis.axhline(0, color="0.7", lw=0.6, zorder=0)
        figure.supxlabel("radius ε (of 0..255)")
        figure.supylabel("ARP (%)")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="upper center", bbox_to_anchor=(0.5, 0), ncol=4)
        yield "curves-" + re.sub(r"\W+", "-", method), figure


def heat(axis, values, most, rows, columns):
    axis.imshow(-values, cmap="viridis_r", vmin=0, vmax=most)
    for (i, j), value in np.ndenumerate(values):
        if not np.isnan(value):
            axis.text(j, i, f"{value:.1f}", ha="center", va="center", fontsize=7, color="w" if -value > most / 2 else "k")
    axis.set_xticks(range(len(columns)), columns, rotation=30, ha="right")
    axis.set_yticks(range(len(rows)), rows)


def transfer(run):
    matrix = run.transfer_matrix
    matrix = matrix[matrix["status"] == "ok"]
    if matrix.empty:
        return
    matrix = reference(matrix)
    tasks = list(run.tasks["name"])
    values = [(group, 100 * group.pivot_table("drop", "attacked", "task").reindex(index=tasks, columns=tasks).to_numpy())
              for _, group in matrix.groupby(REPEATS, sort=False)]
    most = max(np.nanmax(-value) for _, value in values)
    figure, axes = panels(len(values), height=2.0, sharex=True, sharey=True)
    for axis, (group, value) in zip(axes, values):
        heat(axis, value, most, tasks, tasks)
        axis.set_title(label(group), fontsize=8)
    figure.supxlabel("measured task: change (%)")
    figure.supylabel("attacked task")
    yield "transfer", figure


def models(run):
    matrix = run.model_transfer
    if matrix.empty:
        return
    matrix = reference(matrix)
    layouts = list(dict.fromkeys(run.models["layout"]))
    values = [(rule, 100 * group.pivot_table("arp", "layout", "target_layout").reindex(index=layouts, columns=layouts))
              for rule, group in matrix.groupby("rule", sort=False)]
    most = max(np.nanmax(-value.to_numpy()) for _, value in values)
    figure, axes = panels(len(values), height=2.0, sharex=True, sharey=True)
    for axis, (rule, value) in zip(axes, values):
        heat(axis, value.to_numpy(), most, layouts, layouts)
        axis.set_title(rule, fontsize=8)
    figure.supxlabel("measured on layout: ARP (%)")
    figure.supylabel("made on layout")
    yield "models", figure


def scatter(axis, rows, value):
    """Mean and standard deviation over seeds, a point per layout."""
    for layout, group in rows.dropna(subset=[value]).groupby("layout", sort=False):
        x, y = group["sharing_score"].iloc[0], group[value].mean()
        axis.errorbar(x, y, group[value].std() if len(group) > 1 else 0, color=COLORS[0], marker="o", ms=4)
        axis.annotate(str(layout), (x, y), (4, 3), textcoords="offset points", fontsize=7)
    axis.set_xlabel("sharing score: (task pair, level) that share")
    axis.axhline(0, color="0.7", lw=0.6, zorder=0)


def sharing(run):
    figure, (clean, between) = panels(2, width=3.2, height=2.5)
    scatter(clean, run.models.assign(clean_arp=100 * run.clean_arp), "clean_arp")
    clean.set_ylabel("clean ARP (%)")
    attacks = run.attacks[run.attacks["status"] == "ok"]
    if not attacks.empty:
        scatter(between, run.models.assign(transfer=run.transfer_of(reference(attacks))), "transfer")
    between.set_ylabel("transfer: other tasks / attacked task")
    yield "sharing", figure


def draw_tree(axis, tree, tasks):
    levels = [[set(map(int, part)) for part in re.findall(r"\{(\d+)\}", level)] for level in re.split(r"[| ]", tree)]
    order = [task for part in levels[-1] for task in sorted(part)]
    row = {task: -place for place, task in enumerate(order)}
    levels = [[set(order)]] + levels + [[{task} for task in order]]
    height = {frozenset(part): np.mean([row[task] for task in part]) for level in levels for part in level}
    for x, (before, after) in enumerate(zip(levels, levels[1:])):
        for part in after:
            parent = next(other for other in before if part <= other)
            ends = [height[frozenset(parent)], height[frozenset(part)]]
            axis.plot([x, x + 1], ends, color="#56B4E9", lw=0.8 + 0.9 * len(part))
            axis.plot(x + 1, ends[1], "k.", ms=3)
    for task in order:
        axis.text(len(levels) - 0.7, row[task], tasks[task], va="center", fontsize=6)
    axis.set_xlim(-0.2, len(levels) + 3)
    axis.axis("off")


def layouts(run):
    each = run.models.drop_duplicates("layout").sort_values("sharing_score", ascending=False, kind="stable")
    figure, axes = panels(len(each), height=0.8)
    for axis, (_, model) in zip(axes, each.iterrows()):
        draw_tree(axis, model["layout_tree"], list(run.tasks["name"]))
        axis.set_title(label(each[each["layout"] == model["layout"]]), fontsize=8)
    yield "layouts", figure


def cost(run):
    attacks = run.attacks[(run.attacks["status"] == "ok") & run.attacks["seconds"].notna()]
    if attacks.empty:
        return
    time = (1000 * attacks["seconds"] / attacks["images"]).groupby(
        [attacks["method"], attacks["rule"]], sort=False).mean()
    figure, (axis,) = panels(1, width=4.5, height=0.5 + 0.16 * len(time))
    axis.barh([f"{method}, {rule}" for method, rule in time.index], time, color=COLORS[0])
    axis.invert_yaxis()
    axis.set_xlabel("processor time per image (ms)")
    yield "cost", figure


def class_colors():
    """Okabe and Ito's colours, each eight more in another lightness, as on the page."""
    base = np.array([[0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233], [213, 94, 0],
                     [240, 228, 66], [140, 140, 140]]) / 255
    lightness = [0, -0.45, 0.5, -0.7, 0.75, -0.25, 0.25]
    return np.concatenate([base + abs(light) * ((light > 0) - base) for light in lightness])


def draw_answers(axis, values, names, limits):
    """A map of classes, of directions, or of values. NaN is dark grey."""
    axis.set_facecolor("0.19")
    if list(names) == ["class"]:
        colors = class_colors()
        known = ~np.isnan(values[0])
        picture = colors[np.nan_to_num(values[0]).astype(int) % len(colors)]
        axis.imshow(np.dstack([picture, known]), interpolation="nearest")
    elif len(names) == 3:
        known = ~np.isnan(values[0])
        axis.imshow(np.dstack([*np.nan_to_num(np.clip((values + 1) / 2, 0, 1)), known]), interpolation="nearest")
    else:
        return axis.imshow(values[0], cmap="viridis", vmin=limits[0], vmax=limits[1], interpolation="nearest")
    return None


def strongest_examples(run):
    """Examples under the reference setting, with their row among the examples, by model: most and least sharing."""
    if len(run.examples) == 0:
        return
    rows = run.attacks.loc[run.examples["attack"]].assign(example=run.examples.index)
    rows = rows[~np.isnan(np.asarray(run.array("examples/largest"))).all(axis=1)]
    if rows.empty:
        return
    rows = reference(rows)
    order = rows.drop_duplicates("model").sort_values("sharing_score", kind="stable")["model"]
    for model in dict.fromkeys([order.iloc[-1], order.iloc[0]]):
        yield rows[rows["model"] == model]


def draw_example(run, own, image):
    """Rows: ground truth, before, a row per rule. Columns: perturbation, image, tasks."""
    arrays = {name: np.asarray(run.array(f"examples/{name}")) for name in
              ("images", "truth", "clean", "adversarial", "perturbation", "largest")}
    maps = [("ground truth", arrays["truth"][image]), ("before", arrays["clean"][own["model"].iloc[0], image])]
    maps += [(rule, arrays["adversarial"][example, image]) for rule, example in zip(own["rule"], own["example"])]
    tasks = run.tasks["name"]
    figure, axes = plt.subplots(len(maps), 2 + len(tasks), figsize=(1.35 * (2 + len(tasks)), 1.05 * len(maps)),
                                squeeze=False, layout="constrained")
    height, width = arrays["images"].shape[1:3]
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    for row, (name, values) in enumerate(maps):
        axes[row, 0].set_ylabel(name.replace(":", ":\n"), fontsize=6)
        for task in range(len(tasks)):
            answers = (run.answers["task"] == task).to_numpy()
            shown = np.concatenate([maps[0][1][answers].ravel(), maps[1][1][answers].ravel()])
            limits = (np.nanmin(shown), np.nanmax(shown)) if np.isfinite(shown).any() else (0, 1)
            drawn = draw_answers(axes[row, 2 + task], values[answers], run.answers["name"][answers], limits)
            axes[row, 2 + task].set_aspect(values.shape[2] / values.shape[1] * height / width)
            if drawn is not None and row == 0:
                figure.colorbar(drawn, ax=axes[:, 2 + task], location="bottom", shrink=0.8, aspect=25,
                                label=run.answers["unit"][answers].iloc[0])
    clean = arrays["images"][image].astype(float)
    axes[1, 1].imshow(clean / 255)
    for row, example in enumerate(own["example"], start=2):
        codes, largest = arrays["perturbation"][example, image], arrays["largest"][example, image]
        axes[row, 0].imshow(codes)
        axes[row, 0].set_title(f"× {127 / largest:.3g}" if largest > 0 else "", fontsize=6, pad=2)
        axes[row, 1].imshow(np.clip(clean + (codes.astype(float) - 128) * largest / 127, 0, 255) / 255)
    for column, name in enumerate(["perturbation", "image", *tasks]):
        axes[0, column].set_title(name, fontsize=7)
    return figure


def examples(run):
    for own in strongest_examples(run):
        first = own.iloc[0]
        for image in range(len(run.array("examples/images"))):
            figure = draw_example(run, own, image)
            figure.suptitle(f"{label(own)}, {first['method']}, ε {first['epsilon']:g}", fontsize=8)
            yield f"examples-layout-{first['layout']}-image-{image}", figure


FIGURES = [curves, transfer, models, sharing, layouts, cost, examples]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="run folder or results file")
    parser.add_argument("-o", "--output", default=".", help="folder to write to; made if missing")
    parser.add_argument("--format", default="pdf", choices=["pdf", "png", "svg"])
    arguments = parser.parse_args()
    try:
        run = dgba_results.load(arguments.run)
    except (OSError, ValueError) as error:
        sys.exit(f"figures.py: {error}")
    os.makedirs(arguments.output, exist_ok=True)
    about = "run id {run_id}, commit {git_commit}, data {data_name}".format(**run.provenance)
    metadata = {"pdf": {"Title": run.provenance["name"], "Subject": about, "CreationDate": None},
                "png": {"Title": run.provenance["name"], "Description": about},
                "svg": {"Title": run.provenance["name"], "Description": about, "Date": None}}[arguments.format]
    for draw in FIGURES if len(run.models) else []:
        for name, figure in draw(run):
            path = os.path.join(arguments.output, f"{name}.{arguments.format}")
            figure.savefig(path, metadata=metadata, bbox_inches="tight")
            plt.close(figure)
            print(path)


if __name__ == "__main__":
    main()
