"""What is found in the tables of all blocks is what each block by itself has, whatever the parts and the filter."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.execution.gate import number_tables
from tuneset.execution.gate.number_tables import NumberTables

EDGE = (1 << 64) - 1
NUMBER = st.one_of(st.integers(0, 5), st.integers(0, 15).map(lambda one: one << 60), st.integers(EDGE - 3, EDGE))
BLOCKS = st.lists(st.sets(NUMBER, max_size=12), min_size=1, max_size=5)
PARTS, BITS = st.sampled_from([1, 2, 8]), st.sampled_from([0, 3, 9, 16])  # of the filter: none to speak of, or enough


def written(folder: Path, blocks: list[set[int]], parts: int, bits: int) -> NumberTables:
    """Tables of blocks that have the same numbers under several names; the owner of a number is its place."""
    own = []
    for numbers in blocks:
        ascending = np.array(sorted(numbers), np.uint64)
        named = number_tables.numbers_of("keys", ascending) | number_tables.numbers_of("words_13", ascending)
        own.append(named | number_tables.numbers_of("prompt", ascending, np.arange(len(ascending))))
    cut = [list(number_tables.cut(one, parts)) for one in own]
    for part in range(parts):
        number_tables.write_part([one[part] for one in cut], folder, part, parts=parts, bits=bits)
    number_tables.write_filters(folder, parts)
    number_tables.opened.cache_clear()
    return number_tables.opened(folder, parts)


@settings(max_examples=drawn(40))
@given(BLOCKS, st.lists(NUMBER, max_size=20), PARTS, BITS)
def test_what_is_found_is_what_comparing_with_each_block_finds(
    blocks: list[set[int]], values: list[int], parts: int, bits: int
) -> None:
    asked, every = np.array(values, np.uint64), set().union(*blocks)
    with tempfile.TemporaryDirectory() as folder:
        tables = written(Path(folder), blocks, parts, bits)
        held = tables.held("keys", asked).tolist()
        places, owners = tables.owners("prompt", asked)
        found = [
            (place, block, own)
            for block, which, owned in number_tables.by_block(owners)
            for place, own in zip(places[which].tolist(), owned.tolist(), strict=True)
        ]
        at = {
            (values[place], part, entry)
            for part, here, entries in tables.by_part("words_13", asked)
            for place, entry in zip(here.tolist(), entries.tolist(), strict=True)
        }
        of_blocks = [
            [
                (part, int(entry))
                for part in range(parts)
                for entry in tables.places_of("words_13", part, block).tolist()
            ]
            for block in range(len(blocks))
        ]
    assert held == [place for place, value in enumerate(values) if value in every]
    assert sorted(found) == sorted(
        (place, block, sorted(numbers).index(value))
        for place, value in enumerate(values)
        for block, numbers in enumerate(blocks)
        if value in numbers
    )
    assert {value for value, _, _ in at} == every & set(values)
    for numbers, stand in zip(blocks, of_blocks, strict=True):
        assert len(stand) == len(numbers)
        expected = {(value, *place) for value, place in zip(sorted(numbers), stand, strict=True) if value in values}
        assert {one for one in at if one[0] in numbers} == expected


def test_most_strange_numbers_do_not_pass_a_filter_and_all_do_once_it_is_full(tmp_path: Path) -> None:
    numbers = set(np.random.default_rng(1).integers(0, EDGE, 1000, np.uint64).tolist())
    values = np.random.default_rng(2).integers(0, EDGE, 1000, np.uint64)
    passing = []
    for bits in (18, 4):
        folder = tmp_path / str(bits)
        folder.mkdir()
        passing.append(len(written(folder, [numbers], 2, bits).passing("words_13", values)))
    assert passing[0] < 20
    assert passing[1] == 1000


@pytest.mark.parametrize("name", number_tables.KINDS)
def test_a_filter_has_a_bound(name: str) -> None:
    assert number_tables.filter_bits(1 << 50) - number_tables.KINDS[name].fewer <= number_tables.MOST_FILTER_BITS
