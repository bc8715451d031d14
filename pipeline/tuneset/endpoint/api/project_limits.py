"""How much a project may hold at a time: bytes on the disk, jobs and batches that are not finished.

What one file or one part may have is the business of the profile; what the disk has room for, of the disk.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.running_endpoint import RunningEndpoint
from tuneset.endpoint.state.disk_usage import bytes_used
from tuneset.endpoint.state.objects import Kind

MOST_UNFINISHED = 100
"""Jobs, and batches, of a project that wait, run or are paused."""


def check_queue(endpoint: RunningEndpoint, kind: Kind, unfinished: Iterable[str]) -> None:
    """Raise ApiError 429 where a project has as many unfinished objects of a kind as it may have."""
    there = endpoint.state.store.statuses(kind)
    if sum(there.get(status, 0) for status in unfinished) >= MOST_UNFINISHED:
        what = "fine-tuning jobs" if kind == "job" else "batches"
        message = f"This project has {MOST_UNFINISHED} {what} that are not finished; wait for them, or cancel some."
        raise ApiError(429, message, code="rate_limit_exceeded", type="requests")


FORM_BYTES = 1 << 16
"""The most that a form has beside its file."""


def announced_bytes(request: Request) -> int:
    """The least bytes that the file of a form has by what its request says, 0 where it does not say."""
    told = request.headers.get("content-length", "0")
    return max(0, int(told) - FORM_BYTES) if told.isdecimal() and len(told) < 20 else 0


def check_room(endpoint: RunningEndpoint, more: int) -> None:
    """Raise ApiError 507 where what a project keeps would have more bytes with `more` than the server grants."""
    if endpoint.disk_limit is None:
        return
    used = bytes_used(endpoint.state.store)
    if used + more > endpoint.disk_limit:
        message = (
            f"The files of this project may have {endpoint.disk_limit} bytes together, and have {used}; delete files "
            "that are not needed."
        )
        raise ApiError(507, message, code="insufficient_storage", type="server_error")
