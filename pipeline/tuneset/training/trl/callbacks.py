"""What is measured and kept in the course of a training, as TRL calls back: metrics, checkpoints, pauses."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from transformers import TrainerCallback

from tuneset.training.early_stopping import is_over, told_checkpoints
from tuneset.training.progress import Checkpoint, Metrics, Note, Record
from tuneset.training.trainer import CannotTrainError, TrainingRequest
from tuneset.training.trainer_files import PAUSE
from tuneset.training.trl.base_model import Base
from tuneset.training.trl.checkpoints import mark_whole
from tuneset.training.trl.methods import METHODS
from tuneset.training.trl.plan import TrlPlan
from tuneset.training.trl.rows import Rows
from tuneset.training.trl.saved_model import save_model

KEEP_EVERY_S = 120.0
"""Seconds between two times that the state is kept: what a crash costs at most. It is kept at each checkpoint too."""

VALIDATION_SAMPLE = 64
"""Validation examples that are measured within an epoch: the same ones each time, drawn by the seed."""

DIGITS = 5
"""Decimals of what is measured."""


class Teller(TrainerCallback):
    """Tells what happens, and says when to keep, to save and to stop.

    `trainer` is set before the training begins, and `reward` where answers are graded.
    """

    def __init__(
        self,
        request: TrainingRequest,
        plan: TrlPlan,
        folder: Path,
        base: Base,
        validation: Rows | None,
        tell: Callable[[Record], None],
    ) -> None:
        self.trainer: Any = None
        self.reward: Any = None
        self.paused: int | None = None
        self._request, self._plan, self._folder, self._base = request, plan, folder, base
        self._tell = tell
        self._kept_at = time.monotonic()
        self._measured: dict[str, float] = {}
        self._full = validation
        self._sample = None
        if validation is not None:
            drawn = np.random.default_rng(request.seed).permutation(len(validation))[:VALIDATION_SAMPLE]
            self._sample = validation.some(sorted(int(number) for number in drawn))

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Measure the validation where it is time; say what is to be done after this step."""
        step = state.global_step
        last = step % self._plan.steps_per_epoch == 0
        self._measured = {}
        if self._full is not None and self._sample is not None:
            if step == 1 or last or step % self._plan.evaluate_every == 0:
                self._measured |= self._validate(self._sample, "valid")
            if last:
                self._measured |= self._validate(self._full, "full_valid")
        # An evaluation leaves these otherwise, and the step's own metrics would be lost.
        control.should_log = True
        self.trainer.model.train()
        pause = (self._folder / PAUSE).exists()
        if pause or last or time.monotonic() - self._kept_at > KEEP_EVERY_S:
            control.should_save = True
        if pause and step < self._plan.steps:
            self.paused = step
            control.should_training_stop = True

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Tell what was measured at a step, and save the model at the end of an epoch."""
        if logs is None or "loss" not in logs:
            return
        step = state.global_step
        named = METHODS[self._request.method].logged
        measured = {name: round(float(logs[key]), DIGITS) for key, name in named.items() if key in logs}
        if not math.isfinite(measured["train_loss"]):
            message = f"The training loss is no longer a number at step {step}; lower learning_rate_multiplier."
            raise CannotTrainError("training_diverged", message, "learning_rate_multiplier")
        measured |= self._measured
        for sentence in self.reward.told if self.reward is not None else ():
            self._tell(Note("warn", f"The grader gives no score to some answers: {sentence}"))
        if self.reward is not None:
            self.reward.told = []
        self._tell(Metrics(step, self._plan.steps, measured))
        if step % self._plan.steps_per_epoch == 0:
            made = f"checkpoint-{step}"
            model = self.trainer.accelerator.unwrap_model(self.trainer.model)
            save_model(model, self._base.folder, self._folder / made, self._request, self._plan)
            self._tell(Checkpoint(step, measured, made))
            control.should_training_stop |= is_over(told_checkpoints(self._folder, step), self._request.patience)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The state of this step is on the disk."""
        mark_whole(self._folder, state.global_step)
        self._kept_at = time.monotonic()

    def _validate(self, rows: Rows, side: str) -> dict[str, float]:
        measured = METHODS[self._request.method].measure(self.trainer, rows)
        return {f"{side}_{name}": round(value, DIGITS) for name, value in measured.items()}
