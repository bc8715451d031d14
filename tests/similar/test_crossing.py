"""Near duplicates across two sets of texts, found by looking shingles up: complete against brute force."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.similar import crossing
from pipeline.similar.shingles import shingle_sets
from pipeline.similar.units import Ragged

WORDS = [f"w{number}" for number in range(400)]


def sets_of(texts: list[str]) -> Ragged:
    return shingle_sets(pl.Series(texts, dtype=pl.String), 3)


def one(sets: Ragged, number: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return sets.values[sets.starts[number] : sets.starts[number + 1]]


def text(seed: int, length: int) -> list[str]:
    dice = np.random.default_rng(seed)
    return [WORDS[i] for i in dice.integers(0, len(WORDS), length)]


def test_texts_that_share_nothing_are_no_candidates():
    left, right = crossing.candidates(sets_of(["a b c d e"]), crossing.build(sets_of(["f g h i j", ""])), 0.8)
    assert len(left) == len(right) == 0


def test_texts_of_very_different_length_are_no_candidates():
    long = text(1, 300)
    left, _ = crossing.candidates(sets_of([" ".join(long)]), crossing.build(sets_of([" ".join(long[:100])])), 0.8)
    assert len(left) == 0


@given(st.integers(0, 10_000), st.integers(4, 400), st.integers(0, 6))
def test_every_pair_that_is_alike_is_a_candidate(seed: int, length: int, changes: int):
    words = text(seed, length)
    changed = words.copy()
    for place in np.random.default_rng(seed + 1).integers(0, length, changes):
        changed[place] = "other"
    one_side, other_side = sets_of([" ".join(words)]), sets_of(["q r s t", " ".join(changed)])
    alike = crossing.similarity(one(one_side, 0), one(other_side, 1)) >= 0.8
    left, right = crossing.candidates(one_side, crossing.build(other_side), 0.8)
    found = (0, 1) in set(zip(left.tolist(), right.tolist(), strict=True))
    assert found or not alike


def test_an_index_comes_back_as_it_was_saved(tmp_path: Path):
    index = crossing.build(sets_of(["a b c d", "c d e f"]))
    crossing.save(index, tmp_path)
    loaded = crossing.load(tmp_path)
    assert loaded.hashes.tolist() == index.hashes.tolist()
    assert loaded.owners.tolist() == index.owners.tolist()
    assert loaded.sizes.tolist() == index.sizes.tolist()
