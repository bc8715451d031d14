"""Shingles of a text are every n units in a row, and the whole of a shorter text."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.similarity import support
from tuneset.similarity import shingles
from tuneset.similarity.ragged import Texts

WORDS = st.lists(st.sampled_from(["a", "b", "c", "dd", "+", "中", "a_very_long_word_of_code"]), max_size=12).map(
    " ".join
)


def test_a_text_without_units_has_no_shingle():
    assert shingles.shingle_sets(Texts.whole(pl.Series(["", "...", None])), 5).counts.tolist() == [0, 0, 0]


def test_short_texts_share_a_shingle_only_if_they_are_equal():
    sets = shingles.shingle_sets(Texts.whole(pl.Series(["a b", "a", "b", "a b c", "b a", "A, b."])), 5)
    assert sets.counts.tolist() == [1] * 6
    values = sets.values.tolist()
    assert len(set(values[:5])) == 5
    assert values[5] == values[0]


@given(st.lists(WORDS, max_size=8), st.integers(1, 6))
def test_sets_are_those_of_strings(texts: list[str], n: int):
    found = shingles.shingle_sets(Texts.whole(pl.Series(texts, dtype=pl.String)), n)
    expected = [support.shingles(text, n) for text in texts]
    assert found.counts.tolist() == [len(each) for each in expected]
    ours = [set(found.values[found.starts[i] : found.starts[i + 1]].tolist()) for i in range(len(texts))]
    for left in range(len(texts)):
        for right in range(left):
            assert len(ours[left] & ours[right]) == len(expected[left] & expected[right])


@given(st.lists(WORDS, max_size=8))
def test_sets_are_ascending_and_distinct(texts: list[str]):
    found = shingles.shingle_sets(Texts.whole(pl.Series(texts, dtype=pl.String)), 2)
    for i in range(len(texts)):
        values = found.values[found.starts[i] : found.starts[i + 1]].tolist()
        assert values == sorted(set(values))


def test_sets_do_not_depend_on_batches(monkeypatch: pytest.MonkeyPatch, docstrings: list[str]):
    texts = pl.Series(docstrings[:50])
    whole = shingles.shingle_sets(Texts.whole(texts), 5)
    monkeypatch.setattr(shingles, "_SETS_AT_ONCE", 7)
    cut = shingles.shingle_sets(Texts.whole(texts), 5)
    assert (whole.values.tolist(), whole.starts.tolist()) == (cut.values.tolist(), cut.starts.tolist())


def test_the_largest_batch_keeps_its_last_text(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shingles, "_SETS_AT_ONCE", 1 << (64 - shingles.SET_BITS))
    texts = pl.Series([f"word{i} word{i + 1}" for i in range(1 << (64 - shingles.SET_BITS))])
    assert shingles.shingle_sets(Texts.whole(texts), 1).counts.tolist() == [2] * len(texts)
