"""Loads results of dgba: a results.h5, or the run folder it lies in.

    >>> import dgba_results
    >>> run = dgba_results.load(RUN)
    >>> run
    <dgba results 'sharing-tradeoff': 3 models, 14 attacks, 2 tasks>

Tables are pandas data frames. Every column keeps the unit and the description that the file has for it:

    >>> run.attacks[["layout", "model_seed", "method", "rule", "epsilon", "arp"]].tail(2)
        layout  model_seed method        rule  epsilon   arp
    12      31           0   fgsm       total      8.0 -0.06
    13      31           0   fgsm  single:seg      8.0 -0.07
    >>> run.units["attacks"]["epsilon"]
    'input unit'
    >>> run.descriptions["models"]["gmac"]
    'multiply-accumulates of one forward pass of one image'

Models with the same name among `run.groups` differ in their seeds only:

    >>> run.groups.tolist()
    ['0', '0', '31']

ARP by rule and radius, mean over seeds (missing cells are NaN; nothing is made up):

    >>> fgsm = run.attacks[run.attacks.step == "fgsm"]
    >>> fgsm.pivot_table("arp", "rule", ["layout", "epsilon"], sort=False).round(3)
    layout          0             31      
    epsilon       4.0    8.0     4.0   8.0
    rule                                  
    total      -0.105 -0.305 -0.050 -0.06
    dgba       -0.205 -0.400  0.005   NaN
    single:seg    NaN    NaN    NaN -0.07

Numbers per task or metric are long tables, one row per number:

    >>> run.drops.query("rule == 'single:seg'")[["layout", "epsilon", "task", "drop"]]
        layout  epsilon    task   drop
    26      31      8.0     seg -0.140
    27      31      8.0  normal -0.035
    >>> run.clean_metrics.query("layout == 31")[["task", "metric", "unit", "value"]]
         task          metric    unit  value
    6     seg            miou           0.50
    7     seg  pixel_accuracy           0.75
    8  normal      mean_angle  degree  20.00

Arrays with many axes, such as losses of single images, are xarray data arrays where xarray is installed:

    >>> run.array("losses/adversarial").dims
    ('attack', 'task', 'image')
    >>> run.array("attacks/drops").sel(task="normal").attrs["units"]
    ''

A few images to look at, in `run.examples` the attacks they are under; `run.answers` says what a prediction's numbers are:

    >>> run.array("examples/adversarial").dims
    ('example', 'example_image', 'answer', 'head_row', 'head_column')
    >>> run.answers.merge(run.tasks["name"].rename("task_name"), left_on="task", right_index=True)[["task_name", "name"]]
      task_name   name
    0       seg  class
    1    normal      x
    2    normal      y
    3    normal      z

Where it comes from:

    >>> run.provenance["run_id"], run.provenance["git_commit"]
    ('0123abcd', 'ae972f5-dirty')
"""

import os

import h5py
import numpy as np
import pandas as pd

FORMAT, FORMAT_VERSION = "dgba-results", 1


def load(path):
    """Reads a results file, or results.h5 of a run folder."""
    return Results(os.path.join(path, "results.h5") if os.path.isdir(path) else path)


