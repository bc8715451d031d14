"""What training will do: the hyperparameters that `auto` stands for, and steps. Arithmetic over counts alone."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from tuneset.targets.cost import default_epochs
from tuneset.training.trainer import MAX_BATCH, Method, TrainingRequest

AUTO_STEPS = 1_000
"""Steps that an `auto` batch size aims at."""

MIN_AUTO_BATCH = 4
"""Examples; with fewer a step follows single examples."""

RATES: dict[Method, float] = {"supervised": 1.0, "dpo": 0.05}
"""The share of the model's own learning rates at which a method learns at most, before the multiplier."""

WARM_UP, FINAL_RATE = 0.05, 0.05
"""The share of steps in which the highest rate is reached; the share of it that is left at the end."""

BETA = 0.1
"""How strictly preferences are followed where nothing is said; the value of the paper and of most providers."""

EVALUATIONS = 20
"""How often the validation sample is measured in the course of a job, besides the first step and each epoch's last."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """The resolved hyperparameters and what follows from them.

    Args:
        n_epochs: passes over the examples.
        batch_size: examples a step.
        learning_rate_multiplier: factor on the rate.
        beta: how strictly preferences are followed; None where there are none.
        highest_rate: the highest share of the model's own learning rates, the multiplier in it.
        steps_per_epoch: the last of an epoch may hold fewer examples.
        evaluate_every: steps between measurements on the validation sample.
    """

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    beta: float | None
    highest_rate: float
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

    def rate(self, step: int) -> float:
        """The share of the learning rates at a step, counted from 1: it rises at first, then falls as a cosine."""
        rise = min(1.0, step / max(1.0, WARM_UP * self.steps))
        fall = (1 + math.cos(math.pi * (step - 1) / self.steps)) / 2
        return self.highest_rate * rise * (FINAL_RATE + (1 - FINAL_RATE) * fall)


def make_plan(request: TrainingRequest, examples: int) -> Plan:
    """Resolve `auto` for so many examples, at least one."""
    epochs = default_epochs(examples) if request.n_epochs == "auto" else request.n_epochs
    auto_batch = min(max(MIN_AUTO_BATCH, round(examples * epochs / AUTO_STEPS)), MAX_BATCH)
    batch = auto_batch if request.batch_size == "auto" else request.batch_size
    multiplier = 1.0 if request.learning_rate_multiplier == "auto" else request.learning_rate_multiplier
    steps_per_epoch = -(-examples // batch)
    return Plan(
        n_epochs=epochs,
        batch_size=batch,
        learning_rate_multiplier=multiplier,
        beta=(BETA if request.beta == "auto" else request.beta) if request.method == "dpo" else None,
        highest_rate=RATES[request.method] * multiplier,
        steps_per_epoch=steps_per_epoch,
        evaluate_every=max(1, epochs * steps_per_epoch // EVALUATIONS),
    )
