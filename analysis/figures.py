#!/usr/bin/env python3
"""The figures of `dgba report --format html` as PDF files for papers.

    figures.py RUN [-o FOLDER] [--format pdf|png|svg] [--dgba PROGRAM]

RUN is a run folder or a results file. Written are, as far as the run has something to draw:
    curves.pdf        ARP over the radius, a panel per layout, a file per step (curves-ifgsm-10-iterations.pdf)
    training.pdf      ARP of models trained on clean images and adversarially, a panel per layout
    transfer.pdf      task × task, a panel per layout
    drops.pdf         rule × task, a panel per layout
    models.pdf        layout × layout, a panel per rule
    models-tasks.pdf  layout and attacked task × layout and measured task
    sharing.pdf       clean ARP, transfer between tasks and ARP of dgba over the sharing score
    layouts.pdf       the layouts as trees
    cost.pdf          processor time per image
    claims.pdf        the paper's claims: effects with their intervals
    examples.pdf      an image under attack, a file per image and layout: perturbation, predictions before and after, ground
                      truth (examples-layout-0-image-0.pdf)
Every file carries run id, commit and data in its metadata. ARP is relative to the same model's clean value; clean ARP to
the independent layout's; error bars are standard deviations, of a layout over its seeds, of a mean over the layouts.
Claims and rank correlations are those of `dgba report`, which is asked for them; without the program they are left out.
"""

import argparse
import os
import re
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import dgba_results
from figure_examples import examples
from figure_tools import COLORS, LINES, MARKERS, REPEATS, Report, kinds, label, panels, reference, setting

# ---- Figures: each gives name and figure ----


def draw_curves(axis, rows, rules):
    """ARP over the radius; rows have epsilon, rule, mean and std."""
    for i, rule in enumerate(rules):
        arp = rows[rows["rule"] == rule].set_index("epsilon")[["mean", "std"]]
        arp.loc[0.0] = 0.0
        arp = arp.sort_index()
        axis.errorbar(arp.index, arp["mean"], arp["std"].fillna(0), label=rule, lw=1, ms=3, elinewidth=0.6,
                      color=COLORS[i % len(COLORS)], marker=MARKERS[i % len(MARKERS)], ls=LINES[i % len(LINES)])
    axis.axhline(0, color="0.7", lw=0.6, zorder=0)


def curves(run, report):
    attacks = run.attacks[run.attacks["status"] == "ok"]
    rules = list(dict.fromkeys(attacks["rule"]))
    for method, own in attacks.groupby("method", sort=False):
        shown = []
        for rows, words in kinds(own):
            means = 100 * rows.groupby([*REPEATS, "rule", "epsilon"], sort=False)["arp"].mean()
            count = rows[REPEATS].drop_duplicates().shape[0]
            if count > 1:
                shown.append((f"mean over {count} layouts" + (f",\n{words}" if words else ""),
                              means.groupby(["rule", "epsilon"]).agg(["mean", "std"]).reset_index()))
        for _, group in own.groupby(REPEATS, sort=False):
            shown.append((label(group), (100 * group["arp"]).groupby([group["rule"], group["epsilon"]])
                          .agg(["mean", "std"]).reset_index()))
        figure, axes = panels(len(shown), sharex=True, sharey=True)
        for axis, (title, rows) in zip(axes, shown):
            draw_curves(axis, rows, rules)
            axis.set_title(title, fontsize=8)
        figure.supxlabel("radius ε (of 0..255)")
        figure.supylabel("ARP (%)")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="upper center", bbox_to_anchor=(0.5, 0), ncol=4)
        yield "curves-" + re.sub(r"\W+", "-", method), figure


