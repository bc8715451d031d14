"""Where a training stands: TRL's own checkpoints with weights, optimiser and random generators, whole or not at all.

A checkpoint is whole when its mark is there, which is written last; the one before is removed after that.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tuneset.artifacts import write_bytes

STATE = "training_state"
"""The folder within a trainer's folder; it is gone at the end."""

_WHOLE = "whole"


def latest(folder: Path) -> Path | None:
    """The last whole checkpoint; None where there is none. What is not whole is removed."""
    whole = []
    for one in (folder / STATE).glob("checkpoint-*"):
        if (one / _WHOLE).exists():
            whole.append(one)
        else:
            shutil.rmtree(one)
    return max(whole, key=step_of, default=None)


def step_of(checkpoint: Path) -> int:
    """The step after which a checkpoint was made.

    >>> step_of(Path("checkpoint-12"))
    12
    """
    return int(checkpoint.name.partition("-")[2])


def mark_whole(folder: Path, step: int) -> None:
    """Say that the checkpoint of a step is whole, and remove the others."""
    now = folder / STATE / f"checkpoint-{step}"
    write_bytes(now / _WHOLE, b"")
    for one in (folder / STATE).glob("checkpoint-*"):
        if one != now:
            shutil.rmtree(one)
