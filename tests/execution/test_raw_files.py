"""Raw files that workers cut: the shards and the errors are those of one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuneset.errors import InputError
from tuneset.execution import raw_files
from tuneset.execution.executor import open_executor
from tuneset.execution.progress import no_progress
from tuneset.params import parse_params
from tuneset.reading import raw_shards
from tuneset.reading.rows_file import Raw, RowsFile

LINE = b'{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}\n'
PARAMS = parse_params({}, "params")


def test_workers_cut_files_as_one_process_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(raw_shards, "SHARD_BYTES", 3 * len(LINE))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw").mkdir()
    for name, lines in (("b.jsonl", 10), ("a.jsonl", 7), ("c.csv", 0)):
        (tmp_path / "raw" / name).write_bytes(LINE * lines or b"question,answer\nq,a\n")
    rows = tmp_path / "rows"
    rows.write_bytes(LINE * 5)
    raw: list[Raw] = [Path("raw"), RowsFile(rows, "rows of mine"), Path("raw/b.jsonl")]
    with open_executor(1, no_progress, name="serial") as serial:
        found = raw_files.cut(raw, PARAMS, serial)
    assert found == list(raw_shards.numbered(raw_shards.cut(raw)))
    assert [(shard.source, shard.line) for shard in found if shard.line > 4] == [
        ("raw/a.jsonl", 7), ("raw/b.jsonl", 7), ("raw/b.jsonl", 10)
    ]  # fmt: skip


def test_all_files_that_cannot_be_read_are_named_or_skipped(tmp_path: Path):
    for name, content in (("a.jsonl", b""), ("b.jsonl", LINE), ("c.jsonl", b"\x00\x01")):
        (tmp_path / name).write_bytes(content)
    skip = parse_params({"ingest": {"unreadable": "skip"}}, "params")
    with open_executor(1, no_progress, name="serial") as serial:
        with pytest.raises(InputError, match=r"2 files cannot be read:\n.*a.jsonl: is empty\n.*c.jsonl"):
            raw_files.cut([tmp_path], PARAMS, serial)
        found = raw_files.cut([tmp_path], skip, serial)
    assert found == list(raw_shards.numbered(raw_shards.cut([tmp_path], unreadable="skip")))
