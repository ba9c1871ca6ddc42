"""What the figures have in common: looks, panels, which attacks stand for a run, and what `dgba report` computes."""

import io
import os
import shutil
import subprocess

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

# Okabe and Ito's colours, the palest left out; marker and line style tell the series apart without them.
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
MARKERS = ["o", "s", "^", "D", "v", "P", "o", "X", "<", ">"]
LINES = ["-", "--", ":", "-.", (0, (4, 1)), (0, (1, 1)), "-"]
REPEATS = ["layout", "backbone", "width", "model_iterations", "adversarial"]  # models alike in these differ in seeds only

plt.rcParams.update({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
                     "pdf.fonttype": 42, "svg.hashsalt": "dgba"})


def panels(count, width=2.1, height=1.7, columns=4, edge=(0, 0), **options):
    """Axes for `count` panels, beside an edge for labels; those left over are hidden."""
    columns = min(count, columns)
    rows = -(-count // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(edge[0] + width * columns, edge[1] + height * rows), squeeze=False,
                                layout="constrained", **options)
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    for axis in axes.flat[max(0, count - columns):count]:  # the last of its column
        axis.tick_params(labelbottom=True)
    return figure, list(axes.flat[:count])


def reference(attacks):
    """The attacks of the last method with the most iterations, at its largest radius."""
    most = attacks[attacks["iterations"] == attacks["iterations"].max()]
    chosen = most[most["method"] == list(dict.fromkeys(most["method"]))[-1]]
    return chosen[chosen["epsilon"] == chosen["epsilon"].max()]


def label(group):
    first = group.iloc[0]
    return f"layout {first['layout']} ({first['sharing_score']}/{first['sharing_score_most']})" + (
        ", adversarial" if first["adversarial"] else "")


def setting(rows):
    return f"{rows.iloc[0]['method']}, ε {rows.iloc[0]['epsilon']:g}"


def kinds(models):
    """Rows of models by training, with words for it if there are several."""
    several = models["adversarial"].nunique() > 1
    for attack, own in models.groupby("adversarial", sort=False):
        yield own, "" if not several else "adversarial" if attack else "trained on clean images"


class Report:
    """What `dgba report` computes, as data frames."""

    def __init__(self, run, program):
        beside = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "build", "release", "dgba")
        self.path = run.path
        self.program = program or (beside if os.access(beside, os.X_OK) else shutil.which("dgba"))

    def table(self, section, title):
        """One table of a section, or None without the program."""
        if self.program is None:
            return None
        command = [self.program, "report", self.path, "--format", "csv", "--table", section]
        rows = pd.read_csv(io.StringIO(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        return rows[rows["table"] == title] if "table" in rows else rows.iloc[:0]
