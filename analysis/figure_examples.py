"""Images under attack: perturbation, predictions before and after, ground truth."""

import matplotlib.pyplot as plt
import numpy as np

from figure_tools import label, reference, setting


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
    shares = rows.drop_duplicates("model").set_index("model")["sharing_score"]
    for model in dict.fromkeys([shares.idxmax(), shares.idxmin()]):
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


def examples(run, report):
    for own in strongest_examples(run):
        for image in range(len(run.array("examples/images"))):
            figure = draw_example(run, own, image)
            figure.suptitle(f"{label(own)}, {setting(own)}", fontsize=8)
            yield f"examples-layout-{own.iloc[0]['layout']}-image-{image}", figure
