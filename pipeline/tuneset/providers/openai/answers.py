"""Answers of the protocol -> our records. What was asked for has to be there; all else may be missing or odd.

What a fault of an answer means for the call is said in `wire/status.py`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from tuneset.providers.call_fault import one_line
from tuneset.providers.openai.job_body import ATTEMPT, RUN
from tuneset.providers.records import (
    Action,
    Checkpoint,
    FileState,
    JobError,
    JobState,
    RemoteEvent,
    RemoteFile,
    RemoteJob,
    RemoteModel,
    RemoteUpload,
)
from tuneset.providers.wire.answer import field
from tuneset.providers.wire.reader import Fields
from tuneset.providers.wire.words import words_of

# Azure says `succeeded` of a file; an absent status asks for no wait.
_FILE_STATES: dict[str, FileState] = {
    **dict.fromkeys(("processed", "succeeded", "ready", "completed", ""), "ready"),
    **dict.fromkeys(("error", "failed", "deleting", "deleted"), "refused"),
}
# The protocol's own words, and those of servers that speak it with another accent.
_JOB_STATES: dict[str, JobState] = {
    **dict.fromkeys(("validating_files", "queued", "pending", "notrunning"), "waiting"),
    **dict.fromkeys(("running", "in_progress", "training"), "running"),
    "paused": "paused",
    **dict.fromkeys(("succeeded", "completed", "success", "finished", "done"), "succeeded"),
    **dict.fromkeys(("failed", "error", "user_error", "failure", "expired"), "failed"),
    **dict.fromkeys(("cancelled", "canceled", "stopped"), "cancelled"),
}
_UNDER_WAY: dict[str, tuple[JobState, Action]] = {
    "cancelling": ("running", "cancel"),
    "cancel_requested": ("running", "cancel"),
    "pausing": ("running", "pause"),
    "resuming": ("paused", "resume"),
}


def parse_file(found: dict[str, Any], asked: str | None = None) -> RemoteFile:
    """A file; its id and name have to be there, but for the id that was `asked` for."""
    fields = Fields(found, "file")
    if asked is None or fields.id("id") is None:
        field(found, "filename", str)
    return listed_file(fields, asked or field(found, "id", str))


def listed_file(fields: Fields, file_id: str | None = None) -> RemoteFile:
    """A file of a list, about which anything may be missing."""
    status = (fields.line("status") or "").lower()
    return RemoteFile(
        id=file_id or _id_of(fields),
        filename=fields.line("filename") or "",
        purpose=fields.text("purpose") or "",
        status=status,
        bytes=fields.whole("bytes"),
        created_at=fields.moment("created_at"),
        status_details=_details(fields),
        state=_FILE_STATES.get(status, "processing"),
        expires_at=fields.moment("expires_at"),
    )


def _details(fields: Fields) -> str | None:
    """Why a file was refused, as one line."""
    reason = words_of(fields.found.get("status_details")).message
    return one_line(reason) if reason else None


def parse_upload(found: dict[str, Any]) -> RemoteUpload:
    """An upload; only its id has to be there."""
    return RemoteUpload(field(found, "id", str), Fields(found, "upload").moment("expires_at"))


def parse_job(found: dict[str, Any], asked: str | None = None) -> RemoteJob:
    """A job; its id and status have to be there, but for the id that was `asked` for.

    A job that says no word and has an end or a model has ended.
    """
    fields = Fields(found, "job")
    if asked is None:
        field(found, "id", str)
    if not fields.line("status") and not _finished(fields):
        field({}, "status", str, passing=asked is not None)
    return listed_job(fields, asked)


def listed_job(fields: Fields, job_id: str | None = None) -> RemoteJob:
    """A job of a list, about which anything may be missing."""
    marks = Fields(fields.table("metadata"), f"{fields.path}.metadata")
    status = (fields.line("status") or "").lower()
    state, under_way = _UNDER_WAY.get(status) or (_JOB_STATES.get(status) or _by_facts(fields), None)
    return RemoteJob(
        id=job_id or _id_of(fields),
        status=status or state,
        state=state,
        under_way=under_way,
        run_key=marks.text(RUN),
        attempt=max(1, marks.whole(ATTEMPT) or 1),
        created_at=fields.moment("created_at") or 0,
        model=fields.line("model"),
        training_file=fields.id("training_file"),
        validation_file=fields.id("validation_file"),
        seed=fields.whole("seed"),
        hyperparameters=_hyperparameters(fields),
        fine_tuned_model=fields.line("fine_tuned_model"),
        trained_tokens=fields.whole("trained_tokens"),
        estimated_finish=fields.moment("estimated_finish"),
        result_files=fields.ids("result_files"),
        error=_job_error(fields.found.get("error")),
        document=fields.found,
    )


def _finished(fields: Fields) -> bool:
    return bool(fields.moment("finished_at") or fields.line("fine_tuned_model"))


def _by_facts(fields: Fields) -> JobState:
    """The state of a job whose word is not known: it has ended where it has an end, well where it has a model."""
    if not _finished(fields):
        return "waiting"
    return "succeeded" if fields.line("fine_tuned_model") else "failed"


def _hyperparameters(fields: Fields) -> dict[str, Any] | None:
    """Those of a job's method, and above these what stands at its top: there `auto` becomes what was chosen."""
    method = Fields(fields.table("method"), f"{fields.path}.method")
    own = Fields(method.table(method.text("type") or ""), f"{fields.path}.method.own")
    top, below = fields.figures("hyperparameters"), own.figures("hyperparameters")
    chosen = {name: value for name, value in top.items() if value != "auto" or name not in below}
    return {**below, **chosen} or None


def parse_event(fields: Fields) -> RemoteEvent:
    """An event, about which anything may be missing."""
    return RemoteEvent(
        id=_id_of(fields),
        created_at=fields.moment("created_at") or 0,
        level=fields.line("level") or "info",
        message=fields.line("message") or "",
        type=fields.line("type") or "message",
        data=fields.figures("data"),
    )


def parse_checkpoint(fields: Fields) -> Checkpoint:
    """A checkpoint, about which anything may be missing. What was not measured is left out."""
    model = fields.line("fine_tuned_model_checkpoint")
    step, metrics = fields.whole("step_number"), fields.figures("metrics")
    return Checkpoint(_id_of(fields), step, model, metrics, fields.ids("result_files"))


def parse_models(found: dict[str, Any]) -> tuple[RemoteModel, ...] | None:
    """The models of a list; None where the answer holds no list."""
    data = found.get("data")
    if not isinstance(data, list):
        return None
    named = [(fields, fields.id("id")) for fields in (Fields(item, "model") for item in data)]
    return tuple(
        RemoteModel(name, _date(fields.text("shutdown_date")), fields.line("owned_by"))
        for fields, name in named
        if name
    )


def _id_of(fields: Fields) -> str:
    """The id of an object; where it has none, one that follows from its content."""
    own = fields.id("id")
    if own:
        return own
    content = json.dumps(fields.found, sort_keys=True).encode()
    return f"unnamed-{hashlib.sha256(content).hexdigest()[:16]}"


def _job_error(found: object) -> JobError:
    """Why a job failed; running jobs have no error, null, or an empty object."""
    words = words_of(found)
    code, message, param = (one_line(text) if text else None for text in (words.code, words.message, words.param))
    return JobError(code, message, param)


def _date(text: str | None) -> dt.date | None:
    """A date as the protocol writes it, else None.

    >>> _date("2027-01-14"), _date(None), _date("soon")
    (datetime.date(2027, 1, 14), None, None)
    """
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None
