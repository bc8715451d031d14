"""Filters by length: characters of an example, its turns, and the characters of its answer."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from tuneset.cleaning.filtering.base import Filter, Judged, Verdict
from tuneset.model import sentence
from tuneset.params import FilterParams


def _by_characters(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    sizes = judged.texts["text"].str.len_chars()
    yield from _outside(sizes, "characters", params.min_chars, params.max_chars)


def _by_turns(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    yield from _outside(judged.texts["turns"], "user and assistant messages", params.min_turns, params.max_turns)


def _by_answer(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    """Answers that call tools are not judged."""
    sizes = judged.texts["answer"].str.len_chars()
    for few, said in _outside(sizes, "characters in the answer", params.min_answer_chars, None):
        yield few & ~judged.texts["calls"], said


def _outside(sizes: pl.Series, what: str, least: int | None, most: int | None) -> Iterator[Verdict]:
    if least is not None:
        yield sizes < least, sentence("{} {}; at least {} wanted", sizes, what, least)
    if most is not None:
        yield sizes > most, sentence("{} {}; at most {} wanted", sizes, what, most)


CHARACTERS = Filter("CLN004", lambda p: p.min_chars is not None or p.max_chars is not None, _by_characters)
TURNS = Filter("CLN005", lambda p: p.min_turns is not None or p.max_turns is not None, _by_turns)
LITTLE_ANSWER = Filter("CLN006", lambda p: p.min_answer_chars is not None, _by_answer)
