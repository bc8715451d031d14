"""A piece of a text is its next letters and digits, whatever stands beside the text and wherever it begins.

What is looked up for many texts at once is what the plain definitions give for each text.
"""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tuneset.similarity.common_pieces import (
    KEY_WORDS,
    NO_PIECE,
    PIECE,
    PIECES,
    _bare,
    drawn,
    letters_of,
    pieces_at,
    runs_of,
)  # fmt: skip
from tuneset.similarity.shingles import Runs
from tuneset.similarity.words import Spans, unit_spans

PARTS = [
    "ab",
    "7",
    " ",
    ", ",
    "-" * 30,
    "- " * 120,
    "é",
    "日本",
    "one two three four five six seven eight nine " * 3,
]
TEXTS = st.lists(st.lists(st.sampled_from(PARTS), max_size=12).map("".join), min_size=1, max_size=4)


def test_a_text_without_a_unit_has_no_piece() -> None:
    none = np.zeros(0, np.int64)
    texts = unit_spans([b""])
    letters = letters_of(texts.raw)
    assert len(pieces_at(texts, letters, none, none)) == len(drawn(texts, letters)[0]) == 0


@given(texts=TEXTS)
def test_a_piece_is_that_of_its_text_alone(texts: list[str]) -> None:
    spans = unit_spans([text.encode() for text in texts])
    of_units = np.repeat(np.arange(len(texts)), spans.units.counts)
    pieces = [
        _bare(spans.raw, begin, int(spans.ends[text]))
        for begin, text in zip(spans.begins.tolist(), of_units.tolist(), strict=True)
    ]
    numbers = pieces_at(spans, letters_of(spans.raw), np.arange(len(of_units)), of_units).tolist()
    whole = {piece for piece in pieces if len(piece) == PIECE}
    assert [number != NO_PIECE for number in numbers] == [piece in whole for piece in pieces]
    kinds = {(piece, number) for piece, number in zip(pieces, numbers, strict=True) if piece in whole}
    assert len(kinds) == len(whole) == len({number for _, number in kinds})


def plainly_drawn(spans: Spans) -> list[tuple[int, int]]:
    """The units that `drawn` is to give, text by text."""
    found = []
    for text, (start, stop) in enumerate(itertools.pairwise(spans.units.starts.tolist())):
        seed = int(spans.units.values[start]) >> 1 if stop > start else 0
        edges = [(stop - start) * part // PIECES for part in range(PIECES + 1)]
        for low, high in itertools.pairwise(edges):
            for step in range(min(8, high - low)):
                unit = start + low + (seed + step) % (high - low)
                if unit + KEY_WORDS >= stop:
                    continue
                begin, behind = int(spans.begins[unit]), int(spans.begins[unit + KEY_WORDS])
                if len(_bare(spans.raw, begin, behind)) < PIECE == len(_bare(spans.raw, begin, int(spans.ends[text]))):
                    found.append((unit, text))
                    break
    return found


@given(texts=TEXTS)
def test_pieces_are_drawn_of_many_texts_as_of_each(texts: list[str]) -> None:
    spans = unit_spans([text.encode() for text in texts])
    units, of_texts = drawn(spans, letters_of(spans.raw))
    assert list(zip(units.tolist(), of_texts.tolist(), strict=True)) == plainly_drawn(spans)


@given(texts=TEXTS, words=st.integers(1, 14))
def test_runs_of_words_are_those_of_each_text(texts: list[str], words: int) -> None:
    units = unit_spans([text.encode() for text in texts]).units
    runs = runs_of(Runs(units.values), units.starts, words)
    assert runs.counts.tolist() == [max(count - words + 1, 0) for count in units.counts.tolist()]
    kinds: dict[tuple[int, ...], int] = {}
    for start, stop, first in zip(units.starts, units.starts[1:], runs.starts, strict=False):
        for place in range(stop - start - words + 1):
            said = tuple(units.values[start + place : start + place + words].tolist())
            assert kinds.setdefault(said, int(runs.values[first + place])) == int(runs.values[first + place])
    assert len(set(kinds.values())) == len(kinds)
