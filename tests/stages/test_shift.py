"""Distances between counts, and how much of one set's wording another has."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tuneset.stages.shift import coverage, distance, wording

COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 10**6), min_size=1)
FEW = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 1000), min_size=1)  # four digits tell them from nothing


@given(COUNTS, COUNTS)
def test_a_distance_is_the_same_both_ways_and_between_0_and_1(ours: dict[str, int], theirs: dict[str, int]) -> None:
    found = distance(ours, theirs)
    assert found is not None
    assert found == distance(theirs, ours)
    assert 0 <= found.distance <= 1
    if not ours.keys() & theirs.keys():
        assert found.distance == 1


@given(FEW, FEW)
def test_what_has_something_in_common_is_not_as_far_apart_as_can_be(
    ours: dict[str, int], theirs: dict[str, int]
) -> None:
    found = distance(ours, theirs)
    assert found is not None
    assert (found.distance == 1) == (not ours.keys() & theirs.keys())


@given(COUNTS, st.integers(1, 9))
def test_equal_shares_are_no_distance_whatever_their_number(counts: dict[str, int], times: int) -> None:
    found = distance(counts, {name: times * count for name, count in counts.items()})
    assert found is not None
    assert found.distance == 0


def test_a_random_division_stays_below_what_chance_makes_and_a_shift_does_not() -> None:
    drawn = random.Random(4)
    above = 0
    for _ in range(200):
        sides: tuple[dict[str, int], dict[str, int]] = ({}, {})
        for _ in range(400):
            side = sides[drawn.random() < 0.2]
            name = drawn.choice("aaaabbc")
            side[name] = side.get(name, 0) + 1
        found = distance(*sides)
        assert found is not None
        above += found.distance > found.by_chance
    assert 0 < above < 20  # 5 of 100, as it is defined
    shifted = distance({"a": 700, "b": 200, "c": 100}, {"a": 40, "b": 40, "c": 20})
    assert shifted is not None
    assert shifted.distance > shifted.by_chance


def test_nothing_is_said_of_texts_without_words() -> None:
    assert coverage([], wording(["a"])) == (None, None)
    assert coverage([" ", ""], wording(["a"])) == (None, None)
    assert coverage(["word"], wording([])) == (0.0, None)


def test_no_pair_goes_over_the_end_of_a_text() -> None:
    assert coverage(["b c"], wording(["a b", "c d"])) == (1.0, 0.0)
    assert coverage(["a b", "", "c d"], wording(["a b", "c d"])) == (1.0, 1.0)


def test_scripts_without_spaces_are_compared_by_their_characters() -> None:
    assert coverage(["今天天气"], wording(["今天很好"])) == (0.75, 0.3333)
