"""The models that jobs make: their names, their objects, and the files of their weights.

A job makes one model for each checkpoint that is kept, and one at its end, which is the last checkpoint's.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tuneset.endpoint.state.object_store import Store
from tuneset.endpoint.state.objects import Document, Record
from tuneset.endpoint.state.state_folder import State, keep_reserve, with_reserve
from tuneset.profile import base_model

OWNER = "tuneset"


def model_name(job: Document) -> str:
    """The name of the model that a job makes: `ft:BASE:OWNER:SUFFIX:ID`.

    >>> model_name({"model": "local-tiny", "user_provided_suffix": None, "id": "ftjob-AbCdEfGhIj"})
    'ft:local-tiny:tuneset::AbCdEfGh'
    """
    identity = job["id"].removeprefix("ftjob-")[:8]
    return f"ft:{base_model(job['model'])}:{OWNER}:{job['user_provided_suffix'] or ''}:{identity}"


def checkpoint_name(job: Document, step: int) -> str:
    """The name of the model that a job has made by a step.

    >>> checkpoint_name({"model": "local-tiny", "user_provided_suffix": "a", "id": "ftjob-AbCdEfGhIj"}, 7)
    'ft:local-tiny:tuneset:a:AbCdEfGh:ckpt-step-7'
    """
    return f"{model_name(job)}:ckpt-step-{step}"


def add_model(store: Store, job: Document, name: str, weights: str | None) -> None:
    """Add a model of a job. `weights` is the path of its file from the state folder, where it has one."""
    store.insert("model", model_object(name, store.now()), {"weights": weights}, parent=job["id"])


def model_object(name: str, created: int) -> Document:
    """A model object of the protocol; `created` is a Unix time."""
    return {"id": name, "object": "model", "created": created, "owned_by": OWNER}


def model_objects(store: Store, base: Mapping[str, int]) -> list[Document]:
    """Every model that can be named: the base models (name -> unix time) and those that jobs made, oldest first."""
    made = [record.document for record in store.every("model")]
    return [*(model_object(name, created) for name, created in base.items()), *made]


def weights_of(state: State, name: str) -> Path | None:
    """What a job has left of a model, a file or a folder; None where there is no such model, or nothing was left."""
    record = state.store.get("model", name)
    weights = record.private["weights"] if record else None
    return None if weights is None else state.folder / weights


def remove_weights(weights: Path) -> None:
    """Remove what a training has left of a model, a file or a folder."""
    if weights.is_dir():
        shutil.rmtree(weights, ignore_errors=True)
    else:
        weights.unlink(missing_ok=True)


def remove_model(state: State, name: str) -> bool:
    """Delete a model that a job has made, with its weights unless another model has the same. False where none is."""
    weights = weights_of(state, name)

    def forget() -> bool:
        with state.store.transaction():
            known = state.store.get("model", name) is not None
            if known:
                state.store.delete(name)
        return known

    known = with_reserve(state.folder, forget)
    if known and weights is not None:
        remove_weights(weights)
        keep_reserve(state.folder)
    return known


def adopt_models(store: Store) -> None:
    """Add the models of jobs that ended before models were objects of their own."""
    with store.transaction():
        for record in store.in_status("job", "succeeded"):
            job = record.document
            if not record.private.get("models", False):
                model = model_object(job["fine_tuned_model"], job["finished_at"])
                store.insert("model", model, {"weights": None}, parent=job["id"])
                store.put(Record(job, record.private | {"models": True}))
