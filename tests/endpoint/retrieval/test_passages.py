"""Passages: all of a text, in order, none too long, each with as much of the one before as was asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tuneset.endpoint.retrieval.passages import passages, pieces

TEXTS = st.text(alphabet="ab 東京.\n", max_size=200) | st.text(max_size=60)


@given(TEXTS, st.integers(1, 20), st.integers(0, 10))
def test_passages_are_the_text_in_order_with_its_overlaps(text: str, most: int, overlap: int) -> None:
    overlap = min(overlap, most // 2)
    found = passages(text, most, overlap)
    assert bool(found) == bool(text.strip())
    assert all(0 < pieces(one) <= most for one in found)
    assert all(pieces(one) == most for one in found[:-1])
    assert sum(map(pieces, found)) - overlap * max(0, len(found) - 1) == pieces(text)
    place = 0
    for one in found:
        place = text.index(one, place if one is found[0] else place + 1)
    if found:
        assert not text[: text.index(found[0])].strip()
        assert text.rstrip().endswith(found[-1])


def test_a_long_word_and_a_run_without_spaces_have_pieces_of_their_own() -> None:
    assert pieces("a" * 16) == 2
    assert pieces("東京") == 2
    assert pieces("a.b") == 3
