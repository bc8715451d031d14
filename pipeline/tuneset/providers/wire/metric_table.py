"""Metrics that a provider gives as objects -> one table by step, as `step_metrics.csv` has them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from typing import Any

_STEPS = ("train/global_step", "global_step", "step")
_COLUMNS = {"train/loss": "train_loss", "eval/loss": "valid_loss", "loss": "train_loss", "eval_loss": "valid_loss"}


def table(rows: Iterable[Any]) -> bytes:
    """A table with `step` first and the figures in the order in which they appear; what has no step is left out.

    >>> table([{"step": 2, "loss": 0.5}, {"step": 1, "loss": 1.0}, {"note": "x"}]).decode().splitlines()
    ['step,train_loss', '1,1.0', '2,0.5']
    """
    found = [(step, row) for row in rows if isinstance(row, dict) and (step := _step(row)) is not None]
    names = dict.fromkeys(name for _, row in found for name, value in row.items() if _is_figure(name, value))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", *(_COLUMNS.get(name, name.removeprefix("train/")) for name in names)])
    for step, row in sorted(found, key=lambda pair: pair[0]):
        writer.writerow([step, *(row[name] if _is_figure(name, row.get(name)) else "" for name in names)])
    return text.getvalue().encode()


def _step(row: dict[str, Any]) -> int | None:
    value = next((row[name] for name in _STEPS if _is_number(row.get(name))), None)
    return None if value is None else int(value)


def _is_figure(name: str, value: object) -> bool:
    return name not in _STEPS and _is_number(value)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
