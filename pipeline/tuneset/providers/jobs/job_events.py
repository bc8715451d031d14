"""A job's events, each given once and in the order in which they happened.

Endpoints list the newest first; one that lists the oldest first is met too. Where an endpoint offers no events, or
none that can be read, there are none, and the job is followed by its state alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from tuneset.errors import RemoteError
from tuneset.providers import deadline
from tuneset.providers.calls import CANNOT_LOOK, pages
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.records import RemoteEvent

ATTEMPTS = 2
"""Tries at each look; events are a side dish, and the next look comes soon."""
LONGEST_LOOK_S = 30.0
"""Seconds for one look, however the answer trickles."""
MOST_FAILURES = 5
"""Looks that fail in passing before events are done without."""
PASSING = frozenset({"rate_limited", "server_error", "connection_failed", "timeout", "conflict"})


class EventReader:
    """Reads one job's events and remembers which it has given."""

    def __init__(self, endpoint: Endpoint, job_id: str, say: Callable[[str], None] = lambda _: None) -> None:
        self._endpoint = dataclasses.replace(
            endpoint, patience=dataclasses.replace(endpoint.patience, attempts=ATTEMPTS)
        )
        self._job_id = job_id
        self._say = say
        self._seen: set[str] = set()
        self._offered = True
        self._failures = 0
        self._newest_first: bool | None = None  # until two times differ, either order is possible

    def fresh(self) -> list[RemoteEvent]:
        """The events since the last call, the oldest first; none where they cannot be read, which is said once."""
        if not self._offered:
            return []
        try:
            with deadline.within(LONGEST_LOOK_S):
                found = self.read()
        except RemoteError as error:
            self._failed(error)
            return []
        self._failures = 0
        return found

    def read(self) -> list[RemoteEvent]:
        """The events since the last call, the oldest first. Raises RemoteError."""
        found: list[RemoteEvent] = []
        for event in self._events():
            if event.id not in self._seen:
                found.append(event)
            elif self._newest_first:
                break  # all that follow are older, and known
        self._seen.update(event.id for event in found)
        if found and found[0].created_at != found[-1].created_at:
            self._newest_first = found[0].created_at > found[-1].created_at
        return found if self._newest_first is False else found[::-1]

    def _failed(self, error: RemoteError) -> None:
        """Done without from now on; faults that may pass are borne a few times before."""
        self._failures += 1
        if error.code in PASSING and self._failures < MOST_FAILURES:
            return
        self._offered = False
        if error.code not in CANNOT_LOOK:
            self._say(f"note: events cannot be read, the job is followed by its state alone: {error.message}")

    def _events(self) -> Iterator[RemoteEvent]:
        what = f"reading the events of job {self._job_id}"
        return pages(self._endpoint, what, lambda provider, after: provider.jobs.events(self._job_id, after))
