"""The objects of a job as the protocol shows them, and the changes that a job goes through.

    validating_files -> queued -> running -> succeeded | failed | cancelled
    running -> queued, where the server was restarted
    any of the first three -> paused -> back in the queue, or cancelled

A change and the event that tells of it are stored together. Who makes the changes, and when, is the worker's business.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from tuneset.endpoint.api.job_body import JobRequest
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.object_store import Store
from tuneset.endpoint.state.objects import Document, Record
from tuneset.training.training_file import JobFault

ORGANIZATION = "org-tuneset"
FINISHED = ("succeeded", "failed", "cancelled")
UNFINISHED = ("validating_files", "queued", "running", "paused")
"""`paused` is not in the specification's list (2026-08-21); OpenAI's reinforcement guide shows it."""

Level = Literal["info", "warn", "error"]


def new_job(request: JobRequest, created_at: int) -> Document:
    """A job object for a request whose files and model exist."""
    method = with_method(request.chosen_method(), request.chosen_hyperparameters().model_dump(), request.grader)
    stopping = {} if request.early_stopping is None else {"early_stopping": request.early_stopping.model_dump()}
    return {
        "object": "fine_tuning.job",
        "id": new_id("ftjob-"),
        "model": request.model,
        "created_at": created_at,
        "finished_at": None,
        "fine_tuned_model": None,
        "organization_id": ORGANIZATION,
        "result_files": [],
        "status": "validating_files",
        "validation_file": request.validation_file,
        "training_file": request.training_file,
        "hyperparameters": method["hyperparameters"],
        "trained_tokens": None,
        "error": None,
        "user_provided_suffix": request.suffix,
        "seed": secrets.randbelow(2**31) if request.seed is None else request.seed,
        "estimated_finish": None,
        "integrations": [],
        "metadata": request.metadata,
        "method": method["method"],
        **stopping,
    }


def add_event(
    store: Store,
    job_id: str,
    message: str,
    *,
    level: Level = "info",
    data: Mapping[str, Any] | None = None,
) -> None:
    """Tell of something that happened to a job. `data` makes it an event of type `metrics`."""
    event = {
        "object": "fine_tuning.job.event",
        "id": new_id("ftevent-"),
        "created_at": store.now(),
        "level": level,
        "message": message,
        "data": dict(data or {}),
        "type": "message" if data is None else "metrics",
    }
    store.insert("event", event, {}, parent=job_id)


def change_job(
    store: Store,
    job_id: str,
    *,
    when: Iterable[str],
    document: Mapping[str, Any],
    private: Mapping[str, Any] | None = None,
    messages: Iterable[str] = (),
    level: Level = "info",
) -> bool:
    """Change a job if its status is one of `when`, and add events. False, and no change, where it is not."""
    with store.transaction():
        record = store.get("job", job_id)
        if record is None or record.document["status"] not in when:
            return False
        store.put(Record(record.document | dict(document), record.private | dict(private or {})))
        for message in messages:
            add_event(store, job_id, message, level=level)
    return True


def fail_job(store: Store, job_id: str, fault: JobFault) -> None:
    """End a job that cannot succeed. A job that is finished stays as it is."""
    error = {"code": fault.code, "message": fault.message, "param": fault.param}
    end = {"status": "failed", "finished_at": store.now(), "error": error, "estimated_finish": None}
    change_job(store, job_id, when=UNFINISHED, document=end, messages=[fault.message], level="error")


def cancel_job(store: Store, job_id: str) -> bool:
    """End a job at its owner's wish. False where it is finished already."""
    end = {"status": "cancelled", "finished_at": store.now(), "estimated_finish": None}
    return change_job(store, job_id, when=UNFINISHED, document=end, messages=["Fine-tuning job cancelled"])


def pause_job(store: Store, job_id: str) -> bool:
    """Stop a job until it is resumed. False where it is paused or finished already."""
    stop = {"status": "paused", "estimated_finish": None}
    when = [status for status in UNFINISHED if status != "paused"]
    return change_job(store, job_id, when=when, document=stop, messages=["Fine-tuning job paused"])


def resume_job(store: Store, job_id: str) -> bool:
    """Put a paused job back to where it waits: for validation, or in the queue. False where it is not paused."""
    with store.transaction():
        record = store.get("job", job_id)
        validated = record is not None and record.private.get("validated", False)
        back = {"status": "queued" if validated else "validating_files"}
        return change_job(store, job_id, when=["paused"], document=back, messages=["Fine-tuning job resumed"])


def new_checkpoint(job: Document, step: int, metrics: Mapping[str, Any], model: str, created_at: int) -> Document:
    """A checkpoint object; `model` is the name under which its weights can be used."""
    return {
        "object": "fine_tuning.job.checkpoint",
        "id": new_id("ftckpt_"),
        "created_at": created_at,
        "fine_tuned_model_checkpoint": model,
        "fine_tuning_job_id": job["id"],
        "metrics": dict(metrics),
        "step_number": step,
    }


def with_method(method: str, hyperparameters: Mapping[str, Any], grader: Mapping[str, Any] | None) -> Document:
    """The keys of a job that show its method. Those of supervised jobs stand in an older place too."""
    shown = dict(hyperparameters)
    older = shown if method == "supervised" else {}
    graded = {} if grader is None else {"grader": dict(grader)}
    return {"hyperparameters": older, "method": {"type": method, method: {**graded, "hyperparameters": shown}}}
