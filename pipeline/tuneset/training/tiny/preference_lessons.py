"""Preference lessons: direct preference optimization (Rafailov et al., 2023) of the same small model.

A model that starts from nothing has no behaviour to keep to. So it first learns the preferred outputs, one pass over
them as in supervised training; what it is then, frozen, is the reference. After that each step lowers the mean over
its pairs of

    -log sigmoid(beta * ((log p(preferred) - log p_ref(preferred)) - (log p(other) - log p_ref(other))))

where p is of an output's first pieces, at most so many as the plan has time for. Measured beside the loss: the share
of right guesses on the preferred outputs, the share of pairs whose preferred output has the higher reward, and the
mean margin between the rewards; a reward is beta * (log p - log p_ref).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tiktoken

from tuneset.training.plan import BETA
from tuneset.training.preference_lines import conversation_pair
from tuneset.training.tiny.arrays import Ids, Parameters
from tuneset.training.tiny.contexts import batches
from tuneset.training.tiny.corpus import Corpus, build_corpus
from tuneset.training.tiny.language_model import Batch, gradients, predict
from tuneset.training.tiny.optimiser import AdamW
from tuneset.training.tiny.training_plan import TinyPlan
from tuneset.training.training_file import read_examples

REFERENCE_RATE = 5e-3
REFERENCE_BATCH = 2
"""Learning rate and pairs a step of the pass that makes the reference."""

VALIDATION_SAMPLE = 16
FULL_VALIDATION = 400
"""Pairs measured within an epoch, and at its end."""

MIN_PIECES, MAX_PIECES = 8, 256
"""However many pairs there are, at least so many pieces of each output are compared, and at most."""

DIGITS = 5
"""Decimals of what is measured."""


def conversations(path: Path) -> Iterator[dict[str, Any]]:
    """Two chat examples for each line of a valid preference file, the preferred one first."""
    for example in read_examples(path):
        yield from conversation_pair(example)


class Preference:
    """The lessons of a training file of preference pairs."""

    columns: Mapping[str, str] = {
        "train_loss": "train_loss",
        "train_accuracy": "train_mean_token_accuracy",
        "valid_loss": "valid_loss",
        "valid_mean_token_accuracy": "valid_mean_token_accuracy",
        "train_rewards_accuracy": "train_rewards_accuracy",
        "train_rewards_margin": "train_rewards_margin",
        "valid_rewards_accuracy": "valid_rewards_accuracy",
        "valid_rewards_margin": "valid_rewards_margin",
    }
    """The columns of the result file, each with its name in events. OpenAI's are not published; the first four are
    those of supervised training, the rest are named as in other trainers (`rewards/accuracies`, `rewards/margins`)."""

    rate = 0.05
    """Factor on the model's own learning rate."""

    def __init__(
        self,
        training: Path,
        validation: Path | None,
        encoding: tiktoken.Encoding,
        random: np.random.Generator,
        beta: float | Literal["auto"],
    ) -> None:
        self._beta = BETA if beta == "auto" else beta
        self._training = build_corpus(conversations(training), encoding)
        self.examples = _comparable(self._training)
        self._validation = build_corpus(conversations(validation), encoding) if validation else None
        self._full = self._sample = np.zeros(0, np.int64)
        if self._validation is not None:
            pairs = random.permutation(_comparable(self._validation))
            self._full, self._sample = np.sort(pairs[:FULL_VALIDATION]), np.sort(pairs[:VALIDATION_SAMPLE])
        self._reference: Parameters = {}
        self._limit = MIN_PIECES

    def hyperparameters(self) -> dict[str, Any]:
        """What `auto` stands for, beside the plan's."""
        return {"beta": self._beta}

    def begin(self, parameters: Parameters, plan: TinyPlan, random: np.random.Generator) -> None:
        """Learn the preferred outputs once, and keep the result as the reference."""
        self._limit = _limit(plan)
        optimiser = AdamW(parameters)
        order = random.permutation(self.examples)
        for start in range(0, len(order), REFERENCE_BATCH):
            preferred = [self._positions(self._training, 2 * pair) for pair in order[start : start + REFERENCE_BATCH]]
            _, by = gradients(parameters, list(batches(self._training, np.concatenate(preferred))))
            optimiser.step(parameters, by, REFERENCE_RATE)
        self._reference = {name: values.copy() for name, values in parameters.items()}

    def kept(self) -> Parameters:
        """What has to be kept to go on after a pause: the reference."""
        return self._reference

    def go_on(self, kept: Parameters, plan: TinyPlan) -> None:
        """Take back what was kept."""
        self._limit = _limit(plan)
        self._reference = kept

    def learn(
        self, parameters: Parameters, batch: Ids, _plan: TinyPlan, _random: np.random.Generator
    ) -> tuple[dict[str, float], Parameters]:
        """What is measured on a batch of pairs, and the gradient of its loss."""
        compared = self._compare(parameters, self._training, batch)
        by_logit = self._beta * _sigmoid(-compared.margins) / len(batch)
        each = np.repeat(np.stack([by_logit, -by_logit], axis=1).ravel(), compared.lengths)
        # `gradients` divides by the number of positions; here a pair counts as one.
        weights = (each * len(each)).astype(np.float32)
        _, by = gradients(parameters, compared.batches, weights)
        return _named(compared, "train"), by

    def sample(self, parameters: Parameters) -> dict[str, float]:
        """The validation within an epoch; empty without a validation file."""
        return self._validate(parameters, self._sample, "valid")

    def full(self, parameters: Parameters) -> dict[str, float]:
        """The validation at the end of an epoch; empty without a validation file."""
        return self._validate(parameters, self._full, "full_valid")

    def description(self, plan: TinyPlan) -> str:
        """What is learned and measured, as it follows on the description of the plan."""
        text = (
            "first the preferred outputs are learned in one pass, and what the model is then is the reference; then "
            f"preferences with beta {self._beta}, at most {_limit(plan)} pieces of an output."
        )
        if not len(self._full):
            return text
        return (
            f"{text} Validation is measured on {len(self._sample)} pairs within an epoch, on {len(self._full)} at its "
            "end."
        )

    def _validate(self, parameters: Parameters, pairs: Ids, side: str) -> dict[str, float]:
        if self._validation is None or not len(pairs):
            return {}
        return _named(self._compare(parameters, self._validation, pairs), side)

    def _positions(self, corpus: Corpus, conversation: int) -> Ids:
        return corpus.positions(conversation)[: self._limit]

    def _compare(self, parameters: Parameters, corpus: Corpus, pairs: Ids) -> _Compared:
        """Both outputs of each pair, under the model and under the reference."""
        outputs = [self._positions(corpus, conversation) for pair in pairs for conversation in (2 * pair, 2 * pair + 1)]
        lengths = np.array([len(output) for output in outputs])
        seen = list(batches(corpus, np.concatenate(outputs)))
        losses, hits = predict(parameters, seen)
        before, _ = predict(self._reference, seen)
        starts = np.r_[0, np.cumsum(lengths)[:-1]]
        gained = np.add.reduceat(before.astype(np.float64) - losses, starts)  # log p - log p_ref, an output
        right = np.add.reduceat(hits, starts, dtype=np.int64)
        return _Compared(
            batches=seen,
            lengths=lengths,
            margins=self._beta * (gained[::2] - gained[1::2]),
            accuracy=float(right[::2].sum() / lengths[::2].sum()),
        )


