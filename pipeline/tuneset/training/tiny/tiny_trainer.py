"""The trainer `tiny`: a small neural language model in numpy, trained from nothing on one core.

What is done: a vocabulary is learned from the training file; the model (`language_model`) takes its lessons
(`supervised_lessons` or `preference_lessons`). In an epoch every example is seen once, in an order drawn by the seed.
The rate rises over the first twentieth of the steps, then falls as a cosine to a twentieth of its height.

Beside what every trainer leaves in its folder it writes `checkpoint-STEP.npz` with weights and vocabulary after each
epoch, and at a pause and every two minutes `training_state.npz`, from which it goes on and ends with the same bytes as
if it had never stopped. Every number that is told was measured: what concerns training on a step's own batch, before
the update; what concerns validation after it. Same request, same machine: same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tuneset.training.billing import billable_tokens
from tuneset.training.chat_pieces import texts, vocabulary_size
from tuneset.training.epoch_loop import Course, train_epochs
from tuneset.training.progress import Done, Planned, Record, Resumed
from tuneset.training.results_file import write_results
from tuneset.training.tiny.arrays import Parameters
from tuneset.training.tiny.checkpoint_file import load_checkpoint, save_checkpoint
from tuneset.training.tiny.language_model import new_parameters
from tuneset.training.tiny.optimiser import AdamW
from tuneset.training.tiny.preference_lessons import Preference, conversations
from tuneset.training.tiny.supervised_lessons import Supervised
from tuneset.training.tiny.training_plan import TinyPlan, make_plan
from tuneset.training.tiny.training_state import TrainingState, load, save
from tuneset.training.trainer import CannotTrainError, TrainingRequest
from tuneset.training.training_file import read_examples
from tuneset.training.vocabulary import learn_merges, make_encoding

STATE = "training_state.npz"
"""Where the training stands; it is there after a pause, and in a long training."""

MERGES = 760
"""Pieces of the vocabulary beyond the 256 bytes: about a thousand in all."""

LEARNING_RATE = 5e-3
WARM_UP = 0.05
FINAL_RATE = 0.05
"""The highest rate; the share of steps in which it is reached; the share of it that is left at the end."""


Lessons = Supervised | Preference
_READERS = {"supervised": read_examples, "dpo": conversations}
"""What gives the chat examples of a file, by the method that it is for."""


def train(request: TrainingRequest, folder: Path) -> Iterator[Record]:
    """Train to the end, or until a pause is asked for; the `Trainer` of this folder."""
    training, validation = Path(request.training), Path(request.validation) if request.validation else None
    base = load_checkpoint(Path(request.base)) if request.base else None
    merges = base.merges if base else learn_merges(texts(_READERS[request.method](training)), MERGES)
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
        raise CannotTrainError("invalid_training_file", message, "training_file")
    plan = make_plan(examples, request.n_epochs, request.batch_size, request.learning_rate_multiplier)

    if (folder / STATE).exists():
        state, kept = load(folder / STATE)
        lessons.go_on(kept, plan)
        yield Resumed(state.step)
    else:
        parameters = base.parameters if base else new_parameters(vocabulary_size(encoding), random)
        origin = "of an earlier job" if base else "from scratch"
        message = _description(plan, parameters, examples, request.seed, origin) + lessons.description(plan)
        yield Planned(plan.hyperparameters() | lessons.hyperparameters(), plan.steps, message)
        lessons.begin(parameters, plan, random)
        state = TrainingState(0, lessons.examples, parameters, AdamW(parameters), random)

    course = Course(plan.steps, plan.steps_per_epoch, request.patience, ".npz")
    finished = yield from train_epochs(_Learner(state, lessons, plan, merges, folder), course, folder)
    if finished is None:
        return
    write_results(folder, lessons.columns)
    (folder / STATE).unlink(missing_ok=True)
    tokens = billable_tokens(request, set(lessons.examples.tolist())) * finished.epochs
    yield Done(tokens, model_step=finished.model_step)


class _Learner:
    """A training of the tiny model, as `epoch_loop` goes through it."""

    def __init__(
        self, state: TrainingState, lessons: Lessons, plan: TinyPlan, merges: Sequence[bytes], folder: Path
    ) -> None:
        self._state, self._lessons, self._plan = state, lessons, plan
        self._merges, self._folder = merges, folder
        self.step = state.step

    def advance(self) -> dict[str, float]:
        """Do the next step; give what was measured at it."""
        state, lessons, plan = self._state, self._lessons, self._plan
        place = state.step % plan.steps_per_epoch
        if place == 0:
            state.order = state.random.permutation(lessons.examples)
        batch = state.order[place * plan.batch_size : (place + 1) * plan.batch_size]
        measured, by = lessons.learn(state.parameters, batch, plan, state.random)
        self.step = state.step = state.step + 1
        if not math.isfinite(measured["train_loss"]):
            message = f"The training loss is no longer a number at step {state.step}; lower learning_rate_multiplier."
            raise CannotTrainError("training_diverged", message, "learning_rate_multiplier")
        state.optimiser.step(state.parameters, by, lessons.rate * _rate(state.step, plan))
        last = state.step % plan.steps_per_epoch == 0
        if state.step == 1 or last or state.step % plan.evaluate_every == 0:
            measured |= lessons.sample(state.parameters)
        if last:
            measured |= lessons.full(state.parameters)
        return measured

    def save(self, path: Path) -> None:
        """Write weights and vocabulary."""
        save_checkpoint(path, self._state.parameters, self._merges)

    def keep(self) -> None:
        """Write where the training stands."""
        save(self._folder / STATE, self._state, self._lessons.kept())


def _description(plan: TinyPlan, parameters: Parameters, examples: int, seed: int, origin: str) -> str:
    """What will be done, and with which values for `auto`; the lessons say the rest."""
    return (
        f"Training a model of {sum(values.size for values in parameters.values())} parameters {origin} on "
        f"{examples} examples: {plan.n_epochs} epoch(s) of {plan.steps_per_epoch} steps, {plan.batch_size} example(s) "
        f"a step, seed {seed}. Its vocabulary has {len(parameters['embedding'])} pieces; "
    )


def _rate(step: int, plan: TinyPlan) -> float:
    """The learning rate of a step, counted from 1."""
    highest = LEARNING_RATE * plan.learning_rate_multiplier
    rise = min(1.0, step / max(1.0, WARM_UP * plan.steps))
    fall = (1 + math.cos(math.pi * (step - 1) / plan.steps)) / 2
    return highest * rise * (FINAL_RATE + (1 - FINAL_RATE) * fall)
