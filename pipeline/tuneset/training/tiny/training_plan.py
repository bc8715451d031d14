"""What training will do: the hyperparameters that `auto` stands for, steps, and how much of each example is learned.

Arithmetic over counts alone. A model of this size learns about 40,000 positions a second on one core, so `auto` plans
for POSITIONS positions in all: 20 to 30 seconds, whatever the file's size. Explicit hyperparameters are taken as they
are.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from tuneset.targets.cost import default_epochs
from tuneset.training.trainer import MAX_BATCH

POSITIONS = 900_000
"""Learned positions of a whole job, where every example has enough of them."""

MIN_POSITIONS_PER_EXAMPLE = 8
"""However many examples there are, so much of each is learned in each epoch."""

AUTO_STEPS = 1_000
"""Steps that an `auto` batch size aims at: enough updates for a small model, few enough for its events to be read."""

MIN_AUTO_BATCH = 4
"""Examples; with fewer a step follows single examples, and the validation loss ends higher (measured on GSM8K)."""

AUTO_RATE = 2.0
"""Factor on the model's own learning rate: twice as fast as is safe for any file is right for most."""

EVALUATIONS = 20
"""How often the validation sample is measured in the course of a job, besides the first step and each epoch's last."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """The resolved hyperparameters and what follows from them.

    Args:
        n_epochs: passes over the examples.
        batch_size: examples a step.
        learning_rate_multiplier: factor on the model's own learning rate.
        steps_per_epoch: the last of an epoch may hold fewer examples.
        positions_per_example: most positions of one example that are learned in one epoch, drawn by the seed.
        evaluate_every: steps between measurements on the validation sample.
    """

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    steps_per_epoch: int
    positions_per_example: int
    evaluate_every: int

    @property
    def steps(self) -> int:
        """Steps of the whole job."""
        return self.n_epochs * self.steps_per_epoch

    def hyperparameters(self) -> dict[str, Any]:
        """The resolved values, as a job object shows them."""
        return {
            "n_epochs": self.n_epochs,
            "batch_size": self.batch_size,
            "learning_rate_multiplier": self.learning_rate_multiplier,
        }


def make_plan(
    examples: int,
    n_epochs: int | Literal["auto"],
    batch_size: int | Literal["auto"],
    learning_rate_multiplier: float | Literal["auto"],
) -> Plan:
    """Resolve `auto` for a training file of so many examples.

    >>> make_plan(5000, "auto", "auto", "auto").hyperparameters()
    {'n_epochs': 3, 'batch_size': 15, 'learning_rate_multiplier': 2.0}
    """
    epochs = default_epochs(examples) if n_epochs == "auto" else n_epochs
    auto_batch = min(max(MIN_AUTO_BATCH, round(examples * epochs / AUTO_STEPS)), MAX_BATCH)
    batch = auto_batch if batch_size == "auto" else batch_size
    steps_per_epoch = -(-examples // batch)
    return Plan(
        n_epochs=epochs,
        batch_size=batch,
        learning_rate_multiplier=AUTO_RATE if learning_rate_multiplier == "auto" else learning_rate_multiplier,
        steps_per_epoch=steps_per_epoch,
        positions_per_example=max(MIN_POSITIONS_PER_EXAMPLE, POSITIONS // (epochs * examples)),
        evaluate_every=max(1, epochs * steps_per_epoch // EVALUATIONS),
    )
