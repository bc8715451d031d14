"""Answers of the protocol -> our records. What the protocol promises has to be there; all else may be missing.

What a fault of an answer means for the call is said in `faults.py`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any, TypeVar

import httpx2

from tuneset.providers.call_fault import one_line
from tuneset.providers.openai.job_body import ATTEMPT, RUN
from tuneset.providers.provider import (
    Action,
    Checkpoint,
    FileState,
    HasId,
    JobError,
    JobState,
    Page,
    RemoteEvent,
    RemoteFile,
    RemoteJob,
    RemoteModel,
    RemoteUpload,
)

Item = TypeVar("Item", bound=HasId)

# Azure says `succeeded` of a file; an absent status asks for no wait.
_FILE_STATES: dict[str, FileState] = {
    **dict.fromkeys(("processed", "succeeded", ""), "ready"),
    **dict.fromkeys(("error", "failed", "deleting", "deleted"), "refused"),
}
_JOB_STATES: dict[str, JobState] = {
    "validating_files": "waiting",
    "queued": "waiting",
    "running": "running",
    "paused": "paused",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}
_UNDER_WAY: dict[str, tuple[JobState, Action]] = {
    "cancelling": ("running", "cancel"),
    "cancel_requested": ("running", "cancel"),
    "pausing": ("running", "pause"),
    "resuming": ("paused", "resume"),
}


class UnexpectedAnswer(Exception):  # noqa: N818  it is what the answer is, not an error of the program
    """An answer with a good status that is not what the protocol says: a web page, half a document, no id.

    Args:
        found: what came, as the end of a sentence; no value from the answer in it.
        passing: whether asking again may bring a better one.
        acted: whether the server may have done what it was asked for.
    """

    def __init__(self, found: str, *, passing: bool, acted: bool = True) -> None:
        super().__init__(found)
        self.found = found
        self.passing = passing
        self.acted = acted


def is_page(response: httpx2.Response) -> bool:
    """Whether an answer is a web page, such as a log-in page that stands in between."""
    return "html" in response.headers.get("content-type", "") or response.content.lstrip()[:1] == b"<"


def document(raw: Any) -> dict[str, Any]:  # noqa: ANN401  the client's raw response, a type that it does not make public
    """The JSON object that an answer holds. Raises UnexpectedAnswer where it holds something else."""
    response: httpx2.Response = raw.http_response
    if response.is_redirect:
        raise UnexpectedAnswer("a redirection to another address", passing=False)
    if is_page(response):
        raise UnexpectedAnswer("a web page where JSON belongs", passing=False)
    try:
        found = json.loads(response.content)
    except ValueError:
        raise UnexpectedAnswer("half a document or no JSON at all", passing=True) from None
    if not isinstance(found, dict):
        raise UnexpectedAnswer("JSON that is no object", passing=False)
    return found


def field(found: dict[str, Any], name: str, kind: type[Any]) -> Any:  # noqa: ANN401  of the kind asked for
    """A field that the protocol promises. Raises UnexpectedAnswer where it is missing or of another kind."""
    value = found.get(name)
    if not isinstance(value, kind) or isinstance(value, bool) or value == "":
        raise UnexpectedAnswer(f"an object without a valid `{name}`", passing=False)
    return value


def page(raw: Any, parse: Callable[[dict[str, Any]], Item]) -> Page[Item]:  # noqa: ANN401  as for `document`
    """A page of a list. Raises UnexpectedAnswer where it is no list of objects with ids."""
    found = document(raw)
    items = found.get("data")
    if not isinstance(items, list) or not all(isinstance(i, dict) and isinstance(i.get("id"), str) for i in items):
        raise UnexpectedAnswer("a list without valid `data`", passing=False)
    return Page(tuple(parse(item) for item in items), found.get("has_more") is not False)


def parse_file(found: dict[str, Any]) -> RemoteFile:
    """A file; only its id and name have to be there."""
    size, created, details = found.get("bytes"), found.get("created_at"), found.get("status_details")
    status = str(found.get("status") or "").lower()
    return RemoteFile(
        id=field(found, "id", str),
        filename=one_line(field(found, "filename", str)),
        purpose=str(found.get("purpose") or ""),
        status=status,
        bytes=size if isinstance(size, int) else None,
        created_at=created if isinstance(created, int) else None,
        status_details=one_line(str(details)) if details else None,
        state=_FILE_STATES.get(status, "processing"),
    )


def parse_upload(found: dict[str, Any]) -> RemoteUpload:
    """An upload; only its id has to be there."""
    return RemoteUpload(field(found, "id", str), _whole(found.get("expires_at")))


def parse_job(found: dict[str, Any]) -> RemoteJob:
    """A job; only its id and status have to be there."""
    metadata = found.get("metadata")
    marks: dict[str, Any] = metadata if isinstance(metadata, dict) else {}
    status = one_line(field(found, "status", str)).lower()
    state, under_way = _UNDER_WAY.get(status) or (_JOB_STATES.get(status, "waiting"), None)
    attempt, chosen = str(marks.get(ATTEMPT, "")), found.get("hyperparameters")
    return RemoteJob(
        id=field(found, "id", str),
        status=status,
        state=state,
        under_way=under_way,
        run_key=_text(marks.get(RUN)),
        attempt=int(attempt) if attempt.isdecimal() else 1,
        created_at=_whole(found.get("created_at")) or 0,
        model=_text(found.get("model")),
        training_file=_text(found.get("training_file")),
        validation_file=_text(found.get("validation_file")),
        seed=_whole(found.get("seed")),
        hyperparameters=chosen if isinstance(chosen, dict) else None,
        fine_tuned_model=_text(found.get("fine_tuned_model")),
        trained_tokens=_whole(found.get("trained_tokens")),
        estimated_finish=_whole(found.get("estimated_finish")),
        result_files=tuple(str(file_id) for file_id in found.get("result_files") or []),
        error=_job_error(found.get("error")),
        document=found,
    )


def parse_event(found: dict[str, Any]) -> RemoteEvent:
    """An event; only its id has to be there."""
    created, data = found.get("created_at"), found.get("data")
    return RemoteEvent(
        id=field(found, "id", str),
        created_at=created if isinstance(created, int) else 0,
        level=str(found.get("level") or "info"),
        message=one_line(str(found.get("message") or "")),
        type=str(found.get("type") or "message"),
        data=data if isinstance(data, dict) else {},
    )


def parse_checkpoint(found: dict[str, Any]) -> Checkpoint:
    """A checkpoint; only its id has to be there. What was not measured is left out."""
    metrics = {name: value for name, value in (found.get("metrics") or {}).items() if value is not None}
    step, model = found.get("step_number"), found.get("fine_tuned_model_checkpoint")
    return Checkpoint(field(found, "id", str), step, model, metrics)


def parse_models(found: dict[str, Any]) -> tuple[RemoteModel, ...] | None:
    """The models of a list; None where the answer holds no list."""
    data = found.get("data")
    if not isinstance(data, list):
        return None
    named = [item for item in data if isinstance(item, dict) and isinstance(item.get("id"), str)]
    return tuple(RemoteModel(item["id"], _date(item.get("shutdown_date"))) for item in named)


def _job_error(found: object) -> JobError:
    """Why a job failed; running jobs have no error, null, or an empty object."""
    error: dict[str, Any] = found if isinstance(found, dict) else {}
    code, message, param = (one_line(str(error[k])) if error.get(k) else None for k in ("code", "message", "param"))
    return JobError(code, message, param)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    """A whole number, else None.

    >>> _whole(3), _whole(True), _whole("3")
    (3, None, None)
    """
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _date(text: object) -> dt.date | None:
    """A date as the protocol writes it, else None.

    >>> _date("2027-01-14"), _date(None), _date("soon")
    (datetime.date(2027, 1, 14), None, None)
    """
    try:
        return dt.date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
