"""Connected components of rows over many machines: each task has the links of a range of rows.

The steps, and why they come to an end and to the lowest row of each component, are those of `similarity/stars.py`. All
links lie in files; this process holds how many each task has written for each range.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from tuneset.execution import exchange
from tuneset.execution.exchange import Piece, Written
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.similarity import stars
from tuneset.similarity.ragged import Hashes

LINK_BYTES = 8
_STEPS = {"large": stars.large_star, "small": stars.small_star}


class Among(Protocol):
    """All rows, divided: into how many parts, and into which each row falls."""

    @property
    def number(self) -> int:
        """How many parts there are."""

    def of(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """Which part each row falls into."""


class Ranges(NamedTuple):
    """All rows by ranges of so many, one after the other; at least one range."""

    number: int
    rows: int

    def of(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """Which range each row falls into."""
        found: npt.NDArray[np.int64] = (rows // rows.dtype.type(self.rows)).astype(np.int64)
        return found


def ranges(rows: int, count: int) -> Ranges:
    """So many ranges of equal size, the last one perhaps smaller.

    >>> ranges(10, 3), ranges(0, 3)
    (Ranges(number=3, rows=4), Ranges(number=1, rows=1))
    """
    wide = max(-(-rows // count), 1)
    return Ranges(max(-(-rows // wide), 1), wide)


def write_links(file: Location, links: Hashes, among: Among) -> list[int]:
    """Write links, each for the ranges of both of its rows; give how many each range has. In a worker."""
    both = stars.both_ways(links)
    return exchange.write(file, both, among.of(stars.ends(both)[0]), among.number)


def connect(links: Written, folder: Location, among: Among, executor: Executor, *, name: str, label: str) -> Written:
    """Join connected rows; of each range there are then links both ways between rows and the lowest of their component.

    `links` is what `write_links` wrote; its files go. Files of that `name` lie in `folder` meanwhile. A row without a
    link is in none. `stars.labels` reads what comes.
    """
    step = functools.partial(rewrite, among=among)
    unchanged = 0
    for number in itertools.count():
        kind: Literal["large", "small"] = "small" if number % 2 else "large"
        files = [folder / f"{name}-{number}-{place}.links" for place in range(among.number)]
        tasks = [(kind, links.of_part(place), file) for place, file in enumerate(files)]
        size = links.total * LINK_BYTES
        done = list(executor.map(step, tasks, label=label, size=size))
        links.remove()
        links = Written(files, np.array([counts for counts, _ in done], np.int64))
        unchanged = 0 if any(changed for _, changed in done) else unchanged + 1
        if unchanged > 1 and kind == "small":
            return links
    raise AssertionError


def rewrite(
    task: tuple[Literal["large", "small"], Sequence[Piece], Location], *, among: Among
) -> tuple[list[int], bool]:
    """One step on the links of a range; gives how many each range then has, and whether one changed. In a worker."""
    kind, pieces, file = task
    found, changed = _STEPS[kind](exchange.read(pieces, np.uint64))
    if kind == "small":
        return write_links(file, found, among), changed
    return exchange.write(file, found, among.of(stars.ends(found)[0]), among.number), changed
