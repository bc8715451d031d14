"""What of a written example can stand in another file, as numbers: its answers, its exchanges, its beginnings.

A number stands for folded text, so that punctuation, case, marks and width make no difference. Most examples of one
file are told from all of another by less (`hints.py`); only of the others is `exchanges` asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import polars as pl
import xxhash

from tuneset.cleaning.question_folding import fold_questions
from tuneset.roles import SYSTEM_ROLES
from tuneset.similarity.message_text import text_alone

LEAST_BYTES = 48
"""Folded text of fewer bytes, some eight words, is no evidence: "Yes.", "You are welcome."; it has the number NONE."""
NONE = 0
MOST_CONTINUATIONS = 8
"""A beginning that goes on in more ways is an opening that many share: a greeting, an example before the question."""


class Exchanges(NamedTuple):
    """The numbers of one example.

    Args:
        answers: of each answer.
        pairs: of each answer together with the question before it.
        beginnings: of all that was said up to each answer, system messages left out; the last is the whole.
    """

    answers: list[int]
    pairs: list[int]
    beginnings: list[int]


def answers(example: Mapping[str, Any]) -> list[str]:
    """What assistants say in an example; of a preference pair the preferred answer ends it."""
    messages = said(example) if "preferred_output" in example else example["messages"]
    return [text(message) for message in messages if message.get("role") == "assistant"]


def exchanges(examples: Sequence[Mapping[str, Any]]) -> Iterator[Exchanges]:
    """Yield the numbers of each example.

    >>> asked, told = {"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because. " * 9}
    >>> one, other = exchanges([{"messages": [asked, told]}, {"messages": [asked, told, asked, told]}])
    >>> one.pairs == other.pairs[:1] == other.pairs[1:], one.beginnings == other.beginnings[:1]
    (True, True)
    """
    messages = [said(example) for example in examples]
    folded = iter(fold_questions([text(one) for of_one in messages for one in of_one]))
    for of_one in messages:
        yield _numbers([(one.get("role"), next(folded)) for one in of_one])


def _numbers(messages: Sequence[tuple[object, bytes]]) -> Exchanges:
    """The numbers of one example, from the role and the folded text of each message."""
    found = Exchanges([], [], [])
    so_far, question = xxhash.xxh3_64(), b""
    asked = False
    for role, folded in messages:
        so_far.update(f"{role}\x1f".encode() + folded + b"\x1e")
        if role == "user":
            asked, question = True, folded
        if role != "assistant" or not asked:
            continue
        found.beginnings.append(so_far.intdigest() or 1)
        found.answers.append(_number(folded))
        found.pairs.append(_number(question + b"\x1e" + folded))
    return found


def said(example: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The messages of an example but the system's; of a preference pair the preferred answer ends them."""
    pair = "preferred_output" in example
    messages = [*example["input"]["messages"], *example["preferred_output"]] if pair else example["messages"]
    return [message for message in messages if message.get("role") not in SYSTEM_ROLES]


def text(message: Mapping[str, Any]) -> str:
    """What a message says, calls and parts as JSON, but for parts that are text alone."""
    content, calls = message.get("content"), message.get("tool_calls")
    content = content if type(content) is str else text_alone(content) or content
    if calls is None and type(content) is str:
        return content
    parts = (content, calls)
    texts = (part if isinstance(part, str) else orjson.dumps(part).decode() for part in parts if part is not None)
    return "\n".join(texts)


def _number(folded: bytes) -> int:
    return xxhash.xxh3_64_intdigest(folded) or 1 if len(folded) >= LEAST_BYTES else NONE


class Met(NamedTuple):
    """What of training meets validation: one entry a measure, number, and what follows; by the first row that has it.

    Args:
        measure: place in MEASURES.
        numbers: what both have.
        rows: the first row of the training file, or of a part of it, counted from 0.
        following: what the row goes on with after a beginning; NONE where it ends.
        counts: how many rows have it.
    """

    measure: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.uint64]
    rows: npt.NDArray[np.int64]
    following: npt.NDArray[np.uint64]
    counts: npt.NDArray[np.int64]


_PLACES, _NUMBERS = np.zeros(0, np.int64), np.zeros(0, np.uint64)
NOTHING = Met(_PLACES, _NUMBERS, _PLACES, _NUMBERS, _PLACES)

Numbers = Mapping[str, tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]]
"""By name: numbers of validation, and beside each the place of its example."""

MEASURES = ("equal_answer", "last_exchange", "beginning", "going_on")
MOST_ROWS = 10
"""An answer of more training rows than this is what many questions have in common (GPT-3, arXiv 2005.14165, appendix C,
leaves n-grams of more than 10 documents out)."""


