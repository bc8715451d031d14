"""Who represents whom within a group."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.similarity import clusters
from tuneset.similarity.clusters import Edges, connect, representatives
from tuneset.similarity.ragged import Positions
from tuneset.similarity.set_store import Similarities

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20)


def decide(rows: int, alike: set[tuple[int, int]]) -> list[int]:
    """Representatives where exactly the pairs in `alike` are so."""

    def compare(left: Positions, right: Positions) -> Similarities:
        pairs = zip(left.tolist(), right.tolist(), strict=True)
        return np.array([0.9 if (a, b) in alike or (b, a) in alike else 0.1 for a, b in pairs])

    left, right = (np.array([pair[side] for pair in sorted(alike)], np.int64) for side in (0, 1))
    edges = Edges(left, right, np.full(len(left), 0.9))
    kept, similarity = representatives(connect(np.arange(rows), left, right), edges, compare, 0.8)
    assert similarity.tolist() == [1.0 if kept[row] == row else 0.9 for row in range(rows)]
    return [int(row) for row in kept]


def test_rows_without_a_group_represent_themselves():
    assert decide(3, set()) == [0, 1, 2]


def test_the_end_of_a_chain_is_not_dropped_for_its_head():
    assert decide(3, {(0, 1), (1, 2)}) == [0, 0, 2]


def test_the_rest_of_a_chain_has_a_representative_of_its_own():
    assert decide(5, {(0, 1), (1, 2), (2, 3), (2, 4)}) == [0, 0, 2, 2, 2]


def test_the_first_row_represents_all_that_are_like_it():
    assert decide(4, {(0, 3), (1, 3), (0, 1), (2, 3)}) == [0, 0, 2, 0]


@given(PAIRS)
def test_groups_are_what_pairs_connect(pairs: list[tuple[int, int]]):
    left, right = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    expected = list(range(10))
    for _ in range(10):
        for a, b in pairs:
            expected[a] = expected[b] = min(expected[a], expected[b])
    assert connect(np.arange(10), left, right).tolist() == expected


@given(PAIRS, st.sampled_from([0, 1, 2, 64]))
def test_every_row_is_kept_or_like_a_kept_one_and_no_two_kept_are_alike(pairs: list[tuple[int, int]], rounds: int):
    alike = {(a, b) for a, b in pairs if a != b}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "MOST_ROUNDS", rounds)
        kept = decide(10, alike)
    for row, representative in enumerate(kept):
        assert kept[representative] == representative <= row
        assert row == representative or {(row, representative), (representative, row)} & alike
    assert not [pair for pair in alike if kept[pair[0]] == pair[0] and kept[pair[1]] == pair[1]]
