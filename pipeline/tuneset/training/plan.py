"""What every trainer plans of a job: the hyperparameters that `auto` stands for, its steps, and when it is measured.

Arithmetic over counts alone. What a trainer plans beside that (a rate, positions, answers) is its own, in a plan of
its own that begins with this one.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from tuneset.training.trainer import MAX_BATCH

EVALUATIONS = 20
"""How often the validation sample is measured in the course of a job, besides the first step and each epoch's last."""

BETA = 0.1
"""How strictly preferences are followed where nothing is said; the value of the paper, of most providers and of TRL."""

AUTO_STEPS = 1_000
"""Steps that an `auto` batch size of a small model aims at: enough updates, few enough for its events to be read."""

MIN_AUTO_BATCH = 4
"""Examples; with fewer a step follows single examples, and the validation loss ends higher (measured on GSM8K)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """The resolved hyperparameters and what follows from them.

    Args:
        n_epochs: passes over the examples.
        batch_size: examples a step.
        learning_rate_multiplier: factor on the trainer's own learning rate.
        beta: how strictly preferences are followed; None where there are none, or where it is no choice.
        steps_per_epoch: the last of an epoch may hold fewer examples.
        evaluate_every: steps between measurements on the validation sample.
    """

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    beta: float | None = None
    steps_per_epoch: int
    evaluate_every: int

    @property
    def steps(self) -> int:
        """Steps of the whole job."""
        return self.n_epochs * self.steps_per_epoch

    def hyperparameters(self) -> dict[str, Any]:
        """The resolved values, as a job object shows them."""
        names = ("n_epochs", "batch_size", "learning_rate_multiplier", *(("beta",) if self.beta is not None else ()))
        return {name: getattr(self, name) for name in names}


def steps_between_evaluations(steps: int) -> int:
    """How many steps lie between two measurements on the validation sample, at least one.

    >>> steps_between_evaluations(1_000), steps_between_evaluations(5)
    (50, 1)
    """
    return max(1, steps // EVALUATIONS)


def batch_for_small_model(wanted: int | Literal["auto"], examples: int, epochs: int) -> int:
    """Examples a step for a model that is trained from nothing; `auto` by the number of steps that it then takes.

    >>> [batch_for_small_model("auto", examples, 3) for examples in (10, 5_000, 10_000_000)]
    [4, 15, 256]
    """
    if wanted != "auto":
        return wanted
    return min(max(MIN_AUTO_BATCH, round(examples * epochs / AUTO_STEPS)), MAX_BATCH)
