"""One training of the small transformer from its plan to its end."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tuneset.training.billing import billable_tokens
from tuneset.training.chat_pieces import texts, vocabulary_size
from tuneset.training.epoch_loop import Course, train_epochs
from tuneset.training.plan import BETA
from tuneset.training.progress import Done, Planned, Record, Resumed
from tuneset.training.results_file import write_results
from tuneset.training.torch.lessons import Preference, Supervised, conversations
from tuneset.training.torch.model_file import (
    TrainingState,
    load_checkpoint,
    load_standing,
    save_checkpoint,
    save_standing,
)
from tuneset.training.torch.optimiser import Optimiser
from tuneset.training.torch.plan import TorchPlan, make_plan
from tuneset.training.torch.transformer import Transformer
from tuneset.training.trainer import CannotTrainError, TrainingRequest
from tuneset.training.training_file import read_examples
from tuneset.training.vocabulary import learn_merges, make_encoding

STATE = "training_state.npz"
"""Where the training stands; it is there after a pause, and in a long training."""

MERGES = 760
"""Pieces of the vocabulary beyond the 256 bytes, as of the tiny model: losses of both can be held side by side."""

Lessons = Supervised | Preference


def run_training(request: TrainingRequest, folder: Path) -> Iterator[Record]:
    """Train, and yield what happens, as `Trainer` has it. Raises CannotTrainError where the loss is no number."""
    device = prepare_device()
    torch.manual_seed(request.seed)
    read = conversations if request.method == "dpo" else read_examples
    base = load_checkpoint(Path(request.base), device) if request.base else None
    merges = base.merges if base else learn_merges(texts(read(Path(request.training))), MERGES)
    encoding = make_encoding(merges)
    model = base.model if base else Transformer(vocabulary_size(encoding)).to(device)
    files = Path(request.training), Path(request.validation) if request.validation else None
    lessons: Lessons
    if request.method == "dpo":
        lessons = Preference(*files, encoding, request.seed, BETA if request.beta == "auto" else request.beta)
    else:
        lessons = Supervised(*files, encoding, request.seed)
    if not len(lessons.examples):
        message = "The job failed due to an invalid training file. No example has an answer within the length limit."
        raise CannotTrainError("invalid_training_file", message, "training_file")
    plan = make_plan(request, len(lessons.examples))
    learner = _Learner(request, folder, plan, lessons, model, merges)

    if (folder / STATE).exists():
        learner.go_on()
        yield Resumed(learner.step)
    else:
        message = _description(model, request, plan, len(lessons.examples)) + lessons.description()
        yield Planned(plan.hyperparameters(), plan.steps, message)
        learner.begin()

    course = Course(plan.steps, plan.steps_per_epoch, request.patience, ".npz")
    finished = yield from train_epochs(learner, course, folder)
    if finished is None:
        return
    write_results(folder, lessons.columns)
    (folder / STATE).unlink(missing_ok=True)
    tokens = billable_tokens(request, set(lessons.examples.tolist())) * finished.epochs
    yield Done(tokens, model_step=finished.model_step)


def prepare_device() -> Any:
    """The GPU where there is one, else the processor; what is computed twice on it comes out the same."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # else cuBLAS may add up in another order
    torch.use_deterministic_algorithms(True)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class _Learner:
    """A training, as `epoch_loop` goes through it."""

    def __init__(
        self,
        request: TrainingRequest,
        folder: Path,
        plan: TorchPlan,
        lessons: Lessons,
        model: Transformer,
        merges: Sequence[bytes],
    ) -> None:
        self._request, self._folder, self._plan = request, folder, plan
        self._lessons, self._model, self._merges = lessons, model, merges
        self._optimiser = Optimiser(model)
        self.step = 0

    def begin(self) -> None:
        """Do what comes before the first step."""
        self._lessons.begin(self._model, self._optimiser.move, from_nothing=self._request.base is None)
        self._optimiser.forget()

    def go_on(self) -> None:
        """Take back where the training stood."""
        standing = load_standing(self._folder / STATE, self._model, self._optimiser)
        self._lessons.go_on(standing.kept)
        self.step = standing.step

    def advance(self) -> dict[str, float]:
        """Do the next step; give what was measured at it."""
        plan, lessons, model = self._plan, self._lessons, self._model
        epoch, place = divmod(self.step, plan.steps_per_epoch)
        order = np.random.default_rng([self._request.seed, epoch]).permutation(lessons.examples)
        measured = lessons.learn(model, order[place * plan.batch_size : (place + 1) * plan.batch_size])
        self.step += 1
        if not math.isfinite(measured["train_loss"]):
            message = f"The training loss is no longer a number at step {self.step}; lower learning_rate_multiplier."
            raise CannotTrainError("training_diverged", message, "learning_rate_multiplier")
        self._optimiser.move(plan.rate(self.step))
        last = self.step % plan.steps_per_epoch == 0
        if self.step == 1 or last or self.step % plan.evaluate_every == 0:
            measured |= lessons.sample(model)
        if last:
            measured |= lessons.full(model)
        return measured

    def save(self, path: Path) -> None:
        """Write weights and vocabulary."""
        save_checkpoint(path, self._model, self._merges)

    def keep(self) -> None:
        """Write where the training stands."""
        standing = TrainingState(self.step, self._lessons.kept())
        save_standing(self._folder / STATE, self._model, self._optimiser, standing)


def _description(model: Transformer, request: TrainingRequest, plan: TorchPlan, examples: int) -> str:
    """What will be done, and with which values for `auto`; the lessons say the rest."""
    parameters = sum(values.numel() for values in model.parameters())
    where = "a GPU" if torch.cuda.is_available() else f"{torch.get_num_threads()} thread(s) of the processor"
    origin = "of an earlier job" if request.base else "from scratch"
    return (
        f"Training a transformer of {parameters:,} parameters {origin} on {examples:,} examples: {plan.n_epochs} "
        f"epoch(s) of {plan.steps_per_epoch} steps, {plan.batch_size} example(s) a step, "
        f"seed {request.seed}, on {where}. Its vocabulary has "
        f"{model.embedding.num_embeddings:,} pieces. Losses are nats a piece."
    )
