"""What training will do: the hyperparameters that `auto` stands for, steps, and how much of each example is learned.

Arithmetic over counts alone. A model of this size learns about 40,000 positions a second on one core, so `auto` plans
for POSITIONS positions in all: 20 to 30 seconds, whatever the file's size. Explicit hyperparameters are taken as they
are.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

from tuneset.targets.cost import default_epochs
from tuneset.training.plan import Plan, batch_for_small_model, steps_between_evaluations

POSITIONS = 900_000
"""Learned positions of a whole job, where every example has enough of them."""

MIN_POSITIONS_PER_EXAMPLE = 8
"""However many examples there are, so much of each is learned in each epoch."""

AUTO_RATE = 2.0
"""Factor on the model's own learning rate: twice as fast as is safe for any file is right for most."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TinyPlan(Plan):
    """What every trainer plans, and how much of each example is learned.

    Args:
        positions_per_example: most positions of one example that are learned in one epoch, drawn by the seed.
    """

    positions_per_example: int


def make_plan(
    examples: int,
    n_epochs: int | Literal["auto"],
    batch_size: int | Literal["auto"],
    learning_rate_multiplier: float | Literal["auto"],
) -> TinyPlan:
    """Resolve `auto` for a training file of so many examples.

    >>> make_plan(5000, "auto", "auto", "auto").hyperparameters()
    {'n_epochs': 3, 'batch_size': 15, 'learning_rate_multiplier': 2.0}
    """
    epochs = default_epochs(examples) if n_epochs == "auto" else n_epochs
    batch = batch_for_small_model(batch_size, examples, epochs)
    steps_per_epoch = -(-examples // batch)
    return TinyPlan(
        n_epochs=epochs,
        batch_size=batch,
        learning_rate_multiplier=AUTO_RATE if learning_rate_multiplier == "auto" else learning_rate_multiplier,
        steps_per_epoch=steps_per_epoch,
        positions_per_example=max(MIN_POSITIONS_PER_EXAMPLE, POSITIONS // (epochs * examples)),
        evaluate_every=steps_between_evaluations(epochs * steps_per_epoch),
    )
