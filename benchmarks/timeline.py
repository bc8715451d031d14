"""How much of a run's time one process works by itself while the others wait, step by step.

    python benchmarks/timeline.py --rows 200000 --workers 2

`tuneset.prepare` runs in a process of its own and tells when each step begins. Meanwhile every thread of it and of its
workers is looked at (`/proc/PID/task/TID`, Linux): a process works where its threads ran for half of the time between
two looks, or where one of them could run and waits for a core that another program has. The start of the first process
is part of the run.

On a crowded machine a process stands still for other reasons as well, such as its disk, and the share in seconds is too
high. The one in CPU seconds is what a free machine would come to: those with one process at work, beside those with
more of them divided by the workers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from memory import tree
from prepare import raw_rows

LOOK_S = 0.05
_CHILD = """
import sys, time, json
from tuneset.execution.executors.process_setup import set_up_command
set_up_command()
import tuneset
def progress(label, done, total):
    print(json.dumps([time.monotonic(), label]), flush=True)
if __name__ == "__main__":
    tuneset.prepare(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), progress=progress)
"""


class Look(NamedTuple):
    """The time between two looks: when it ended, its seconds, how long each process worked and how long it ran."""

    at: float
    seconds: float
    worked: Mapping[int, float]
    ran: Mapping[int, float]

    @property
    def working(self) -> int:
        """How many processes worked for half of it."""
        return sum(seconds >= self.seconds / 2 for seconds in self.worked.values())


class Part(NamedTuple):
    """One step, up to the begin of the next: its seconds, those with no more than one process at work, CPU seconds.

    These are of the first process, of all others, and of all while no more than one was at work.
    """

    label: str
    seconds: float
    alone: float
    cpu_first: float
    cpu_others: float
    cpu_alone: float


def main() -> None:
    """Make rows, run, print the steps and the share of the whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=None, help="keep rows and output here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        looks, begun, first = watched(raw_rows(folder, options.rows), folder / "out", options.workers)
    steps = parts(looks, begun, first)
    print(f"{'step':<50} {'seconds':>8} {'alone':>8} {'CPU, first':>11} {'CPU, others':>12}")
    for step in [*steps, total(steps)]:
        print(f"{step.label:<50} {step.seconds:8.2f} {step.alone:8.2f} {step.cpu_first:11.2f} {step.cpu_others:12.2f}")
    whole = total(steps)
    print(f"one process at work, or none: {whole.alone / whole.seconds:.1%} of {whole.seconds:.1f} s")
    print(f"in CPU seconds, as on a free machine: {share(whole, options.workers):.1%}")


def watched(raw: Path, out: Path, workers: int) -> tuple[list[Look], list[tuple[float, str]], int]:
    """Run, and give what was seen at each look, when each step began, and the number of the first process."""
    settings = json.dumps({"workers": workers})
    process = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(raw), str(out), settings], stdout=subprocess.PIPE, text=True
    )
    begun = [(time.monotonic(), "start")]

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            at, label = json.loads(line)
            if label not in {known for _, known in begun}:
                begun.append((at, label))

    listener = threading.Thread(target=listen)
    listener.start()
    looks = list(_looks(process))
    listener.join()
    if process.returncode:
        sys.exit(f"tuneset.prepare ended with {process.returncode}")
    return looks, begun, process.pid


def parts(looks: Sequence[Look], begun: Sequence[tuple[float, str]], first: int) -> list[Part]:
    """The steps in the order of their begins.

    >>> looks = [Look(1.0, 1.0, {7: 0.9, 8: 0.1}, {}), Look(2.0, 1.0, {7: 0.2, 8: 1.0, 9: 0.9}, {})]
    >>> [(part.label, part.alone) for part in parts(looks, [(0.0, "a"), (1.5, "b")], 7)]
    [('a', 1.0), ('b', 0)]
    """
    found = []
    for (start, label), end in zip(begun, [*(at for at, _ in begun[1:]), float("inf")], strict=True):
        here = [look for look in looks if start < look.at <= end]
        found.append(
            Part(
                label,
                sum(look.seconds for look in here),
                sum(look.seconds for look in here if look.working <= 1),
                sum(look.ran.get(first, 0.0) for look in here),
                sum(seconds for look in here for pid, seconds in look.ran.items() if pid != first),
                sum(sum(look.ran.values()) for look in here if look.working <= 1),
            )
        )
    return found


def total(steps: Sequence[Part]) -> Part:
    """The sums of all steps.

    >>> total([Part("a", 1, 1, 2, 3, 1), Part("b", 1, 0, 0, 1, 0)])
    Part(label='all', seconds=2, alone=1, cpu_first=2, cpu_others=4, cpu_alone=1)
    """
    return Part("all", *(sum(column) for column in list(zip(*steps, strict=True))[1:]))


def share(whole: Part, workers: int) -> float:
    """The share of a run that one process works by itself, where all CPU seconds but those are shared by the workers.

    >>> share(Part("all", 9, 3, 2, 4, 2), 2)
    0.5
    """
    together = (whole.cpu_first + whole.cpu_others - whole.cpu_alone) / workers
    return whole.cpu_alone / (whole.cpu_alone + together)


def _looks(process: subprocess.Popen[str]) -> Iterator[Look]:
    """Yield a look every LOOK_S until the process ends."""
    before, at = _ran(process.pid), time.monotonic()
    while process.poll() is None:
        time.sleep(LOOK_S)
        now, of_threads = time.monotonic(), _ran(process.pid)
        ran: dict[int, float] = {}
        waits: set[int] = set()
        for (pid, thread), (seconds, can_run) in of_threads.items():
            ran[pid] = ran.get(pid, 0.0) + seconds - before.get((pid, thread), (0.0, False))[0]
            if can_run:
                waits.add(pid)
        yield Look(now, now - at, {pid: now - at if pid in waits else ran[pid] for pid in ran}, ran)
        before, at = of_threads, now


def _ran(root: int) -> dict[tuple[int, int], tuple[float, bool]]:
    """Seconds that each thread of a process and its descendants ran, and whether it can run now."""
    found = {}
    for pid in tree(root):
        for thread in _threads(pid):
            place = Path(f"/proc/{pid}/task/{thread}")
            try:
                ran = (place / "schedstat").read_text(encoding="ascii").split()[0]
                state = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
            except OSError:  # it has just ended
                continue
            found[pid, thread] = (int(ran) / 1e9, state == "R")
    return found


def _threads(pid: int) -> list[int]:
    try:
        return [int(thread.name) for thread in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []


if __name__ == "__main__":
    main()
