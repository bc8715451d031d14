"""What searches ask first is read in the background, once somebody looks at rows; answers go first."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from tuneset.viewing import dropped_texts
from tuneset.viewing.facts import RowFacts
from tuneset.viewing.rows import Rows

_MAKE_WAY_S = 0.1
_TWO = 2
"""Who reads ahead, and one more."""


class ReadAhead:
    """Reads once, in a thread of its own: odd lines, the texts of dropped rows, then the facts of all rows.

    Args:
        rows: what is looked at.
        facts: what is known of each row, once it was read.
        read_dropped: reads the texts of dropped rows from raw files of so many bytes at most.
    """

    def __init__(self, rows: Rows, facts: RowFacts, read_dropped: Callable[[int], None]) -> None:
        self._rows = rows
        self._facts = facts
        self._read_dropped = read_dropped
        self.brings_texts = bool(rows.manifest)
        """Whether texts of dropped rows may yet come."""
        self._lock = threading.Lock()
        self._has_begun = False
        self._answers = 0
        self._idle = threading.Event()

    def begin(self) -> None:
        """Begin, unless it has begun."""
        with self._lock:
            if not self._has_begun:
                self._has_begun = True
                threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for file in self._rows.files:
                file.odd_lines()
            self._read_dropped(dropped_texts.MOST_BYTES)
        finally:
            self.brings_texts = False
        self._facts.column("flags", self._make_way)

    def _make_way(self, _share: float) -> None:
        """Let answers go before what is read ahead, unless they wait for that."""
        while self._answers and self._facts.awaited < _TWO:
            self._idle.wait(_MAKE_WAY_S)

    @contextlib.contextmanager
    def answer(self) -> Iterator[None]:
        """While an answer is made, nothing is read ahead."""
        self._answers += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._answers -= 1
            if not self._answers:
                self._idle.set()
