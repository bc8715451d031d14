"""Trains a model for one job, in a process of its own: python -m tuneset.training.tiny.tiny_trainer FOLDER PARENT_PID.

Reads `request.json` in the folder, and writes there: `progress.jsonl` (one record a line, which the endpoint turns
into events), `checkpoint-STEP.npz` with weights and vocabulary after each epoch, and `step_metrics.csv`. Where a file
`pause` appears, it stops before the next step and leaves `standing.npz`; started again there, it goes on from it and
ends with the same bytes as if it had never stopped.

What is done: a vocabulary is learned from the training file; a small neural language model (`language_model`) takes
its lessons (`supervised` or `preference`). In an epoch every example is seen once, in an order drawn by the seed. The
rate rises over the first twentieth of the steps, then falls as a cosine to a twentieth of its height.

Every number that is written was measured: what concerns training on a step's own batch, before the update; what
concerns validation after it. Same request, same machine: same bytes.
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

from tuneset.artifacts import read_json, replacing, write_bytes
from tuneset.errors import TunesetError
from tuneset.processes import die_with_parent
from tuneset.targets.target import Target
from tuneset.training.chat_lines import count_images
from tuneset.training.tiny.corpus import texts, vocabulary_size
from tuneset.training.tiny.language_model import AdamW, Parameters, new_parameters
from tuneset.training.tiny.preference_lessons import Preference, conversations
from tuneset.training.tiny.supervised_lessons import Supervised
from tuneset.training.tiny.training_plan import Plan, make_plan
from tuneset.training.tiny.training_state import Standing, load, save
from tuneset.training.tiny.vocabulary import learn_merges, make_encoding
from tuneset.training.trainer_files import PAUSE, PROGRESS, REQUEST, RESULTS, STANDING
from tuneset.training.training_file import read_examples

MERGES = 760
"""Pieces of the vocabulary beyond the 256 bytes: about a thousand in all."""

LEARNING_RATE = 5e-3
WARM_UP = 0.05
FINAL_RATE = 0.05
"""The highest rate; the share of steps in which it is reached; the share of it that is left at the end."""


@dataclasses.dataclass(frozen=True)
class Request:
    """One job as the trainer sees it; both files were found valid. The hyperparameters may be `auto`."""

    method: Literal["supervised", "dpo"]
    training: str
    validation: str | None
    n_epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"]
    learning_rate_multiplier: float | Literal["auto"]
    seed: int
    encoding: str
    max_example_tokens: int
    beta: float | Literal["auto"] = "auto"


class _Progress:
    """Writes records, one JSON document a line, each in a single call so that a reader sees whole lines."""

    def __init__(self, folder: Path) -> None:
        self._handle = (folder / PROGRESS).open("ab", buffering=0)

    def write(self, kind: str, **values: object) -> None:
        self._handle.write(orjson.dumps({"kind": kind, **values}, option=orjson.OPT_APPEND_NEWLINE))


Lessons = Supervised | Preference
_READERS = {"supervised": read_examples, "dpo": conversations}
"""What gives the chat examples of a file, by the method that it is for."""


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
        train(Request(**read_json(folder / REQUEST)), folder, progress)
    except _CannotTrainError as error:
        progress.write("failed", code=error.code, message=str(error), param=error.param)
    except TunesetError as error:  # a full disk, missing rank files
        progress.write("failed", code="trainer_error", message=str(error), param=None)


def train(request: Request, folder: Path, progress: _Progress) -> None:
    """Train to the end, or until a pause is asked for, and write what there is into `folder`."""
    billed = billable_tokens(request)
    training, validation = Path(request.training), Path(request.validation) if request.validation else None
    merges = learn_merges(texts(_READERS[request.method](training)), MERGES)
    encoding = make_encoding(merges)
    random = np.random.default_rng(request.seed)
    lessons: Lessons
    if request.method == "dpo":
        lessons = Preference(training, validation, encoding, random, request.beta)
    else:
        lessons = Supervised(training, validation, encoding, random)
    examples = len(lessons.examples)
    if not examples:
        message = "The job failed due to an invalid training file. No example has an answer within the length limit."
        raise _CannotTrainError("invalid_training_file", message, "training_file")
    plan = make_plan(examples, request.n_epochs, request.batch_size, request.learning_rate_multiplier)

    if (folder / STANDING).exists():
        standing, kept = load(folder / STANDING)
        lessons.go_on(kept, plan)
        progress.write("resumed", step=standing.step)
    else:
        parameters = new_parameters(vocabulary_size(encoding), random)
        message = _description(plan, parameters, examples, request.seed) + lessons.description(plan)
        resolved = plan.hyperparameters() | lessons.hyperparameters()
        progress.write("plan", hyperparameters=resolved, total_steps=plan.steps, message=message)
        _warn_of_images(request, progress)
        lessons.begin(parameters, plan, random)
        standing = Standing(0, lessons.examples, parameters, AdamW(parameters), random)

    while standing.step < plan.steps:
        if (folder / PAUSE).exists():
            save(folder / STANDING, standing, lessons.kept())
            progress.write("paused", step=standing.step)
            return
        data = _step(standing, lessons, plan)
        progress.write("metrics", message=_step_message(data), data=data)
        if standing.step % plan.steps_per_epoch == 0:
            _save_checkpoint(folder, standing, merges)
            metrics = {name: value for name, value in data.items() if name != "total_steps"}
            progress.write("checkpoint", step=standing.step, metrics=metrics, file=_checkpoint_name(standing.step))
    write_bytes(folder / RESULTS, _results(folder, lessons.columns))
    progress.write("done", trained_tokens=billed * plan.n_epochs)


def billable_tokens(request: Request) -> int:
    """Tokens of one epoch as they are billed: each example up to the limit of an example."""
    target = Target(request.encoding)
    counts = (target.count_example(example).tokens for example in read_examples(Path(request.training)))
    return sum(min(tokens, request.max_example_tokens) for tokens in counts)


def _step(standing: Standing, lessons: Lessons, plan: Plan) -> dict[str, Any]:
    """Do the next step; give what was measured at it, as its event shows it."""
    place = standing.step % plan.steps_per_epoch
    if place == 0:
        standing.order = standing.random.permutation(lessons.examples)
    batch = standing.order[place * plan.batch_size : (place + 1) * plan.batch_size]
    measured, by = lessons.learn(standing.parameters, batch, plan, standing.random)
    standing.step += 1
    if not math.isfinite(measured["train_loss"]):
        message = f"The training loss is no longer a number at step {standing.step}; lower learning_rate_multiplier."
        raise _CannotTrainError("training_diverged", message, "learning_rate_multiplier")
    standing.optimiser.step(standing.parameters, by, lessons.rate * _rate(standing.step, plan))
    last = standing.step % plan.steps_per_epoch == 0
    data = {"step": standing.step, "total_steps": plan.steps} | measured
    if standing.step == 1 or last or standing.step % plan.evaluate_every == 0:
        data |= lessons.sample(standing.parameters)
    if last:
        data |= lessons.full(standing.parameters)
    return data


def _description(plan: Plan, parameters: Parameters, examples: int, seed: int) -> str:
    """What will be done, and with which values for `auto`; the lessons say the rest."""
    return (
        f"Training a model of {sum(values.size for values in parameters.values())} parameters from scratch on "
        f"{examples} examples: {plan.n_epochs} epoch(s) of {plan.steps_per_epoch} steps, {plan.batch_size} example(s) "
        f"a step, seed {seed}. A vocabulary of {len(parameters['embedding'])} pieces is learned from the file; "
    )


def _warn_of_images(request: Request, progress: _Progress) -> None:
    images = sum(count_images(example) for example in _READERS[request.method](Path(request.training)))
    if images:
        warning = f"{images} image(s) of the training file are not used: this model learns from text alone"
        progress.write("message", level="warn", message=warning)


def _rate(step: int, plan: Plan) -> float:
    """The learning rate of a step, counted from 1."""
    highest = LEARNING_RATE * plan.learning_rate_multiplier
    rise = min(1.0, step / max(1.0, WARM_UP * plan.steps))
    fall = (1 + math.cos(math.pi * (step - 1) / plan.steps)) / 2
    return highest * rise * (FINAL_RATE + (1 - FINAL_RATE) * fall)


def _results(folder: Path, columns: Mapping[str, str]) -> bytes:
    """The result file: one line a step, from the progress that was written; what was not measured is empty."""
    lines = [",".join(["step", *columns])]
    for line in (folder / PROGRESS).read_bytes().splitlines():
        record = orjson.loads(line)
        if record["kind"] == "metrics":
            lines.append(_csv_line(record["data"], columns))
    return ("\n".join(lines) + "\n").encode()


def _csv_line(data: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    """A line of the result file.

    >>> _csv_line({"step": 1, "train_loss": 1.5}, {"train_loss": "train_loss", "valid_loss": "valid_loss"})
    '1,1.5,'
    """
    return ",".join(str(data.get(name, "")) for name in ["step", *columns.values()])


def _step_message(data: Mapping[str, Any]) -> str:
    """The text of a metrics event, worded as the protocol's servers word it."""
    text = f"Step {data['step']}/{data['total_steps']}: training loss={data['train_loss']:.2f}"
    for name, title in (("valid_loss", "validation loss"), ("full_valid_loss", "full validation loss")):
        if name in data:
            text += f", {title}={data[name]:.2f}"
    return text


def _checkpoint_name(step: int) -> str:
    return f"checkpoint-{step}.npz"


def _save_checkpoint(folder: Path, standing: Standing, merges: Sequence[bytes]) -> None:
    """Keep the weights and the vocabulary of a step."""
    with replacing(folder / _checkpoint_name(standing.step)) as temporary, temporary.open("wb") as handle:
        ends = np.cumsum([len(piece) for piece in merges], dtype=np.int64)
        vocabulary = np.frombuffer(b"".join(merges), np.uint8)
        arrays: dict[str, Any] = {**standing.parameters, "merges": vocabulary, "merge_ends": ends}
        np.savez(handle, **arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
