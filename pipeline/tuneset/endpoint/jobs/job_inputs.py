"""What a job reads: both files, and the model that it goes on from.

They get names of the job's own when it is created, so that a file that is deleted, or expires, is still there for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tuneset.artifacts import TEMPORARY_PREFIX
from tuneset.endpoint.jobs.job_objects import FINISHED
from tuneset.endpoint.jobs.trained_models import weights_of
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.objects import Document
from tuneset.endpoint.state.state_folder import State, add_input, link, remove_inputs

_FILES = ("training_file", "validation_file")
_BASE = "base"


def keep_inputs(state: State, job: Document) -> None:
    """Give a job that is being created its own names for all that it reads; all of it is there."""
    for param in _FILES:
        if job[param] is not None:
            add_input(state, job["id"], param, state.blob(job[param]))
    weights = weights_of(state, job["model"])
    if weights is not None:
        add_input(state, job["id"], _BASE, weights)


@contextlib.contextmanager
def files_to_check(state: State, job: Document) -> Iterator[tuple[Path, Path | None]]:
    """The files of a job that is not created, training and validation, under names of their own for as long as a block.

    Raises FileNotFoundError where one was deleted just now.
    """
    names = [None if job[param] is None else state.blobs / new_id(TEMPORARY_PREFIX) for param in _FILES]
    try:
        for param, name in zip(_FILES, names, strict=True):
            if name is not None:
                link(state.blob(job[param]), name)
        training, validation = names
        assert training is not None, "a job has a training file"
        yield training, validation
    finally:
        for name in names:
            if name is not None:
                name.unlink(missing_ok=True)


def training_file(state: State, job: Document) -> Path:
    """The training file of a job."""
    return _input(state, job, "training_file")


def validation_file(state: State, job: Document) -> Path | None:
    """The validation file of a job, if it has one."""
    return None if job["validation_file"] is None else _input(state, job, "validation_file")


def base_weights(state: State, job: Document) -> Path | None:
    """The file of the trained model that a job goes on from; None where it begins with a base model."""
    path = state.inputs(job["id"]) / _BASE
    return path if path.exists() else None


def remove_finished(state: State) -> None:
    """Remove what jobs had to read that are finished, or were never created."""

    def finished(job_id: str) -> bool:
        record = state.store.get("job", job_id)
        return record is None or record.document["status"] in FINISHED

    remove_inputs(state, finished)


def _input(state: State, job: Document, param: str) -> Path:
    """The job's own name for a file; a job that was created by an older server has none, and reads the file itself."""
    own = state.inputs(job["id"]) / param
    return own if own.exists() else state.blob(job[param])
