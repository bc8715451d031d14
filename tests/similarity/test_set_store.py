"""Similarity of pairs of sets in a file is the exact one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.errors import InputError
from tuneset.similarity import set_store
from tuneset.similarity.ragged import Ragged
from tuneset.similarity.set_store import SetStore, jaccard, least_jaccard, write_sets

SETS = st.lists(st.sets(st.integers(0, 2**52 - 1) | st.integers(0, 9), max_size=12), min_size=1, max_size=8)


def store(path: Path, sets: list[set[int]]) -> SetStore:
    values = np.array([value for each in sets for value in sorted(each)], np.uint64)
    (stored,) = write_sets([path], [[Ragged(values, np.cumsum([0, *(len(each) for each in sets)]))]])
    return stored


def test_empty_sets_are_like_nothing(tmp_path: Path):
    sets = store(tmp_path / "sets", [set(), set(), {1}])
    assert jaccard(sets, np.array([0, 0]), np.array([1, 2]), 0.5).tolist() == [0.0, 0.0]


def test_sizes_alone_rule_pairs_out(tmp_path: Path):
    sets = store(tmp_path / "sets", [{1, 2, 3, 4}, {1}])
    assert jaccard(sets, np.array([0]), np.array([1]), 0.5).tolist() == [0.25]


def test_the_threshold_itself_is_reached(tmp_path: Path):
    sets = store(tmp_path / "sets", [{1, 2, 3, 4}, {1, 2, 3, 4, 5}])
    assert jaccard(sets, np.array([0]), np.array([1]), 0.8).tolist() == [0.8]


@given(sets=SETS)
def test_similarity_is_that_of_sets(tmp_path_factory: pytest.TempPathFactory, sets: list[set[int]]):
    stored = store(tmp_path_factory.mktemp("sets") / "sets", sets)
    left, right = (axis.ravel() for axis in np.indices((len(sets), len(sets))))
    expected = [
        len(sets[a] & sets[b]) / len(sets[a] | sets[b]) if sets[a] | sets[b] else 0.0
        for a, b in zip(left.tolist(), right.tolist(), strict=True)
    ]
    assert jaccard(stored, left, right, 0.0).tolist() == expected


def test_of_several_sides_the_least_alike_decides(tmp_path: Path):
    whole = store(tmp_path / "whole", [{1, 2, 3, 4}, {1, 2, 3, 4}, {5, 6, 7, 8}, {1, 2, 3}])
    answer = store(tmp_path / "answer", [{1, 2}, {1, 2}, {1, 2}, {9, 8}])
    pairs = np.array([0, 0, 0]), np.array([1, 2, 3])
    found = least_jaccard([whole, answer], *pairs, 0.7)
    assert found[0] == 1.0
    assert (found[1:] < 0.7).all()
    assert least_jaccard([whole, answer], *pairs, 0.0).tolist() == [1.0, 0.0, 0.0]


def test_similarity_does_not_depend_on_what_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    chance = np.random.default_rng(1)
    sets = [set(chance.integers(0, 30, size).tolist()) for size in chance.integers(1, 40, 60)]
    stored = store(tmp_path / "sets", sets)
    left, right = (axis.ravel() for axis in np.indices((60, 60)))
    whole = jaccard(stored, left, right, 0.1).tolist()
    monkeypatch.setattr(set_store, "_SHINGLES_AT_ONCE", 50)
    assert jaccard(stored, left, right, 0.1).tolist() == whole


def test_similarity_is_the_same_where_the_system_cannot_read_at_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    stored = store(tmp_path / "sets", [{1, 2, 3}, {9}, {2, 3, 4}])
    pairs = np.array([2, 0, 0]), np.array([0, 2, 0])
    monkeypatch.delattr(os, "preadv", raising=False)
    assert jaccard(stored, *pairs, 0.1).tolist() == [0.5, 0.5, 1.0]


def test_sets_keep_their_numbers_over_parts(tmp_path: Path):
    parts = [Ragged(np.array([7, 8], np.uint64), np.array([0, 2])), Ragged(np.array([8], np.uint64), np.array([0, 1]))]
    sets, others = write_sets([tmp_path / "sets", tmp_path / "others"], zip(parts, reversed(parts), strict=True))
    assert others.sizes.tolist() == [1, 2]
    assert sets.sizes.tolist() == [2, 1]
    assert jaccard(sets, np.array([0]), np.array([1]), 0.1).tolist() == [0.5]


def test_no_part_makes_an_empty_store(tmp_path: Path):
    assert [sets.sizes.tolist() for sets in write_sets([tmp_path / "sets"], [])] == [[]]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        write_sets([tmp_path / "file" / "sets"], [])
    assert str(caught.value).startswith(f"{tmp_path / 'file' / 'sets'}: cannot be written: ")
