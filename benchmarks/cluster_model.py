"""How long a run takes on many workers: a simulation from the task times and sizes that `cluster.py --steps` measured.

    python benchmarks/cluster_model.py SMALL.json LARGE.json

Measured: the CPU seconds of each task of two runs, and those of the driver between the steps. Computed: all else. The
work of a step grows with rows along the line through both runs; that on candidates for near duplicates also with rows
that share bands by chance. How many tasks share it is, of a step by shards or ranges of lines, measured (they grow with
rows), of one by ranges, blocks or lots, by the sizes in ROWS_A_TASK and at least one a worker, of one by bands one for
each range of keys of each, of all others as measured. Tasks take what the measured ones took, in turn, scaled to the
mean; each goes to the worker that is free first; a step ends before the next begins. Each task of Ray costs the driver
DISPATCH_S, one after the other. Where a band has more than one range its keys are written once more, which neither run
did: DIVIDED_S. Not in it: the store, the network, lost machines, and that report and gate overlap.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tuneset.execution.accounts import duplicates_file
from tuneset.execution.duplicates import band_parts, decide_lots, near_lots, near_parts, row_blocks
from tuneset.execution.executors.ray_cluster import together
from tuneset.similarity.minhash import KEY_BITS

WORKERS = (1, 2, 8, 64, 512)
ROWS = (1_000_000, 100_000_000, 1_000_000_000)
DISPATCH_S = 0.001
SHOWN = 8
"""Steps that are named for the most workers."""
_SET, SHARD_ROWS = 1_000_000, 16_000
ROWS_A_TASK = {
    "cut_file": _SET, "write_repeats": 4 << 20, "write_meetings": 4 << 20, "write_longest": 4 << 20,
    "write_named": 4 << 20, "write_labelled": row_blocks.ROWS_A_BLOCK, "write_open": row_blocks.ROWS_A_BLOCK,
    "write_shared": row_blocks.ROWS_A_BLOCK, "rewrite": row_blocks.ROWS_A_BLOCK,
    "write_labels": near_parts.ROWS_A_RANGE * 10, "write_connected": near_lots.ROWS_A_LOT * 10,
    "write_found": near_lots.ROWS_A_LOT * 10,
    "write_ties": row_blocks.ROWS_A_BLOCK, "write_lots": row_blocks.ROWS_A_BLOCK,
    "decide_lot": decide_lots.ROWS_A_LOT * 5, "write_block": row_blocks.ROWS_A_BLOCK,
    "count_lot": 64 * SHARD_ROWS, "count_prompts": 4 << 20, "look_up_lot": 64 * SHARD_ROWS,
    "sort_range": duplicates_file.ROWS_A_RANGE, "_write_block": 1_200_000, "_judge": 1_200_000,
    "_write_part": 2_400_000, "_count": 2_400_000,
}  # fmt: skip
"""Steps by ranges, and how many of all rows a task has: a tenth are linked to others, a fifth is tied, validation is a
tenth, and a raw file has a million."""
A_WORKER = {
    **dict.fromkeys(("write_repeats", "write_meetings", "write_longest", "write_named", "write_labelled"), 1),
    **dict.fromkeys(("write_open", "write_shared", "write_ties", "write_lots", "write_block", "rewrite"), 1),
    **dict.fromkeys(("write_connected", "write_found", "decide_lot"), 2),
}
"""Of these as many as that a worker, at least."""
MOST_SHARDS = {"write_sample": 80, "spans": 1024, "_sample": 1}
"""Steps that look at a sample, and how many shards it can stand in."""
BANDS, LINKED = 25, 0.1
"""Bands of the usual threshold, and which share of the measured rows is linked to others: of `rows.py`, 40,000 rows."""
BY_BANDS = ("write_repeated", "write_links")
DIVIDED_S = 4.3e-6
"""CPU seconds a row of `band_parts.write_ranges`, measured on 500,000 rows of random keys, 2026-11-27."""
PRICE_USD, CORES = 0.68, 16
"""Of an hour of a machine: AWS's example of c5.4xlarge in its guide to Auto Scaling, not a current price."""


