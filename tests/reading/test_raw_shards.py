"""Files are found, told apart by content, and cut at line ends."""

import contextlib
import gzip
import os
import pickle
from pathlib import Path

import orjson
import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tuneset.errors import InputError
from tuneset.reading import raw_shards
from tuneset.reading.containers.base import Shard
from tuneset.reading.raw_shards import cut, numbered, plan
from tuneset.reading.read import read_records
from tuneset.reading.records import RawReject

ROWS = [{"messages": [{"role": "user", "content": text}]} for text in ("Zürich", "日本", "x\u2028y")]
LINES = b"".join(orjson.dumps(row) + b"\n" for row in ROWS)
TEXT = LINES.decode()
DAMAGED = "raw.jsonl: the compressed file is damaged or cut short\n  do: copy or download it again, or pack it anew"
BINARY = """raw.jsonl: is neither text nor Parquet
  allowed: JSON lines, JSON, CSV, TSV, Parquet, Arrow, Avro or XLSX, plain or in gzip, zstd, bzip2, xz, zip or tar
  do: unpack or export it first"""


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def values(planned: list[Shard]) -> list[dict[str, object]]:
    return [value for shard in planned for records in read_records(shard) for value in records.values]


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        values(plan([path]))
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "raw.jsonl: is empty\n  do: leave it out, or make it again"),
        (gzip.compress(b"", mtime=0), "raw.jsonl: is empty\n  do: leave it out, or make it again"),
        (b" \n\n\t\n", "raw.jsonl: holds nothing but white space\n  do: leave it out, or make it again"),
        (
            b"\x01\x02\x03\x00\x00\x00\rIHDR",
            BINARY,
        ),
        (
            gzip.compress(LINES, mtime=0)[:-9],
            DAMAGED,
        ),
        (
            zstandard.compress(LINES)[:-3],
            DAMAGED,
        ),
        (
            b"PAR1 and no more",
            "raw.jsonl: cannot be read as Parquet\n  do: the file is damaged or cut short; write it again",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal(write(Path("raw.jsonl"), data)) == message


def test_a_missing_file_an_empty_folder_and_a_pipe_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal(Path("gone.jsonl")) == "gone.jsonl: does not exist\n  do: check the path"
    write(tmp_path / "raw/.gitignore", b"*")
    expected = "raw: the folder holds no data\n  do: put raw files into it, or name another path"
    assert refusal(Path("raw")) == expected
    os.mkfifo("pipe")
    assert refusal(Path("pipe")) == "pipe: is not a regular file\n  allowed: files and folders"


def test_a_gzip_file_that_is_damaged_far_inside_is_an_input_error_too(tmp_path: Path) -> None:
    noise = b"".join(orjson.dumps({"a": os.urandom(3000).hex()}) + b"\n" for _ in range(1000))
    path = write(tmp_path / "raw", gzip.compress(noise, mtime=0)[:-1000])
    assert refusal(path).startswith(f"{path}: the compressed file is damaged")


@pytest.mark.parametrize(
    "data",
    [
        LINES,
        b"\xef\xbb\xbf" + LINES,
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        gzip.compress(LINES, mtime=0),
        gzip.compress(LINES[:50], mtime=0) + gzip.compress(LINES[50:], mtime=0),
        zstandard.compress(LINES),
        zstandard.compress(LINES[:50]) + zstandard.compress(LINES[50:]),
        gzip.compress(TEXT.encode("utf-16"), mtime=0),
        orjson.dumps(ROWS),
        orjson.dumps(ROWS, option=orjson.OPT_INDENT_2),
        b"\n".join(orjson.dumps(row, option=orjson.OPT_INDENT_2) for row in ROWS),
        b'\n{"data": ' + orjson.dumps(ROWS) + b', "version": 1}',
        LINES.replace(b"\n", b""),
        LINES.replace(b"\n", b"\r\n\n"),
        orjson.dumps(ROWS) + b"\n" + b"[]",
    ],
)
def test_the_content_decides_how_a_file_is_read(tmp_path: Path, data: bytes) -> None:
    assert values(plan([write(tmp_path / "misleading.csv", data)])) == ROWS


@pytest.mark.parametrize("packed", [bytes, gzip.compress, zstandard.compress])
def test_parquet_is_read_and_its_nulls_are_absent_keys(tmp_path: Path, packed: type[bytes]) -> None:
    rows = [
        {"messages": [{"role": "user", "content": "a", "name": None}], "id": 1, "score": float("nan")},
        {"messages": [{"role": "tool", "content": "b", "name": "n"}], "id": None, "score": 0.5},
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "plain")
    planned = plan([write(tmp_path / "raw.jsonl", packed((tmp_path / "plain").read_bytes()))])
    assert values(planned) == [
        {"messages": [{"role": "user", "content": "a"}], "id": 1},
        {"messages": [{"role": "tool", "content": "b", "name": "n"}], "score": 0.5},
    ]
    assert [line for records in read_records(planned[0]) for line in records.lines] == [1, 2]


def test_bytes_in_parquet_that_are_no_text_reject_their_row(tmp_path: Path) -> None:
    pl.DataFrame({"question": [b"ok", b"\xff"]}).write_parquet(tmp_path / "raw")
    (records,) = read_records(plan([tmp_path / "raw"])[0])
    assert records.values == [{"question": "ok"}]
    assert records.rejects == [RawReject(2, 0, "FIL002", "the row holds bytes that are not UTF-8")]


def test_folders_are_searched_and_what_is_no_data_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b/2.jsonl", "b/1.txt", "a.jsonl", "B.jsonl"):
        write(tmp_path / "raw" / name, LINES)
    for name in (".hidden", ".git/x", "a.jsonl~", "a.jsonl.dvc", ".tmp-1-a.jsonl", "a.part", "README", "b/notes.md"):
        write(tmp_path / "raw" / name, LINES)
    (tmp_path / "raw/b/ring").symlink_to(tmp_path / "raw")
    expected = ["raw/B.jsonl", "raw/a.jsonl", "raw/b/1.txt", "raw/b/2.jsonl"]
    assert [shard.source for shard in plan([Path("raw")])] == expected
    assert [shard.source for shard in plan([Path("raw/README")])] == ["raw/README"]


def test_the_order_of_the_paths_is_that_of_their_names_and_each_file_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    a, b = write(Path("raw/a"), LINES), write(Path("raw/b"), LINES)
    (tmp_path / "raw/c").symlink_to(tmp_path / "raw/a")
    planned = plan([a, b])
    assert [shard.source for shard in planned] == ["raw/a", "raw/b"]
    assert plan([b, Path("raw"), Path("./raw/../raw/a"), a.resolve()]) == planned


def test_a_file_outside_the_working_folder_is_named_by_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write(tmp_path / "raw.jsonl", LINES)
    assert plan([Path("../raw.jsonl")])[0].source == (tmp_path / "raw.jsonl").as_posix()


@given(
    lines=st.lists(st.sampled_from([b"", b'{"a": 1}', b'{"a": "' + b"x" * 30 + b'"}', b"{", b"\xff"]), max_size=12),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    size=st.integers(1, 60),
)
def test_shards_together_read_what_the_whole_file_reads(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], mark: bytes, size: int
) -> None:
    path = write(tmp_path_factory.getbasetemp() / "cut.jsonl", mark + b"\n".join([b'{"first": 1}', *lines]))
    (whole,) = numbered(cut([path], encoding="utf-8"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw_shards, "SHARD_BYTES", size)
        parts = list(numbered(cut([path], encoding="utf-8")))
    assert pickle.loads(pickle.dumps(parts)) == parts
    met = [records for shard in parts for records in read_records(shard)]
    (expected,) = read_records(whole)
    assert [line for records in met for line in records.lines] == expected.lines
    assert [value for records in met for value in records.values] == expected.values
    assert [reject for records in met for reject in records.rejects] == expected.rejects


@given(data=st.binary(max_size=80))
def test_whatever_the_bytes_nothing_but_an_input_error_is_raised(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = write(tmp_path_factory.getbasetemp() / "any", data)
    batches = []
    with contextlib.suppress(InputError):
        batches += [records for shard in plan([path]) for records in read_records(shard)]
    for records in batches:
        assert len(records.lines) == len(records.items) == len(records.values)
        places = [(reject.line, reject.item) for reject in records.rejects]
        places += zip(records.lines, records.items, strict=True)
        assert len(set(places)) == records.rows
