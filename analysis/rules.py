#!/usr/bin/env python3
"""Compares the balancing rules of a run: strength, what the worst-hit and the least-hit task lose, pixel budgets, time.

    analysis/rules.py runs/rules

prints Markdown tables made from results.h5 alone. Means are over the models; a rule that did not finish has no row.
"""

import re
import sys

import numpy as np

import dgba_results

REFERENCE, MAXMIN, MEAN = "dgba", "ilp maxmin", "ilp mean"


def rule_name(rule):
    """Shorter for integer programs, whose default objective is maxmin.

    >>> [rule_name(rule) for rule in ("ilp(objective=mean, pixels=3%)", "ilp", "ilp(gap=0)", "minmax(beta=10)")]
    ['ilp mean 3%', 'ilp maxmin', 'ilp maxmin gap=0', 'minmax(beta=10)']
    """
    kind, _, options = rule.partition("(")
    if kind != "ilp":
        return rule
    given = dict(re.findall(r"(\w+)=([^,)]+)", options))
    words = [kind, given.pop("objective", "maxmin"), given.pop("pixels", ""), *(f"{k}={v}" for k, v in given.items())]
    return " ".join(word for word in words if word)


def percent(value):
    return "" if np.isnan(value) else f"{100 * value:.2f}"


def print_table(title, note, header, rows):
    """In Markdown; columns but the first to the right."""
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    print(f"\n### {title}\n\n{note}\n")
    for number, row in enumerate(cells):
        print("| " + " | ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))) + " |")
        if number == 0:
            print("|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|")


class Comparison:
    """The finished attacks of a run, and per attack and task the relative change of metrics and of the mean loss."""

    def __init__(self, path):
        run = dgba_results.load(path)
        rows = run.attacks
        clean, losses = (np.asarray(run.array(name)) for name in ("models/losses", "attacks/losses"))
        clean = clean[rows["model"]]
        self.drops, self.rises = np.asarray(run.array("attacks/drops")), (losses - clean) / clean
        self.tasks = list(run.tasks["name"])
        self.left_out = int((rows["status"] != "ok").sum())
        rows["rule"] = rows["rule"].map(rule_name)
        rows["seconds_per_image"] = rows["seconds"] / rows["images"]
        self.rows = rows[rows["status"] == "ok"]
        self.models = self.rows["model"].nunique()
        self.layouts = ", ".join(str(layout) for layout in self.rows["layout"].unique())
        self.settings = list(self.rows[["method", "epsilon"]].drop_duplicates().itertuples(index=False, name=None))
        self.rules = list(self.rows["rule"].unique())

    def at(self, **wanted):
        """The attacks with these values, such as method="fgsm", epsilon=8."""
        chosen = self.rows
        for column, value in wanted.items():
            chosen = chosen[chosen[column] == value]
        return chosen

    def has(self, *rules):
        return set(rules) <= set(self.rules)


def print_strength(c):
    for method, epsilon in c.settings:
        rows = []
        for rule, found in c.at(method=method, epsilon=epsilon).groupby("rule", sort=False):
            mean = c.drops[found.index].mean(axis=0)
            worst, least = int(np.argmin(mean)), int(np.argmax(mean))
            rows.append((found["arp"].mean(),
                         [rule, percent(found["arp"].mean()) + (f" ± {percent(found['arp'].std())}" if len(found) > 1 else ""),
                          f"{c.tasks[worst]} {percent(mean[worst])}", f"{c.tasks[least]} {percent(mean[least])}"]))
        rows.sort(key=lambda row: row[0])
        print_table(f"{method}, ε {epsilon:g}", f"Percent, mean over the layouts {c.layouts}, ARP ± standard "
                    "deviation; negative: worse than the clean model; strongest first.",
                    ["rule", "ARP", "worst-hit task", "least-hit task"], [row for _, row in rows])


def print_maxmin(c):
    """The task that is hurt least, of each model; by metrics, and by the mean loss, which the rule predicts."""
    rows = []
    for method, epsilon in c.settings:
        for model in sorted(c.rows["model"].unique()):
            at = {"method": method, "epsilon": epsilon, "model": model}
            pair = [c.at(rule=rule, **at).index for rule in (REFERENCE, MAXMIN)]
            if any(len(index) != 1 for index in pair):
                continue
            drop = [c.drops[index[0]].max() for index in pair]
            rise = [c.rises[index[0]].min() for index in pair]
            rows.append([f"{method}, ε {epsilon:g}, layout {c.rows['layout'][pair[0][0]]}", percent(drop[0]),
                         percent(drop[1]), percent(drop[0] - drop[1]), percent(rise[0]), percent(rise[1]),
                         percent(rise[1] - rise[0])])
    print_table(f"What {MAXMIN} gains for the least-hit task over {REFERENCE}", "Percent. Drop: relative change of the task's "
                "metrics, negative = worse; rise: of its mean loss. Gain: how much more the least-hit task is hurt.",
                ["", f"drop {REFERENCE}", f"drop {MAXMIN}", "gain", f"rise {REFERENCE}", f"rise {MAXMIN}", "gain"], rows)


def print_budgets(c):
    budgets = {rule: float(rule.split()[2].rstrip("%")) for rule in c.rules if re.fullmatch(rf"{MEAN} [\d.]+%", rule)}
    rows = []
    for rule in [*sorted(budgets, key=budgets.get), MEAN]:
        cells = []
        for method, epsilon in c.settings:
            arp, whole = (c.at(method=method, epsilon=epsilon, rule=name)["arp"].mean() for name in (rule, MEAN))
            cells += [percent(arp), "" if np.isnan(arp / whole) else f"{100 * arp / whole:.0f} %"]
        rows.append([f"{budgets.get(rule, 100):g} %", *cells])
    print_table("Pixel budget", f"ARP in percent of {MEAN} when only so many pixels may change, and the share of what all "
                f"pixels achieve; mean over the layouts {c.layouts}.",
                ["pixels", *(cell for method, epsilon in c.settings for cell in (f"{method}, ε {epsilon:g}", "share"))], rows)


def print_seconds(c):
    methods = list(dict.fromkeys(method for method, _ in c.settings))
    rows = []
    for rule in c.rules:
        cells = []
        for method in methods:
            mean, reference = (c.at(method=method, rule=name)["seconds_per_image"].mean() for name in (rule, REFERENCE))
            cells += [f"{mean:.4f}", f"{mean / reference:.2f}"]
        if "solves" in c.rows:
            mine = c.at(rule=rule)[["solves", "unproven", "infeasible"]].sum()
            cells += list(mine) if mine["solves"] > 0 else ["", "", ""]
        rows.append([rule, *cells])
    header = ["rule", *(cell for method in methods for cell in (method, f"of {REFERENCE}"))]
    if "solves" in c.rows:
        header += ["programs", "unproven", "infeasible"]
    print_table("Time", f"Processor seconds per image, and as a multiple of {REFERENCE}; mean over models and radii.", header,
                rows)


def print_verdict(c):
    """Claim C2: dgba hurts all tasks together more than single, total and sign_sum at the same budget."""
    rows = []
    for method, epsilon in c.settings:
        arp = c.at(method=method, epsilon=epsilon).pivot_table("arp", "rule", "model", sort=False)
        whole = [rule for rule in arp.index if "%" not in rule]
        strongest = arp.loc[whole].mean(axis=1).idxmin()
        singles = [rule for rule in whole if rule.startswith("single:")]
        rivals = [rule for rule in ("total", "sign_sum") if rule in whole]
        wins = [f"{(arp.loc[REFERENCE] < arp.loc[rule]).sum()} of {c.models}" for rule in rivals]
        by_single = (arp.loc[REFERENCE] < arp.loc[singles].min()).sum()
        rows.append([f"{method}, ε {epsilon:g}", f"{by_single} of {c.models}", *wins,
                     f"{strongest} {percent(arp.loc[strongest].mean())}", percent(arp.loc[REFERENCE].mean())])
    holds = all(cell == f"{c.models} of {c.models}" for row in rows for cell in row[1:-2])
    print_table(f"Claim C2: does {REFERENCE} hurt all tasks together more?", "Models on which its ARP is lower than that of the "
                "strongest attack on a single task, and of the other rules the claim names; the strongest of all rules.",
                ["", "than any single", *(f"than {rule}" for rule in rivals), "strongest rule: ARP", f"{REFERENCE}: ARP"], rows)
    print(f"\nBy ARP, C2 {'holds on every model, with every step and radius' if holds else 'does not hold everywhere'} here. "
          "`dgba report --claims` adds the losses of single images, with intervals.")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: analysis/rules.py RUN_FOLDER|RESULTS.h5")
    c = Comparison(sys.argv[1])
    if c.left_out > 0:
        print(f"{c.left_out} attacks did not finish and are left out.")
    if len(c.rows) == 0:
        sys.exit(f"{sys.argv[1]}: no finished attack")
    print_strength(c)
    if c.has(REFERENCE, MAXMIN):
        print_maxmin(c)
    if c.has(MEAN):
        print_budgets(c)
    if c.has(REFERENCE):
        print_seconds(c)
        print_verdict(c)


if __name__ == "__main__":
    main()
