"""Lessons: what a step learns of its examples and what is measured, by each method.

`supervised` lowers the mean loss of a step's learned pieces. `dpo` is direct preference optimization (Rafailov et al.,
2023): a step lowers the mean over its pairs of

    -log sigmoid(beta * ((log p(preferred) - log p_ref(preferred)) - (log p(other) - log p_ref(other))))

The reference is the model that the job begins with. One that starts from nothing has no behaviour to keep to, so it
first learns the preferred outputs in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import tiktoken

from tuneset.training.preference_lines import conversation_pair
from tuneset.training.torch.measuring import Values, WindowLosses, backward, measure
from tuneset.training.torch.plan import RATES
from tuneset.training.torch.transformer import Transformer
from tuneset.training.torch.windows import Corpus, Ids, Window
from tuneset.training.training_file import read_examples

VALIDATION_SAMPLE = 64
"""Examples or pairs that are measured within an epoch: the same ones each time, drawn by the seed."""

REFERENCE_BATCH = 4
"""Pairs a step of the pass that makes the reference."""

DIGITS = 5
"""Decimals of what is measured."""

Step: TypeAlias = Callable[[float], None]
"""Move the weights against their gradients, at a learning rate, and forget these."""


class Supervised:
    """The lessons of a training file of chat examples."""

    columns: Mapping[str, str] = {
        "train_loss": "train_loss",
        "train_accuracy": "train_mean_token_accuracy",
        "valid_loss": "valid_loss",
        "valid_mean_token_accuracy": "valid_mean_token_accuracy",
    }
    """The columns of the result file, each with its name in events. OpenAI's `step_metrics.csv`, 2026-11-20."""

    def __init__(self, training: Path, validation: Path | None, encoding: tiktoken.Encoding, seed: int) -> None:
        self._training = Corpus(read_examples(training), encoding)
        self._validation = Corpus(read_examples(validation), encoding) if validation else None
        self.examples = self._training.learnable()
        self._full = _learnable(self._validation)
        self._sample = drawn(self._full, seed)

    def begin(self, _model: Transformer, _step: Step, *, from_nothing: bool) -> None:
        """Nothing comes before the first step."""

    def kept(self) -> dict[str, Any]:
        """What has to be kept to go on, beside the model: nothing."""
        return {}

    def go_on(self, _kept: Mapping[str, Any]) -> None:
        """Nothing was kept."""

    def learn(self, model: Transformer, batch: Ids) -> dict[str, float]:
        """What is measured on a batch of examples, while the gradient of its loss is computed."""
        windows = _windows(self._training, batch)
        positions = sum(int(window.learned.sum()) for window in windows)
        return named(backward(model, windows, [1 / positions] * len(windows)), "train")

    def sample(self, model: Transformer) -> dict[str, float]:
        """The validation within an epoch; empty without a validation file."""
        return self._validate(model, self._sample, "valid")

    def full(self, model: Transformer) -> dict[str, float]:
        """The validation at the end of an epoch; empty without a validation file."""
        return self._validate(model, self._full, "full_valid")

    def description(self) -> str:
        """What is measured, as it follows on the description of the plan."""
        return _validated(self._sample, self._full, "examples")

    def _validate(self, model: Transformer, examples: Ids, side: str) -> dict[str, float]:
        if self._validation is None or not len(examples):
            return {}
        return named(measure(model, _windows(self._validation, examples)), side)


