"""The folded form of texts: one by one and as a column the same."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.cleaning import folding
from tuneset.cleaning.folding import fold, fold_all

WHITE = " \t\n\r\x0b\x0c"
TEXTS = st.lists(
    st.none() | st.text(alphabet=f"aB{WHITE}\x1c\x1f\x00\u00c4\u3000\u2003", max_size=8) | st.text(), max_size=9
)


def test_no_character_but_white_space_and_capitals_is_changed():
    others = "".join(chr(code) for code in range(128) if not chr(code).isupper() and chr(code) not in WHITE)
    assert fold_all(pl.Series([others])) == [others.encode()]


@pytest.mark.parametrize("texts", [[], [None], [""], ["", " ", "\n\t "], [" a", "", "b "]])
def test_texts_of_nothing_keep_their_place(texts: list[str | None]):
    assert fold_all(pl.Series(texts, dtype=pl.String)) == [fold(text or "") for text in texts]


@given(TEXTS)
def test_a_column_is_folded_as_its_texts_are(texts: list[str | None]):
    assert fold_all(pl.Series(texts, dtype=pl.String)) == [fold(text or "") for text in texts]


def test_where_batches_meet_nothing_is_lost(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(folding, "_TEXTS_AT_ONCE", 3)
    texts = ["  A b ", "", " ", "c  D", "\u00c4  x", " ", "e"]
    assert fold_all(pl.Series(texts)) == [b"a b", b"", b"", b"c d", "\u00e4 x".encode(), b"", b"e"]
