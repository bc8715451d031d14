"""A table on disk gives what a dict gives, and its temporary file has no name that could stay."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.disk_table import _PAGE, DiskTable
from tuneset.errors import InputError

KEYS = st.sampled_from(["", "a", "b", "\u00e9", "\ud800", "a\x00"])
STEPS = st.lists(st.tuples(st.sampled_from(["add", "put", "pop", "get"]), KEYS, st.text(max_size=3)))


@given(STEPS)
def test_it_gives_what_a_dict_gives(steps: list[tuple[str, str, str]]):
    table, known = DiskTable(), dict[str, str]()
    for step, key, value in steps:
        assert (key in table) == (key in known)
        if step == "add":
            assert table.add(key, value) == (key not in known)
            known.setdefault(key, value)
        elif step == "put":
            table.put(key, value)
            known[key] = value
        elif step == "pop":
            assert table.pop(key) == known.pop(key, None)
        assert table.get(key) == known.get(key)
    assert (list(table.items()), len(table)) == (list(known.items()), len(known))


def test_keys_are_read_in_their_order_while_others_go_and_come():
    table, count = DiskTable(), 2 * _PAGE + 1
    for number in range(count):
        table.add(str(number))
    found = []
    for key in table:
        found.append(key)
        table.pop(key)
        if key == "0":
            table.add("late")
    assert found == [*map(str, range(count)), "late"]
    assert len(table) == 0


def test_nothing_of_it_lies_in_the_folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    table = DiskTable()
    for number in range(400):
        table.put(str(number), "x" * 10_000)  # more than is kept in memory
    assert table.get("7") == "x" * 10_000
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_told_of():
    table = DiskTable()
    table._do("PRAGMA max_page_count = 3")
    with pytest.raises(InputError, match="temporary file cannot be written"):
        table.put("a", "x" * 100_000)
