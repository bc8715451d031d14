"""What training will do: the hyperparameters that `auto` stands for, and steps. Arithmetic over counts alone."""

from __future__ import annotations

import dataclasses
import math

from tuneset.targets.cost import default_epochs
from tuneset.training.plan import BETA, Plan, batch_for_small_model, steps_between_evaluations
from tuneset.training.trainer import Method, TrainingRequest

RATES: dict[Method, float] = {"supervised": 1.0, "dpo": 0.05}
"""The share of the model's own learning rates at which a method learns at most, before the multiplier."""

WARM_UP, FINAL_RATE = 0.05, 0.05
"""The share of steps in which the highest rate is reached; the share of it that is left at the end."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TorchPlan(Plan):
    """What every trainer plans, and the rates of its steps.

    Args:
        highest_rate: the highest share of the model's own learning rates, the multiplier in it.
    """

    highest_rate: float

    def rate(self, step: int) -> float:
        """The share of the learning rates at a step, counted from 1: it rises at first, then falls as a cosine."""
        rise = min(1.0, step / max(1.0, WARM_UP * self.steps))
        fall = (1 + math.cos(math.pi * (step - 1) / self.steps)) / 2
        return self.highest_rate * rise * (FINAL_RATE + (1 - FINAL_RATE) * fall)


def make_plan(request: TrainingRequest, examples: int) -> TorchPlan:
    """Resolve `auto` for so many examples, at least one."""
    epochs = default_epochs(examples) if request.n_epochs == "auto" else request.n_epochs
    batch = batch_for_small_model(request.batch_size, examples, epochs)
    multiplier = 1.0 if request.learning_rate_multiplier == "auto" else request.learning_rate_multiplier
    steps_per_epoch = -(-examples // batch)
    return TorchPlan(
        n_epochs=epochs,
        batch_size=batch,
        learning_rate_multiplier=multiplier,
        beta=(BETA if request.beta == "auto" else request.beta) if request.method == "dpo" else None,
        highest_rate=RATES[request.method] * multiplier,
        steps_per_epoch=steps_per_epoch,
        evaluate_every=steps_between_evaluations(epochs * steps_per_epoch),
    )