class Results:
    """A run: data frames, arrays, units and provenance. The file is closed again when they are read."""

    def __init__(self, path):
        self.path = path
        with h5py.File(path, "r") as file:
            if file.attrs.get("format") not in (FORMAT, FORMAT.encode()):
                raise ValueError(f"{path}: not a results file of dgba")
            if file.attrs["format_version"] > FORMAT_VERSION:
                raise ValueError(f"{path}: written by a newer dgba (results format {file.attrs['format_version']})")
            self.provenance = {name: _text(value) for name, value in file["run"].attrs.items()}
            self.units, self.descriptions = {}, {}
            self.tasks = self._table(file, "tasks")
            self.metrics = self._table(file, "metrics")
            self.models = self._table(file, "models")
            if "adversarial" not in self.models:  # an older file
                self.models["adversarial"] = ""
            self._attacks = self._table(file, "attacks")
            for name in ("answers", "classes", "examples"):  # an older file has none
                setattr(self, name, self._table(file, name) if name in file else pd.DataFrame())
            self._arrays = {}
            file.visititems(self._keep_array)

    def __repr__(self):
        return (f"<dgba results {self.provenance['name']!r}: {len(self.models)} models, {len(self._attacks)} attacks, "
                f"{len(self.tasks)} tasks>")

    def _table(self, file, name):
        group, columns = file[name], {}
        rows = len(group[_ROWS.get(name, "status")])
        self.units[name], self.descriptions[name] = {}, {}
        for column, data in group.items():
            if data.shape != (rows,):
                continue
            columns[column] = data.asstr()[:] if h5py.check_string_dtype(data.dtype) else data[:]
            self.units[name][column] = _text(data.attrs.get("units", ""))
            self.descriptions[name][column] = _text(data.attrs.get("description", ""))
        return pd.DataFrame(columns)

    def _keep_array(self, name, data):
        if isinstance(data, h5py.Dataset) and data.ndim > 1:
            dims = [dim.keys()[0].lstrip("/") if len(dim) else f"axis_{i}" for i, dim in enumerate(data.dims)]
            attributes = {key: _text(data.attrs[key]) for key in ("units", "description") if key in data.attrs}
            self._arrays[name] = (data.asstr()[:] if h5py.check_string_dtype(data.dtype) else data[:], dims, attributes)

    @property
    def attacks(self):
        """/attacks, each row with its method ("ifgsm, 10 iterations" and options) and with what its model is: layout,
        sharing_score, ...; model_seed where both have the name."""
        clashes = {name: f"model_{name}" for name in self.models.columns if name in self._attacks.columns}
        rows = self._attacks.join(self.models.rename(columns=clashes), on="model")
        rows["method"] = [step + (f", {iterations} iterations" if iterations > 1 else "") + (f", {options}" if options else "")
                          for step, iterations, options in zip(rows["step"], rows["iterations"], rows["options"])]
        return rows

    @property
    def transfer_matrix(self):
        """Task × task: relative change of each task (columns of `task`) under single:<task>, a row per number."""
        rows = self.drops[self.drops.rule.str.startswith("single:")].copy()
        rows["attacked"] = rows.rule.str.split(":", n=1).str[1]
        return rows

    @property
    def model_transfer(self):
        """Images made on one model and measured on another: arp, a row per (attack on the source, target model). `number` is
        the attack's place in the arrays of /transfer."""
        if "transfer/arp" not in self._arrays or self._arrays["transfer/arp"][0].size == 0:
            return self.attacks.iloc[:0].assign(number=0, target=0, target_layout=0)
        arp, attack = self._arrays["transfer/arp"][0], self._arrays["transfer/attack"][0]
        status = self._arrays["transfer/status"][0]
        known = [place for place in np.ndindex(*arp.shape) if status[place] == "ok"]
        rows = self.attacks.iloc[[attack[place] for place in known]].reset_index(drop=True)
        rows["number"] = [number for _, number, _ in known]
        rows["target"] = [target for _, _, target in known]
        rows["target_layout"] = self.models["layout"].to_numpy()[rows["target"]]
        rows["arp"] = [arp[place] for place in known]
        return rows

    @property
    def model_task_transfer(self):
        """Both at once: relative change of each task (columns of `task`) of the target model under images that single:<task>
        (column `attacked`) made on the source model, a row per number; against the target's own clean values."""
        source, attack, target = (self.model_transfer[name].to_numpy() for name in ("model", "number", "target"))
        values = self._arrays["transfer/drops"][0][source, attack, target] if len(source) else np.empty((0, len(self.tasks)))
        rows = self.model_transfer.loc[self.model_transfer.index.repeat(len(self.tasks))].reset_index(drop=True)
        rows["task"] = np.tile(self.tasks["name"].to_numpy(), len(source))
        rows["drop"] = values.reshape(-1)
        rows = rows[rows["rule"].str.startswith("single:")].copy()
        rows["attacked"] = rows["rule"].str.split(":", n=1).str[1]
        return rows

    @property
    def groups(self):
        """What the models are called whose seeds are repeats of one another: "31", "31 adversarial", "31 width 0.5"."""
        names = self.models["layout"].astype(str)
        for column, words in (("backbone", " {}"), ("width", " width {:g}"), ("iterations", " trained {}")):
            if self.models[column].nunique() > 1:
                names += self.models[column].map(words.format)
        attacks = self.models["adversarial"]
        several = attacks[attacks != ""].nunique() > 1
        return names + attacks.map(lambda attack: "" if attack == "" else " adversarial" + f" {attack}" * several)

    @property
    def clean_arp(self):
        """Clean ARP of every model against the mean clean values of the independent layout (sharing score 0) of the same
        backbone, width, iterations and adversarial training; NaN without one."""
        alike = ["backbone", "width", "iterations", "adversarial"]
        clean = pd.DataFrame(self._arrays["models/metrics"][0], index=self.models.index)
        base = clean[self.models["sharing_score"] == 0].groupby([self.models[name] for name in alike]).mean()
        keys = pd.MultiIndex.from_frame(self.models[alike])
        base = base.reindex(keys).set_axis(self.models.index).replace(0, np.nan)
        change = (clean - base) / base * np.where(self.metrics["higher_is_better"], 1, -1)
        return change.T.groupby(self.metrics["task"].to_numpy()).mean().T.mean(axis=1, skipna=False)

    def transfer_of(self, attacks):
        """Transfer between tasks of every model, from its attacks single:<task> among `attacks` (rows of `.attacks`): mean
        change of the tasks not attacked / of the attacked ones. NaN if an attack is missing or did not work on its task."""
        rows = self.transfer_matrix
        rows = rows[rows["attack"].isin(attacks.index)]
        own = rows["task"] == rows["attacked"]
        means = pd.DataFrame({"own": rows[own].groupby("model")["drop"].mean(),
                              "others": rows[~own].groupby("model")["drop"].mean(),
                              "missing": rows["drop"].isna().groupby(rows["model"]).sum(),
                              "attacked": rows.groupby("model")["attacked"].nunique()}).reindex(self.models.index)
        whole = (means["attacked"] == len(self.tasks)) & (means["missing"] == 0) & (means["own"] < 0)
        return (means["others"] / means["own"]).where(whole)

    def array(self, name):
        """A dataset with several axes by its name in the file: an xarray.DataArray, or a NumPy array without xarray."""
        values, dims, attributes = self._arrays[name]
        try:
            import xarray
        except ImportError:
            return values
        labels = {"task": self.tasks["name"], "metric": self.metrics["name"]}
        coordinates = {dim: labels[dim].to_numpy() for dim in dims if dim in labels}
        return xarray.DataArray(values, dims=dims, coords=coordinates, attrs=attributes, name=name.split("/")[-1])

    def _long(self, table, name, axis, value):
        """A row per number of an array whose axes are rows of `table` and tasks or metrics."""
        values = self._arrays[name][0]
        rows = table.loc[table.index.repeat(values.shape[1])]
        rows = rows.rename_axis("attack" if table is not self.models else "model").reset_index()
        about = self.tasks if axis == "task" else self.metrics
        for target, source in _LABELS[axis].items():
            labels = about[source] if target != "task" or axis == "task" else self.tasks["name"].to_numpy()[about["task"]]
            rows[target] = np.tile(np.asarray(labels), len(table))
        rows[value] = values.reshape(-1)
        return rows

    @property
    def drops(self):
        """Relative change of each task under each attack against the same model's clean value; negative = worse."""
        return self._long(self.attacks, "attacks/drops", "task", "drop")

    @property
    def losses(self):
        """Mean loss of each task under each attack."""
        return self._long(self.attacks, "attacks/losses", "task", "loss")

    @property
    def attack_metrics(self):
        """Each metric under each attack."""
        return self._long(self.attacks, "attacks/metrics", "metric", "value")

    @property
    def clean_metrics(self):
        """Each metric of each model without an attack."""
        return self._long(self.models, "models/metrics", "metric", "value")


_ROWS = {"tasks": "name", "metrics": "name", "answers": "name", "classes": "name", "examples": "attack"}  # a column of rows

_LABELS = {
    "task": {"task": "name"},
    "metric": {"task": "task", "metric": "name", "unit": "unit", "higher_is_better": "higher_is_better"},
}


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value) if isinstance(value, np.str_) else value
