"""Reads calls of tools out of what a model writes, piece by piece.

Two ways of writing them are known: `<tool_call>` around JSON, anywhere in an answer (Hermes, Qwen), and an answer that
is nothing but JSON (Llama). What turns out to be none is handed on as it was written. Nothing here needs PyTorch.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence

from tuneset.training.generator import Call, Piece

OPEN, CLOSE = b"<tool_call>", b"</tool_call>"


class CallReader:
    """What becomes of one answer's pieces. `names` are the tools that may be called; with none nothing is held back."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)
        self._held: list[Piece] = []
        self._began = False

    def feed(self, piece: Piece) -> Iterator[Piece | Call]:
        """Take a piece; give what can be told by now."""
        if not self._names:
            yield piece
            return
        self._held.append(piece)
        while self._held:
            written = _bytes(self._held)
            start, end = written.find(OPEN), written.find(CLOSE)
            if 0 <= start < end:
                before, inside = _cut(self._held, start)
                inside, self._held = _cut(inside, end + len(CLOSE) - start)
                yield from self._told(before)
                yield from self._settled(inside)
                continue
            begins = written.strip()[:1]
            may_be_json = not self._began and begins in (b"", b"{", b"[")
            if start < 0 and not may_be_json and not _ends_in_part_of(written, OPEN):
                yield from self._told(self._held)
                self._held = []
            return

    def finish(self) -> Iterator[Piece | Call]:
        """The answer is over; give what was held back."""
        held, self._held = self._held, []
        start = _bytes(held).find(OPEN)
        before, inside = _cut(held, max(0, start))
        yield from self._told(before)
        yield from self._settled(inside)

    def _told(self, pieces: Sequence[Piece]) -> Iterator[Piece]:
        """Pieces as they were written."""
        self._began |= bool(_bytes(pieces).strip())
        yield from pieces

    def _settled(self, pieces: Sequence[Piece]) -> Iterator[Piece | Call]:
        written = _bytes(pieces).decode("utf-8", "replace").strip()
        calls = read_calls(written.removeprefix(OPEN.decode()).removesuffix(CLOSE.decode()), self._names)
        if not calls:
            yield from self._told(pieces)
            return
        self._began = True
        for number, (name, arguments) in enumerate(calls):
            yield Call(name, arguments, len(pieces) if number == 0 else 0)


def _bytes(pieces: Sequence[Piece]) -> bytes:
    return b"".join(piece.data for piece in pieces)


def _cut(pieces: Sequence[Piece], length: int) -> tuple[list[Piece], list[Piece]]:
    """Pieces up to some bytes, and those after; one that lies on both sides is in both, each with its part."""
    first: list[Piece] = []
    for number, piece in enumerate(pieces):
        if length < len(piece.data):
            parts = [dataclasses.replace(piece, data=part) for part in (piece.data[:length], piece.data[length:])]
            return [*first, *([parts[0]] if length else [])], [parts[1], *pieces[number + 1 :]]
        first.append(piece)
        length -= len(piece.data)
    return first, []


def _ends_in_part_of(written: bytes, mark: bytes) -> bool:
    """Whether a text ends in what may become a mark.

    >>> _ends_in_part_of(b"a <to", OPEN), _ends_in_part_of(b"a < b", OPEN)
    (True, False)
    """
    return any(written.endswith(mark[:length]) for length in range(1, len(mark)))


def read_calls(written: str, names: frozenset[str]) -> list[tuple[str, str]]:
    """The calls in a JSON text, each a tool's name and its arguments as JSON; empty where it is anything else.

    >>> read_calls('{"name": "look", "arguments": {"a": 1}}', frozenset({"look"}))
    [('look', '{"a": 1}')]
    >>> read_calls('{"name": "run", "arguments": {}}', frozenset({"look"}))
    []
    """
    try:
        value = json.loads(written)
    except (ValueError, RecursionError):
        return []
    found = []
    for one in value if isinstance(value, list) else [value]:
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str) or name not in names:
            return []
        arguments = one.get("arguments", one.get("parameters", {}))
        found.append((name, arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)))
    return found
