"""The folders of shards: whole or absent, and what is said of those that are neither."""

from __future__ import annotations

import errno
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.errors import InputError
from tuneset.execution import shard_store
from tuneset.model import Tables, no_rejects

FRAMES = {"examples": Tables.empty().examples, "messages": Tables.empty().messages, "rejects": no_rejects()}


def write(folder: Path, name: str, made_from: str) -> shard_store.Done:
    files = shard_store.write_shard(folder, name, FRAMES, brief=False)
    done = shard_store.Done({name: made_from}, {"clean": {"rows_in": 1}})
    return shard_store.finish(folder, name, made_from, done, files)


def test_a_shard_without_its_marker_is_not_finished(tmp_path: Path):
    shard_store.write_shard(tmp_path, "a", FRAMES, brief=False)
    assert shard_store.finished(tmp_path, "a", "1") is None


def test_a_shard_made_from_something_else_is_not_finished(tmp_path: Path):
    write(tmp_path, "a", "1")
    assert shard_store.finished(tmp_path, "a", "2") is None
    assert (
        shard_store.finished(tmp_path, "a", "1") is None
    )  # its files are about to be written over: the marker is gone


@pytest.mark.parametrize("data", [None, b"short"])
def test_a_shard_with_a_lost_or_shorter_file_is_not_finished(tmp_path: Path, data: bytes | None):
    write(tmp_path, "a", "1")
    (tmp_path / "a.messages").unlink()
    if data is not None:
        (tmp_path / "a.messages").write_bytes(data)
    assert shard_store.finished(tmp_path, "a", "1") is None


def test_a_finished_shard_is_taken_as_it_is(tmp_path: Path):
    done = write(tmp_path, "a", "1")
    assert shard_store.finished(tmp_path, "a", "1") == done


def test_a_folder_counts_only_with_its_index(tmp_path: Path):
    folder = tmp_path / "clean"
    shard_store.begin(folder)
    done = write(folder, "a", "1")
    with pytest.raises(InputError) as caught:
        shard_store.shards(folder)
    assert str(caught.value) == f"{folder}: no rows here yet\n  do: run `tuneset clean` first, or `dvc repro`"
    shard_store.complete(folder, (), [done])
    assert shard_store.shards(folder) == {"a": "1"}
    shard_store.begin(folder)
    with pytest.raises(InputError):
        shard_store.shards(folder)


def test_completing_removes_shards_that_are_no_longer_there(tmp_path: Path):
    shard_store.begin(tmp_path)
    old, new = write(tmp_path, "old", "1"), write(tmp_path, "new", "1")
    shard_store.complete(tmp_path, (), [old, new])
    shard_store.begin(tmp_path)
    shard_store.complete(tmp_path, (), [new], {"ingest": {"rows_in": 3}})
    assert {path.stem for path in tmp_path.iterdir()} == {"new", "index"}
    assert shard_store.read_stats(tmp_path) == {"ingest": {"rows_in": 3}, "clean": {"rows_in": 1}}


@pytest.mark.parametrize(
    "fault",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        pl.exceptions.ComputeError("parquet: underlying IO error: Auf dem Gerät ist kein Platz (os error 28)"),
    ],
    ids=["from the system", "from polars"],
)
def test_a_full_disk_is_one_clear_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception):
    def full(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(pl.DataFrame, "write_ipc", full)
    with pytest.raises(InputError) as caught:
        shard_store.write_frame(tmp_path / "a.examples", pl.DataFrame())
    assert str(caught.value) == (
        f"{tmp_path}/a.examples: the disk is full\n  do: free some space and run the same command again"
    )


def test_a_damaged_shard_names_the_file_and_the_remedy(tmp_path: Path):
    (tmp_path / "x.examples").write_bytes(b"not arrow")
    with pytest.raises(InputError) as caught:
        shard_store.read_frame(tmp_path / "x.examples")
    assert str(caught.value) == f"{tmp_path}/x.examples: is damaged\n  do: run the stage before it again"
    with pytest.raises(InputError, match=r"y\.examples: is missing"):
        shard_store.read_frame(tmp_path / "y.examples")


def test_a_frame_comes_back_as_it_was_written(tmp_path: Path):
    frame = pl.DataFrame({"a": [1, None], "b": ["x", "ü"]})
    shard_store.write_frame(tmp_path / "f", frame)
    assert shard_store.read_frame(tmp_path / "f").equals(frame)
    assert shard_store.read_frame(tmp_path / "f", ["b"]).columns == ["b"]


COUNTS = st.dictionaries(st.sampled_from(["rows_in", "dropped"]), st.integers(0, 9), max_size=2)
STATS = st.dictionaries(st.sampled_from(["clean", "dedup"]), COUNTS, max_size=2)


@given(st.lists(STATS, max_size=4))
def test_adding_counts_loses_none(parts: list[shard_store.Stats]):
    total = shard_store.add_stats(parts)
    summed = sum(count for counts in total.values() for count in counts.values())
    assert summed == sum(count for part in parts for counts in part.values() for count in counts.values())
