"""How long a run takes on many workers: a simulation from the task times and sizes that `cluster.py --steps` measured.

    python benchmarks/cluster_model.py SMALL.json LARGE.json

Measured: the CPU seconds of each task of two runs, and those of the driver between the steps. Computed: all else. The
work of a step grows with rows along the line through both runs. How many tasks share it is, of a step by shards or
ranges of lines, measured (they grow with rows), of one by ranges of keys or rows, by the sizes in ROWS_A_TASK, of one
by bands as many as there are, of all others as measured. Tasks take what the measured ones took, in turn, scaled to the
mean; each goes to the worker that is free first; a step ends before the next begins. Each task of Ray costs the driver
DISPATCH_S, one after the other. Not in it: the store, the network, lost machines, and that report and gate overlap.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tuneset.execution.ray_cluster import together

WORKERS = (1, 2, 8, 64, 512)
ROWS = (1_000_000, 100_000_000, 1_000_000_000)
DISPATCH_S = 0.001
ROWS_A_TASK = {
    "repeats": 4 << 20, "rewrite": 4 << 20, "write_labels": 4 << 20, "compare_rows": 1 << 20, "count_lot": 64 * 15_000,
    "count_prompts": 4 << 20, "_write_block": 1_200_000, "_judge": 1_200_000,
    "_write_part": 2_400_000, "_count": 2_400_000, "cut_file": 1_000_000,
}  # fmt: skip
"""Steps by ranges, and how many of all rows a task has: near rows are a part of all, validation is a tenth, and a raw
file has a million."""
PRICE_USD, CORES = 0.68, 16
"""Of an hour of a machine: AWS's example of c5.4xlarge in its guide to Auto Scaling, not a current price."""


class Step(NamedTuple):
    """What is known of a step: the tasks of both runs, and the driver's seconds before it."""

    function: str
    small: Sequence[float]
    large: Sequence[float]
    driver: tuple[float, float]


def main() -> None:
    """Print a table of seconds, efficiency and dollars."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs=2)
    small, large = (json.loads(path.read_text()) for path in parser.parse_args().runs)
    sizes, steps = (small["rows"], large["rows"]), aligned(small["steps"], large["steps"])
    held = [run["driver MB a million rows"] * run["rows"] / 1e6 for run in (small, large)]
    memory = line(held[0], held[1], sizes)
    for rows in ROWS:
        whole = simulated(steps, sizes, rows, 1)
        print(
            f"{rows / 1e6:,.0f} million rows; the driver holds {memory(rows) / 1e3:,.1f} GB beside what it has loaded"
        )
        for workers in WORKERS:
            seconds = simulated(steps, sizes, rows, workers)
            hours, machines = seconds / 3600, -(-workers // CORES)
            print(
                f"  {workers:4} workers {hours:8.2f} h  efficiency {whole / workers / seconds:5.2f}  "
                f"{hours * machines * PRICE_USD:8.2f} USD on {machines} machines"
            )


def aligned(small: Sequence[Mapping[str, Any]], large: Sequence[Mapping[str, Any]]) -> list[Step]:
    """The steps of the larger run, each beside that of the same name in the smaller one; rounds beside the last."""
    found, seen = [], dict[str, int]()
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for step in small:
        by_name.setdefault(step["function"], []).append(step)
    for step in large:
        name = step["function"]
        place = seen[name] = seen.get(name, -1) + 1
        like = by_name[name][min(place, len(by_name[name]) - 1)]
        found.append(Step(name, like["tasks"], step["tasks"], (like["driver"], step["driver"])))
    return found


def line(small: float, large: float, sizes: tuple[int, int]) -> Any:  # noqa: ANN401  a function of rows
    """The line through two measures, which neither falls nor begins below nothing."""
    slope = max((large - small) / (sizes[1] - sizes[0]), 0.0)
    start = large - slope * sizes[1]
    if start < 0:
        slope, start = large / sizes[1], 0.0
    return lambda rows: start + slope * rows


def simulated(steps: Sequence[Step], sizes: tuple[int, int], rows: int, workers: int) -> float:
    """Seconds of a run of so many rows."""
    seconds = 0.0
    for step in steps:
        work = line(sum(step.small), sum(step.large), sizes)(rows)
        if step.function in ROWS_A_TASK:
            count = max(-(-rows // ROWS_A_TASK[step.function]), len(step.large) if workers > 1 else 1)
        elif len(step.large) >= 2 * len(step.small):
            count = max(round(len(step.large) * rows / sizes[1]), 1)
        else:
            count = len(step.large)
        seconds += line(step.driver[0], step.driver[1], sizes)(rows) + shared(step.large, work, count, workers)
    return seconds


def shared(like: Sequence[float], work: float, count: int, workers: int) -> float:
    """Seconds until the last of so many tasks is done, which are `work` together and spread as those that are like."""
    mean = max(sum(like) / len(like), 1e-9)
    scale = work / count / mean
    free, given, left, place = [0.0] * min(workers, count), 0.0, count, 0
    while left:
        lot = min(together(left, workers), left)
        given += DISPATCH_S
        begin = max(heapq.heappop(free), given)
        spent = sum(like[(place + one) % len(like)] for one in range(lot)) * scale
        heapq.heappush(free, begin + spent)
        left, place = left - lot, place + lot
    return max(free)


if __name__ == "__main__":
    main()
