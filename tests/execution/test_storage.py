"""Storage: what is written is read back, whole or not at all, wherever it lies; a run leaves the same bytes there."""

from __future__ import annotations

import hashlib
import io
import random
import secrets
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.execution.conftest import Row, write_rows
from tuneset import stage_table
from tuneset.execution import stage_runner, storage
from tuneset.execution.accounts import report_run
from tuneset.execution.executor import open_executor
from tuneset.execution.layout import Layout
from tuneset.execution.progress import no_progress
from tuneset.execution.stores.location import Location, RemotePath, location
from tuneset.params import Params


@pytest.fixture(params=["local", "remote"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    found: Location = tmp_path if request.param == "local" else location(f"memory://{secrets.token_hex(8)}")
    storage.make_folder(found)
    yield found
    storage.remove_folder(found)


def test_what_is_not_there_is_told_as_that(folder: Location) -> None:
    file = folder / "nothing"
    assert (storage.size(file), file.is_file()) == (None, False)
    file.unlink(missing_ok=True)
    for missing in (file.read_bytes, file.unlink):
        with pytest.raises(FileNotFoundError):
            missing()
    assert list(folder.iterdir()) == []


def test_what_is_written_is_read_back_and_can_be_removed(folder: Location) -> None:
    file = folder / "a.numbers"
    storage.write(file, np.arange(5, dtype=np.uint32).data.cast("B"))
    storage.write_whole(folder / "b.json", b'{"a": 1}')
    storage.copy(folder / "b.json", folder / "c.json")
    assert (file.name, file.stem, file.suffix, storage.size(file)) == ("a.numbers", "a", ".numbers", 20)
    assert storage.read_numbers(file, np.uint32).tolist() == [0, 1, 2, 3, 4]
    assert storage.read_numbers(file, np.uint32, 2, 4).tolist() == [1, 2]
    assert storage.read_json(folder / "c.json") == {"a": 1}
    assert {path.name for path in folder.iterdir()} == {"a.numbers", "b.json", "c.json"}
    file.with_name("c.json").unlink()
    assert {path.name for path in folder.iterdir()} == {"a.numbers", "b.json"}
    storage.remove_folder(folder)
    assert not file.is_file()


def test_polars_reads_a_local_file_in_place(tmp_path: Path) -> None:
    assert storage.readable(tmp_path / "a") == tmp_path / "a"
    remote = location("memory://readable/a")
    pl.DataFrame({"a": [1]}).write_ipc(buffer := io.BytesIO())
    storage.write(remote, buffer.getbuffer())
    assert pl.read_ipc(storage.readable(remote)).rows() == [(1,)]


@given(st.lists(st.binary(max_size=9), max_size=6), st.randoms(use_true_random=False), st.booleans())
def test_parts_in_any_order_make_the_file(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], chance: random.Random, remote: bool
) -> None:
    folder: Location = location("memory://parts") if remote else tmp_path_factory.mktemp("parts")
    starts = np.cumsum([0, *map(len, parts)]).tolist()
    with storage.joined(folder / "file", starts) as file:
        for number in chance.sample(range(len(parts)), len(parts)):
            storage.write_part(file, starts[number], parts[number])
        read = [b"".join(map(bytes, storage.read_part(file, *starts[n : n + 2]))) for n in range(len(parts))]
        assert not (folder / "file").is_file()
        if isinstance(folder, RemotePath):
            digest = storage.assemble((folder / "file", file, starts))
            assert digest == hashlib.sha256(b"".join(parts)).hexdigest()
    assert read == parts
    assert (folder / "file").read_bytes() == b"".join(parts)
    assert [path.name for path in folder.iterdir()] == ["file"]
    storage.remove_folder(folder)


def test_a_file_whose_parts_are_not_all_written_is_as_it_was(folder: Location) -> None:
    storage.write(folder / "file", b"before")

    def interrupted(file: Location) -> None:
        storage.write_part(file, 0, b"after")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), storage.joined(folder / "file", [0, 5]) as file:
        interrupted(file)
    assert (folder / "file").read_bytes() == b"before"
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_part_that_is_too_short_is_no_part(folder: Location) -> None:
    def too_short(file: Location) -> None:
        storage.write_part(file, 0, b"short")
        list(storage.read_part(file, 0, 6))

    with pytest.raises(AssertionError), storage.joined(folder / "file", [0, 5]) as file:
        too_short(file)


def stages(raw: Path, layout: Layout, reports: Path, looked_at: Path) -> None:
    """Every stage up to the report by itself; what the report looks at are local files."""
    params = Params()
    with open_executor(None, no_progress, name="serial") as serial:
        stage_runner.run_ingest([raw], layout.work("ingest"), params, serial)
        for row in stage_table.dataset_stages()[1:]:
            stage_runner.run_alone(row.name, layout, params, serial)
        folders = {stage: layout.work(stage) for stage in ("clean", "review", "dedup", "split")}
        report_run.have_report(folders, looked_at, reports, params, serial)


def bytes_of(folder: Location) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.slow
def test_stages_leave_the_same_bytes_wherever_scratch_and_dataset_lie(
    tmp_path: Path, with_copies: list[Row], small_shards: None
) -> None:
    raw = write_rows(tmp_path / "raw.jsonl", with_copies[:250])
    remote = RemotePath("memory://whole")
    stages(raw, Layout(tmp_path), tmp_path / "reports", tmp_path / "dataset")
    stages(raw, Layout(remote), tmp_path / "others", tmp_path / "dataset")
    assert bytes_of(remote / "dataset") == bytes_of(tmp_path / "dataset")
    assert bytes_of(tmp_path / "others") == bytes_of(tmp_path / "reports")
    for stage in stage_table.dataset_stages():
        local = bytes_of(tmp_path / "work" / stage.name)
        assert len(local) > 5
        assert bytes_of(remote / "work" / stage.name) == local
    stages(raw, Layout(remote), tmp_path / "others", tmp_path / "dataset")  # finds what is there
    assert bytes_of(tmp_path / "others") == bytes_of(tmp_path / "reports")
    storage.remove_folder(remote)
