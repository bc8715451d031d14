"""A job's events, each given once and in the order in which they happened.

Endpoints list the newest first; one that lists the oldest first is met too. Where an endpoint offers no events,
there are none, and the job is followed by its state alone.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import openai

from tuneset.errors import RemoteError
from tuneset.providers.calls import CANNOT_LOOK, pages
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.failures import field, one_line

PAGE = 100
"""Events asked for at once; the specification names a default of 20 and no maximum (2026-08-21)."""


@dataclasses.dataclass(frozen=True)
class Event:
    """One event: `type` is `message`, `metrics` or the provider's own; `data` is empty where there is none."""

    id: str
    created_at: int
    level: str
    message: str
    type: str
    data: dict[str, Any]

    def number(self, *names: str) -> float | None:
        """The first of the named figures that the event holds as a finite number.

        >>> Event("e", 0, "info", "", "metrics", {"train_loss": 1.5}).number("train_loss")
        1.5
        """
        for name in names:
            value = self.data.get(name)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
                return float(value)
        return None


class EventReader:
    """Reads one job's events and remembers which it has given."""

    def __init__(self, endpoint: Endpoint, job_id: str) -> None:
        self._endpoint = endpoint
        self._job_id = job_id
        self._seen: set[str] = set()
        self._offered = True
        self._newest_first: bool | None = None  # until two times differ, either order is possible

    def fresh(self) -> list[Event]:
        """The events since the last call, the oldest first. Raises RemoteError."""
        found: list[Event] = []
        try:
            for item in self._items():
                event = _parse(item)
                if event.id not in self._seen:
                    found.append(event)
                elif self._newest_first:
                    break  # all that follow are older, and known
        except RemoteError as error:
            if error.code not in CANNOT_LOOK:
                raise
            self._offered = False
        self._seen.update(event.id for event in found)
        if found and found[0].created_at != found[-1].created_at:
            self._newest_first = found[0].created_at > found[-1].created_at
        return found if self._newest_first is False else found[::-1]

    def _items(self) -> Iterator[dict[str, Any]]:
        def get(client: openai.OpenAI, after: str | None) -> Any:  # noqa: ANN401  a raw response
            return client.fine_tuning.jobs.with_raw_response.list_events(
                self._job_id, after=after or openai.omit, limit=PAGE
            )

        what = f"reading the events of job {self._job_id}"
        return pages(self._endpoint, what, get) if self._offered else iter(())


def _parse(found: dict[str, Any]) -> Event:
    """An event from a protocol answer; only its id has to be there."""
    created, data = found.get("created_at"), found.get("data")
    return Event(
        id=field(found, "id", str),
        created_at=created if isinstance(created, int) else 0,
        level=str(found.get("level") or "info"),
        message=one_line(str(found.get("message") or "")),
        type=str(found.get("type") or "message"),
        data=data if isinstance(data, dict) else {},
    )
