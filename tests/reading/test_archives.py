"""Packed files and archives: each member is a file of its own, and what cannot be read is told by its name."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuneset.errors import InputError
from tuneset.reading.raw_shards import cut, numbered
from tuneset.reading.read import read_records

ROWS = b'{"question": "?", "answer": "one"}\n{"question": "?", "answer": "two"}\n'
TABLE = b"question,answer\n?,three\n"
MEMBERS = {"in/b.csv": TABLE, "a.jsonl": ROWS, "README.txt": b"About", "__MACOSX/._a.jsonl": b"\0\5", ".x": b"y"}


def zipped(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return held.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {"bzip2": bz2.compress, "xz": lzma.compress, "gzip": gzip.compress}
ARCHIVES: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": zipped,
    "tar": tarred,
    "tar.gz": lambda files: gzip.compress(tarred(files)),
    "tar.bz2": lambda files: bz2.compress(tarred(files)),
    "tar.xz": lambda files: lzma.compress(tarred(files)),
}


def read(path: Path) -> dict[str, list[Any]]:
    """The answers, by source."""
    found: dict[str, list[Any]] = {}
    for shard in numbered(cut([path])):
        for records in read_records(shard):
            found.setdefault(Path(shard.source).relative_to(path.parent).as_posix(), []).extend(
                value["answer"] for value in records.values
            )
    return found


@pytest.mark.parametrize("packing", PACKED)
def test_a_packed_file_is_read_whatever_its_name(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "rows"
    path.write_bytes(PACKED[packing](ROWS))
    assert read(path) == {"rows": ["one", "two"]}


@pytest.mark.parametrize("packing", PACKED)
def test_a_packed_file_that_is_cut_short_is_damaged(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "rows"
    path.write_bytes(PACKED[packing](ROWS * 999)[:-9])
    with pytest.raises(InputError, match="rows: the compressed file is damaged or cut short"):
        read(path)


def test_a_text_that_begins_like_a_packed_file_is_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"BZh,question,answer\n1,?,one\n")
    assert read(path) == {"rows.csv": ["one"]}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_each_data_file_of_an_archive_is_a_source(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "all"
    path.write_bytes(ARCHIVES[kind](MEMBERS))
    assert read(path) == {"all/a.jsonl": ["one", "two"], "all/in/b.csv": ["three"]}


def test_a_member_may_be_packed_itself(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(zipped({"a.jsonl.gz": gzip.compress(ROWS)}))
    assert read(path) == {"all.zip/a.jsonl.gz": ["one", "two"]}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_without_data_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "all"
    path.write_bytes(ARCHIVES[kind]({"README.md": b"About"}))
    with pytest.raises(InputError, match="the archive holds no data"):
        read(path)


def test_members_that_cannot_be_read_are_named_at_once_or_left_out(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(zipped({"a.jsonl": ROWS, "b.dat": b"\x89PNG\r\n\x1a\n\0\0", "c.csv": b""}))
    with pytest.raises(InputError) as caught:
        cut([path])
    assert "all.zip/b.dat: is a picture, which is not read" in caught.value.message
    assert "all.zip/c.csv: is empty" in caught.value.message
    shards = list(numbered(cut([path], unreadable="skip")))
    rejects = [reject for shard in shards for records in read_records(shard) for reject in records.rejects]
    assert [reject.code for reject in rejects] == ["FIL001", "FIL001"]
    assert [shard.source.rpartition("/")[2] for shard in shards] == ["a.jsonl", "b.dat", "c.csv"]


def test_a_member_with_a_password_is_told(tmp_path: Path) -> None:
    data = zipped({"a.jsonl": ROWS})
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flags of the entry, and of the directory
        place = data.index(magic) + at
        data = data[:place] + bytes([data[place] | 1]) + data[place + 1 :]
    path = tmp_path / "raw.zip"
    path.write_bytes(data)
    with pytest.raises(InputError, match="the archive is encrypted") as caught:
        read(path)
    assert caught.value.hint == "unpack it first"
