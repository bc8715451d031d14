"""The folders of shards: whole or absent, and what is said of those that are neither."""

from __future__ import annotations

import errno
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.flow import store
from pipeline.model import Tables, no_rejects


def test_a_failed_build_leaves_the_old_folder_and_no_temporary(tmp_path: Path):
    with store.building(tmp_path / "clean") as folder:
        store.write_stats(folder, {"clean": {"rows_in": 1}})
    with pytest.raises(ZeroDivisionError), store.building(tmp_path / "clean") as folder:
        store.write_stats(folder, {"clean": {"rows_in": 2 // 0}})
    assert store.read_stats(tmp_path / "clean") == {"clean": {"rows_in": 1}}
    assert [path.name for path in tmp_path.iterdir()] == ["clean"]


def test_what_a_killed_build_left_is_not_taken_for_rows(tmp_path: Path):
    (tmp_path / ".tmp-clean").mkdir()
    store.write_shard(tmp_path / ".tmp-clean", "00000-00000", Tables.empty(), no_rejects())
    with pytest.raises(InputError) as caught:
        store.shard_names(tmp_path / "clean")
    assert str(caught.value) == (f"{tmp_path}/clean: no rows here yet\n  do: run `tuneset clean` first, or `dvc repro`")
    with store.building(tmp_path / "clean") as folder:
        assert list(folder.iterdir()) == []


def test_a_full_disk_is_one_clear_message(tmp_path: Path):
    with pytest.raises(InputError) as caught, store.building(tmp_path / "clean"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(caught.value) == (
        f"{tmp_path}/clean: the disk is full\n  do: free some space and run the same command again"
    )


def test_a_damaged_shard_names_the_file_and_the_remedy(tmp_path: Path):
    (tmp_path / "x.examples").write_bytes(b"not arrow")
    with pytest.raises(InputError) as caught:
        store.read_frame(tmp_path / "x.examples")
    assert str(caught.value) == f"{tmp_path}/x.examples: is damaged\n  do: run the stage before it again"
    with pytest.raises(InputError, match=r"y\.examples: is missing"):
        store.read_frame(tmp_path / "y.examples")


def test_a_frame_comes_back_as_it_was_written(tmp_path: Path):
    frame = pl.DataFrame({"a": [1, None], "b": ["x", "ü"]})
    store.write_frame(tmp_path / "f", frame)
    assert store.read_frame(tmp_path / "f").equals(frame)
    assert store.read_frame(tmp_path / "f", ["b"]).columns == ["b"]


COUNTS = st.dictionaries(st.sampled_from(["rows_in", "dropped"]), st.integers(0, 9), max_size=2)
STATS = st.dictionaries(st.sampled_from(["clean", "dedup"]), COUNTS, max_size=2)


@given(st.lists(STATS, max_size=4))
def test_adding_counts_loses_none(parts: list[store.Stats]):
    total = store.add_stats(parts)
    summed = sum(count for counts in total.values() for count in counts.values())
    assert summed == sum(count for part in parts for counts in part.values() for count in counts.values())
