"""`tuneset prepare` as a tired person meets it: orders, bad input, bad params, killed runs."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import Command

CHAT = '{"messages":[{"role":"user","content":"What is %d plus one?"},{"role":"assistant","content":"%d"}]}\n'


def write_chat(path: Path, count: int = 30, start: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(CHAT % (n, n + 1) for n in range(start, start + count)))
    return path


def test_workers_and_file_order_change_no_byte(tmp_path: Path, tuneset: Command):
    write_chat(tmp_path / "b.jsonl", 4000)
    write_chat(tmp_path / "a.jsonl", 4000, start=3000)
    write_chat(tmp_path / "c.jsonl", 100, start=9000)
    tuneset("prepare", "a.jsonl", "b.jsonl", "c.jsonl", "--out", "one", "--set", "workers=1", cwd=tmp_path)
    tuneset("prepare", "c.jsonl", "b.jsonl", "a.jsonl", "--out", "two", "--set", "workers=2", cwd=tmp_path)
    for name in ("train.jsonl", "validation.jsonl", "ledger.parquet", "metrics.json", "manifest.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_absolute_paths_in_another_folder_give_the_same_dataset(tmp_path: Path, tuneset: Command):
    for folder in ("here", "there"):
        write_chat(tmp_path / folder / "x" / "b.jsonl", 50)
        write_chat(tmp_path / folder / "a.jsonl", 50, start=25)
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        tuneset("prepare", str(tmp_path / folder), "--out", str(tmp_path / f"out-{folder}"), cwd=tmp_path / "elsewhere")
    for name in ("train.jsonl", "validation.jsonl"):
        assert (tmp_path / "out-here" / name).read_bytes() == (tmp_path / "out-there" / name).read_bytes()


def test_bad_lines_are_dropped_and_named_and_reading_goes_on(tmp_path: Path, tuneset: Command):
    raw = write_chat(tmp_path / "raw.jsonl", 20)
    with raw.open("a") as handle:
        handle.write('\n{"messages": [}\n[1, 2]\n{"messages":[{"role":"user","content":"Hello?"}]}\n')
    told = tuneset("prepare", "raw.jsonl", "--out", "out", "--output", "json", cwd=tmp_path)
    rows = json.loads(told.stdout)["rows"]
    assert (rows["read"], rows["dropped"]) == (23, 3)  # an array that holds no row is one row itself
    assert rows["dropped_by_code"]["JSN001"] == 1
    story = tuneset("explain", "raw.jsonl:22", "--out", "out", cwd=tmp_path).stdout
    assert story.startswith("raw.jsonl:22\n  dropped by ingest: JSN001 invalid-json\n")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.jsonl", b"", "empty.jsonl: is empty"),
        ("blank.jsonl", b"\n \n", "blank.jsonl: holds nothing but white space"),
        ("binary.bin", bytes(range(256)) * 50, "binary.bin: is neither text nor Parquet"),
        ("cut.jsonl.gz", gzip.compress(b"x" * 10_000, mtime=0)[:-20], "cut.jsonl.gz"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_message(
    tmp_path: Path, tuneset: Command, name: str, data: bytes, words: str
):
    (tmp_path / name).write_bytes(data)
    told = tuneset("prepare", name, "--out", "out", cwd=tmp_path, code=3)
    assert words in told.stderr
    assert not (tmp_path / "out" / "train.jsonl").exists()


def test_a_missing_file_and_a_folder_without_data(tmp_path: Path, tuneset: Command):
    assert "nowhere.jsonl" in tuneset("prepare", "nowhere.jsonl", "--out", "out", cwd=tmp_path, code=3).stderr
    (tmp_path / "hollow").mkdir()
    told = tuneset("prepare", "hollow", "--out", "out", cwd=tmp_path, code=3).stderr
    assert "hollow: the folder holds no data" in told


def test_the_output_is_not_written_into_the_raw_data(tmp_path: Path, tuneset: Command):
    write_chat(tmp_path / "raw" / "a.jsonl")
    told = tuneset("prepare", "raw", "--out", "raw/out", cwd=tmp_path, code=2).stderr
    assert told == (
        "error: raw/out: lies in the raw data raw\n  do: name a folder outside, or its files are read next time\n"
    )


def test_broken_params_name_the_key_and_the_nearest_known_one(tmp_path: Path, tuneset: Command):
    write_chat(tmp_path / "raw.jsonl")
    (tmp_path / "params.yaml").write_text("split:\n  validaton: 0.2\n")
    told = tuneset("prepare", "raw.jsonl", "--out", "out", cwd=tmp_path, code=2).stderr
    assert told == "error: params.yaml: unknown key split.validaton; did you mean validation?\n"


def test_a_failed_gate_is_exit_1_with_its_value_and_limit(tmp_path: Path, tuneset: Command):
    write_chat(tmp_path / "raw.jsonl", 5)
    told = tuneset("prepare", "raw.jsonl", "--out", "out", cwd=tmp_path, code=1)
    assert "min_examples                        5         at least 10  FAILED" in told.stdout


def test_a_killed_run_leaves_no_half_file_and_the_next_one_ends_well(tmp_path: Path, tuneset: Command):
    write_chat(tmp_path / "raw.jsonl", 20_000)
    command = [sys.executable, "-m", "tuneset", "prepare", "raw.jsonl", "--out", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while not (tmp_path / "out").exists() and process.poll() is None:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    written = tmp_path / "out" / "train.jsonl"
    left = written.read_bytes() if written.exists() else None  # it may have been done before
    tuneset("prepare", "raw.jsonl", "--out", "out", cwd=tmp_path)
    tuneset("prepare", "raw.jsonl", "--out", "fresh", cwd=tmp_path)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(
        p.name for p in (tmp_path / "fresh").iterdir()
    )
    assert written.read_bytes() == (tmp_path / "fresh/train.jsonl").read_bytes()
    assert left in (None, written.read_bytes())
