"""Raw records as every container gives them.

A record is one row of a file with its physical line, before anybody asks what shape it has.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

BATCH_RECORDS = 8000
"""How many records at most a container that is read as a stream gives at once."""


class RawReject(NamedTuple):
    """A row that makes no example by itself: where, which rule, and one sentence without values of the row.

    `part_of` is the line and item of the row that begins the conversation to which it belongs, where it is part of one;
    `of_source` the file of that row, where it is another one.
    """

    line: int
    item: int
    code: str
    detail: str
    part_of: tuple[int, int] | None = None
    of_source: str = ""


BATCH_CHARACTERS = 16 << 20
"""How much text at most such a batch holds, but for its last record."""

Row = tuple[int, int, dict[str, Any], int]
"""One record as a reader finds it: its line, which record of that line, its value, and its length in characters."""


@dataclasses.dataclass
class Records:
    """Some rows of one file, in order.

    Args:
        lines: the physical line on which each record starts, from 1.
        items: which record of its line each is, from 0.
        values: the records themselves.
        rejects: rows that could not be read.
        beside: the texts that stand beside the rows of an envelope, by their key, and how often.
    """

    lines: list[int] = dataclasses.field(default_factory=list)
    items: list[int] = dataclasses.field(default_factory=list)
    values: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    rejects: list[RawReject] = dataclasses.field(default_factory=list)
    beside: dict[str, int] = dataclasses.field(default_factory=dict)

    def add(self, line: int, item: int, value: dict[str, Any]) -> None:
        """Append one record."""
        self.lines.append(line)
        self.items.append(item)
        self.values.append(value)

    @property
    def rows(self) -> int:
        """How many rows were met, readable or not."""
        return len(self.values) + len(self.rejects)


def in_batches(rows: Iterator[Row | RawReject]) -> Iterator[Records]:
    """Gather single rows, as the slower readers find them, into batches of bounded size."""
    batch, characters = Records(), 0
    for row in rows:
        if isinstance(row, RawReject):
            batch.rejects.append(row)
        else:
            line, item, value, length = row
            batch.add(line, item, value)
            characters += length
        if batch.rows >= BATCH_RECORDS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = Records(), 0
    if batch.rows:
        yield batch
