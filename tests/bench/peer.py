#!/usr/bin/python3
"""Runs dgba and PyTorch side by side, in turns, each measurement in processes of its own; see README.md.

Every sample is appended to PREFIX.jsonl as soon as it is there; running the same command again takes what is missing.
PREFIX.md is the table of all samples.
"""
import argparse
import csv
import hashlib
import json
import os
import pathlib
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import peer_table

TORCH = [sys.executable, str(pathlib.Path(__file__).with_name("peer_torch.py"))]
CORES = sorted(os.sched_getaffinity(0))[:2]
QUIET = 0.05  # share of the machine that others may use
TUNED_WAYS = [[], ["--channels-last"], ["--folded"], ["--folded", "--channels-last"]]


# ---- Processes and their memory ----


def descendants(pid):
    """The process and all it has started."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            children = [int(child) for child in file.read().split()]
    except OSError:  # it has ended
        return []
    return [pid] + [p for child in children for p in descendants(child)]


def shared_mib(pids):
    """What the processes have of memory that counts less than once for each of them, as others have it, too."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                sizes = {line.split()[0]: int(line.split()[1]) for line in file if " kB" in line}
            total += sizes["Rss:"] - sizes["Pss:"]
        except (OSError, KeyError):
            pass
    return total / 1024


class SharedMemory(threading.Thread):
    """Looks now and then how much memory is shared. Looking takes the kernel's time, so at most 1 % of it is spent so."""

    def __init__(self, processes):
        super().__init__(daemon=True)
        self.processes, self.most, self.over = processes, 0, threading.Event()
        self.start()

    def run(self):
        pause = 0.1
        while not self.over.wait(pause):
            start = time.perf_counter()
            self.most = max(self.most, shared_mib([p for root in self.processes for p in descendants(root.pid)]))
            pause = max(0.2, 100 * (time.perf_counter() - start))


def run_together(commands):
    """Outputs of the commands, run at the same time, and the most memory in MiB that was shared."""
    running = [subprocess.Popen(c, stdout=subprocess.PIPE, text=True) for c in commands]
    memory = SharedMemory(running)
    try:
        outputs = [p.communicate()[0] for p in running]
    finally:
        memory.over.set()
        for p in running:
            p.terminate()  # does nothing to one that has ended; mpirun ends its ranks
    if any(p.returncode != 0 for p in running):
        sys.exit(f"failed: {' '.join(commands[0])}")
    return outputs, memory.most


# ---- A quiet machine ----


class Patience:
    """Seconds that may still be spent on waiting for a quiet machine and on repeating what others disturbed."""

    seconds = 0.0


