"""The trainer `trl`: an adapter of a model at hand, or all of it, trained by TRL.

Here stands what comes before PyTorch: the file as tokens, the plan, and what is told of both. The training itself is
`run_training`, which is loaded once that is good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tuneset.errors import UsageError
from tuneset.targets.local_models.chat_model import ChatModel, open_model
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.training.progress import Note, Record
from tuneset.training.trainer import CannotTrainError, TrainingRequest, require_libraries
from tuneset.training.trl.plan import make_plan
from tuneset.training.trl.rows import Rows, preference_rows, prompt_rows, supervised_rows, unpaired_rows

_READERS: Mapping[str, Callable[[Path, ChatModel, int, str], Rows]] = {
    "supervised": supervised_rows,
    "dpo": preference_rows,
    "reinforcement": prompt_rows,
    "kto": unpaired_rows,
}


def train(request: TrainingRequest, folder: Path) -> Iterator[Record]:
    """Train to the end, or until a pause is asked for; the `Trainer` of this folder."""
    require_libraries("trl", *(("bitsandbytes",) if request.tuning == "qlora" else ()))
    if request.model_folder is None:
        raise UsageError("the trainer trl needs the folder of a base model", allowed="serve --base NAME=DIR")
    model = open_model(ModelPlace(request.model_folder))
    training = _rows(request, model, "training_file")
    assert training is not None
    if not len(training):
        message = "The job failed due to an invalid training file. No example has an answer within the length limit."
        raise CannotTrainError("invalid_training_file", message, "training_file")
    validation = _rows(request, model, "validation_file")
    plan = make_plan(request, len(training))
    notes = [*_notes(training, "training"), *(_notes(validation, "validation") if validation is not None else ())]

    from tuneset.training.trl.run_training import run_training  # noqa: PLC0415  PyTorch takes seconds and may be missing

    yield from run_training(request, folder, plan, training, validation, notes)


def _rows(request: TrainingRequest, model: ChatModel, param: str) -> Rows | None:
    path = request.training if param == "training_file" else request.validation
    if path is None:
        return None
    return _READERS[request.method](Path(path), model, request.max_example_tokens, param)


def _notes(rows: Rows, side: str) -> Iterator[Note]:
    """What the owner should know of a file."""
    if rows.cut:
        yield Note("warn", f"{rows.cut} example(s) of the {side} file are longer than the model takes, and cut")
    if rows.empty:
        yield Note("warn", f"{rows.empty} example(s) of the {side} file have nothing to be trained, and are left out")
