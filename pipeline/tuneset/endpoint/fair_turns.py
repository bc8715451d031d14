"""Turns that several projects take: so many at a time, and none waits behind all that another one has asked for.

What a turn is for is the business of whoever takes it. All calls come from the loop that answers.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import AsyncIterator


class FairTurns:
    """`number` turns at a time. One that is free goes to the project that has the fewest of those that wait.

    Of several that have as many it goes to the one that got its last turn before the others; within a project turns
    come in order.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._held: collections.Counter[str] = collections.Counter()
        self._waiting: dict[str, collections.deque[asyncio.Future[None]]] = {}
        """By project; the one that got a turn last stands last."""

    def waiting(self, project: str) -> int:
        """How many of a project wait."""
        return len(self._waiting.get(project, ()))

    @contextlib.asynccontextmanager
    async def taken(self, project: str) -> AsyncIterator[None]:
        """A turn for as long as the block lasts, once it comes."""
        await self.take(project)
        try:
            yield
        finally:
            self.give_back(project)

    async def take(self, project: str) -> None:
        """Wait for a turn; who is cancelled meanwhile has none."""
        if self._free:
            self._give(project)
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(project, collections.deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():  # it came at that very moment
                self.give_back(project)
            elif place in self._waiting.get(project, ()):
                self._leave(project, place)
            raise

    def give_back(self, project: str) -> None:
        """End a turn."""
        self._free += 1
        self._held[project] -= 1
        if not self._held[project]:
            del self._held[project]
        while self._free and self._waiting:
            chosen = min(self._waiting, key=lambda one: self._held[one])  # of equals the first
            queue = self._waiting.pop(chosen)
            place = queue.popleft()
            if queue:
                self._waiting[chosen] = queue
            if not place.cancelled():  # else its owner has not noticed yet
                self._give(chosen)
                place.set_result(None)

    def _give(self, project: str) -> None:
        self._free -= 1
        self._held[project] += 1

    def _leave(self, project: str, place: asyncio.Future[None]) -> None:
        queue = self._waiting[project]
        queue.remove(place)
        if not queue:
            del self._waiting[project]
