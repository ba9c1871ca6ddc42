"""The samples of peer.py as a table in Markdown."""
import statistics

RELEASED = "PyTorch released style, 1 x 2 threads"
TUNED_ONE = "PyTorch tuned, 1 x 2 threads"
TUNED_TWO = "PyTorch tuned, 2 x 1 thread"
TORCH_TRAIN_ONE = "PyTorch, 1 x 2 threads"
TORCH_TRAIN_TWO = "PyTorch, 2 x 1 thread"
DGBA = "dgba, 2 ranks x 1 thread"
ORDER = [RELEASED, TUNED_ONE, TUNED_TWO, TORCH_TRAIN_ONE, TORCH_TRAIN_TWO, DGBA]

LEAST_EQUAL_SIGNS, MOST_LOSS_DIFFERENCE = 0.99, 1e-3

COLUMNS = ["backbone", "layout", "batch", "work", "contender", "rounds", "ms/image", "images/s", "time / dgba", "peak MiB per process",
           "peak MiB in all", "memory / dgba", "equal signs %", "loss difference", "others %"]
PLACE = ("backbone", "layout", "batch", "what")


def groups(samples, keys):
    """Samples by their values of `keys`, in the order in which those came first."""
    found = {}
    for s in samples:
        found.setdefault(tuple(s[key] for key in keys), []).append(s)
    return found


def milliseconds(samples):
    return statistics.median(s["ms"] for s in samples)


def memory(samples):
    """Peak of all processes together: what they share counts once."""
    return max(sum(s["peak_mib"]) - s["shared_mib"] for s in samples)


def describe_way(samples):
    if "way" not in samples[-1]:
        return ""
    return " (" + (", ".join(w.strip("-").replace("-", " ") for w in samples[-1]["way"]) or "as it is") + ")"


def row(place, contender, samples, ours):
    way = describe_way(samples)
    ratios = [f"{f(samples) / f(ours):.2f}" if ours else "" for f in (milliseconds, memory)]
    signs, differences = ([s[key] for s in samples if key in s] for key in ("equal_signs", "loss_difference"))
    return [*place, contender + way, len(samples), f"{milliseconds(samples):.1f}",
            f"{1e3 / milliseconds(samples):.3f}", ratios[0], f"{max(max(s['peak_mib']) for s in samples):.0f}",
            f"{memory(samples):.0f}", ratios[1], f"{100 * min(signs):.3f}" if signs else "",
            f"{max(differences):.1e}" if differences else "", f"{100 * max(s['others'] for s in samples):.0f}"]


def rows(samples):
    for place, here in groups(samples, PLACE).items():
        by_contender = groups(here, ["contender"])
        for name in ORDER:
            if (name,) in by_contender:
                yield row(place, name, by_contender[name,], by_contender.get((DGBA,)))


def markdown(setting, samples):
    lines = [f"Images of {setting['size']} x {setting['size']}, width {setting['width']:g}.", "",
             f"- {setting['dgba']}; {setting['blas']}", f"- PyTorch {setting['torch']}", f"- {setting['processor']}", "",
             "| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(str(cell) for cell in cells) + " |" for cells in rows(samples)]
    return "\n".join(lines) + "\n"


def agree(samples):
    return all(s.get("equal_signs", 1) >= LEAST_EQUAL_SIGNS and s.get("loss_difference", 0) <= MOST_LOSS_DIFFERENCE
               for s in samples)
