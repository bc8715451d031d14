"""A trainer that stands still until it is asked to pause, so that tests do what they do to a training in its midst.

Registered by the fixture `patient` and run in a process of its own, as any trainer is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from tuneset.training.progress import Checkpoint, Done, Metrics, Note, Paused, Planned, Record, Resumed
from tuneset.training.results_file import write_results
from tuneset.training.trainer import CannotTrainError, TrainingRequest
from tuneset.training.trainer_files import PAUSE

STEPS = 2
PLAN = {"n_epochs": 7, "batch_size": 5, "learning_rate_multiplier": 1.5}


def train(request: TrainingRequest, folder: Path) -> Iterator[Record]:
    """Do one step and wait for a pause; once resumed do the other."""
    state = folder / "stopped"
    if state.exists():
        yield Resumed(1)
    else:
        yield Planned(PLAN, STEPS, f"seed {request.seed}")
        yield Metrics(1, STEPS, {"train_loss": 2.0})
        while not (folder / PAUSE).exists():
            time.sleep(0.01)
        state.touch()
        yield Paused(1)
        return
    yield Note("warn", "almost done")
    yield Metrics(2, STEPS, {"full_valid_loss": 1.0})
    (folder / "model").write_text("weights", encoding="ascii")
    yield Checkpoint(2, {"full_valid_loss": 1.0}, "model")
    write_results(folder, {"loss": "train_loss"})
    yield Done(42)


def refuse(request: TrainingRequest, _folder: Path) -> Iterator[Record]:
    """Say that the job cannot be done."""
    yield Planned({}, STEPS, "")
    raise CannotTrainError("too_hard", f"cannot follow {request.method}", "method")


def tell_base(request: TrainingRequest, folder: Path) -> Iterator[Record]:
    """Leave a folder as model, and in it what was asked for: the base, what of it is trained, what was there before."""
    yield Planned(PLAN, 1, "")
    model = folder / "model"
    model.mkdir()
    before = None if request.base is None else ", ".join(path.name for path in Path(request.base).iterdir())
    (model / "adapter.bin").write_text(f"{request.model_folder} {request.tuning} {before}", encoding="utf-8")
    yield Checkpoint(1, {}, "model")
    write_results(folder, {"loss": "train_loss"})
    yield Done(42, ["model/adapter.bin"])


def worsen(request: TrainingRequest, folder: Path) -> Iterator[Record]:
    """Have the best validation early on, and stop where so many epochs were no better; the file tells the step."""
    origin = (
        "nothing" if request.base is None else f"the model of step {Path(request.base).read_text(encoding='ascii')}"
    )
    yield Planned(PLAN, 9, f"patience {request.patience}, from {origin}")
    for step, loss in enumerate((3.0, 1.0, 1.5, 2.0, 1.25, 4.0), start=1):
        (folder / f"model-{step}").write_text(str(step), encoding="ascii")
        yield Metrics(step, 9, {"train_loss": 2.0})
        yield Checkpoint(step, {"full_valid_loss": loss}, f"model-{step}")
    write_results(folder, {"loss": "train_loss"})
    yield Done(42, model_step=2)


def wait_on_device(request: TrainingRequest, folder: Path) -> Iterator[Record]:
    """Tell which GPU it may see, and wait."""
    yield Planned(PLAN, STEPS, f"on {os.environ['CUDA_VISIBLE_DEVICES']}")
    yield from train(request, folder)
