"""One training with TRL from its plan to its end: sizes that fit the memory, records, the way back after a crash.

TRL calls back, and a trainer yields: the training runs in a thread that waits at each record until it is on the disk.
Everything that a record tells was measured by TRL or by `callbacks`.
"""

from __future__ import annotations

import gc
import queue
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers.trainer_callback import PrinterCallback
from transformers.utils import logging

from tuneset.artifacts import read_json, write_json
from tuneset.training.early_stopping import best_checkpoint, is_over, reason, told_checkpoints
from tuneset.training.progress import Done, Note, Paused, Planned, Record, Resumed
from tuneset.training.results_file import write_results
from tuneset.training.trainer import CannotTrainError, TrainingRequest
from tuneset.training.trl.base_model import describe, load_base
from tuneset.training.trl.callbacks import Teller
from tuneset.training.trl.checkpoints import STATE, latest, step_of
from tuneset.training.trl.methods import METHODS
from tuneset.training.trl.plan import LEAST_AT_ONCE, WARM_UP, TrlPlan, halves
from tuneset.training.trl.rows import Rows
from tuneset.training.trl.saved_model import ADAPTER_FILES, GGUF, MERGED, save_gguf, save_merged

AT_ONCE = 16
"""Examples that are tried at a time at most; a larger batch is taken in several parts."""

_FITS = "at_once.json"
"""How many examples at a time have been found to fit, so that a training that goes on computes the same."""


