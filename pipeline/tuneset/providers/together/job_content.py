"""What a job of Together leaves, as files: its step metrics and its weights, by ids that say which.

`metrics:JOB` and `weights:JOB:KIND:STEP`; the step is left out for the last.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

from tuneset.providers.call_fault import CallFault
from tuneset.providers.wire.http import Http
from tuneset.providers.wire.metric_table import table

Kind = Literal["metrics", "weights"]


@dataclasses.dataclass(frozen=True)
class TogetherContent:
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


def parse_id(file_id: str) -> TogetherContent | None:
    """What an id says; None for the id of a file.

    >>> parse_id("weights:ft-1:adapter:20"), parse_id("file-1")
    (TogetherContent(kind='weights', job_id='ft-1', weights='adapter', step=20), None)
    """
    kind, _, rest = file_id.partition(":")
    if kind == "metrics" and rest:
        return TogetherContent("metrics", rest)
    if kind != "weights":
        return None
    job_id, _, rest = rest.partition(":")
    weights, _, step = rest.partition(":")
    return TogetherContent("weights", job_id, weights, int(step) if step.isdecimal() else None)


def step_metrics(http: Http, job_id: str) -> bytes:
    """The metrics of a job as a table by step: `step` first, names without `train/`, in their order.

    Raises CallFault.
    """
    found = http.document("GET", f"/fine-tunes/{job_id}/metrics").get("metrics")
    if not isinstance(found, list):
        raise CallFault("unexpected_answer", "answered with no list of metrics", passing=False, acted=False)
    return table(found)
