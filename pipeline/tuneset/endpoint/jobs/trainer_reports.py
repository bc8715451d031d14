"""Reports of a trainer as the endpoint takes them: which may come again, and how the losses of a step are worded."""

from __future__ import annotations

from typing import TypeAlias

from tuneset.training.progress import Checkpoint, Metrics, Note, Planned
from tuneset.training.progress import Record as Report

Identity: TypeAlias = tuple[str, int | str] | None


def identity_of(report: Report) -> Identity:
    """What makes a report the same as an earlier one, where it may come again.

    >>> from tuneset.training.progress import Resumed
    >>> identity_of(Metrics(7, 9, {})), identity_of(Resumed(3))
    (('metrics', 7), None)
    """
    if isinstance(report, Metrics):
        return "metrics", report.step
    if isinstance(report, Checkpoint):
        return "checkpoint", report.step
    if isinstance(report, Note):
        return "note", report.message
    return ("plan", "") if isinstance(report, Planned) else None


def step_message(report: Metrics) -> str:
    """The text of a metrics event, worded as the protocol's servers word it.

    >>> step_message(Metrics(3, 9, {"train_loss": 1.234, "full_valid_loss": 2}))
    'Step 3/9: training loss=1.23, full validation loss=2.00'
    """
    titles = {
        "train_loss": "training loss",
        "valid_loss": "validation loss",
        "full_valid_loss": "full validation loss",
    }
    losses = [f"{title}={report.values[name]:.2f}" for name, title in titles.items() if name in report.values]
    return f"Step {report.step}/{report.total_steps}" + (f": {', '.join(losses)}" if losses else "")
