#!/usr/bin/python3
"""Runs dgba and PyTorch side by side, alternating, each measurement in a process of its own; see README.md."""
import argparse
import csv
import json
import os
import pathlib
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TORCH = [sys.executable, str(pathlib.Path(__file__).with_name("peer_torch.py"))]
CORES = sorted(os.sched_getaffinity(0))[:2]
QUIET = 0.05  # share of the machine that others may use


class Patience:
    """Seconds that may still be spent on waiting for a quiet machine and on repeating what others disturbed."""

    seconds = 0.0


class Contender:
    """A command that is run as `processes` at once, each on a core of its own if there is more than one."""

    def __init__(self, name, command, read, processes=1):
        self.name, self.command, self.read, self.processes = name, command, read, processes
        self.samples = []  # milliseconds per image, with all processes together
        self.peak = self.others = 0  # MiB of all processes; share of the machine used by others
        self.notes = {}

    def run(self):
        """One sample; while there is patience, others are waited for and disturbed samples taken again."""
        wait_for_quiet()
        others, answers = self.measure()
        while others > QUIET and Patience.seconds > 0:
            start = time.perf_counter()
            wait_for_quiet()
            others, answers = min((others, answers), self.measure(), key=lambda sample: sample[0])
            Patience.seconds -= time.perf_counter() - start
        self.samples.append(1 / sum(1 / a["ms"] for a in answers))
        self.peak = max(self.peak, sum(a["peak_mib"] for a in answers))
        self.others = max(self.others, others)
        self.notes = answers[0]
        print(f"  {self.name}: {self.samples[-1]:.1f} ms/image, others {100 * others:.0f} %", file=sys.stderr)

    def measure(self):
        """The share of the machine that others used meanwhile, and the answers of the processes."""
        start, (busy, own) = time.perf_counter(), busy_seconds()
        answers = self.start()
        seconds, (busy_after, own_after) = time.perf_counter() - start, busy_seconds()
        return max(0, busy_after - busy - (own_after - own)) / (seconds * os.cpu_count()), answers

    def start(self):
        pinned = [["taskset", "-c", str(core)] for core in CORES[: self.processes]] if self.processes > 1 else [[]]
        running = [subprocess.Popen(pin + self.command, stdout=subprocess.PIPE, text=True) for pin in pinned]
        try:
            outputs = [p.communicate()[0] for p in running]
        finally:
            for p in running:
                p.kill()  # does nothing to one that has ended
        if any(p.returncode != 0 for p in running):
            sys.exit(f"failed: {' '.join(self.command)}")
        return [self.read(o) for o in outputs]

    def ms(self):
        return statistics.median(self.samples)


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


def read_torch(output):
    answer = json.loads(output)
    return {**answer, "ms": statistics.median(answer["ms"])}


def read_dgba(quantity):
    def read(output):
        values = {row["quantity"]: row["value"] for row in csv.DictReader(output.splitlines())}
        return {"ms": float(values[quantity]), "peak_mib": float(values["peak_memory"]), "core": values["blas_core"]}
    return read


