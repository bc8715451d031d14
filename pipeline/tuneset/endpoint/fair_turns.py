"""Turns that several projects take: so many at a time, and none waits behind all that another one has asked for.

What a turn is for is the business of whoever takes it, whose it is that of `project_turns`. All calls come from the
loop that answers.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import AsyncIterator

from tuneset.endpoint.project_turns import ProjectTurns


class FairTurns:
    """`number` turns at a time. One that is free goes to a project that waits; within a project they come in order."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._held: collections.Counter[str] = collections.Counter()
        self._turns = ProjectTurns()
        self._waiting: dict[str, collections.deque[asyncio.Future[None]]] = {}
        """By project."""

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
            chosen = self._turns.next(self._waiting, self._held)
            place = self._waiting[chosen].popleft()
            if not self._waiting[chosen]:
                del self._waiting[chosen]
            if not place.cancelled():  # else its owner has not noticed yet
                self._give(chosen)
                place.set_result(None)

    def _give(self, project: str) -> None:
        self._free -= 1
        self._held[project] += 1
        self._turns.give(project)

    def _leave(self, project: str, place: asyncio.Future[None]) -> None:
        queue = self._waiting[project]
        queue.remove(place)
        if not queue:
            del self._waiting[project]
