"""`tuneset.prepare` does what the command does, for files and for rows alike."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

import tuneset
from tests import command_line
from tuneset import stage_table
from tuneset.execution.stores.location import RemotePath

ROWS = [{"question": f"What is {n} plus {n}?", "answer": f"It is {2 * n}, number {n} of them."} for n in range(40)]
PARAMS = {"split": {"validation": 0.2}, "workers": 1}
KEPT = [
    "train.jsonl",
    "validation.jsonl",
    "ledger.parquet",
    "metrics.json",
    "manifest.json",
    "gate.json",
    "report.html",
]


def test_wrong_params_are_named() -> None:
    with pytest.raises(tuneset.UsageError, match=r"params: unknown key split\.validaton; did you mean validation\?"):
        tuneset.prepare(ROWS, params={"split": {"validaton": 0.2}})


def test_what_cannot_be_read_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(tuneset.InputError):
        tuneset.prepare(tmp_path / "missing.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_a_gate_that_does_not_hold_is_told_and_no_error() -> None:
    done = tuneset.prepare(ROWS[:5], params=PARAMS)
    assert not done.passed
    assert next(gate.name for gate in done.gates if not gate.passed) == "min_examples"


def test_rows_and_their_file_give_the_same_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rows").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in ROWS))
    (tmp_path / "params.yaml").write_text('{"split": {"validation": 0.2}}')
    done = command_line.tuneset(tmp_path, "prepare", "rows", "--out", "by-command", "--set", "workers=1")
    assert done.returncode == 0
    tuneset.prepare("rows", "by-path", PARAMS)
    tuneset.prepare(iter(ROWS), "by-rows", PARAMS)
    for name in KEPT:
        wanted = Path("by-command", name).read_bytes()
        assert Path("by-path", name).read_bytes() == wanted, name
        assert Path("by-rows", name).read_bytes() == wanted, name


def test_every_row_is_in_the_ledger_under_its_number() -> None:
    rows: list[dict[str, Any]] = [*ROWS, {"unknown": 1}, ROWS[0]]
    done = tuneset.prepare(rows, params=PARAMS)
    assert done.ledger["source"].unique().to_list() == ["rows"]
    assert done.ledger["line"].to_list() == list(range(1, len(rows) + 1))
    assert done.ledger["outcome"].to_list()[-2:] == ["dropped", "dropped"]


def test_a_first_row_that_is_an_envelope_gives_its_rows_and_hides_none_after_it() -> None:
    done = tuneset.prepare([{"data": [{"question": "Why?", "answer": "So."}, {"no": 1}]}, *ROWS], params=PARAMS)
    assert done.ledger["line"].to_list() == [1, *range(1, len(ROWS) + 2)]
    assert done.ledger.filter(pl.col("code") == "ING001").select("line", "item").rows() == [(1, 1)]


def test_frames_hold_the_written_examples() -> None:
    done = tuneset.prepare(ROWS, params=PARAMS)
    assert (done.train.height, done.validation.height) == (
        done.metrics["rows"]["train"],
        done.metrics["rows"]["validation"],
    )
    assert done.train.to_dicts() == list(done.examples("train"))
    assert list(done.examples("test")) == []
    assert set(done.paths) == {Path(name).stem for name in KEPT}


def test_the_temporary_folder_goes_with_the_result() -> None:
    done = tuneset.prepare(ROWS, params=PARAMS)
    folder = done.folder
    assert folder.is_dir()
    del done
    gc.collect()
    assert not folder.exists()


def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    tuneset.prepare(ROWS, params=PARAMS, progress=lambda *what: told.append(what))
    assert (" + ".join(("ingest", *stage_table.row_wise_after("ingest"), "bands")), 1, 1) in told


SCRIPT = """
import tuneset.execution.executors.process_pool, tuneset.reading.raw_shards
if "SMALL" in __import__("os").environ:
    tuneset.execution.executors.process_pool.SMALL_WORK_BYTES = 0
    tuneset.reading.raw_shards.SHARD_BYTES = 1000
rows = [{"question": f"What is {n} plus {n}?", "answer": f"It is {2 * n}, number {n} of them."} for n in range(40)]
print("made", tuneset.prepare(rows, params={"workers": 2}).metrics["rows"]["read"])
"""


@pytest.mark.slow
def test_a_script_without_a_guard_may_use_workers(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, "script.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"SMALL": "1"}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "made 40\n"), done.stderr


def test_scores_that_decide_nothing_are_told_until_they_do() -> None:
    rows = [{**row, "rating": 1} for row in ROWS]
    told = [sentence for sentence in tuneset.prepare(rows, params=PARAMS).metrics["warnings"] if "rating" in sentence]
    assert told == [
        (
            f"the scores in column rating ({len(rows)} rows) decide nothing: clean.filters.score: "
            "{column: rating, at_least: N} drops rows of low ones, ingest.columns: keep says nothing of them"
        )
    ]
    used = {**PARAMS, "clean": {"filters": {"score": {"column": "rating", "at_least": 1}}}}
    assert not [one for one in tuneset.prepare(rows, params=used).metrics["warnings"] if "rating" in one]


def test_raw_data_may_lie_in_a_store_and_a_dataset_of_a_program_is_local() -> None:
    file = RemotePath("memory://api/raw/a.jsonl")
    lines = [json.dumps({"question": f"What is {n}?", "answer": f"The number {n}."}) for n in range(20)]
    file.write("\n".join(lines).encode())
    prepared = tuneset.prepare("memory://api/raw", params={"workers": 1})
    assert prepared.ledger["source"].unique().to_list() == [file.url]
    with pytest.raises(tuneset.UsageError, match=r"^memory://api/set: lies in a store"):
        tuneset.prepare("memory://api/raw", "memory://api/set")