def busy_seconds():
    """Processor time used by everybody, and by our children that have ended."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal = [int(n) for n in file.readline().split()[1:9]]
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK"), own.ru_utime + own.ru_stime


def wait_for_quiet():
    busy, window = 1, 0.5
    while busy > QUIET and Patience.seconds > 0:
        before = busy_seconds()[0]
        time.sleep(window)
        busy = (busy_seconds()[0] - before) / (window * os.cpu_count())
        Patience.seconds -= window


def sample_once(measure):
    """A sample of measure(), with the share of the machine that others used meanwhile."""
    start, (busy, own) = time.perf_counter(), busy_seconds()
    sample = measure()
    seconds, (busy_after, own_after) = time.perf_counter() - start, busy_seconds()
    return {**sample, "others": max(0, busy_after - busy - (own_after - own)) / (seconds * os.cpu_count())}


def sample(measure):
    """While there is patience, others are waited for and disturbed samples taken again."""
    wait_for_quiet()
    best = sample_once(measure)
    while best["others"] > QUIET and Patience.seconds > 0:
        start = time.perf_counter()
        wait_for_quiet()
        best = min(best, sample_once(measure), key=lambda s: s["others"])
        Patience.seconds -= time.perf_counter() - start
    return best


# ---- The contenders ----


def merge(answers, shared):
    """Milliseconds per image with all processes together; peak memory of each."""
    notes = {key: answers[0][key] for key in ("equal_signs", "loss_difference") if key in answers[0]}
    return {"ms": 1 / sum(1 / a["ms"] for a in answers), "peak_mib": [a["peak_mib"] for a in answers],
            "shared_mib": shared, **notes}


def measure_torch(command, processes):
    pins = [["taskset", "-c", str(core)] for core in CORES] if processes > 1 else [[]]
    outputs, shared = run_together([pin + command for pin in pins])
    answers = [json.loads(o) for o in outputs]
    return merge([{**a, "ms": statistics.median(a["ms"])} for a in answers], shared)


def measure_dgba(command, quantity):
    """Two ranks on a core each, as `dgba run` has them. mpirun puts [job,rank] before each line."""
    outputs, shared = run_together([["mpirun", "-n", "2", "--bind-to", "core", "--tag-output", *command]])
    lines = [re.match(r"\[\d+,(\d+)\]<stdout>:(.*)", line) for line in outputs[0].splitlines()]
    tables = [[line[2] for line in lines if line and int(line[1]) == rank] for rank in range(2)]
    values = [{row["quantity"]: row["value"] for row in csv.DictReader(table)} for table in tables]
    return merge([{"ms": float(v[quantity]), "peak_mib": float(v["peak_memory"])} for v in values], shared)


class Model:
    """A backbone and a layout: a file with weights and images, and who runs them."""

    def __init__(self, options, backbone, layout, folder):
        self.options, self.backbone, self.layout = options, backbone, layout
        self.file = os.path.join(folder, f"{backbone}-{layout}.h5")
        self.way = None

    def save(self):
        o = self.options
        subprocess.run([o.dgba, "bench", "--what", "attack", "--repeat", "1", "--size", str(o.size), "--batch",
                        str(max(o.batches)), "--backbone", self.backbone, "--layout", str(self.layout), "--width", str(o.width),
                        "--threads", "2", "--save", self.file], check=True, stdout=subprocess.DEVNULL)

    def torch(self, what, batch, *more):
        return [*TORCH, what, self.file, "--repeat", str(self.options.repeat), "--batch", str(batch), *more]

    def dgba(self, what, batch):
        return [self.options.dgba, "bench", "--what", what, "--format", "csv", "--checkpoint", self.file, "--images",
                self.file, "--repeat", str(self.options.repeat), "--batch", str(batch)]

    def prepare(self, journal, what):
        """Makes the file, and finds the fastest way to run the attack in PyTorch unless earlier samples tell it: on one
        core and one image, which a busy machine disturbs least."""
        if not os.path.exists(self.file):
            self.save()
        self.way = self.way if self.way is not None else journal.way(self.backbone, self.layout)
        if self.way is None and what == "attack":
            commands = [self.torch("tuned", 1, "--threads", "1", *way) for way in TUNED_WAYS]
            times = [sample(lambda c=c: measure_torch(c, 1))["ms"] for c in commands]
            self.way = TUNED_WAYS[times.index(min(times))]

    def contenders(self, what, batch):
        """Name: what measures it. Each of two processes gets half of the batch, or an image of its own."""
        part = max(1, batch // 2)
        if what == "train":
            return {
                peer_table.TORCH_TRAIN_ONE: lambda: measure_torch(self.torch("train", batch), 1),
                peer_table.TORCH_TRAIN_TWO: lambda: measure_torch(self.torch("train", part, "--threads", "1"), 2),
                peer_table.DGBA: lambda: measure_dgba(self.dgba("train", part), "train_step"),
            }
        return {
            peer_table.RELEASED: lambda: measure_torch(self.torch("released", batch), 1),
            peer_table.TUNED_ONE: lambda: self.tuned(batch, 1),
            peer_table.TUNED_TWO: lambda: self.tuned(part, 2, "--threads", "1"),
            peer_table.DGBA: lambda: measure_dgba(self.dgba("attack", part), "attack_iteration"),
        }

    def tuned(self, batch, processes, *more):
        return {**measure_torch(self.torch("tuned", batch, *more, *self.way), processes), "way": self.way}


# ---- The samples ----


class Journal:
    """All samples so far, in a file that is only ever appended to."""

    def __init__(self, path, setting):
        self.path, self.setting, self.samples = path, setting, []
        if os.path.exists(path):
            with open(path) as file:
                self.samples = [s for s in map(json.loads, file) if all(s[key] == setting[key] for key in setting)]

    def find(self, **place):
        return [s for s in self.samples if all(s[key] == place[key] for key in place)]

    def way(self, backbone, layout):
        """How tuned PyTorch ran this model, or None."""
        return next((s["way"] for s in self.find(backbone=backbone, layout=layout) if "way" in s), None)

    def add(self, place, values):
        self.samples.append({**self.setting, **place, **values})
        with open(self.path, "a") as file:
            file.write(json.dumps(self.samples[-1]) + "\n")


def describe_machine(options):
    """What samples must agree in to be compared."""
    code = ("import torch; flags = torch.__config__.show().splitlines();"
            "print(torch.__version__, *[l.strip(' -') for l in flags if 'MKL-DNN' in l or 'CPU capability' in l], sep=', ')")

    def output(*command):
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    with open("/proc/cpuinfo") as file:
        processor = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown")
    blas = " ".join(output(options.dgba, "check").splitlines()[0].split()).removesuffix(": products are right")
    program = hashlib.sha256(pathlib.Path(options.dgba).read_bytes()).hexdigest()[:12]
    return {"dgba": f"{output(options.dgba, '--version')}, program {program}", "blas": blas, "torch": output(sys.executable, "-c", code),
            "processor": f"{processor}, {len(CORES)} of {os.cpu_count()} cores"}


def places(options):
    """Every configuration, in the order in which they are measured."""
    for backbone in options.backbones:
        for layout in options.layouts:
            for batch in options.batches:
                for what in options.what:
                    yield {"backbone": backbone, "layout": layout, "batch": batch, "what": what}


def measure_place(options, journal, model, place):
    """All rounds of one configuration; every second one backwards, so that nobody always follows the same. False if
    the time is over."""
    names = model.contenders(place["what"], place["batch"])
    for round_ in range(options.rounds):
        for name in list(names)[:: -1 if round_ % 2 else 1]:
            if len(journal.find(**place, contender=name)) > round_:
                continue
            if time.monotonic() > options.end:
                return False
            model.prepare(journal, place["what"])
            values = sample(names[name])
            journal.add({**place, "contender": name}, values)
            print(f"{place['backbone']} layout {place['layout']} batch {place['batch']} {place['what']} {name}: "
                  f"{values['ms']:.1f} ms/image, others {100 * values['others']:.0f} %", file=sys.stderr)
    return True


def measure(options, journal):
    models = {}
    with tempfile.TemporaryDirectory() as folder:
        for place in places(options):
            key = place["backbone"], place["layout"]
            if key not in models:
                for old in models.values():
                    pathlib.Path(old.file).unlink(missing_ok=True)  # half a gigabyte
                models[key] = Model(options, *key, folder)
            if not measure_place(options, journal, models[key], place):
                print("the time is over; the same command goes on from here", file=sys.stderr)
                return


def numbers(text):
    return [int(n) for n in text.split(",")]


def words(text):
    return text.split(",")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dgba", required=True, help="the program")
    parser.add_argument("--output", default="peer", metavar="PREFIX", help="of the two files that are written (peer)")
    parser.add_argument("--backbones", type=words, default=["deeplab_resnet34", "mobilenet_v2"], help="comma-separated")
    parser.add_argument("--layouts", type=numbers, default=[0, 2], help="comma-separated (0,2)")
    parser.add_argument("--batches", type=numbers, default=[1, 4], help="comma-separated (1,4)")
    parser.add_argument("--what", type=words, default=["attack", "train"], help="comma-separated (attack,train)")
    parser.add_argument("--size", type=int, default=321, help="height and width of the images (321)")
    parser.add_argument("--width", type=float, default=1, help="of the backbone (1)")
    parser.add_argument("--rounds", type=int, default=3, help="samples of everything; the table has medians (3)")
    parser.add_argument("--repeat", type=int, default=1, help="timed passes per process, after one that is not (1)")
    parser.add_argument("--patience", type=float, default=60, help="seconds in all to wait for a quiet machine (60)")
    parser.add_argument("--budget", type=float, default=float("inf"), help="seconds after which no sample is begun")
    options = parser.parse_args()
    Patience.seconds = options.patience
    options.end = time.monotonic() + options.budget
    return options


def main():
    options = read_options()
    if len(CORES) < 2:
        sys.exit("two cores are needed")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that files and processes go, too
    setting = {**describe_machine(options), "size": options.size, "width": options.width}
    journal = Journal(options.output + ".jsonl", setting)
    try:
        measure(options, journal)
    finally:
        table = peer_table.markdown(setting, journal.samples)
        pathlib.Path(options.output + ".md").write_text(table)
        print(table)
    if not peer_table.agree(journal.samples):
        sys.exit("dgba and PyTorch do not find the same")


if __name__ == "__main__":
    main()
