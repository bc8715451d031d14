"""Near duplicates across two sets of texts, found by looking shingles up: complete against brute force."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tuneset.similarity import cross_index
from tuneset.similarity.ragged import Positions, Ragged, Texts
from tuneset.similarity.shingles import shingle_sets

WORDS = [f"w{number}" for number in range(400)]


def sets_of(texts: list[str]) -> Ragged:
    return shingle_sets(Texts.whole(pl.Series(texts, dtype=pl.String)), 3)


def one(sets: Ragged, number: int) -> frozenset[int]:
    return frozenset(sets.values[sets.starts[number] : sets.starts[number + 1]].tolist())


def text(seed: int, length: int) -> list[str]:
    dice = np.random.default_rng(seed)
    return [WORDS[i] for i in dice.integers(0, len(WORDS), length)]


def test_texts_that_share_nothing_are_no_candidates():
    left, right = candidates(["a b c d e"], ["f g h i j", ""])
    assert len(left) == len(right) == 0


def test_texts_of_very_different_length_are_no_candidates():
    long = text(1, 300)
    for one, other in ((long, long[:100]), (long[:100], long), (long[:60], long), (long, long[:60])):
        left, _ = candidates([" ".join(one)], [" ".join(other)])
        assert len(left) == 0


@given(st.integers(0, 10_000), st.integers(4, 400), st.integers(0, 6))
def test_every_pair_that_is_alike_is_a_candidate(seed: int, length: int, changes: int):
    words = text(seed, length)
    changed = words.copy()
    for place in np.random.default_rng(seed + 1).integers(0, length, changes):
        changed[place] = "other"
    assert_found([" ".join(words)], ["q r s t", " ".join(changed)])


@given(st.integers(0, 10_000), st.integers(1, 90), st.integers(1, 12), st.integers(0, 60), st.integers(0, 2))
def test_texts_that_repeat_themselves_are_found_too(seed: int, length: int, times: int, rest: int, changes: int):
    words = text(seed, length) * times + text(seed + 1, rest)
    changed = words.copy()
    for place in np.random.default_rng(seed + 2).integers(0, len(words), changes):
        changed[place] = "other"
    once = text(seed, length) + text(seed + 1, rest)
    assert_found([" ".join(words)], [" ".join(changed), " ".join(once)])
    assert_found([" ".join(once)], [" ".join(words)])


def test_boilerplate_alone_makes_no_candidate_but_hides_none():
    boilerplate = " ".join(text(5, 200))
    others = [f"{boilerplate} {' '.join(text(seed, 60))}" for seed in range(100, 200)]
    parts = [cross_index.build(sets_of(others[:70])), cross_index.build(sets_of(others[70:]))]
    index = cross_index.merge(parts)
    asked = [others[7], f"{boilerplate} {' '.join(text(1, 60))}"]
    left, right = cross_index.candidate_pairs(asked, 3, index, 0.8)
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 7)]


@given(st.integers(0, 99), st.lists(st.integers(0, 150), max_size=4))
def test_the_index_of_parts_is_that_of_all_texts(seed: int, cuts: list[int]):
    boilerplate = " ".join(text(5, 30))
    texts = [" ".join([boilerplate] * (number % 2) + text(seed + number, 20)) for number in range(150)]
    ends = sorted({0, *cuts, len(texts)})
    parts = [cross_index.build(sets_of(texts[start:end])) for start, end in itertools.pairwise(ends)]
    whole, merged = cross_index.build(sets_of(texts)), cross_index.merge(parts)
    for name in ("hashes", "starts", "owners", "sizes", "indexed", "sampled"):
        assert getattr(merged, name).tolist() == getattr(whole, name).tolist(), name
    assert (np.diff(whole.starts) == 0).any()  # there is boilerplate among them


def candidates(texts: list[str], others: list[str]) -> tuple[Positions, Positions]:
    return cross_index.candidate_pairs(texts, 3, cross_index.build(sets_of(others)), 0.8)


def assert_found(texts: list[str], others: list[str]) -> None:
    """All pairs that are alike are among the candidates."""
    ours, theirs = sets_of(texts), sets_of(others)
    left, right = candidates(texts, others)
    found = set(zip(left.tolist(), right.tolist(), strict=True))
    for a in range(len(texts)):
        for b in range(len(others)):
            assert (a, b) in found or cross_index.similarity(one(ours, a), one(theirs, b)) < 0.8


def test_an_index_comes_back_as_it_was_saved(tmp_path: Path):
    index = cross_index.build(sets_of(["a b c d", "c d e f"]))
    cross_index.save(index, tmp_path)
    loaded = cross_index.load(tmp_path)
    assert loaded.hashes.tolist() == index.hashes.tolist()
    assert loaded.owners.tolist() == index.owners.tolist()
    assert loaded.sizes.tolist() == index.sizes.tolist()
    assert loaded.starts.tolist() == index.starts.tolist()
    assert loaded.indexed.tolist() == index.indexed.tolist()
    assert loaded.sampled.tolist() == index.sampled.tolist()
