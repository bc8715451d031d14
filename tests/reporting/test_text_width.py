"""Texts are as wide as a terminal shows them: what is filled stands in line, and what is cut fits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tuneset.reporting.text_width import at_left, at_right, cells_of, end_of

LINES = st.text(st.sampled_from("aZ 9-/東京ー한글ｆéя مر…"), max_size=12)


@given(LINES, st.integers(0, 20))
def test_a_filled_text_has_the_width_and_a_cut_one_no_more(text: str, width: int) -> None:
    taken = cells_of(text)
    assert cells_of(at_left(text, width)) == cells_of(at_right(text, width)) == max(taken, width)
    assert at_left(text, width).startswith(text)
    assert at_right(text, width).endswith(text)
    end = end_of(text, width)
    assert text.endswith(end)
    assert min(taken, width) - 1 <= cells_of(end) <= width


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Zs")), max_size=12))
def test_of_plain_letters_each_takes_one_cell(text: str) -> None:
    assert cells_of(text) == len(text)
