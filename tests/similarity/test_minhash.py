"""Band keys: alike texts share one almost always, strange ones almost never."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.similarity import support
from tuneset.similarity import minhash
from tuneset.similarity.minhash import NO_KEY, Likeness, band_keys, recall, signatures
from tuneset.similarity.ragged import Texts
from tuneset.similarity.shingles import shingle_hashes
from tuneset.similarity.words import folded_bytes, unit_hashes


def test_a_text_without_units_has_no_keys():
    keys = band_keys(Texts.whole(pl.Series(["...", "one two", None])), Likeness())
    assert (keys == NO_KEY).tolist() == [[True, False, True]] * 25


def test_no_texts_have_no_keys_but_all_bands():
    assert band_keys(Texts.whole(pl.Series([], dtype=pl.String)), Likeness()).shape == (25, 0)


@pytest.mark.slow
def test_strange_texts_share_no_band(docstrings: list[str]):
    keys = band_keys(Texts.whole(pl.Series(docstrings)), Likeness())
    repeated = sum(len(band) - len(np.unique(band)) for band in keys)
    alike = support.all_pairs(docstrings, 5, 0.3)
    assert repeated <= 18 * len(alike)


@given(st.floats(0.05, 1.0), st.integers(8, 256))
def test_bands_find_the_threshold_with_the_stated_recall(threshold: float, permutations: int):
    likeness = Likeness(threshold, 5, permutations)
    count, rows = likeness.bands
    assert count * rows <= permutations
    assert recall(threshold, count, rows, likeness.enough_bands) >= minhash.TARGET_RECALL or rows == 1
    wider = permutations // (rows + 1)
    assert recall(threshold, wider, rows + 1, minhash.ENOUGH_BANDS) < minhash.TARGET_RECALL


@given(st.floats(0.1, 0.9), st.integers(1, 3))
def test_recall_is_what_dice_give(similarity: float, enough: int):
    chance = np.random.default_rng(1)
    bands = (chance.random((4000, 6, 2)) < similarity).all(axis=2).sum(axis=1)
    assert abs((bands >= enough).mean() - recall(similarity, 6, 2, enough)) < 0.05


@given(st.lists(st.integers(0, 14), max_size=40), st.sampled_from([16, 100, 128]))
def test_short_texts_borrow_as_long_ones_do(sizes: list[int], permutations: int):
    texts = pl.Series([" ".join(f"w{i * size}" for i in range(size)) for size in sizes], dtype=pl.String)
    shingles = shingle_hashes(unit_hashes(folded_bytes(texts)), 2)
    few = signatures(shingles, permutations)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minhash, "FEW_SHINGLES", 0)
        long = signatures(shingles, permutations)
    present = shingles.counts > 0
    assert np.array_equal(few[present], long[present])


@pytest.mark.slow
def test_signatures_agree_as_often_as_shingles_are_shared(copied: pl.Series):
    texts = copied.to_list()
    signed = signatures(shingle_hashes(unit_hashes(folded_bytes(copied)), 5), 128)
    pairs = [(row, 800 + 3 * row + copy) for row in range(800) for copy in range(3)]
    errors = [
        (signed[left] == signed[right]).mean() - support.similarity(texts[left], texts[right], 5)
        for left, right in pairs
    ]
    # Of 128 independent agreements with probability 0.8, the deviation is 0.035; over 2,400 pairs the bias is 0.
    assert abs(float(np.mean(errors))) < 0.005
    assert float(np.std(errors)) < 0.045


def test_keys_do_not_depend_on_batches(monkeypatch: pytest.MonkeyPatch, docstrings: list[str]):
    texts = pl.Series(docstrings[:100])
    whole = band_keys(Texts.whole(texts), Likeness())
    monkeypatch.setattr(minhash, "BATCH_TEXTS", 7)
    assert np.array_equal(band_keys(Texts.whole(texts), Likeness()), whole)


def test_keys_are_the_same_on_every_machine():
    keys = band_keys(Texts.whole(pl.Series(["The quick brown fox jumps over the lazy dog.", "你好 世界"])), Likeness())
    assert keys[[0, 17]].tolist() == [
        [5416802453363072583 >> 24, 6578860209327124046 >> 24],
        [1726406746801794891 >> 24, 6578860209327124046 >> 24],
    ]
