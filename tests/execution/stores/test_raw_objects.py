"""Raw data in a store gives the same rows as the same files here, and ledgers and errors name the objects."""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Iterator
from pathlib import Path

import orjson
import polars as pl
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from tests.execution.conftest import Row, row_line, write_rows
from tuneset.errors import InputError, UsageError
from tuneset.execution import fused_run, storage
from tuneset.execution.executor import open_executor
from tuneset.execution.progress import no_progress
from tuneset.execution.stores import local_copies, raw_objects
from tuneset.execution.stores.location import Location, RemotePath, location
from tuneset.params import Params, parse_params
from tuneset.reading.left_out import data_files

PARAMS = parse_params({"workers": 1}, "params")


@pytest.fixture
def store() -> Iterator[RemotePath]:
    found = RemotePath(f"memory://{secrets.token_hex(8)}")
    yield found
    storage.remove_folder(found)


def put(store: RemotePath, folder: Path) -> RemotePath:
    for path in folder.rglob("*"):
        if path.is_file():
            local_copies.store(path, store / "raw" / path.relative_to(folder).as_posix())
    return store / "raw"


def prepared(raw: Location, out: Location) -> dict[str, bytes]:
    raws, at = location(str(raw)), location(str(out))
    with local_copies.to_write(at) as reports:
        fused_run.prepare([raws], at, PARAMS, no_progress, reports=reports)
    return {path.name: path.read_bytes() for path in at.iterdir() if path.is_file()}


def cut(raw: RemotePath, params: Params = PARAMS) -> list[raw_objects.ObjectShard]:
    with open_executor(1, no_progress, name="serial") as serial:
        return raw_objects.cut([raw], params, serial)


@pytest.mark.slow
def test_a_run_on_objects_leaves_the_same_dataset(
    tmp_path: Path, store: RemotePath, with_copies: list[Row], small_shards: None
) -> None:
    raw = tmp_path / "raw"
    (raw / "deeper").mkdir(parents=True)
    write_rows(raw / "a.jsonl", with_copies[:300])
    packed = gzip.compress(b"".join(map(row_line, with_copies[250:350])), mtime=0)
    (raw / "deeper" / "b.jsonl.gz").write_bytes(packed)
    for name in (".hidden", "README.md", "deeper/c.tmp"):
        (raw / name).write_bytes(b"no data")
    here = prepared(raw, tmp_path / "out")
    there = prepared(put(store, raw), store / "out")
    assert there.keys() == here.keys()
    for name in ("train.jsonl", "validation.jsonl"):
        assert there[name] == here[name]
    one, other = (pl.read_parquet(files["ledger.parquet"]) for files in (here, there))
    places = ("line", "outcome", "stage", "code", "detail", "item")
    assert one.select(places).equals(other.select(places))
    told = [name.removeprefix(f"{raw}/") for name in one["source"]]
    assert other["source"].to_list() == [f"{store}/raw/{name}" for name in told]
    assert prepared(store / "raw", tmp_path / "local") == there


def test_files_that_are_read_with_others_are_in_a_store_too(tmp_path: Path, store: RemotePath) -> None:
    asked = [{"custom_id": f"a{n}", "body": {"messages": [{"role": "user", "content": f"Ask {n}?"}]}} for n in range(9)]
    told = [
        {
            "custom_id": f"a{n}",
            "response": {"body": {"choices": [{"message": {"role": "assistant", "content": str(n)}}]}},
        }
        for n in range(9)
    ]
    for name, lines in (("in.jsonl", asked), ("out.jsonl", told)):
        (store / "raw" / name).write(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    (store / "raw" / "more.jsonl").write(row_line(("What else?", "Nothing.")))
    shards = {task.shard.source: task for task in cut(store / "raw")}
    assert [partner.source for partner in shards[f"{store}/raw/in.jsonl"].shard.partners] == [f"{store}/raw/out.jsonl"]
    assert len(shards[f"{store}/raw/in.jsonl"].objects) == 2
    assert len(shards[f"{store}/raw/more.jsonl"].objects) == 1
    with raw_objects.fetched(shards[f"{store}/raw/out.jsonl"]) as shard:
        assert all(path.is_file() for path in (shard.path, *(partner.path for partner in shard.partners)))


def test_errors_name_objects(store: RemotePath) -> None:
    with pytest.raises(InputError, match=r"^memory://\w+/raw: holds no data"):
        cut(store / "raw")
    (store / "raw" / "a.bin").write(b"\x89PNG\r\n\x1a\n\x00\x00")
    with pytest.raises(InputError, match=rf"^{store}/raw/a.bin: "):
        cut(store / "raw")
    (store / "raw" / "b.jsonl.gz").write(gzip.compress(b"{}" * 4000, mtime=0)[:30])
    with pytest.raises(InputError) as caught:
        cut(store / "raw")
    assert f"{store}/raw/b.jsonl.gz: " in str(caught.value)
    assert "tuneset-" not in str(caught.value)


def test_an_object_that_is_written_anew_meanwhile_is_told(store: RemotePath) -> None:
    file = store / "raw" / "a.jsonl"
    file.write(row_line(("Why?", "So.")))
    (task,) = cut(store / "raw")
    file.write(row_line(("Why not?", "So.")))
    with pytest.raises(InputError, match="has changed while it was read"), raw_objects.fetched(task):
        pass


@pytest.mark.parametrize("name", ["../../etc/a.jsonl", "b//c.jsonl", "./d.jsonl"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="is no name that a file can have"):
        raw_objects.checked(f"s3://bucket/raw/{name}")


def test_a_dataset_does_not_go_into_its_raw_data(store: RemotePath, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lies in the raw data"):
        fused_run.prepare([store], store / "out", PARAMS, no_progress, reports=tmp_path)


def test_of_a_folder_the_same_is_left_out_as_here(store: RemotePath, tmp_path: Path) -> None:
    names = ("readme/a.jsonl", "b.md/c.jsonl", "_SUCCESS", "README", ".d/e.jsonl", "f/.g.jsonl", "part-0.jsonl")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"{}")
    here = [path.relative_to(tmp_path).as_posix() for path in data_files(tmp_path) if isinstance(path, Path)]
    there = [one.url.removeprefix(f"{store}/raw/") for one in raw_objects.objects([put(store, tmp_path)])]
    assert there == sorted(here) == ["b.md/c.jsonl", "part-0.jsonl", "readme/a.jsonl"]


def test_an_empty_object_that_shows_a_folder_is_no_file(store: RemotePath, monkeypatch: pytest.MonkeyPatch) -> None:
    (store / "raw" / "a.jsonl").write(b"{}")
    listed = MemoryFileSystem.find

    def with_markers(files: MemoryFileSystem, path: str, **more: bool) -> dict[str, object]:
        found: dict[str, object] = listed(files, path, **more)
        markers = {f"{path}/{name}": {"type": "file", "size": 0} for name in ("", "deeper/")}
        return found | markers

    monkeypatch.setattr(MemoryFileSystem, "find", with_markers)
    assert [one.url for one in raw_objects.objects([store / "raw"])] == [f"{store}/raw/a.jsonl"]
