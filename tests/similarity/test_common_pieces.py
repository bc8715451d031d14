"""A piece of a text is its next letters and digits, whatever stands beside the text and wherever it begins."""

from __future__ import annotations

import numpy as np
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from tuneset.similarity.common_pieces import NO_PIECE, PIECE, _bare, pieces_at
from tuneset.similarity.words import unit_spans

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
    assert len(pieces_at(unit_spans([b""]), none, none)) == 0


@given(texts=TEXTS)
def test_a_piece_is_that_of_its_text_alone(texts: list[str]) -> None:
    spans = unit_spans([text.encode() for text in texts])
    counts = spans.units.counts
    of_units = np.repeat(np.arange(len(texts)), counts)
    places = np.concatenate([np.arange(count) for count in counts.tolist()])
    wanted = []
    for begin, text in zip(spans.begins.tolist(), of_units.tolist(), strict=True):
        piece = _bare(spans.raw, begin, int(spans.ends[text]))
        wanted.append(xxhash.xxh3_64_intdigest(piece.encode()) if len(piece) == PIECE else NO_PIECE)
    assert pieces_at(spans, of_units, places).tolist() == wanted
