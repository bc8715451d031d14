"""Lines of a file that are taken as if by lot: those of small files all, of large ones whatever their length."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.execution.samples import written_lines
from tuneset.execution.samples.written_lines import look, numbers


def test_a_file_that_is_not_there_has_no_line(tmp_path: Path) -> None:
    assert look(tmp_path / "test.jsonl", 3) == ([], True)


@given(
    lines=st.lists(st.sampled_from([b"{}", b'{"a":1}', b'{"b":"' + b"x" * 40 + b'"}']), max_size=30), end=st.booleans()
)
def test_what_is_taken_stands_there_with_its_number(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], end: bool
) -> None:
    path = tmp_path_factory.mktemp("lines") / "a.jsonl"
    path.write_bytes(b"\n".join(lines) + (b"\n" if end and lines else b""))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(written_lines, "BLOCK_BYTES", 32)
        for blocks in (1, 3, 100):
            found = look(path, blocks)
            assert [lines[number - 1] for number in numbers(path, found.lines)] == [line.text for line in found.lines]
            assert len({line.at for line in found.lines}) == len(found.lines)
            if found.whole:
                assert [line.text for line in found.lines] == lines


@given(st.lists(st.sampled_from([b"", b"{}", b'{"a":1}']), min_size=1, max_size=30), st.sets(st.integers(0, 29)))
def test_numbers_are_the_same_from_known_places(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], known: set[int]
) -> None:
    path = tmp_path_factory.mktemp("lines") / "a.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines) + 1)]
    places = [(starts[number], number) for number in sorted({*known, len(lines)}) if number <= len(lines)]
    taken = look(path, 100).lines[::-2]
    assert numbers(path, taken, places) == numbers(path, taken)
    path.write_bytes(b"\n" + path.read_bytes())  # somebody has changed the file since
    moved = [line._replace(at=line.at + 1) for line in taken]
    assert numbers(path, moved, places) == numbers(path, moved)


def test_long_lines_are_no_likelier_than_short_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written_lines, "BLOCK_BYTES", 1 << 10)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(b"%d\n" % number + b'"' + b"x" * 290 + b'"\n' for number in range(10_000)))
    found = look(path, 300)
    assert not found.whole
    long = sum(len(line.text) > 100 for line in found.lines)
    assert abs(long / len(found.lines) - 0.5) < 0.1