NOTHING: Mapping[str, Any] = {"tasks": [0.0], "driver": 0.0}
"""A step that the smaller run had no use for."""


class Step(NamedTuple):
    """What is known of a step: the tasks of both runs, and the driver's seconds before it."""

    function: str
    label: str
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
        longest = sorted(by_step(steps, sizes, rows, WORKERS[-1]), key=lambda one: -one[1])[:SHOWN]
        print(f"  of {WORKERS[-1]} workers:", "; ".join(f"{name} {seconds:.0f} s" for name, seconds in longest))


def aligned(small: Sequence[Mapping[str, Any]], large: Sequence[Mapping[str, Any]]) -> list[Step]:
    """The steps of the larger run, each beside that of the same name in the smaller one; rounds beside the last."""
    found, seen = [], dict[tuple[str, str], int]()
    by_name: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for step in small:
        by_name.setdefault((step["label"], step["function"]), []).append(step)
    for step in large:
        name = (step["label"], step["function"])
        place = seen[name] = seen.get(name, -1) + 1
        like = by_name[name][min(place, len(by_name[name]) - 1)] if name in by_name else NOTHING
        found.append(
            Step(step["function"], step["label"], like["tasks"], step["tasks"], (like["driver"], step["driver"]))
        )
    return found


def line(small: float, large: float, sizes: tuple[int, int]) -> Any:  # noqa: ANN401  a function of rows
    """The line through two measures, which neither falls nor begins below nothing."""
    slope = max((large - small) / (sizes[1] - sizes[0]), 0.0)
    start = large - slope * sizes[1]
    if start < 0:
        slope, start = large / sizes[1], 0.0
    return lambda rows: start + slope * rows


def by_chance(rows: int) -> float:
    """The share of rows that share two bands with others by chance.

    >>> [round(by_chance(rows), 4) for rows in (100_000_000, 1_000_000_000)]
    [0.0, 0.0002]
    """
    one = 1 - math.exp(-rows / (1 << KEY_BITS))
    return 1 - (1 - one) ** BANDS - BANDS * one * (1 - one) ** (BANDS - 1)


def simulated(steps: Sequence[Step], sizes: tuple[int, int], rows: int, workers: int) -> float:
    """Seconds of a run of so many rows."""
    return sum(seconds for _, seconds in by_step(steps, sizes, rows, workers))


def by_step(steps: Sequence[Step], sizes: tuple[int, int], rows: int, workers: int) -> Iterator[tuple[str, float]]:
    """Yield the seconds of each step, with what it does."""
    for step in steps:
        ranges = rows // band_parts.KEYS_A_RANGE + 1
        if step.function == "write_repeated" and ranges > 1:
            blocks = max(rows // row_blocks.ROWS_A_BLOCK, workers)
            yield f"{step.label}, write_ranges", shared([DIVIDED_S], DIVIDED_S * rows, blocks, workers)
        work = line(sum(step.small), sum(step.large), sizes)(rows)
        if step.function in MOST_SHARDS:
            work = min(work, sum(step.large) * max(MOST_SHARDS[step.function] * SHARD_ROWS / sizes[1], 1.0))
        if step.function in ("write_rows", "write_connected"):
            work *= 1 + by_chance(rows) / LINKED
        if step.function in ROWS_A_TASK:
            least = A_WORKER.get(step.function, 0) * workers or len(step.large)
            count = max(-(-rows // ROWS_A_TASK[step.function]), least if workers > 1 else 1)
        elif step.function in BY_BANDS:
            count = BANDS * ranges
        elif len(step.large) >= 2 * len(step.small):
            count = max(round(len(step.large) * rows / sizes[1]), 1)
        else:
            count = len(step.large)
        waited = line(step.driver[0], step.driver[1], sizes)(rows)
        yield f"{step.label}, {step.function}", waited + shared(step.large, work, count, workers)


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
