"""The result file of a job: one line a step, from the progress that was written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tuneset.artifacts import write_bytes
from tuneset.training.progress import Metrics, read_records
from tuneset.training.trainer_files import PROGRESS, RESULTS


def write_results(folder: Path, columns: Mapping[str, str]) -> None:
    """Write the result file. `columns` are its names, each with the name of the measured value; steps come first."""
    records = read_records((folder / PROGRESS).read_bytes())
    # A training that was killed and went on has told some steps twice.
    steps = {record.step: _csv_line(record, columns) for record in records if isinstance(record, Metrics)}
    lines = [",".join(["step", *columns]), *(steps[step] for step in sorted(steps))]
    write_bytes(folder / RESULTS, ("\n".join(lines) + "\n").encode())


def _csv_line(record: Metrics, columns: Mapping[str, str]) -> str:
    """A line of the result file; what was not measured is empty.

    >>> _csv_line(Metrics(1, 9, {"train_loss": 1.5}), {"train_loss": "train_loss", "valid_loss": "valid_loss"})
    '1,1.5,'
    """
    return ",".join(str(value) for value in [record.step, *(record.values.get(name, "") for name in columns.values())])