@dataclasses.dataclass(frozen=True)
class _Compared:
    """Pairs of outputs, the preferred one of each first.

    Args:
        batches: the compared pieces, and what the model sees before each.
        lengths: how many pieces each output has.
        margins: how much higher the reward of the preferred output is, one a pair.
        accuracy: share of right guesses on the preferred outputs.
    """

    batches: list[Batch]
    lengths: Ids
    margins: npt.NDArray[np.float64]
    accuracy: float


def _comparable(corpus: Corpus) -> Ids:
    """The pairs of which both outputs have pieces within the length limit."""
    pairs = range(len(corpus) // 2)
    return np.array([pair for pair in pairs if len(corpus.positions(2 * pair)) and len(corpus.positions(2 * pair + 1))])


def _limit(plan: TinyPlan) -> int:
    """How many pieces of an output are compared: within bounds a quarter of what supervised training learns.

    A pair has two outputs, and each piece is computed twice more than there.
    """
    return min(max(MIN_PIECES, plan.positions_per_example // 4), MAX_PIECES)


def _named(compared: _Compared, side: str) -> dict[str, float]:
    """What was measured, under its names in events."""
    losses = np.logaddexp(0, -compared.margins)
    return {
        f"{side}_loss": round(float(losses.mean()), DIGITS),
        f"{side}_mean_token_accuracy": round(compared.accuracy, DIGITS),
        f"{side}_rewards_accuracy": round(float((compared.margins > 0).mean()), DIGITS),
        f"{side}_rewards_margin": round(float(compared.margins.mean()), DIGITS),
    }


def _sigmoid(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Without overflow, however far from zero.

    >>> _sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    share: npt.NDArray[np.float64] = np.exp(-np.logaddexp(0, -values))
    return share
