"""The join finds the pairs that brute force finds, and none else."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.similarity import lookup, prefix_join
from tuneset.similarity.ragged import Ragged
from tuneset.similarity.shingles import Runs
from tuneset.similarity.words import mix, unit_hashes

TEXTS = st.lists(st.text("abcdef ", max_size=30), max_size=12)


def sets(texts: list[str], n: int, sample: list[str]) -> Ragged:
    popular = prefix_join.popularity(unit_hashes([text.encode() for text in sample]), n)
    units = unit_hashes([text.encode() for text in texts])
    return prefix_join.ordered_sets(units, Runs(units.values), (n,), popular)[0]


def alike(ours: Ragged, theirs: Ragged, threshold: float) -> list[list[int]]:
    """The pairs that are alike, found by the keys that they share."""
    known, owners = prefix_join.telling(*prefix_join.prefixes(theirs, threshold))
    keys, rows = prefix_join.prefixes(ours, threshold)
    places, entries = lookup.build(known).among(mix(keys))
    left, right = prefix_join.candidates(ours, theirs, rows[places], owners[entries], threshold)
    outlined = prefix_join.outlines(ours)[left], prefix_join.outlines(theirs)
    return [side.tolist() for side in prefix_join.alike(ours, theirs, outlined, (left, right), threshold)]


def members(of: Ragged) -> list[set[int]]:
    bounds = of.starts.tolist()
    return [set(of.values[start:end].tolist()) for start, end in itertools.pairwise(bounds)]


@given(TEXTS, TEXTS, st.sampled_from([0.3, 0.5, 0.8, 1.0]), st.integers(1, 3), st.booleans())
def test_the_pairs_are_those_of_brute_force(
    ours: list[str], theirs: list[str], threshold: float, n: int, sampled: bool
) -> None:
    sample = [*ours, *theirs] if sampled else []
    one, other = sets(ours, n, sample), sets(theirs, n, sample)
    expected = {
        (left, right)
        for left, mine in enumerate(members(one))
        for right, its in enumerate(members(other))
        if mine and its and len(mine & its) >= threshold * len(mine | its) - 1e-9
    }
    assert set(zip(*alike(one, other, threshold), strict=True)) == expected


@given(TEXTS)
def test_only_equal_sets_have_one_number(texts: list[str]) -> None:
    held = sets(texts, 2, texts)
    numbers = prefix_join.equal_sets(held).tolist()
    kinds = [frozenset(one) for one in members(held)]
    assert len(set(zip(numbers, kinds, strict=True))) == len(set(kinds)) == len(set(numbers))


def test_many_pairs_are_compared_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    held = sets([f"a b c d {number}" for number in range(30)], 1, [])
    whole = alike(held, held, 0.6)
    monkeypatch.setattr(prefix_join, "_SHINGLES_AT_ONCE", 7)
    assert alike(held, held, 0.6) == whole
    assert len(whole[0]) == 900


@pytest.mark.parametrize(("more", "keys"), [(0, 3), (1, 2)])  # its own number and the whole, and the word of them all
def test_a_shingle_is_left_out_that_one_text_too_many_has(more: int, keys: int) -> None:
    held = sets([f"a {number}" for number in range(prefix_join.MOST_OWNERS + more)], 1, [])
    _, owners = prefix_join.telling(*prefix_join.prefixes(held, 0.3))
    assert np.bincount(owners).max() == keys


def test_keys_begin_as_random_numbers_do() -> None:
    held = sets([" ".join(str(number * 31 + word) for word in range(30)) for number in range(60)], 1, [])
    keys, _ = prefix_join.telling(*prefix_join.prefixes(held, 0.8))
    quarters = np.bincount((keys >> np.uint64(62)).astype(np.int64), minlength=4)
    assert len(keys) / 4 * 0.6 < quarters.min() <= quarters.max() < len(keys) / 4 * 1.4


def test_equal_texts_are_found_though_their_shingles_are_in_too_many() -> None:
    texts = [" ".join(words) for words in itertools.permutations("abcde", 3)]
    held = sets([*texts, *[f"{text} {number}" for number, text in enumerate(texts * 3)]], 1, [])
    pairs = zip(*alike(held, held, 1.0), strict=True)
    assert set(range(len(held.counts))) <= {one for one, other in pairs if one == other}


@given(TEXTS.filter(bool), st.integers(1, 3))
def test_outlines_differ_in_no_more_bits_than_sets_in_shingles(texts: list[str], n: int) -> None:
    held = sets(texts, n, [])
    outlined = prefix_join.outlines(held)
    for (one, mine), (other, its) in itertools.combinations(zip(outlined, members(held), strict=True), 2):
        assert np.bitwise_count(one ^ other).sum() <= len(mine ^ its)


@given(TEXTS.filter(lambda texts: len(texts) % 2 == 0), st.integers(1, 3), st.integers(1, 5))
def test_sets_of_several_kinds_are_those_of_each_kind_alone(texts: list[str], n: int, other: int) -> None:
    sample = [unit_hashes([text.encode() for text in texts[kind::2]]) for kind in range(2)]
    tables = [prefix_join.popularity(of_kind, size) for of_kind, size in zip(sample, (n, other), strict=True)]
    units = unit_hashes([text.encode() for text in texts])
    found = prefix_join.ordered_sets(units, Runs(units.values), (n, other), np.concatenate(tables))
    for of_kind, size, table, one in zip(sample, (n, other), tables, found, strict=True):
        (alone,) = prefix_join.ordered_sets(of_kind, Runs(of_kind.values), (size,), table)
        assert (one.values.tolist(), one.starts.tolist()) == (alone.values.tolist(), alone.starts.tolist())
