"""Near duplicates compared by parts: the rows of whole components, by themselves, give what all rows at once give."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.execution import exchange, storage
from tuneset.execution.duplicates import band_parts, near_parts, row_blocks
from tuneset.execution.duplicates.band_files import Bands
from tuneset.execution.executor import open_executor
from tuneset.execution.progress import no_progress
from tuneset.similarity import minhash, near_duplicates, stars
from tuneset.similarity.clusters import connect
from tuneset.similarity.minhash import Likeness
from tuneset.similarity.ragged import Ragged
from tuneset.similarity.set_store import SetStore, write_sets

LIKENESS = Likeness(threshold=0.5, n=2, permutations=8)
BANDS = LIKENESS.bands[0]
SET = st.frozensets(st.integers(0, 5), min_size=1)
ROW = st.tuples(st.lists(st.integers(1, 4), min_size=BANDS, max_size=BANDS), SET)
"""Few keys and few shingles, so that rows share bands in chains, and are alike in shorter ones."""


def sets_of(rows: list[frozenset[int]], path: Path) -> SetStore:
    values = np.array([value for row in rows for value in sorted(row)], np.uint64)
    starts = np.cumsum([0, *map(len, rows)])
    return write_sets([path], [[Ragged(values, starts)]])[0]


@settings(max_examples=drawn(40))
@given(
    st.lists(ROW, max_size=14),
    st.randoms(use_true_random=False),
    st.sampled_from([1, 3]),
    st.integers(1, 3),
    st.integers(1, 4),
)
def test_components_by_themselves_give_the_groups_of_all(
    rows: list[tuple[list[int], frozenset[int]]], chance: object, ranges: int, of_keys: int, cut: int
):
    numbers = np.array([key for key, _ in rows], np.uint64).reshape(-1, BANDS).T
    # Two numbers have the same first half, so that what is left decides; first halves are far apart.
    keys = (numbers >> np.uint64(1)) * np.uint64(0x6000000000) + (numbers & np.uint64(1)) * np.uint64(5)
    keys += (np.arange(BANDS, dtype=np.uint64) * np.uint64(7) + np.uint64(1))[:, None]
    rank = np.array(sorted(range(len(rows)), key=lambda _: chance.random()), np.int64)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as temporary, open_executor(1, no_progress, name="serial") as serial:
        folder = Path(temporary)
        shared = near_duplicates.candidates(keys.__getitem__, LIKENESS)
        chosen = [one for (_, one), wanted in zip(rows, shared, strict=True) if wanted]
        whole = near_duplicates.find(
            keys.__getitem__, shared, [sets_of(chosen, folder / "all")], LIKENESS, pl.Series(rank)
        )
        heights = [min(cut, len(rows)), max(len(rows) - cut, 0)]
        for name, start, height in zip("ab", (0, heights[0]), heights, strict=True):
            storage.write(folder / f"{name}.bands", minhash.packed(keys[:, start : start + height]).tobytes())
        bands, blocks = Bands(folder, ["a", "b"], heights), row_blocks.blocks("ab", heights, cut)
        assert [bands.read(band, np.ones(len(rows), np.bool_)).tolist() for band in range(BANDS)] == keys.tolist()
        everyone = [folder / f"{block}.open" for block in range(blocks.number)]
        for file, count in zip(everyone, np.diff(blocks.firsts).tolist(), strict=True):
            row_blocks.write_bits(file, np.ones(count, np.bool_))
        by_parts = band_parts.candidates(bands, everyone, blocks, LIKENESS, folder, serial, 0, of_keys)
        records = [exchange.read(by_parts.keys.of_part(part), band_parts.RECORD) for part in range(by_parts.parts)]
        assert set(np.concatenate(records)["row"].tolist()) == set(np.flatnonzero(shared).tolist())
        assert by_parts.total == shared.sum()
        # Each key that rows of enough bands share stands in one part.
        assert sum(len(np.unique(band_parts.whole_keys(one))) for one in records) == sum(
            len(np.unique(band[shared & (np.bincount(places)[places] > 1)]))
            for band in keys
            for places in [np.unique(band, return_inverse=True)[1]]
            if len(rows)
        )
        linked = near_parts.link(by_parts, blocks, folder, serial, ranges)
        labels = np.concatenate([exchange.read(linked.of_part(block), np.uint64) for block in range(blocks.number)])
        linked.remove()
        members, names = (ends.astype(np.int64) for ends in stars.ends(labels))
        groups = [pl.DataFrame(schema=near_duplicates.GROUPS_SCHEMA)]
        for name in np.unique(names):
            own = members[names == name]
            sets = sets_of([rows[row][1] for row in own.tolist()], folder / "some")
            found = near_duplicates.find(
                keys[:, own].__getitem__, np.ones(len(own), np.bool_), [sets], LIKENESS, pl.Series(rank[own])
            )
            places = pl.Series(own)
            groups.append(
                found.with_columns(
                    places.gather(found[name]).cast(pl.UInt32).alias(name) for name in ("row", "kept", "group")
                )
            )
    # Connected is what shares a band.
    wanted = np.arange(len(rows))
    for band in range(BANDS):
        for row in np.flatnonzero(shared).tolist():
            same = np.flatnonzero(shared & (keys[band] == keys[band][row]))
            wanted = connect(wanted, np.full(len(same), row), same)
    lone = np.bincount(wanted, minlength=len(rows))[wanted] < 2
    assert sorted(zip(members.tolist(), names.tolist(), strict=True)) == [
        (row, int(wanted[row])) for row in range(len(rows)) if not lone[row]
    ]
    assert pl.concat(groups).sort("row").equals(whole)
