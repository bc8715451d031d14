"""Trains a model for one job, in a process of its own: python -m pipeline.local.trainer FOLDER PARENT_PID.

Reads `request.json` in the folder, and writes there: `progress.jsonl` (one record a line, which the endpoint turns
into events), `checkpoint-STEP.npz` with weights and vocabulary after each epoch, and `step_metrics.csv`.

What is done: a vocabulary is learned from the training file; a small neural language model (`language_model`) learns
to predict the assistant's pieces from the eight before each. In an epoch every example is seen once, in an order drawn
by the seed; of an example with more learned positions than the plan allows, so many are drawn by the seed. The rate
rises over the first twentieth of the steps, then falls as a cosine to a twentieth of its height.

Every number that is written was measured: the training loss and accuracy of a step on its own batch, before the
update; those of validation after it, on a sample of positions that stays the same; the full validation at the end of
an epoch on all positions, or where there are more than FULL_VALIDATION on so many of them, which an event says.
Same request, same machine: same bytes.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson

from pipeline.artifacts import read_json, replacing, write_bytes
from pipeline.errors import TunesetError
from pipeline.local.language_model import AdamW, Ids, Measure, Parameters, gradients, measure, new_parameters
from pipeline.local.plan import Plan, make_plan
from pipeline.local.process import die_with_parent
from pipeline.local.sequences import Corpus, build_corpus, texts, vocabulary_size
from pipeline.local.training_file import count_images, read_examples
from pipeline.local.vocabulary import learn_merges, make_encoding
from pipeline.tokens.counting import count_example

MERGES = 760
"""Pieces of the vocabulary beyond the 256 bytes: about a thousand in all."""

LEARNING_RATE = 5e-3
WARM_UP = 0.05
FINAL_RATE = 0.05
"""The highest rate; the share of steps in which it is reached; the share of it that is left at the end."""

VALIDATION_SAMPLE = 2_048
FULL_VALIDATION = 200_000
"""Positions measured within an epoch, and at its end."""

RESULTS = "step_metrics.csv"
CSV_HEADER = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
DIGITS = 5
"""Decimals of a loss or an accuracy."""


@dataclasses.dataclass(frozen=True)
class Request:
    """One job as the trainer sees it; both files were found valid. The hyperparameters may be `auto`."""

    training: str
    validation: str | None
    n_epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"]
    learning_rate_multiplier: float | Literal["auto"]
    seed: int
    encoding: str
    max_example_tokens: int


class _Progress:
    """Writes records, one JSON document a line, each in a single call so that a reader sees whole lines."""

    def __init__(self, folder: Path) -> None:
        self._handle = (folder / "progress.jsonl").open("ab", buffering=0)

    def write(self, kind: str, **values: object) -> None:
        self._handle.write(orjson.dumps({"kind": kind, **values}, option=orjson.OPT_APPEND_NEWLINE))


class _CannotTrainError(Exception):
    """The job fails for a reason that its owner can act on."""

    def __init__(self, code: str, message: str, param: str | None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


def main(folder: Path, parent: int) -> None:
    """Do the job in `folder`, as long as the process `parent` lives."""
    die_with_parent(parent)
    progress = _Progress(folder)
    try:
        train(Request(**read_json(folder / "request.json")), folder, progress)
    except _CannotTrainError as error:
        progress.write("failed", code=error.code, message=str(error), param=error.param)
    except TunesetError as error:  # a full disk, missing rank files
        progress.write("failed", code="trainer_error", message=str(error), param=None)


def train(request: Request, folder: Path, progress: _Progress) -> None:
    """Train, and write the results into `folder`."""
    billed = billable_tokens(request)
    merges = learn_merges(texts(Path(request.training)), MERGES)
    encoding = make_encoding(merges)
    training = build_corpus(read_examples(Path(request.training)), encoding)
    validation = build_corpus(read_examples(Path(request.validation)), encoding) if request.validation else None
    random = np.random.default_rng(request.seed)
    evaluation = _Evaluation(validation, random) if validation is not None and validation.learned.any() else None
    learnable = np.array([index for index in range(len(training)) if len(training.positions(index))], np.int64)
    if not len(learnable):
        message = "The job failed due to an invalid training file. No example has an answer within the length limit."
        raise _CannotTrainError("invalid_training_file", message, "training_file")
    plan = make_plan(len(learnable), request.n_epochs, request.batch_size, request.learning_rate_multiplier)
    parameters = new_parameters(vocabulary_size(encoding), random)
    message = _description(plan, parameters, len(learnable), request.seed) + _description_of(evaluation)
    progress.write("plan", hyperparameters=plan.hyperparameters(), total_steps=plan.steps, message=message)
    _warn_of_images(request, progress)

    optimiser = AdamW(parameters)
    lines = [CSV_HEADER]
    step = 0
    for _ in range(plan.n_epochs):
        order = random.permutation(learnable)
        for start in range(0, len(order), plan.batch_size):
            step += 1
            drawn = [
                _draw(training.positions(example), plan.positions_per_example, random)
                for example in order[start : start + plan.batch_size]
            ]
            trained, by = gradients(parameters, *training.windows(np.concatenate(drawn)))
            if not math.isfinite(trained.loss):
                message = f"The training loss is no longer a number at step {step}; lower learning_rate_multiplier."
                raise _CannotTrainError("training_diverged", message, "learning_rate_multiplier")
            optimiser.step(parameters, by, _rate(step, plan))
            data = {"step": step, "total_steps": plan.steps} | _named(trained, "train")
            if evaluation is not None:
                data |= _evaluated(evaluation, parameters, step, plan)
            lines.append(_csv_line(data))
            progress.write("metrics", message=_step_message(data), data=data)
        _save(folder, step, parameters, merges)
        metrics = {name: value for name, value in data.items() if name != "total_steps"}
        progress.write("checkpoint", step=step, metrics=metrics, file=_checkpoint_name(step))
    write_bytes(folder / RESULTS, ("\n".join(lines) + "\n").encode())
    progress.write("done", trained_tokens=billed * plan.n_epochs)


def billable_tokens(request: Request) -> int:
    """Tokens of one epoch as they are billed: each example up to the limit of an example."""
    examples = read_examples(Path(request.training))
    return sum(min(count_example(example, request.encoding), request.max_example_tokens) for example in examples)


class _Evaluation:
    """The validation file, and the positions of it that are measured: the same ones each time."""

    def __init__(self, corpus: Corpus, random: np.random.Generator) -> None:
        self.available = int(corpus.learned.sum())
        every = np.flatnonzero(corpus.learned)
        self._full = corpus.windows(_draw(every, FULL_VALIDATION, random))
        self._sample = corpus.windows(_draw(every, VALIDATION_SAMPLE, random))
        self.sampled, self.measured = len(self._sample[1]), len(self._full[1])

    def sample(self, parameters: Parameters) -> Measure:
        return measure(parameters, *self._sample)

    def full(self, parameters: Parameters) -> Measure:
        return measure(parameters, *self._full)


def _evaluated(evaluation: _Evaluation, parameters: Parameters, step: int, plan: Plan) -> dict[str, float]:
    """What is measured on the validation file after a step: mostly nothing."""
    last = step % plan.steps_per_epoch == 0
    measured: dict[str, float] = {}
    if step == 1 or last or step % plan.evaluate_every == 0:
        measured |= _named(evaluation.sample(parameters), "valid")
    if last:
        measured |= _named(evaluation.full(parameters), "full_valid")
    return measured


def _description(plan: Plan, parameters: Parameters, examples: int, seed: int) -> str:
    """What will be done, and with which values for `auto`."""
    return (
        f"Training a model of {sum(values.size for values in parameters.values())} parameters from scratch on "
        f"{examples} examples: {plan.n_epochs} epoch(s) of {plan.steps_per_epoch} steps, {plan.batch_size} example(s) "
        f"a step, at most {plan.positions_per_example} of an example's learned positions in an epoch, drawn by seed "
        f"{seed}. Losses are nats a piece, in a vocabulary of {len(parameters['embedding'])} pieces learned from the "
        "training file."
    )


def _description_of(evaluation: _Evaluation | None) -> str:
    if evaluation is None:
        return ""
    return (
        f" Validation is measured on {evaluation.sampled} of {evaluation.available} positions within an epoch, "
        f"on {evaluation.measured} at its end."
    )


def _warn_of_images(request: Request, progress: _Progress) -> None:
    images = sum(count_images(example) for example in read_examples(Path(request.training)))
    if images:
        warning = f"{images} image(s) of the training file are not used: this model learns from text alone"
        progress.write("message", level="warn", message=warning)


def _draw(positions: Ids, limit: int, random: np.random.Generator) -> Ids:
    """All positions, or `limit` of them in ascending order."""
    if len(positions) <= limit:
        return positions
    return np.sort(random.choice(positions, limit, replace=False))


def _rate(step: int, plan: Plan) -> float:
    """The learning rate of a step, counted from 1."""
    highest = LEARNING_RATE * plan.learning_rate_multiplier
    rise = min(1.0, step / max(1.0, WARM_UP * plan.steps))
    fall = (1 + math.cos(math.pi * (step - 1) / plan.steps)) / 2
    return highest * rise * (FINAL_RATE + (1 - FINAL_RATE) * fall)


def _named(measured: Measure, side: str) -> dict[str, float]:
    """A measure under the protocol's names.

    >>> _named(Measure(1.234567, 0.5, 10), "train")
    {'train_loss': 1.23457, 'train_mean_token_accuracy': 0.5}
    """
    return {
        f"{side}_loss": round(measured.loss, DIGITS),
        f"{side}_mean_token_accuracy": round(measured.accuracy, DIGITS),
    }


def _csv_line(data: Mapping[str, Any]) -> str:
    """A line of the result file; what was not measured is empty.

    >>> _csv_line({"step": 1, "train_loss": 1.5, "train_mean_token_accuracy": 0.0})
    '1,1.5,0.0,,'
    """
    names = ("step", "train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy")
    return ",".join(str(data.get(name, "")) for name in names)


def _step_message(data: Mapping[str, Any]) -> str:
    """The text of a metrics event, worded as the protocol's servers word it."""
    text = f"Step {data['step']}/{data['total_steps']}: training loss={data['train_loss']:.2f}"
    for name, title in (("valid_loss", "validation loss"), ("full_valid_loss", "full validation loss")):
        if name in data:
            text += f", {title}={data[name]:.2f}"
    return text


def _checkpoint_name(step: int) -> str:
    return f"checkpoint-{step}.npz"


def _save(folder: Path, step: int, parameters: Parameters, merges: Sequence[bytes]) -> None:
    """Keep the weights and the vocabulary of a step."""
    with replacing(folder / _checkpoint_name(step)) as temporary, temporary.open("wb") as handle:
        ends = np.cumsum([len(piece) for piece in merges], dtype=np.int64)
        vocabulary = np.frombuffer(b"".join(merges), np.uint8)
        arrays: dict[str, Any] = {**parameters, "merges": vocabulary, "merge_ends": ends}
        np.savez(handle, **arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