class Preference:
    """The lessons of a training file of preference pairs."""

    columns: Mapping[str, str] = {
        **Supervised.columns,
        **{
            f"{side}_{name}": f"{side}_{name}"
            for side in ("train", "valid")
            for name in ("rewards_accuracy", "rewards_margin")
        },
    }
    """The columns of the result file; OpenAI's are not published."""

    def __init__(
        self, training: Path, validation: Path | None, encoding: tiktoken.Encoding, seed: int, plan_beta: float
    ) -> None:
        self._beta = plan_beta
        self._seed = seed
        self._training = Corpus(conversations(training), encoding)
        self._validation = Corpus(conversations(validation), encoding) if validation else None
        self.examples = _comparable(self._training)
        self._full = _comparable(self._validation)
        self._sample = drawn(self._full, seed)
        self._references: dict[str, Values] = {}

    def begin(self, model: Transformer, step: Step, *, from_nothing: bool) -> None:
        """Learn the preferred outputs once where the model knows nothing; what it is then is the reference."""
        if from_nothing:
            order = np.random.default_rng(self._seed).permutation(self.examples)
            for start in range(0, len(order), REFERENCE_BATCH):
                windows = _windows(self._training, 2 * order[start : start + REFERENCE_BATCH])
                positions = sum(int(window.learned.sum()) for window in windows)
                backward(model, windows, [1 / positions] * len(windows))
                step(RATES["supervised"])
        self._references = {"training": self._each(model, self._training, self.examples)}
        if self._validation is not None:
            self._references["validation"] = self._each(model, self._validation, self._full)

    def kept(self) -> dict[str, Any]:
        """What has to be kept to go on, beside the model: what the reference made of each output."""
        return dict(self._references)

    def go_on(self, kept: Mapping[str, Any]) -> None:
        """Take back what was kept."""
        self._references = dict(kept)

    def learn(self, model: Transformer, batch: Ids) -> dict[str, float]:
        """What is measured on a batch of pairs, while the gradient of its loss is computed."""
        measured = self._compare(model, "training", batch, "train")
        margins = measured.pop("margins")
        by_output = self._beta * np.exp(-np.logaddexp(0, margins)) / len(batch)
        weights = np.stack([by_output, -by_output], axis=1)
        windows, each = [], []
        for number, pair in enumerate(batch):
            for side in (0, 1):
                found = self._training.windows(2 * int(pair) + side)
                windows += found
                each += [float(weights[number, side])] * len(found)
        backward(model, windows, each)
        return measured

    def sample(self, model: Transformer) -> dict[str, float]:
        """The validation within an epoch; empty without a validation file."""
        return self._validate(model, self._sample, "valid")

    def full(self, model: Transformer) -> dict[str, float]:
        """The validation at the end of an epoch; empty without a validation file."""
        return self._validate(model, self._full, "full_valid")

    def description(self) -> str:
        """What is measured, as it follows on the description of the plan."""
        return f" Preferences are learned with beta {self._beta}.{_validated(self._sample, self._full, 'pairs')}"

    def _validate(self, model: Transformer, pairs: Ids, side: str) -> dict[str, float]:
        if not len(pairs):
            return {}
        measured = self._compare(model, "validation", pairs, side)
        del measured["margins"]
        return measured

    def _compare(self, model: Transformer, name: str, pairs: Ids, side: str) -> dict[str, Any]:
        """Both outputs of some pairs, under the model and under the reference."""
        corpus, every = (self._training, self.examples) if name == "training" else (self._validation, self._full)
        assert corpus is not None
        places = np.searchsorted(every, pairs)
        before = self._references[name].reshape(-1, 2)[places]
        now, accuracy = self._losses(model, corpus, pairs)
        gained = before - now.reshape(-1, 2)  # log p - log p_ref, an output
        margins = self._beta * (gained[:, 0] - gained[:, 1])
        return {
            f"{side}_loss": round(float(np.logaddexp(0, -margins).mean()), DIGITS),
            f"{side}_mean_token_accuracy": round(accuracy, DIGITS),
            f"{side}_rewards_accuracy": round(float((margins > 0).mean()), DIGITS),
            f"{side}_rewards_margin": round(float(margins.mean()), DIGITS),
            "margins": margins,
        }

    def _each(self, model: Transformer, corpus: Corpus, pairs: Ids) -> Values:
        return self._losses(model, corpus, pairs)[0]

    def _losses(self, model: Transformer, corpus: Corpus, pairs: Ids) -> tuple[Values, float]:
        """The loss of each output, the preferred one of a pair first; the share of right guesses on the preferred."""
        outputs = [2 * int(pair) + side for pair in pairs for side in (0, 1)]
        windows = [corpus.windows(output) for output in outputs]
        of = np.repeat(np.arange(len(outputs)), [len(found) for found in windows])
        measured = measure(model, [window for found in windows for window in found])
        preferred = of % 2 == 0
        right, positions = measured.right[preferred].sum(), measured.positions[preferred].sum()
        losses = np.bincount(of, measured.losses, len(outputs)).astype(np.float64)
        return losses, float(right / positions)


def conversations(path: Path) -> Iterator[dict[str, Any]]:
    """Two chat examples for each line of a valid preference file, the preferred one first."""
    for example in read_examples(path):
        yield from conversation_pair(example)


def named(measured: WindowLosses, side: str) -> dict[str, float]:
    """A measure under the protocol's names."""
    return {
        f"{side}_loss": round(measured.loss, DIGITS),
        f"{side}_mean_token_accuracy": round(measured.accuracy, DIGITS),
    }


def drawn(examples: Ids, seed: int) -> Ids:
    """Some of these, ascending, for measurements within an epoch."""
    return np.sort(np.random.default_rng(seed).permutation(examples)[:VALIDATION_SAMPLE])


def _windows(corpus: Corpus, examples: Sequence[int] | Ids) -> list[Window]:
    return [window for example in examples for window in corpus.windows(int(example))]


def _learnable(corpus: Corpus | None) -> Ids:
    return np.zeros(0, np.int64) if corpus is None else corpus.learnable()


def _comparable(corpus: Corpus | None) -> Ids:
    """The pairs of which both outputs have pieces within the length limit."""
    outputs = _learnable(corpus)
    pairs, counts = np.unique(outputs // 2, return_counts=True)
    both: Ids = pairs[counts == 2]
    return both


def _validated(sample: Ids, full: Ids, what: str) -> str:
    if not len(full):
        return ""
    return f" Validation is measured on {len(sample)} of {len(full)} {what} within an epoch, on all of them at its end."
