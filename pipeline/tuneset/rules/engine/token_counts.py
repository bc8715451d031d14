"""Tokens of each example of a file, range by range; for `tuneset tokens`. Nothing is judged here."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import numpy.typing as npt
import orjson

from tuneset.reading.line_ranges import ByteRange, lines_of
from tuneset.rules.engine.line_forms import FORMS, as_chat
from tuneset.targets.target import Target


@dataclasses.dataclass(frozen=True)
class CountTask:
    """A byte range and the model to count for."""

    part: ByteRange
    target: Target


@dataclasses.dataclass(frozen=True)
class RangeCounts:
    """What a range holds.

    Args:
        lines: physical lines.
        skipped: lines that are neither blank nor a JSON object.
        tokens: one row an example: its line from 1, its tokens, and those that are trained, -1 where that is not known.
        assumed: of how many examples the count is an estimate, by reason.
    """

    lines: int
    skipped: int
    tokens: npt.NDArray[np.int64]
    assumed: Counter[str] = dataclasses.field(default_factory=Counter)


def count_range(task: CountTask) -> RangeCounts:
    """Count the tokens of every example of a range."""
    lines = skipped = 0
    rows: list[tuple[int, int, int]] = []
    assumed: Counter[str] = Counter()
    for line in lines_of(task.part):
        lines += 1
        if line is not None and not line.strip():
            continue
        try:
            example = orjson.loads(line) if line is not None else None
        except orjson.JSONDecodeError:
            example = None
        if isinstance(example, dict):
            found = task.target.measure(as_chat(example, FORMS))
            rows.append((lines, found.tokens, -1 if found.trained is None else found.trained))
            if not found.precision.exact:
                assumed[found.precision.reason] += 1
        else:
            skipped += 1
    return RangeCounts(lines, skipped, np.array(rows, dtype=np.int64).reshape(-1, 3), assumed)


def join(parts: list[RangeCounts]) -> RangeCounts:
    """The counts of a whole file from those of its ranges, in order."""
    lines = 0
    tables = [np.empty((0, 3), dtype=np.int64)]
    for part in parts:
        shifted = part.tokens.copy()
        shifted[:, 0] += lines
        tables.append(shifted)
        lines += part.lines
    assumed = sum((part.assumed for part in parts), start=Counter[str]())
    return RangeCounts(lines, sum(part.skipped for part in parts), np.concatenate(tables), assumed)