def training(run, report):
    attacks = run.attacks[run.attacks["status"] == "ok"]
    if attacks.empty or attacks["adversarial"].nunique() < 2:
        return
    attacks = reference(attacks)
    rules = list(dict.fromkeys(attacks["rule"]))
    groups = list(attacks.groupby("layout", sort=False))
    figure, axes = panels(len(groups), width=2.6, height=0.8 + 0.17 * len(rules), columns=3, sharex=True, sharey=True)
    for axis, (layout, rows) in zip(axes, groups):
        trained = list(kinds(rows))
        for i, (own, words) in enumerate(trained):
            arp = (100 * own["arp"]).groupby(own["rule"]).agg(["mean", "std"]).reindex(rules)
            axis.errorbar(arp["mean"], np.arange(len(rules)) + 0.22 * (i - (len(trained) - 1) / 2), xerr=arp["std"].fillna(0),
                          fmt=MARKERS[i], ms=3, elinewidth=0.6, color=COLORS[i], label=words)
        axis.set_yticks(range(len(rules)), rules)
        axis.axvline(0, color="0.7", lw=0.6, zorder=0)
        axis.set_title(f"layout {layout}", fontsize=8)
    axes[0].invert_yaxis()
    first = attacks.iloc[0]
    figure.supxlabel(f"ARP against the same model's clean value (%): {first['method']}, ε {first['epsilon']:g}")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="upper center", bbox_to_anchor=(0.5, 0), ncol=2)
    yield "training", figure


def heat(axis, values, most, rows, columns, numbers=True):
    axis.imshow(-values, cmap="viridis_r", vmin=0, vmax=most, aspect="auto")
    for (i, j), value in np.ndenumerate(values):
        if numbers and not np.isnan(value):
            axis.text(j, i, f"{value:.1f}".replace("-", "−"), ha="center", va="center", fontsize=6,
                      color="w" if -value > most / 2 else "k")
    axis.set_xticks(range(len(columns)), columns, rotation=40 if max(map(len, map(str, columns))) > 3 else 0,
                    ha="right" if max(map(len, map(str, columns))) > 3 else "center", fontsize=6)
    axis.set_yticks(range(len(rows)), rows, fontsize=6)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)


def heat_panels(values, rows, columns, titles, xlabel, ylabel):
    """A panel per matrix, on one scale."""
    most = max(np.nanmax(-value) for value in values)
    width = max(1.6, 0.3 * len(columns) + 0.2)
    edge = (0.4 + 0.055 * max(map(len, rows)), 0.5 + 0.055 * max(map(len, columns)))
    figure, axes = panels(len(values), width=width, height=0.2 * len(rows) + 0.35, columns=max(1, min(4, int(8 / width))),
                          edge=edge, sharex=True, sharey=True)
    for axis, value, title in zip(axes, values, titles):
        heat(axis, value, most, rows, columns)
        axis.set_title(title, fontsize=8)
    figure.supxlabel(xlabel)
    figure.supylabel(ylabel)
    return figure


def transfer(run, report):
    matrix = run.transfer_matrix
    matrix = matrix[matrix["status"] == "ok"]
    if matrix.empty:
        return
    matrix = reference(matrix)
    tasks = list(run.tasks["name"])
    groups = [group for _, group in matrix.groupby(REPEATS, sort=False)]
    values = [100 * group.pivot_table("drop", "attacked", "task").reindex(index=tasks, columns=tasks).to_numpy()
              for group in groups]
    yield "transfer", heat_panels(values, tasks, tasks, [label(group) for group in groups],
                                  f"measured task: change against its clean value (%), {setting(matrix)}", "attacked task")


def drops(run, report):
    attacks = run.attacks[run.attacks["status"] == "ok"]
    if attacks.empty:
        return
    attacks = reference(attacks)
    tasks, rules = list(run.tasks["name"]), list(dict.fromkeys(attacks["rule"]))
    changes = run.drops[run.drops["attack"].isin(attacks.index)]
    groups = [group for _, group in attacks.groupby(REPEATS, sort=False)]
    values = []
    for group in groups:
        own = changes[changes["attack"].isin(group.index)].pivot_table("drop", "rule", "task")
        own = own.reindex(index=rules, columns=tasks).assign(ARP=group.groupby("rule")["arp"].mean())
        values.append(100 * own.to_numpy())
    yield "drops", heat_panels(values, rules, [*tasks, "all: ARP"], [label(group) for group in groups],
                               f"change against the same model's clean value (%), {setting(attacks)}", "rule")


