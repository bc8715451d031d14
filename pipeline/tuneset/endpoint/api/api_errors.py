"""Errors as the protocol spells them: an HTTP status and `{"error": {"message", "type", "param", "code"}}`.

The wording is OpenAI's own where it is known, because people search for it. What is wrong with a request is decided
where the request is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SHOWN_NAMES = 20
"""So many names fit into a message that a person reads."""


class ApiError(Exception):
    """A request that is refused.

    Args:
        status: the HTTP status.
        message: for a person; never holds a value of a row or a key.
        param: the field that is wrong, as `hyperparameters.n_epochs`.
        code: the protocol's stable code, where it has one.
        type: the protocol's class of error.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        type: str = "invalid_request_error",  # noqa: A002  the protocol's own name
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.type = type

    def body(self) -> dict[str, Any]:
        """The JSON document that is sent."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


def no_such_file(file_id: str) -> ApiError:
    """A file id that does not exist, or no longer."""
    return ApiError(404, f"No such File object: {file_id}", param="id")


def no_such_upload(upload_id: str) -> ApiError:
    """An upload id that does not exist."""
    return ApiError(404, f"No such Upload object: {upload_id}", param="upload_id")


def upload_ended(upload_id: str, status: str) -> ApiError:
    """An upload that takes no part any more: it is completed, cancelled or expired."""
    message = f"Upload {upload_id} is {status}: no Parts may be added, and it cannot be completed or cancelled"
    return ApiError(400, message, param="upload_id", code=f"upload_{status}")


def no_such_job(job_id: str) -> ApiError:
    """A job id that does not exist."""
    return ApiError(404, f"Could not find fine tune: {job_id}", param="fine_tuning_job_id", code="fine_tune_not_found")


def no_such_model(model: str, there: Sequence[str]) -> ApiError:
    """A model that is neither trained here nor a base model; `there` are the names that are, oldest first."""
    return ApiError(
        404, f"The model '{model}' does not exist; {available(there)}", param="model", code="model_not_found"
    )


def available(names: Sequence[str]) -> str:
    """The names that there are, or the first and the last of many.

    >>> available(["a", "b"])
    'available: a, b'
    """
    shown = [*names] if len(names) <= SHOWN_NAMES else [*names[:3], "...", *names[3 - SHOWN_NAMES :]]
    return f"available: {', '.join(shown)}"


def no_such_route(method: str, path: str) -> ApiError:
    """A path that the protocol does not have, or this endpoint does not offer."""
    message = f"Invalid URL ({method} {path})"
    return ApiError(404, message, code="unknown_url")


def wrong_method(method: str, path: str) -> ApiError:
    """A path that exists, asked with another method."""
    message = (
        f"Not allowed to {method} on {path} "
        "(HINT: Perhaps you meant to make your request using a different HTTP method?)"
    )
    return ApiError(405, message, code="method_not_supported")


def too_large(limit: int, found: int) -> ApiError:
    """A body over the limit; both in bytes."""
    return ApiError(413, f"Maximum content size limit ({limit}) exceeded ({found} bytes)")


def no_room() -> ApiError:
    """The disk is full. What makes room is still done: deleting files and models, cancelling jobs."""
    message = "There is no room left on the server's disk; delete files or models that are not needed."
    return ApiError(507, message, code="insufficient_storage", type="server_error")


def try_later() -> ApiError:
    """The server cannot do it now and may later: its database is locked, or it has too many files open."""
    return ApiError(503, "The server cannot do this now. Please try again.", code="overloaded", type="server_error")


def internal() -> ApiError:
    """A defect of the endpoint; what happened stands in its log, never in the answer."""
    message = "The server had an error while processing your request. Sorry about that!"
    return ApiError(500, message, type="server_error")