def run_training(
    request: TrainingRequest,
    folder: Path,
    plan: TrlPlan,
    training: Rows,
    validation: Rows | None,
    notes: Sequence[Note],
) -> Iterator[Record]:
    """Train as planned, and yield what happens, as `Trainer` has it.

    Raises CannotTrainError where a single example does not fit into the memory, and where the loss is no number.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    standing = latest(folder)
    if standing is not None:
        yield Resumed(step_of(standing))
    least = LEAST_AT_ONCE.get(request.method, 1)
    sizes = [size for size in halves(plan.batch_size * plan.answers) if least <= size <= AT_ONCE]
    if not sizes:
        message = (
            f"A batch of this method is taken in equal parts of {least} to {AT_ONCE} examples; choose another size."
        )
        raise CannotTrainError("invalid_batch_size", message, "batch_size")
    if (folder / _FITS).exists():
        sizes = [size for size in sizes if size <= read_json(folder / _FITS)["examples"]]
    planned = standing is not None
    for size in sizes:
        work = _Work(request, folder, plan, training, validation, size)
        try:
            for record in _told(work):
                if isinstance(record, Planned):
                    if planned:
                        continue
                    yield record
                    yield from notes
                    planned = True
                else:
                    yield record
        except torch.OutOfMemoryError:
            _free()
            if size == sizes[-1]:
                break
            fewer = sizes[sizes.index(size) + 1]
            write_json(folder / _FITS, {"examples": fewer})
            yield Note("info", f"{size} examples at a time do not fit into the memory; {fewer} are taken at a time")
            continue
        if work.paused is not None:
            yield Paused(work.paused)
            return
        write_results(folder, METHODS[request.method].columns)
        told, model_step = told_checkpoints(folder, plan.steps), None
        if request.patience is not None:
            yield reason(told, request.patience, plan.steps)
            best = best_checkpoint(told)
            model_step = None if best is None else best.step
        last = f"checkpoint-{model_step or told[-1].step}"
        adapter = ADAPTER_FILES if request.tuning != "full" else ()
        files = [f"{last}/{name}" for name in adapter if (folder / last / name).exists()]
        assert request.model_folder is not None
        base = Path(request.model_folder)
        if adapter and (request.merged or request.gguf):
            made = save_merged(base, folder / last, folder / MERGED)
            files += [f"{MERGED}/{name}" for name in made if request.merged]
        if request.gguf:
            note = save_gguf(base, folder / (MERGED if adapter else last), folder / GGUF)
            if note is None:
                files.append(GGUF)
            else:
                yield note
        shutil.rmtree(folder / STATE, ignore_errors=True)
        yield Done(work.tokens, files, model_step)
        return
    message = (
        "A single example of the training file does not fit into the memory of the device; shorten the longest "
        "examples, take a smaller base model, or start the server with --tuning qlora."
    )
    raise CannotTrainError("out_of_memory", message, "training_file")


class _Work:
    """One try with so many examples at a time; called in a thread, with what tells a record."""

    def __init__(
        self,
        request: TrainingRequest,
        folder: Path,
        plan: TrlPlan,
        training: Rows,
        validation: Rows | None,
        at_once: int,
    ) -> None:
        self._request, self._folder, self._plan = request, folder, plan
        self._training, self._validation = training, validation
        self._at_once = at_once
        self.paused: int | None = None
        self.tokens = 0

    def __call__(self, tell: Callable[[Record], None]) -> None:
        request, plan = self._request, self._plan
        torch.manual_seed(request.seed)
        base = load_base(request)
        method = METHODS[request.method]
        teller = Teller(request, plan, self._folder, base, self._validation, tell)
        trainer = method.make(
            request, plan, base, self._training, arguments(request, plan, self._folder, self._at_once), teller
        )
        teller.trainer = trainer
        trainer.remove_callback(PrinterCallback)
        message = describe(trainer.model, request, plan, self._training, self._at_once, self._validation)
        tell(Planned(plan.hyperparameters(), plan.steps, message))
        standing = latest(self._folder)
        if standing is None or not is_over(told_checkpoints(self._folder, step_of(standing)), request.patience):
            trainer.train(resume_from_checkpoint=None if standing is None else str(standing))
        self.paused = teller.paused
        # Of reinforcement all tokens that were read and written; else those that are trained.
        graded = request.method == "reinforcement"
        epochs = len(told_checkpoints(self._folder, plan.steps))
        self.tokens = int(trainer.state.num_input_tokens_seen) if graded else self._training.trained * epochs


def arguments(request: TrainingRequest, plan: TrlPlan, folder: Path, at_once: int) -> dict[str, Any]:
    """What all of TRL's trainers are told."""
    on_gpu = torch.cuda.is_available()
    return {
        "output_dir": str(folder / STATE),
        "num_train_epochs": plan.n_epochs,
        "learning_rate": plan.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": round(plan.steps * WARM_UP),
        "per_device_train_batch_size": at_once,
        "per_device_eval_batch_size": at_once,
        "gradient_accumulation_steps": plan.batch_size * plan.answers // at_once,
        "seed": request.seed,
        "bf16": on_gpu and torch.cuda.is_bf16_supported(),
        "use_cpu": not on_gpu,
        "activation_checkpointing": on_gpu,  # it costs time, which a processor has less of than memory
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "no",  # the callback says when
        "eval_strategy": "no",
        "remove_unused_columns": False,
        "disable_tqdm": True,
        "report_to": "none",
        "dataloader_pin_memory": on_gpu,
    }


def _told(work: Callable[[Callable[[Record], None]], None]) -> Iterator[Record]:
    """What some work tells; it goes on when the record that it has told was taken. Raises what it raises."""
    mailbox: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
    taken = threading.Semaphore(0)
    failed: list[BaseException] = []

    def tell(record: Record) -> None:
        mailbox.put(record)
        taken.acquire()

    def run() -> None:
        try:
            work(tell)
        except BaseException as error:  # noqa: BLE001  it is raised again where the records are read
            failed.append(error)
        finally:
            mailbox.put(None)

    thread = threading.Thread(target=run, name="training", daemon=True)
    thread.start()
    while (record := mailbox.get()) is not None:
        yield record
        taken.release()
    thread.join()
    if failed:
        raise failed[0]


def _free() -> None:
    """Give back what a try has taken."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
