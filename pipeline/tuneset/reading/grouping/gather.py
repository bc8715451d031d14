"""Records that stand together in a file and belong to one conversation become one record; the account stays whole.

The first record of a conversation stands for it, each further one is accounted for as a part of it. Rows of several
conversations may stand in turn, as tables have them that are sorted by time: one that goes on later is held until its
last row. What is held is bounded: a conversation beyond that is told, because half of it would be trained as a whole.
Beside it stands the hash of each conversation's key, some sixty bytes, by which it is known that it goes on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import xxhash

from tuneset.model import Format
from tuneset.reading.containers.jsonl import parse_lines
from tuneset.reading.grouping import registry
from tuneset.reading.grouping.base import Grouping, Record
from tuneset.reading.grouping.pieces import Piece, whole
from tuneset.reading.records import RawReject, Records
from tuneset.reading.shapes.choose import taker

MOST_RECORDS = 20_000
"""In one conversation: ours, a session of an agent has some thousand events."""
PART, SCATTERED, TOO_MANY = "ING002", "ING003", "ING004"
MOST_WAITING = 100_000
"""Records of all conversations that are held because they go on after others. Ours: some hundred megabytes."""
_LOOKED_AT = 20

_Place = tuple[int, int, Record]
"""A record with its line, and which one of the line it is."""


def grouping_of(records: Iterable[Record], line_format: Format = "sft") -> Grouping | None:
    """The kind that the first records of a file are of, or None."""
    first = list(itertools.islice(records, _LOOKED_AT))
    return next((kind for kind in registry.kinds_of(line_format) if any(kind.fits(record) for record in first)), None)


def groups_lines(lines: Iterable[bytes]) -> bool:
    """Whether the first records in the lines of a file are of such a kind; its parts then cannot be read by themselves.

    >>> groups_lines([b'{"conversation_id": 1, "role": "user", "content": "?"}']), groups_lines([b'{"a": 1}'])
    (True, False)
    """
    takes = taker(None)
    return grouping_of(record for line in lines for record in parse_lines(line, 1, takes).values) is not None


def gathered(
    read: Callable[[], Iterator[Records]],
    is_row: Callable[[Record], bool],
    source: str = "",
    elsewhere: Mapping[str, Sequence[Piece]] | None = None,
    line_format: Format = "sft",
) -> Iterator[Records]:
    """The batches of one file, which `read` gives, with conversations of several records as one record each.

    `is_row` says whether a record is a row by itself, as one is that a mapping of the user's fits; `elsewhere` has what
    other files have of the conversations of this one, which is `source`. Such a file is read twice: first for which
    conversations go on after others.
    """
    batches = read()
    begun: list[Records] = []
    values: list[Record] = []
    while len(values) < _LOOKED_AT and (batch := next(batches, None)) is not None:
        begun.append(batch)
        values += batch.values
    kind = None if any(map(is_row, values[:1])) else grouping_of(values, line_format)
    every = itertools.chain(begun, batches)
    if kind is None:
        yield from every
    else:
        yield from _Gatherer(kind, source, elsewhere or {}, _scattered(kind, read())).over(every)


def _scattered(kind: Grouping, batches: Iterator[Records]) -> dict[int, int]:
    """In how many runs of rows a conversation stands in a file, by the hash of its key, where there are several."""
    seen: set[int] = set()
    runs: dict[int, int] = {}
    last: str | None = None
    for batch in batches:
        for value in batch.values:
            key = kind.key(value)
            if key and key != last:
                hashed = _hashed(key)
                if hashed in seen:
                    runs[hashed] = runs.get(hashed, 1) + 1
                seen.add(hashed)
            last = last if key == "" else key
    return runs


class _Gatherer:
    """Holds the conversation that is being read, and those that go on after it; `runs` says how often each does."""

    def __init__(
        self, kind: Grouping, source: str, elsewhere: Mapping[str, Sequence[Piece]], runs: dict[int, int]
    ) -> None:
        self.kind = kind
        self.source = source
        self.elsewhere = elsewhere
        self.runs = runs
        self.key: str | None = None
        self.held: list[_Place] = []
        self.waiting: dict[str, list[_Place]] = {}
        self.waiting_records = 0
        self.lost: set[int] = set()

    def over(self, batches: Iterator[Records]) -> Iterator[Records]:
        """Each batch with what became whole in it; what is held at the end comes with a last one."""
        for batch in batches:
            out = Records(rejects=list(batch.rejects), beside=batch.beside)
            for line, item, value in zip(batch.lines, batch.items, batch.values, strict=True):
                self._take(line, item, value, out)
            if out.rows:
                yield out
        last = Records()
        self._pause(last)
        if last.rows:
            yield last

    def _take(self, line: int, item: int, value: Record, out: Records) -> None:
        key = self.kind.key(value)
        if key is None:
            self._pause(out)
            out.add(line, item, value)
            return
        if key and key != self.key:
            if self.key or not self.held:
                self._pause(out)
            self.key = key
            earlier = self._waited(key)
            earlier += self.held  # in place: a conversation may go on thousands of times
            self.held = earlier
        if self.kind.begins is not None and self.held and self.kind.begins(self.held[-1][2], value):
            self._close(out)
        if len(self.held) == MOST_RECORDS:
            detail = f"the conversation has more than {MOST_RECORDS:,} records"
            out.rejects.append(RawReject(line, item, TOO_MANY, detail))
            return
        self.held.append((line, item, value))

    def _waited(self, key: str) -> list[_Place]:
        found = self.waiting.pop(key, [])
        self.waiting_records -= len(found)
        return found

    def _pause(self, out: Records) -> None:
        """Put the conversation that is held aside where it goes on later, else give it out."""
        hashed = _hashed(self.key or "")
        left = self.runs.get(hashed, 1) - 1
        if not self.held or (left <= 0 and hashed not in self.lost):
            self._close(out)
            return
        self.runs[hashed] = left
        if hashed in self.lost or self.waiting_records + len(self.held) > MOST_WAITING:
            self.lost.add(hashed)
            detail = "the conversation goes on after too many others; sort the rows by conversation"
            out.rejects += [RawReject(at, item, SCATTERED, detail) for at, item, _ in self.held]
        else:
            self.waiting[self.key or ""] = self.held
            self.waiting_records += len(self.held)
        self.key, self.held = None, []

    def _close(self, out: Records) -> None:
        """Give out the conversation that is held."""
        if self.held:
            own = [Piece(self.source, *each) for each in self.held]
            there = self.elsewhere.get(self.key or "", ())
            pieces = whole(self.key or "", [*own, *there]) if there else None
            together = self.kind.whole([piece.record for piece in pieces or own])
            if together is None:
                for piece in own:
                    out.add(piece.line, piece.item, piece.record)
            else:
                self._add(together, pieces[0] if pieces else own[0], own, out)
        self.key, self.held = None, []

    def _add(self, together: Record, first: Piece, own: Sequence[Piece], out: Records) -> None:
        """Give out a conversation where it begins, and account for its other pieces in this file."""
        detail = "the row is part of the conversation that begins before it"
        if first.source == self.source:
            out.add(first.line, first.item, together)
        of_source = "" if first.source == self.source else first.source
        out.rejects += [
            RawReject(piece.line, piece.item, PART, detail, (first.line, first.item), of_source)
            for piece in own
            if piece != first
        ]


def _hashed(key: str) -> int:
    return xxhash.xxh3_64_intdigest(key.encode())
