"""The lines of a file by ranges, here and in a store: each line once, whatever the ranges."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.execution.stores import file_ranges
from tuneset.execution.stores.file_ranges import count_ends, first_line, lines, ranges, sha256, spread
from tuneset.execution.stores.location import Location, RemotePath

LINES = st.lists(st.text("ab", max_size=9).map(str.encode), max_size=9)


def files(folder: Path, data: bytes) -> list[Location]:
    here, there = folder / "a.jsonl", RemotePath(f"memory://{secrets.token_hex(4)}/a.jsonl")
    here.write_bytes(data)
    there.write(data)
    return [here, there]


@given(LINES, st.integers(1, 30), st.booleans())
def test_each_line_is_in_one_range(
    tmp_path_factory: pytest.TempPathFactory, written: list[bytes], step: int, ended: bool
) -> None:
    data = b"\n".join(written) + (b"\n" if ended else b"")
    for file in files(tmp_path_factory.mktemp("ranges"), data):
        found = [line for part in ranges(file, len(data), step) for line in lines(part)]
        assert found == [line for line in written if line]


def test_the_same_lines_are_drawn_here_and_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(b"%d %s\n" % (row, b"x" * (row % 7)) for row in range(900))
    monkeypatch.setattr(file_ranges, "_LOOKED_BYTES", 5)
    here, there = (spread(file, len(data), 3) for file in files(tmp_path, data))
    assert here == there
    ends = [data.index(b"\n", len(data) * place // 3) + 1 for place in range(3)]
    assert here == [data[end:].partition(b"\n")[0] for end in ends]
    for file in files(tmp_path, data):
        assert spread(file, len(data), 900) == data.splitlines()


@given(LINES, st.integers(0, 40))
def test_a_line_begins_where_it_is_said_to_and_has_so_many_before_it(
    tmp_path_factory: pytest.TempPathFactory, written: list[bytes], start: int
) -> None:
    data = b"".join(line + b"\n" for line in written)
    begins = [0, *(at + 1 for at, byte in enumerate(data) if byte == ord("\n"))]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(file_ranges, "_LOOKED_BYTES", 2)
        patched.setattr(file_ranges, "_READ_BYTES", 3)
        for file in files(tmp_path_factory.mktemp("begins"), data):
            found = first_line(file, len(data), min(start, len(data)))
            assert found == next(begin for begin in begins if begin >= min(start, len(data)))
            assert count_ends(file, 0, found) == begins.index(found)


def test_the_digest_is_the_same_here_and_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_ranges, "_READ_BYTES", 7)
    here, there = (sha256(file) for file in files(tmp_path, b"some bytes that are more than seven"))
    assert here == there
