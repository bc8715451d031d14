"""Real rows to run through the flow: this Python's documentation, and copies of it with small changes."""

from __future__ import annotations

import random
from pathlib import Path

import orjson
import pytest

from tests.amounts import cases
from tuneset.reading import raw_shards
from tuneset.sample import write

WORDS = range(50, 250)  # of an answer: with fewer, one changed word makes another text; with more, tests take long
ROWS = 600
COPIED = cases(240, ROWS)
"""How many of them have copies."""
COPIES = (0.005, 0.02, 0.04)  # a changed copy has one run of this share of its answer's words deleted or replaced
SHARD_BYTES = 40_000
QUOTED = 30  # words

Row = tuple[str, str]
"""A question and its answer."""


def row_line(row: Row) -> bytes:
    """The row as a chat line."""
    question, answer = row
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return orjson.dumps({"messages": messages}, option=orjson.OPT_APPEND_NEWLINE)


def write_rows(path: Path, rows: list[Row]) -> Path:
    """Write rows as a file of chat lines."""
    path.write_bytes(b"".join(map(row_line, rows)))
    return path


@pytest.fixture(scope="session")
def rows() -> list[Row]:
    """Questions and answers of some length, each answer once."""
    found: dict[str, str] = {}
    for example in write.examples():
        if len(example.answer.split()) in WORDS:
            found.setdefault(example.answer, example.question)
    chosen = list(found.items())[:ROWS]
    return [(question, answer) for answer, question in chosen]


@pytest.fixture(scope="session")
def with_copies(rows: list[Row]) -> list[Row]:
    """COPIED rows, and of every one a changed copy for each of COPIES, asked a little otherwise; in a random order.

    Each question goes on with the last words of its answer: in a short one every change makes another question.
    """
    chance = random.Random(11)
    words = [word for _, answer in rows[:200] for word in answer.split()]
    longer = [(f"{question} {' '.join(answer.split()[-QUOTED:])}", answer) for question, answer in rows[:COPIED]]
    mixed = list(longer)
    for question, answer in longer:
        for number, share in enumerate(COPIES):
            copy = answer.split(" ")
            length = max(1, int(len(copy) * share))
            place = chance.randrange(len(copy))
            copy[place : place + length] = [] if chance.random() < 0.5 else chance.choices(words, k=length)
            mixed.append((f"{question} ({number})", " ".join(copy)))
    chance.shuffle(mixed)
    return mixed


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut raw files into shards of SHARD_BYTES, so that a small file has several."""
    monkeypatch.setattr(raw_shards, "SHARD_BYTES", SHARD_BYTES)
