"""A job's events, each given once and in the order in which they happened.

Endpoints list the newest first; one that lists the oldest first is met too. Where an endpoint offers no events,
there are none, and the job is followed by its state alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from tuneset.errors import RemoteError
from tuneset.providers.calls import CANNOT_LOOK, pages
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.provider import RemoteEvent


class EventReader:
    """Reads one job's events and remembers which it has given."""

    def __init__(self, endpoint: Endpoint, job_id: str) -> None:
        self._endpoint = endpoint
        self._job_id = job_id
        self._seen: set[str] = set()
        self._offered = True
        self._newest_first: bool | None = None  # until two times differ, either order is possible

    def fresh(self) -> list[RemoteEvent]:
        """The events since the last call, the oldest first. Raises RemoteError."""
        found: list[RemoteEvent] = []
        try:
            for event in self._events():
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

    def _events(self) -> Iterator[RemoteEvent]:
        what = f"reading the events of job {self._job_id}"
        if not self._offered:
            return iter(())
        return pages(self._endpoint, what, lambda provider, after: provider.jobs.events(self._job_id, after))
