"""Whose turn it is among projects that wait: the one rule for answers, batches, jobs, checks and files to be read.

What a turn is for, and how many there are at a time, is the business of whoever gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class ProjectTurns:
    """The order in which projects get turns. To be used by one thread."""

    def __init__(self) -> None:
        self._given = 0
        self._last: dict[str, int] = {}
        """The number of each project's last turn."""

    def next(self, waiting: Iterable[str], held: Mapping[str, int]) -> str:
        """The project that gets a turn now: the one that has the fewest, of several the one whose last was longest ago.

        Args:
            waiting: those that wait, one at least; of those that never had a turn the first comes first.
            held: how many turns each project has at present.

        >>> turns = ProjectTurns()
        >>> turns.give("a")
        >>> turns.next(["a", "b"], {}), turns.next(["a", "b"], {"b": 1})
        ('b', 'a')
        """
        return min(waiting, key=lambda project: (held.get(project, 0), self._last.get(project, 0)))

    def give(self, project: str) -> None:
        """Note that a project gets a turn."""
        self._given += 1
        self._last[project] = self._given
