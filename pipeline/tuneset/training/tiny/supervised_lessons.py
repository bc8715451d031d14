"""Supervised lessons: the model learns to predict the assistant's pieces from what is before each.

Of an example with more learned positions than a step takes, so many are drawn, of a long one near each other.
Validation is measured on a sample of positions that stays the same, and in full at the end of an epoch: on all
positions, or where there are more than FULL_VALIDATION on so many of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tiktoken

from tuneset.training.tiny.arrays import Ids, Parameters
from tuneset.training.tiny.contexts import BLOCK, batches
from tuneset.training.tiny.corpus import Corpus, build_corpus
from tuneset.training.tiny.language_model import Evaluation, evaluate, gradients
from tuneset.training.tiny.training_plan import TinyPlan
from tuneset.training.training_file import read_examples

VALIDATION_SAMPLE = 2_048
FULL_VALIDATION = 200_000
"""Positions measured within an epoch, and at its end."""

DIGITS = 5
"""Decimals of a loss or an accuracy."""


class Supervised:
    """The lessons of a training file of chat examples."""

    columns: Mapping[str, str] = {
        "train_loss": "train_loss",
        "train_accuracy": "train_mean_token_accuracy",
        "valid_loss": "valid_loss",
        "valid_mean_token_accuracy": "valid_mean_token_accuracy",
    }
    """The columns of the result file, each with its name in events. OpenAI's `step_metrics.csv`, 2026-11-20."""

    rate = 1.0
    """Factor on the model's own learning rate."""

    def __init__(
        self, training: Path, validation: Path | None, encoding: tiktoken.Encoding, random: np.random.Generator
    ) -> None:
        self._training = build_corpus(read_examples(training), encoding)
        self._validation = _validation(validation, encoding, random)
        learnable = [index for index in range(len(self._training)) if len(self._training.positions(index))]
        self.examples: Ids = np.array(learnable, np.int64)

    def hyperparameters(self) -> dict[str, Any]:
        """What `auto` stands for, beside the plan's: nothing."""
        return {}

    def begin(self, _parameters: Parameters, _plan: TinyPlan, _random: np.random.Generator) -> None:
        """Nothing comes before the first step."""

    def kept(self) -> Parameters:
        """What has to be kept to go on after a pause: nothing beside the model."""
        return {}

    def go_on(self, _kept: Parameters, _plan: TinyPlan) -> None:
        """Nothing was kept."""

    def learn(
        self, parameters: Parameters, batch: Ids, plan: TinyPlan, random: np.random.Generator
    ) -> tuple[dict[str, float], Parameters]:
        """What is measured on a batch of examples, and the gradient of its loss."""
        drawn = [draw_near(self._training.positions(example), plan.positions_per_example, random) for example in batch]
        measured, by = gradients(parameters, list(batches(self._training, np.concatenate(drawn))))
        return named(measured, "train"), by

    def sample(self, parameters: Parameters) -> dict[str, float]:
        """The validation within an epoch; empty without a validation file."""
        return self._validate(parameters, sample=True)

    def full(self, parameters: Parameters) -> dict[str, float]:
        """The validation at the end of an epoch; empty without a validation file."""
        return self._validate(parameters, sample=False)

    def description(self, plan: TinyPlan) -> str:
        """What is learned and measured, as it follows on the description of the plan."""
        text = (
            f"at most {plan.positions_per_example} of an example's learned positions in an epoch, drawn by the seed. "
            "Losses are nats a piece."
        )
        if self._validation is None:
            return text
        sampled, measured = len(self._validation.sample), len(self._validation.full)
        return (
            f"{text} Validation is measured on {sampled} of {self._validation.available} positions within an epoch, "
            f"on {measured} at its end."
        )

    def _validate(self, parameters: Parameters, *, sample: bool) -> dict[str, float]:
        if self._validation is None:
            return {}
        positions = self._validation.sample if sample else self._validation.full
        measured = evaluate(parameters, batches(self._validation.corpus, positions))
        return named(measured, "valid" if sample else "full_valid")


class _Validation:
    """The positions of the validation file that are measured: the same ones each time."""

    def __init__(self, corpus: Corpus, random: np.random.Generator) -> None:
        every = np.flatnonzero(corpus.learned)
        self.corpus = corpus
        self.available = len(every)
        self.full = draw(every, FULL_VALIDATION, random)
        self.sample = draw(every, VALIDATION_SAMPLE, random)


def _validation(path: Path | None, encoding: tiktoken.Encoding, random: np.random.Generator) -> _Validation | None:
    if path is None:
        return None
    corpus = build_corpus(read_examples(path), encoding)
    return _Validation(corpus, random) if corpus.learned.any() else None


def draw(positions: Ids, limit: int, random: np.random.Generator) -> Ids:
    """All positions, or `limit` of them in ascending order."""
    if len(positions) <= limit:
        return positions
    return np.sort(random.choice(positions, limit, replace=False))


def draw_near(positions: Ids, limit: int, random: np.random.Generator) -> Ids:
    """The same out of a run of neighbours, which share what they look back at; the run may go round the end.

    >>> draw_near(np.arange(1000), 2, np.random.default_rng(0))
    array([915, 930])
    """
    run = max(limit, BLOCK)
    if len(positions) > run:
        positions = np.sort(np.roll(positions, -int(random.integers(len(positions))))[:run])
    return draw(positions, limit, random)


def named(measured: Evaluation, side: str) -> dict[str, Any]:
    """A measure under the protocol's names.

    >>> named(Evaluation(1.234567, 0.5, 10), "train")
    {'train_loss': 1.23457, 'train_mean_token_accuracy': 0.5}
    """
    return {
        f"{side}_loss": round(measured.loss, DIGITS),
        f"{side}_mean_token_accuracy": round(measured.accuracy, DIGITS),
    }
