"""How lines are indented beside each other makes one number, whatever the width and whatever they say."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tuneset.similarity.layout import NO_LAYOUT, layouts

WHITE = [" ", "  ", "    ", "\t", " \t", *(" " * width for width in (7, 8, 62, 63, 64, 80)), "\t" * 9, "\r", "\x0b"]
WIDE = ["\u00a0", "\u3000", "\u2028", "\u2022"]
TEXTS = st.lists(st.sampled_from(["a", "b c", "\n", "\n", "\u00e9", *WHITE, *WIDE]), max_size=12).map("".join)


def depths(text: str) -> list[int] | None:
    """Line by line how many lesser indentations the text has; None where they say nothing."""
    if not any(f"\n{white}" in text for white in " \t\u00a0"):
        return None
    widths = [len(line) - len(line.lstrip()) for line in text.expandtabs().split("\n") if line.strip()]
    known = sorted(set(widths))
    return [known.index(width) for width in widths] if len(known) > 1 else None


@given(st.lists(st.one_of(st.none(), TEXTS), max_size=6))
def test_two_texts_have_one_number_where_their_lines_have_the_same_depths(texts: list[str | None]) -> None:
    numbers = layouts(pl.Series(texts, dtype=pl.String)).tolist()
    said = [None if text is None else depths(text) for text in texts]
    assert [number == NO_LAYOUT for number in numbers] == [one is None for one in said]
    for first, one in enumerate(said):
        assert [number == numbers[first] for number in numbers] == [other == one for other in said]


def test_code_that_a_web_page_indents_is_indented() -> None:
    inside, after = layouts(pl.Series(["if a:\n\u00a0\u00a0b\n\u00a0\u00a0c", "if a:\n\u00a0\u00a0b\nc"])).tolist()
    assert len({inside, after, int(NO_LAYOUT)}) == 3
    assert layouts(pl.Series(["if a:\n  b\n  c"])).tolist() == [inside]


@given(st.lists(TEXTS, max_size=6))
def test_a_number_does_not_hang_on_the_texts_beside_it(texts: list[str]) -> None:
    together = layouts(pl.Series(texts, dtype=pl.String)).tolist()
    assert together == [layouts(pl.Series([text])).tolist()[0] for text in texts]
