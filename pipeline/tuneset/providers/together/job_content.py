"""What a job of Together leaves, as files: its step metrics and its weights, by ids that say which.

`metrics:JOB` and `weights:JOB:KIND:STEP`; the step is left out for the last.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from typing import Literal

from tuneset.providers.call_fault import CallFault
from tuneset.providers.wire.http import Http

Kind = Literal["metrics", "weights"]
_STEP, _PREFIX = "train/global_step", "train/"


@dataclasses.dataclass(frozen=True)
class JobContent:
    """One thing that a job left. `weights` is `adapter` or `model_output_path`, `step` None for the last."""

    kind: Kind
    job_id: str
    weights: str = ""
    step: int | None = None

    @property
    def id(self) -> str:
        """The id under which it is asked for."""
        parts = [self.kind, self.job_id, *([self.weights] if self.weights else [])]
        return ":".join(parts if self.step is None else [*parts, str(self.step)])

    @property
    def filename(self) -> str:
        """What it is called here."""
        if self.kind == "metrics":
            return "step_metrics.csv"
        step = "" if self.step is None else f"-step-{self.step}"
        return f"{self.weights}{step}.tar.zst"

    def query(self) -> dict[str, str | int]:
        """How weights are asked for."""
        step = {} if self.step is None else {"checkpoint_step": self.step}
        return {"ft_id": self.job_id, "checkpoint": self.weights, **step}


def parse_id(file_id: str) -> JobContent | None:
    """What an id says; None for the id of a file.

    >>> parse_id("weights:ft-1:adapter:20"), parse_id("file-1")
    (JobContent(kind='weights', job_id='ft-1', weights='adapter', step=20), None)
    """
    kind, _, rest = file_id.partition(":")
    if kind == "metrics" and rest:
        return JobContent("metrics", rest)
    if kind != "weights":
        return None
    job_id, _, rest = rest.partition(":")
    weights, _, step = rest.partition(":")
    return JobContent("weights", job_id, weights, int(step) if step.isdecimal() else None)


def step_metrics(http: Http, job_id: str) -> bytes:
    """The metrics of a job as a table by step: `step` first, names without `train/`, in their order.

    Raises CallFault.
    """
    found = http.document("GET", f"/fine-tunes/{job_id}/metrics").get("metrics")
    if not isinstance(found, list):
        raise CallFault("unexpected_answer", "answered with no list of metrics", passing=False, acted=False)
    rows = [row for row in found if isinstance(row, dict) and _is_number(row.get(_STEP))]
    names = dict.fromkeys(name for row in rows for name, value in row.items() if name != _STEP and _is_number(value))
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["step", *map(_column, names)])
    for row in sorted(rows, key=lambda row: row[_STEP]):
        values = [row.get(name) for name in names]
        writer.writerow([int(row[_STEP]), *(value if _is_number(value) else "" for value in values)])
    return table.getvalue().encode()


def _column(name: str) -> str:
    """A name of a metric as a column.

    >>> _column("train/loss"), _column("eval/loss"), _column("train/learning_rate")
    ('train_loss', 'valid_loss', 'learning_rate')
    """
    known = {"train/loss": "train_loss", "eval/loss": "valid_loss"}
    return known.get(name, name.removeprefix(_PREFIX))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
