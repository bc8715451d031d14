"""Components by ranges of rows: any number of ranges, and any number of files of links, connects what a union does."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.execution import exchange
from tuneset.execution.duplicates import connected_rows
from tuneset.execution.exchange import Written
from tuneset.execution.executor import open_executor
from tuneset.execution.progress import no_progress
from tuneset.similarity import stars
from tuneset.similarity.clusters import connect

ROWS = 20
PAIR = st.tuples(st.integers(0, ROWS - 1), st.integers(0, ROWS - 1)).filter(lambda pair: pair[0] != pair[1])


@settings(max_examples=drawn(25))
@given(st.lists(st.lists(PAIR, max_size=12), min_size=1, max_size=3), st.integers(1, 7))
def test_any_number_of_ranges_connects_the_same_rows(files: list[list[tuple[int, int]]], count: int):
    among = connected_rows.ranges(ROWS, count)
    pairs = [pair for file in files for pair in file]
    left, right = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    wanted = connect(np.arange(ROWS), left, right)
    with tempfile.TemporaryDirectory() as temporary, open_executor(1, no_progress, name="serial") as serial:
        folder = Path(temporary)
        paths = [folder / f"{number}.given" for number in range(len(files))]
        counts = []
        for path, given_pairs in zip(paths, files, strict=True):
            at, other = (np.array([pair[side] for pair in given_pairs], np.int64) for side in (0, 1))
            counts.append(connected_rows.write_links(path, stars.links(at, other), among))
        made = connected_rows.connect(
            Written(paths, np.array(counts)), folder, among, serial, name="test", label="connect"
        )
        found: dict[int, int] = {}
        for place in range(among.number):
            rows, lowest = stars.ends(stars.labels(exchange.read(made.of_part(place), np.uint64)))
            assert (among.of(rows) == place).all()
            found.update(zip(rows.tolist(), lowest.tolist(), strict=True))
        made.remove()
        assert list(folder.iterdir()) == []
    assert found == {row: int(wanted[row]) for row in {row for pair in pairs for row in pair}}