def models(run, report):
    matrix = run.model_transfer
    if matrix.empty:
        return
    matrix = reference(matrix)
    names = run.groups
    order = list(dict.fromkeys(names))
    made, measured = matrix["model"].map(names), matrix["target"].map(names)
    own = (made != measured) | (matrix["model"] == matrix["target"])  # a layout with itself: each model with itself
    values, rules = [], list(dict.fromkeys(matrix["rule"]))
    for rule in rules:
        chosen = own & (matrix["rule"] == rule)
        means = (100 * matrix["arp"])[chosen].groupby([made[chosen], measured[chosen]]).mean().unstack()
        values.append(means.reindex(index=order, columns=order).to_numpy())
    yield "models", heat_panels(values, order, order, rules,
                                f"measured on layout: ARP against its own clean value (%), {setting(matrix)}",
                                "made on layout")


def models_tasks(run, report):
    matrix = run.model_task_transfer
    if matrix.empty:
        return
    matrix = reference(matrix)
    names, tasks = run.groups, list(run.tasks["name"])
    made, measured = matrix["model"].map(names), matrix["target"].map(names)
    own = (made != measured) | (matrix["model"] == matrix["target"])
    keys = [made[own].rename("made"), matrix["attacked"][own], measured[own].rename("measured"), matrix["task"][own]]
    order = pd.MultiIndex.from_product([list(dict.fromkeys(names)), tasks])
    values = 100 * matrix["drop"][own].groupby(keys).mean().unstack(["measured", "task"])
    values = values.reindex(index=order, columns=order).to_numpy()
    words = [f"{name} · {task}" for name, task in order]
    figure, (axis,) = panels(1, width=1.6 + 0.17 * len(words), height=1.3 + 0.17 * len(words))
    most = np.nanmax(-values)
    heat(axis, values, most, words, words, numbers=False)
    for edge in range(len(tasks), len(words), len(tasks)):
        axis.axhline(edge - 0.5, color="w", lw=2)
        axis.axvline(edge - 0.5, color="w", lw=2)
    axis.set_xticks(range(len(words)), words, rotation=90, ha="center")
    figure.colorbar(axis.images[0], ax=axis, shrink=0.6, label="loss of the measured task (%)")
    axis.set_xlabel(f"measured on · task, against its own clean value\n{setting(matrix)}")
    axis.set_ylabel("made on · attacked task")
    yield "models-tasks", figure


def scatter(axis, rows, value, trends):
    """Mean and standard deviation over seeds, a point per layout; `trends`: rank correlations by training, or None."""
    lines = []
    for i, (own, words) in enumerate(kinds(rows)):
        for layout, group in own.dropna(subset=[value]).groupby("layout", sort=False):
            x, y = group["sharing_score"].iloc[0], group[value].mean()
            axis.errorbar(x, y, group[value].std() if len(group) > 1 else 0, color=COLORS[i], marker=MARKERS[i], ms=4)
            axis.annotate(str(layout), (x, y), (4, 3), textcoords="offset points", fontsize=7)
        trend = trends if trends is None or "models" not in trends else trends[trends["models"] == words]
        if trend is not None and len(trend):
            rho, low, high = trend[["Spearman ρ", "95 % from", "interval to"]].iloc[0]
            interval = "" if np.isnan(low) else f" [{low:.2f}, {high:.2f}]"
            lines.append((f"{words}: " if words else "") + f"Spearman ρ {rho:.2f}{interval}".replace("-", "−"))
    axis.set_title("\n".join(lines), fontsize=7)
    axis.set_xlabel("sharing score: (task pair, level) that share")
    axis.axhline(0, color="0.7", lw=0.6, zorder=0)


