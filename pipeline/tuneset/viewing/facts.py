"""What is known of each row only by reading it: characters, turns, roles, what else it holds, the language it is in.

Read once, in blocks, when a filter or an order first asks for it; twelve bytes of memory a row. Rows whose texts come
later are read then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.cleaning.filtering.language import detect_languages
from tuneset.viewing.rows import Rows, roughly
from tuneset.viewing.texts import messages_of, said

FLAGS = ("system", "developer", "user", "assistant", "tool", "tools", "calls", "images", "reasoning", "pair", "weights")
"""What a row may hold; the first are roles. `tools` are definitions, `pair` is two answers to one question."""
_BIT = {name: 1 << place for place, name in enumerate(FLAGS)}
BLOCK_ROWS = 4096
_PLAIN_KEYS = 2
_MOST_TURNS = 2**15 - 1

Told = Callable[[float], None]
"""Is told which share has been read."""
_Reader = Callable[[npt.NDArray[np.int64]], None]
"""Reads the rows at these places."""


class RowFacts:
    """The facts of all rows. Threads may ask for them at once; one reads."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._lock = threading.Lock()
        self._columns: dict[str, npt.NDArray[Any]] = {
            "characters": np.full(len(rows), -1, np.int32),
            "turns": np.zeros(len(rows), np.int16),
            "flags": np.zeros(len(rows), np.uint16),
            "language": np.full(len(rows), -1, np.int16),
        }
        readers: tuple[_Reader, ...] = (self._measure, self._tell_languages)
        self._read_rows = {reader: np.zeros(len(rows), np.bool_) for reader in readers}
        self._read_at: dict[_Reader, int] = {}
        self._numbers: dict[str, int] = {}
        self.languages: list[str] = []
        self.awaited = 0
        """How many wait for facts: who reads ahead does not make way for others then."""

    def column(self, name: str, told: Told) -> npt.NDArray[Any]:
        """`characters`, `turns`, `flags` or `language` of all rows; -1 characters where there is no text.

        Raises UsageError for the language where the package that tells it is not installed.
        """
        self.awaited += 1
        try:
            reader: _Reader = self._tell_languages if name == "language" else self._measure
            with self._lock:
                if self._read_at.get(reader) != self._rows.attached:
                    self._read(reader, told)
                return self._columns[name]
        finally:
            self.awaited -= 1

    def _read(self, reader: _Reader, told: Told) -> None:
        """Read what has a text by now and was not read yet."""
        attached, done = self._rows.attached, self._read_rows[reader]
        if reader == self._tell_languages:
            detect_languages(pl.Series([""]))  # what is not installed is said before anything is read
        here = np.flatnonzero(self._rows.has_text() & ~done)
        for start in range(0, len(here), BLOCK_ROWS):
            block = here[start : start + BLOCK_ROWS]
            reader(block)
            done[block] = True
            told((start + len(block)) / len(here))
        self._read_at[reader] = attached

    def _measure(self, block: npt.NDArray[np.int64]) -> None:
        characters, turns, flags = (self._columns[name] for name in ("characters", "turns", "flags"))
        for row, line in zip(block.tolist(), self._rows.lines(block), strict=True):
            characters[row], turns[row], flags[row] = measured(roughly(line))

    def _tell_languages(self, block: npt.NDArray[np.int64]) -> None:
        answers = pl.Series([answer(roughly(line)) for line in self._rows.lines(block)], dtype=pl.String)
        found = self._columns["language"]
        for row, language in zip(block.tolist(), detect_languages(answers)["language"], strict=True):
            if language:
                found[row] = self._numbers.setdefault(language, len(self._numbers))
        self.languages = list(self._numbers)


def measured(example: Any) -> tuple[int, int, int]:  # noqa: ANN401  any JSON value
    """Characters said, turns, and a bit for each of FLAGS.

    >>> measured({"messages": [{"role": "user", "content": "Hi"}]})
    (2, 1, 4)
    """
    characters = turns = flags = 0
    plain = example["messages"] if isinstance(example, dict) and len(example) == 1 and "messages" in example else ()
    for message in plain if isinstance(plain, list) else ():  # nearly every row is a role and a text a message
        content = message.get("content") if type(message) is dict and len(message) == _PLAIN_KEYS else None
        if type(content) is not str or type(message.get("role")) is not str:
            break
        characters += len(content)
        flags |= _BIT.get(message["role"], 0)
    else:
        if plain:
            return characters, min(len(plain), _MOST_TURNS), flags
    characters = flags = 0
    for branch, _, message in messages_of(example):
        turns += 1
        characters += len(said(message))
        flags |= _BIT.get(str(message.get("role")), 0)
        if branch == "non_preferred":
            flags |= _BIT["pair"]
        if len(message) > 2:
            flags |= _BIT["calls"] if message.get("tool_calls") or message.get("function_call") else 0
            flags |= _BIT["reasoning"] if message.get("reasoning_content") else 0
            flags |= _BIT["weights"] if "weight" in message else 0
        if isinstance(message.get("content"), list):
            kinds = {part.get("type") for part in message["content"] if isinstance(part, dict)}
            flags |= _BIT["images"] if "image_url" in kinds else 0
    if isinstance(example, dict):
        holder = example["input"] if isinstance(example.get("input"), dict) else example
        flags |= _BIT["tools"] if holder.get("tools") or holder.get("functions") else 0
    return characters, min(turns, _MOST_TURNS), flags


def bit(flag: str) -> int:
    """The bit of one of FLAGS.

    >>> bit("user")
    4
    """
    return _BIT[flag]


def answer(example: Any) -> str:  # noqa: ANN401  any JSON value
    """What the last answer of an example says; without one what is said last."""
    found = list(messages_of(example))
    answers = [said(message) for _, _, message in found if message.get("role") == "assistant"]
    return answers[-1] if answers else said(found[-1][2]) if found else ""
