"""What a training with TRL will do: the hyperparameters that `auto` stands for, learning rate and steps.

The learning rate is TRL's own default for the method, ten times that where an adapter is trained, times the
multiplier. It rises over the first twentieth of the steps and falls to nothing as a cosine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tuneset.targets.cost import default_epochs
from tuneset.training.plan import BETA, Plan, steps_between_evaluations
from tuneset.training.trainer import Method, TrainingRequest

BASE_RATES: Mapping[Method, float] = {"supervised": 2e-5, "dpo": 1e-6, "reinforcement": 1e-6, "kto": 1e-6}
"""Defaults of SFTConfig, DPOConfig, GRPOConfig and KTOConfig of TRL 1.16.0, read 2026-11-26."""

ADAPTER_FACTOR = 10
"""On the rate of all weights, for an adapter. TRL 1.16.0, its guide to PEFT; Schulman et al. 2025."""

WARM_UP = 0.05
"""The share of the steps in which the rate rises."""

AUTO_BATCHES = (1, 2, 4, 8, 16, 32)
EXAMPLES_A_BATCH_SIZE = 100
"""`auto` takes the largest of these sizes that is at most a hundredth of the examples."""

LEAST_AT_ONCE: Mapping[Method, int] = {"kto": 2}
"""Examples at a time: TRL's KTO measures against the answers of others in the same part of a batch."""

ANSWERS = 8
"""Answers that are tried for a prompt of reinforcement, before the compute multiplier. Default of GRPOConfig."""

GRADED_EVALUATIONS = 5
"""How often a job of reinforcement is measured in its course, where each validation prompt is answered."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrlPlan(Plan):
    """What every trainer plans, and what TRL is told beside.

    Args:
        learning_rate: the highest rate.
        answers: how many answers are tried for a prompt of reinforcement; 1 for other methods.
        eval_answers: how many to each prompt of its validation file.
    """

    learning_rate: float
    answers: int = 1
    eval_answers: int = 1

    def hyperparameters(self) -> dict[str, Any]:
        """The resolved values, as a job object shows them."""
        if self.answers == 1:
            return super().hyperparameters()
        return super().hyperparameters() | {
            "compute_multiplier": self.answers / ANSWERS,
            "eval_interval": self.evaluate_every,
            "eval_samples": self.eval_answers,
        }


def make_plan(request: TrainingRequest, examples: int) -> TrlPlan:
    """Resolve `auto` for so many examples, at least one."""
    epochs = default_epochs(examples) if request.n_epochs == "auto" else request.n_epochs
    least = LEAST_AT_ONCE.get(request.method, 1)
    batch = max(least, auto_batch(examples)) if request.batch_size == "auto" else request.batch_size
    multiplier = 1.0 if request.learning_rate_multiplier == "auto" else request.learning_rate_multiplier
    steps_per_epoch = -(-examples // batch)
    if request.method == "reinforcement":
        return _reinforcement(request, examples, epochs, min(batch, examples), multiplier)
    return TrlPlan(
        n_epochs=epochs,
        batch_size=batch,
        learning_rate_multiplier=multiplier,
        learning_rate=_rate(request, multiplier),
        beta=(BETA if request.beta == "auto" else request.beta) if request.method in {"dpo", "kto"} else None,
        steps_per_epoch=steps_per_epoch,
        evaluate_every=steps_between_evaluations(epochs * steps_per_epoch),
    )


def _rate(request: TrainingRequest, multiplier: float) -> float:
    return BASE_RATES[request.method] * (1 if request.tuning == "full" else ADAPTER_FACTOR) * multiplier


def _reinforcement(request: TrainingRequest, examples: int, epochs: int, batch: int, multiplier: float) -> TrlPlan:
    """The plan of a job of reinforcement. TRL leaves out the prompts of an epoch that fill no batch."""
    wanted = 1.0 if request.compute_multiplier == "auto" else request.compute_multiplier
    steps = epochs * (examples // batch)
    return TrlPlan(
        n_epochs=epochs,
        batch_size=batch,
        learning_rate_multiplier=multiplier,
        learning_rate=_rate(request, multiplier),
        steps_per_epoch=examples // batch,
        evaluate_every=max(1, steps // GRADED_EVALUATIONS)
        if request.eval_interval == "auto"
        else request.eval_interval,
        answers=max(2, round(ANSWERS * wanted)),
        eval_answers=1 if request.eval_samples == "auto" else request.eval_samples,
    )


def auto_batch(examples: int) -> int:
    """The batch size that `auto` stands for.

    >>> [auto_batch(examples) for examples in (10, 250, 1_000, 100_000)]
    [1, 2, 8, 32]
    """
    return max(size for size in AUTO_BATCHES if size == 1 or size * EXAMPLES_A_BATCH_SIZE <= examples)


def halves(batch: int) -> list[int]:
    """The sizes in which a batch can be taken at a time, largest first: its divisors, each at most half of the last.

    >>> halves(24), halves(7), halves(1)
    ([24, 12, 6, 3, 1], [7, 1], [1])
    """
    sizes = [batch]
    while sizes[-1] > 1:
        sizes.append(next(size for size in range(sizes[-1] // 2, 0, -1) if batch % size == 0))
    return sizes