def sharing(run, report):
    attacks = run.attacks[run.attacks["status"] == "ok"]
    rows = run.models.assign(clean_arp=100 * run.clean_arp, transfer=np.nan, arp=np.nan)
    if not attacks.empty:
        attacks = reference(attacks)
        dgba = attacks[attacks["rule"] == "dgba"]
        rows = rows.assign(transfer=run.transfer_of(attacks), arp=100 * dgba.groupby("model")["arp"].mean())
    trends = report.table("sharing", "rank correlation with the sharing score")
    shown = [("clean_arp", "clean ARP", "clean ARP (%), against the independent layout"),
             ("transfer", "transfer", "transfer: other tasks / attacked task"),
             ("arp", "ARP of dgba", "ARP of dgba (%), against own clean value")]
    shown = [each for each in shown if rows[each[0]].notna().any()]
    if not shown:
        return
    figure, axes = panels(len(shown), width=3.0, height=2.8)
    for axis, (value, name, words) in zip(axes, shown):
        scatter(axis, rows, value, None if trends is None or trends.empty else trends[trends["value"] == name])
        axis.set_ylabel(words, fontsize=7)
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
    axis.plot(0, height[frozenset(order)], "k.", ms=5)
    for task in order:
        axis.text(len(levels) - 0.7, row[task], tasks[task], va="center", fontsize=6)
    axis.set_xlim(-0.2, len(levels) + 3)
    axis.axis("off")


def layouts(run, report):
    each = run.models.drop_duplicates("layout").sort_values("sharing_score", ascending=False, kind="stable")
    figure, axes = panels(len(each), height=0.8)
    for axis, (_, model) in zip(axes, each.iterrows()):
        draw_tree(axis, model["layout_tree"], list(run.tasks["name"]))
        axis.set_title(f"layout {model['layout']} ({model['sharing_score']}/{model['sharing_score_most']})", fontsize=8)
    yield "layouts", figure


def cost(run, report):
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


def claims(run, report):
    rows = report.table("claims", "evidence")
    if rows is None or rows.empty:
        return
    rows = rows[rows["effect"].notna()]
    counts = rows["claim"].value_counts(sort=False)
    if rows.empty:
        return
    figure, axes = plt.subplots(len(counts), 1, figsize=(7, 0.5 * len(counts) + 0.2 * len(rows)), squeeze=False,
                                layout="constrained", height_ratios=counts + 1)
    for axis, (claim, own) in zip(axes.flat, rows.groupby("claim")):
        models = own["models"].fillna("") if "models" in own else pd.Series("", own.index)
        names = [text + (f", {model}" if model else "") for text, model in zip(own["comparison"], models)]
        errors = np.abs(own[["95 % from", "interval to"]].to_numpy().T - own["effect"].to_numpy())
        axis.errorbar(own["effect"], range(len(own)), xerr=np.nan_to_num(errors), fmt="D", ms=3, lw=1.2, color=COLORS[3])
        axis.set_yticks(range(len(own)), names, fontsize=6)
        axis.set_ylim(len(own) - 0.5, -0.5)
        axis.axvline(0, color="0.4", lw=0.8, zorder=0)
        for y, (n, verdict) in enumerate(zip(own["n"], own["verdict"])):
            axis.annotate(f"{n}: {verdict}", (1.01, y), xycoords=("axes fraction", "data"), fontsize=6, va="center")
        axis.set_title(claim, loc="left", fontsize=8)
        axis.set_xlabel(f"effect with its 95 % interval ({own['unit'].iloc[0]})", fontsize=7)
    yield "claims", figure


FIGURES = [curves, training, transfer, drops, models, models_tasks, sharing, layouts, cost, claims, examples]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="run folder or results file")
    parser.add_argument("-o", "--output", default=".", help="folder to write to; made if missing")
    parser.add_argument("--format", default="pdf", choices=["pdf", "png", "svg"])
    parser.add_argument("--dgba", help="the program; build/release/dgba of this folder's project, or in PATH")
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
    report = Report(run, arguments.dgba)
    if report.program is None:
        print("figures.py: no program dgba: claims and rank correlations are left out", file=sys.stderr)
    for draw in FIGURES if len(run.models) else []:
        for name, figure in draw(run, report):
            path = os.path.join(arguments.output, f"{name}.{arguments.format}")
            figure.savefig(path, metadata=metadata, bbox_inches="tight")
            plt.close(figure)
            print(path)


if __name__ == "__main__":
    main()
