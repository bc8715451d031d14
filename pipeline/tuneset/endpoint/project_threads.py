"""Threads that do work of projects beside each other, one thing of each project at a time.

What takes its time holds up its own project alone, while another thread is free; more projects than threads take turns.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from tuneset.endpoint.project_turns import ProjectTurns
from tuneset.endpoint.state.objects import Record


class ProjectThreads:
    """`number` threads. `work` gets what waits of a project, and must not raise; `ended` is called after it.

    To be used by one thread.
    """

    def __init__(
        self, number: int, name: str, work: Callable[[Sequence[Record]], None], ended: Callable[[], None]
    ) -> None:
        self._number = number
        self._pool = ThreadPoolExecutor(number, name)
        self._work = work
        self._ended = ended
        self._turns = ProjectTurns()
        self._busy: dict[str, Future[None]] = {}

    @property
    def busy(self) -> set[str]:
        """The projects for which something is done now."""
        return {project for project, done in self._busy.items() if not done.done()}

    def begin(self, records: Iterable[Record]) -> None:
        """Begin to work for projects that have something that waits, as far as threads are free."""
        busy = self.busy
        self._busy = {project: self._busy[project] for project in busy}
        waiting = by_project(record for record in records if record.project not in busy)
        while waiting and len(self._busy) < self._number:
            project = self._turns.next(waiting, {})
            self._turns.give(project)
            self._busy[project] = self._pool.submit(self._work, waiting.pop(project))
            self._busy[project].add_done_callback(lambda _: self._ended())

    def close(self) -> None:
        """Wait for what was begun; nothing can be begun after it."""
        self._pool.shutdown()


def by_project(records: Iterable[Record]) -> dict[str, Sequence[Record]]:
    """The records of each project, in their order.

    >>> found = by_project(Record({"id": name}, {}, name[0]) for name in ("a1", "b1", "a2"))
    >>> {project: [one.document["id"] for one in records] for project, records in found.items()}
    {'a': ['a1', 'a2'], 'b': ['b1']}
    """
    projects = collections.defaultdict[str, list[Record]](list)
    for record in records:
        projects[record.project].append(record)
    return {**projects}
