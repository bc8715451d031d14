"""Components by the links of single rows: in the end they are what pairs connect, however links are divided."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tuneset.similarity import stars
from tuneset.similarity.clusters import connect
from tuneset.similarity.ragged import Hashes, distinct

ROWS = 24
PAIRS = st.lists(
    st.tuples(st.integers(0, ROWS - 1), st.integers(0, ROWS - 1)).filter(lambda pair: pair[0] != pair[1]), max_size=40
)
CHAIN = st.permutations(range(ROWS)).map(lambda order: list(itertools.pairwise(order)))
"""Rows in one line, whose lowest may be anywhere: the longest way that a label has to go."""


def links_of(pairs: list[tuple[int, int]]) -> Hashes:
    left, right = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    return stars.links(left, right)


def potential(links: Hashes) -> int:
    """What the docstring's proof of the end counts, of links seen once."""
    at, other = stars.ends(links)
    once = distinct(stars.links(np.maximum(at, other), np.minimum(at, other)))
    return int(sum(int(row.sum()) for row in stars.ends(once)))


@given(PAIRS | CHAIN)
def test_in_the_end_each_row_is_linked_to_the_lowest_of_its_component(pairs: list[tuple[int, int]]):
    wanted = connect(np.arange(ROWS), *(np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1)))
    links, steps = stars.both_ways(links_of(pairs)), 0
    while True:
        before = potential(links)
        higher, one = stars.large_star(links)
        assert (potential(higher) < before) == one
        joined, two = stars.small_star(higher)
        links, steps = stars.both_ways(joined), steps + 2
        assert (potential(links) < potential(higher)) == two
        if not (one or two):
            break
    assert steps <= 2 * ROWS
    found = dict(zip(*(row.tolist() for row in stars.ends(stars.labels(links))), strict=True))
    assert found == {row: int(wanted[row]) for row in {row for pair in pairs for row in pair}}


@given(PAIRS, st.integers(1, 5))
def test_a_step_on_the_links_of_some_rows_is_that_step_on_all(pairs: list[tuple[int, int]], parts: int):
    links = stars.both_ways(links_of(pairs))
    whole, _ = stars.large_star(links)
    at, _ = stars.ends(links)
    by_parts = [stars.large_star(links[at % np.uint64(parts) == part])[0] for part in range(parts)]
    assert distinct(np.concatenate(by_parts)).tolist() == distinct(whole).tolist()


def test_no_links_are_no_components():
    none = links_of([])
    assert stars.large_star(none)[0].tolist() == stars.small_star(none)[0].tolist() == stars.labels(none).tolist() == []