class Case:
    """A model and a batch, and those who run it."""

    def __init__(self, options, size, batch, layout, file):
        self.options, self.size, self.batch, self.layout, self.file = options, size, batch, layout, file
        self.save()
        self.part = ["--batch", str(max(1, batch // 2))]  # what each of two processes gets
        self.tuned = self.fastest("tuned", [[], ["--channels-last"], ["--folded"], ["--folded", "--channels-last"]])
        self.trained = self.fastest("train", [[], ["--channels-last"]])
        self.attack, self.train = self.attack_contenders(), self.train_contenders()

    def save(self):
        subprocess.run([self.options.dgba, "bench", "--what", "attack", "--repeat", "1", "--size", str(self.size), "--batch",
                        str(self.batch), "--layout", str(self.layout), "--width", str(self.options.width), "--save",
                        self.file], check=True, stdout=subprocess.DEVNULL)

    def torch(self, what, *more):
        return [*TORCH, what, self.file, "--repeat", str(self.options.repeat), *more]

    def dgba(self, what, *more):
        return [self.options.dgba, "bench", "--what", what, "--format", "csv", "--checkpoint", self.file, "--images",
                self.file, "--repeat", str(self.options.repeat), *more]

    def fastest(self, what, ways):
        """On one core, which a busy machine disturbs least."""
        tried = [Contender(" ".join(w), self.torch(what, "--threads", "1", *w), read_torch) for w in ways]
        for contender in tried:
            contender.run()
        return ways[tried.index(min(tried, key=Contender.ms))]

    def attack_contenders(self):
        tuned = "PyTorch tuned (" + (", ".join(w.strip("-").replace("-", " ") for w in self.tuned) or "as it is") + ")"
        one, each = read_dgba("attack_iteration"), read_dgba("attack_task_iteration")
        return [
            Contender("PyTorch released style, 1 x 2 threads", self.torch("released"), read_torch),
            Contender(f"{tuned}, 1 x 2 threads", self.torch("tuned", *self.tuned), read_torch),
            Contender(f"{tuned}, 2 x 1 thread", self.torch("tuned", "--threads", "1", *self.part, *self.tuned), read_torch, 2),
            Contender("dgba, 1 x 2 threads", self.dgba("attack", "--threads", "2"), one),
            Contender("dgba, 2 x 1 thread", self.dgba("attack", *self.part), one, 2),
            Contender("dgba, backward per task, 2 x 1 thread", self.dgba("attack", *self.part), each, 2),
        ]

    def train_contenders(self):
        way = "channels last" if self.trained else "as it is"
        step = read_dgba("train_step")
        return [
            Contender(f"PyTorch ({way}), 1 x 2 threads", self.torch("train", *self.trained), read_torch),
            Contender(f"PyTorch ({way}), 2 x 1 thread",
                      self.torch("train", "--threads", "1", *self.part, *self.trained), read_torch, 2),
            Contender("dgba, 1 x 2 threads", self.dgba("train", "--threads", "2"), step),
            Contender("dgba, 2 x 1 thread", self.dgba("train", *self.part), step, 2),
        ]

    def run(self):
        for _ in range(self.options.rounds):
            for contender in self.attack + self.train:
                contender.run()

    def report(self):
        print(f"\n{self.size} x {self.size}, batch {self.batch}, layout {self.layout}")
        agreements = [c.notes for c in self.attack if "equal_signs" in c.notes]
        print(f"  agreement with PyTorch: {100 * min(a['equal_signs'] for a in agreements):.3f} % equal signs of the "
              f"direction, losses differ by at most {max(a['loss_difference'] for a in agreements):.1e}")
        report_table("attack iteration", self.attack)
        report_table("training step", self.train)


def report_table(title, contenders):
    threads, ranks = [next(c for c in contenders if c.name == f"dgba, {how}").ms() for how in ("1 x 2 threads", "2 x 1 thread")]
    print(f"  {title:58} ms/image  images/s   / 1x2   / 2x1  peak MiB  others %")
    for c in contenders:
        print(f"    {c.name:56} {c.ms():8.1f}  {1e3 / c.ms():8.3f}  {c.ms() / threads:6.2f}  {c.ms() / ranks:6.2f}  "
              f"{c.peak:8.0f}  {100 * c.others:8.0f}")


def describe_machine(options):
    code = ("import torch; print(f'PyTorch {torch.__version__}, MKL-DNN', torch.backends.mkldnn.is_available(), end=', ');"
            "print(next(l.strip(' -') for l in torch.__config__.show().splitlines() if 'MKL-DNN' in l))")
    torch_text = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    dgba_text = subprocess.run([options.dgba, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    check = subprocess.run([options.dgba, "check"], check=True, capture_output=True, text=True).stdout.splitlines()[0]
    print(f"{dgba_text}; {' '.join(check.split())}\n{torch_text}\n{os.cpu_count()} cores, of which {CORES} are used; "
          f"load {os.getloadavg()[0]:.1f} at the start; {options.rounds} rounds, {options.repeat} passes each, medians")
    print("/ 1x2 and / 2x1: time per image divided by that of dgba in one process of two threads, and in two of one thread")


def numbers(text):
    return [int(n) for n in text.split(",")]


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dgba", required=True, help="the program")
    parser.add_argument("--full", action="store_true", help="321 x 321, batches of 1 and 4")
    parser.add_argument("--size", type=int, help="height and width of the images (161)")
    parser.add_argument("--batches", type=numbers, help="comma-separated (1)")
    parser.add_argument("--layouts", type=numbers, default=[0, 2], help="comma-separated (0,2)")
    parser.add_argument("--width", type=float, default=1, help="of the backbone (1)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=1, help="timed passes per process, after one that is not")
    parser.add_argument("--patience", type=float, default=60, help="seconds in all to wait for a quiet machine")
    options = parser.parse_args()
    Patience.seconds = options.patience
    options.size = options.size or (321 if options.full else 161)
    options.batches = options.batches or ([1, 4] if options.full else [1])
    return options


def main():
    options = read_options()
    if len(CORES) < 2:
        sys.exit("two cores are needed")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that files and processes go, too
    describe_machine(options)
    with tempfile.TemporaryDirectory() as folder:
        for batch in options.batches:
            for layout in options.layouts:
                case = Case(options, options.size, batch, layout, os.path.join(folder, "case.h5"))
                case.run()
                case.report()
                sys.stdout.flush()


if __name__ == "__main__":
    main()
