"""The course of a training by epochs: steps, checkpoints at the ends of epochs, pauses, the standing, an early stop.

It is shared by trainers that compute their own steps. What a step is, and what the files of a checkpoint and of the
standing are, is theirs; and so is what comes before the first step and after the last.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator
from pathlib import Path
from typing import Protocol

from tuneset.training.early_stopping import best_checkpoint, is_over, reason, told_checkpoints
from tuneset.training.progress import Checkpoint, Metrics, Paused, Record
from tuneset.training.trainer_files import PAUSE

KEEP_EVERY_S = 120.0
"""Seconds between two times that it is kept where a training stands: what a killed server costs at most."""


class Learner(Protocol):
    """A training between two steps. What it does next depends on nothing that `keep` does not write."""

    step: int
    """How many steps are done."""

    def advance(self) -> dict[str, float]:
        """Do the next step; give what was measured at it. At the end of an epoch that is the full validation too."""

    def save(self, path: Path) -> None:
        """Write the model as it is."""

    def keep(self) -> None:
        """Write where the training stands, whole or not at all."""


@dataclasses.dataclass(frozen=True)
class Course:
    """How long a training is.

    Args:
        steps: of all epochs.
        steps_per_epoch: after so many steps an epoch ends.
        patience: epochs that may end without a better one before; None to do all, see `early_stopping`.
        suffix: of the file of a checkpoint.
    """

    steps: int
    steps_per_epoch: int
    patience: int | None
    suffix: str


@dataclasses.dataclass(frozen=True)
class Finished:
    """A training that is over: its epochs, and the step whose checkpoint is the model, None for the last."""

    epochs: int
    model_step: int | None


def train_epochs(learner: Learner, course: Course, folder: Path) -> Generator[Record, None, Finished | None]:
    """Go on to the end and tell of it; gives what it came to, or None where a pause was asked for, and told."""
    kept_at = time.monotonic()
    told = told_checkpoints(folder, learner.step)
    while learner.step < course.steps and not is_over(told, course.patience):
        paused = (folder / PAUSE).exists()
        if paused or time.monotonic() - kept_at > KEEP_EVERY_S:
            learner.keep()
            kept_at = time.monotonic()
        if paused:
            yield Paused(learner.step)
            return None
        measured = learner.advance()
        yield Metrics(learner.step, course.steps, measured)
        if learner.step % course.steps_per_epoch == 0:
            made = Checkpoint(learner.step, measured, f"checkpoint-{learner.step}{course.suffix}")
            learner.save(folder / made.file)
            yield made
            told.append(made)
    best = None
    if course.patience is not None:
        yield reason(told, course.patience, course.steps)
        best = best_checkpoint(told)
    return Finished(learner.step // course.steps_per_epoch, None if best is None else best.step)
