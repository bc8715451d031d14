"""A range of a file reads, rewinds and measures as a file of its own would, and counts each byte once."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.errors import InputError, RemoteError
from tuneset.providers.files.local_file import Counter, check_unchanged, hash_file, open_range


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent: cannot be read: No such file or directory"):
        hash_file(tmp_path / "absent")


def test_a_file_that_changed_since_it_was_measured_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"one")
    hashes = hash_file(path)
    check_unchanged(path, hashes)
    path.write_bytes(b"two")
    with pytest.raises(RemoteError) as caught:
        check_unchanged(path, hashes)
    assert (caught.value.code, caught.value.message) == (
        "file_changed", f"{path}: changed while it was being uploaded",
    )  # fmt: skip


def test_hashes_and_size_are_those_of_the_content(tmp_path: Path) -> None:
    content = bytes(range(256)) * 9000
    (tmp_path / "x").write_bytes(content)
    found = hash_file(tmp_path / "x")
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert found.bytes == len(content)


@given(st.binary(max_size=300), st.integers(0, 300), st.integers(0, 300), st.lists(st.integers(1, 70), max_size=8))
def test_a_range_is_a_file_of_its_own(content: bytes, start: int, length: int, reads: list[int]) -> None:
    start = min(start, len(content))
    expected = content[start : start + length]
    told: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_bytes(content)
        counter = Counter("x", len(expected), lambda _name, done, _total: told.append(done))
        with open_range(path, start, len(expected), counter) as opened:
            assert opened.seek(0, os.SEEK_END) == len(expected)
            for attempt in range(2):
                opened.seek(0)
                got = b"".join(opened.read(size) for size in reads) + opened.read()
                assert got == expected, attempt
                assert opened.tell() == len(expected)
    assert all(done <= len(expected) for done in told)
    assert not told or told[-1] == len(expected)