def met(
    examples: Sequence[Mapping[str, Any]],
    perhaps: Sequence[int],
    blocks_of: Callable[[str, npt.NDArray[np.uint64]], tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]],
) -> dict[int, Met]:
    """What some training examples have that validation has too, by block.

    Only those that are named in `perhaps` share an answer with it. `blocks_of` takes a measure and numbers, and gives
    for each block that has one the place of the number and the block.
    """
    found: list[tuple[int, int, int, int]] = []
    for row, numbers in zip(perhaps, exchanges([examples[row] for row in perhaps]), strict=True):
        if not numbers.beginnings:
            continue
        whole = numbers.beginnings[-1]
        following = [*numbers.beginnings[1:], NONE]
        found += [(0, answer, row, NONE) for answer in set(numbers.answers)]
        found += [(1, pair, row, NONE) for pair in set(numbers.pairs)]
        found += [(2, begin, row, then) for begin, then in zip(numbers.beginnings, following, strict=True)]
        found.append((3, whole, row, NONE))
    columns = [[one[column] for one in found] for column in range(4)]
    measure, row_of = np.array(columns[0], np.int64), np.array(columns[2], np.int64)
    number, then = np.array(columns[1], np.uint64), np.array(columns[3], np.uint64)
    shared = []
    for place, name in enumerate(MEASURES):
        own = np.flatnonzero((measure == place) & (number != NONE))
        which, blocks = blocks_of(name, number[own])
        shared.append((own[which], blocks))
    entries, blocks = (np.concatenate([np.zeros(0, np.int64), *(one[side] for one in shared)]) for side in range(2))
    if not len(entries):
        return {}
    order = np.lexsort((entries, blocks))
    entries, blocks = entries[order], blocks[order]
    counts = np.ones(len(entries), np.int64)
    columns_of = Met(measure[entries], number[entries], row_of[entries], then[entries], counts)
    kept = _gathered(pl.DataFrame({"block": blocks, **columns_of._asdict()}), ["block"])
    return {block: _columns(of_block) for (block,), of_block in kept.partition_by("block", as_dict=True).items()}


def gathered(parts: Sequence[Met]) -> Met:
    """What several parts of the training file have, whose rows ascend; it grows with validation, not with training.

    Of a beginning that goes on in many ways a few more are kept than are needed to know that it does.

    >>> one = Met(*(np.array([value]) for value in (0, 7, 4, NONE, 1)))
    >>> [column.tolist() for column in gathered([one, one._replace(rows=np.array([9]))])]
    [[0], [7], [4], [0], [2]]
    """
    return _columns(_gathered(pl.concat([pl.DataFrame(one._asdict()) for one in parts]), []))


def _gathered(entries: pl.DataFrame, apart: Sequence[str]) -> pl.DataFrame:
    """The same of the columns of `Met`, of each value of some more columns for itself."""
    keys = (*apart, "measure", "numbers")
    every = entries.group_by(*keys, "following", maintain_order=True).agg(pl.col("rows").min(), pl.col("counts").sum())
    first = every.sort("rows", maintain_order=True)
    return first.filter(pl.int_range(pl.len()).over(*keys) < MOST_CONTINUATIONS + 2)


def _columns(entries: pl.DataFrame) -> Met:
    return Met(*(entries[name].to_numpy() for name in Met._fields))


def numbers_of(examples: Sequence[Mapping[str, Any]]) -> Numbers:
    """The numbers of validation examples by MEASURES, each with the place of its example."""
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in MEASURES}
    for place, numbers in enumerate(exchanges(examples)):
        if numbers.beginnings:
            found["equal_answer"].append((numbers.answers[-1], place))
            found["last_exchange"].append((numbers.pairs[-1], place))
            found["beginning"].append((numbers.beginnings[-1], place))
            found["going_on"] += [(begin, place) for begin in numbers.beginnings]
    return {
        name: (np.array([one for one, _ in pairs], np.uint64), np.array([place for _, place in pairs], np.int64))
        for name, pairs in found.items()
    }


def joined(parts: Sequence[Numbers], sizes: Sequence[int]) -> Numbers:
    """The numbers of several ranges of a file, whose examples are so many, with places through the whole of it."""
    before = np.cumsum([0, *sizes])
    return {
        name: (
            np.concatenate([np.zeros(0, np.uint64), *(part[name][0] for part in parts)]),
            np.concatenate(
                [np.zeros(0, np.int64), *(part[name][1] + at for part, at in zip(parts, before, strict=False))]
            ),
        )
        for name in MEASURES
    }


def leaks(known: Numbers, met: Met) -> dict[str, dict[int, int]]:
    """By measure the lines of validation that training has too, each with one line of training; from 1.

    `met` is what the whole of training has. Told apart are answers of more than MOST_ROWS training rows, and beginnings
    that go on in more than MOST_CONTINUATIONS ways: what many rows share.
    """
    lines: dict[str, dict[int, int]] = {}
    begins = met.measure == MEASURES.index("beginning")
    openings = _openings(known["going_on"], met.numbers[begins], met.following[begins])
    for place, name in enumerate(MEASURES):
        own = met.measure == place
        numbers, rows = met.numbers[own].tolist(), (met.rows[own] + 1).tolist()
        line_of = dict(zip(reversed(numbers), reversed(rows), strict=True))  # the first row that has it
        shared = (
            set(met.numbers[own & (met.counts > MOST_ROWS)].tolist())
            if name == "equal_answer"
            else openings
            if place > 1
            else set()
        )
        lines[name] = {
            int(example) + 1: line_of[number]
            for number, example in zip(known[name][0].tolist(), known[name][1].tolist(), strict=True)
            if number in line_of and number not in shared
        }
    lines["beginning"] = {**lines.pop("going_on"), **lines["beginning"]}
    return lines


def _openings(
    own: tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]],
    begins: npt.NDArray[np.uint64],
    following: npt.NDArray[np.uint64],
) -> set[int]:
    """The beginnings that go on in more than MOST_CONTINUATIONS ways, in training or in validation.

    `own` are the beginnings of validation, those of one example one after the other.
    """
    same = own[1][1:] == own[1][:-1]
    keys = np.concatenate([begins, own[0][:-1][same]])
    then = np.concatenate([following, own[0][1:][same]])
    pairs = np.unique(np.column_stack([keys, then])[then != NONE], axis=0)
    values, ways = np.unique(pairs[:, 0], return_counts=True)
    return set(values[ways > MOST_CONTINUATIONS].tolist())
