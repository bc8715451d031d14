"""A run that is killed at any point and started again ends with the bytes of one that was left alone."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.amounts import cases
from tuneset.sample import write

ROOT = Path(__file__).parents[2]
KILLS_BY_EVENT, KILLS_BY_CLOCK, KILLS_OF_THE_COMMAND = cases(20, 50), cases(4, 8), cases(1, 3)
PARAMS: dict[str, Any] = {"workers": 1, "split": {"validation": 0.2, "test": 0.1}, "gate": {"max_drop_rate": None}}
KEPT_FILES = {"train.jsonl", "validation.jsonl", "test.jsonl", "ledger.parquet", "metrics.json", "manifest.json"}
KEPT_FILES |= {"duplicates.parquet", "gate.json"}

SMALL_COMMAND = """
import tuneset.execution.executors.process_pool, tuneset.reading.raw_shards
tuneset.execution.executors.process_pool.SMALL_WORK_BYTES = 0
tuneset.reading.raw_shards.SHARD_BYTES = 40_000
from tuneset.cli.main import run
run()
"""
"""The command line, with workers and shards for little work."""


class Ended(NamedTuple):
    """How a child ended, and how many file operations it did if nobody killed it."""

    code: int
    events: int


Server = Callable[..., Ended]


class Undisturbed(NamedTuple):
    """What a run leaves that nobody kills, how many file operations it does, and how long it takes."""

    files: dict[str, bytes]
    events: int
    seconds: float


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw files of several shards and two kinds, with exact and near duplicates."""
    folder = tmp_path_factory.mktemp("killed") / "raw"
    folder.mkdir()
    examples = [example for example in write.examples()[::60] if len(example.answer) < 2000]
    near = [example._replace(answer=f"{example.answer} Really.") for example in examples[:40]]
    (folder / "chat.jsonl").write_bytes(write.chat_lines([*examples[:70], *near, *examples[:20]]))
    (folder / "more.csv").write_bytes(write.question_table(examples[60:]))
    return folder


@pytest.fixture(scope="module")
def server(many: Path) -> Iterator[Server]:
    """Runs `prepare` in a child process; see `killed.py`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.killed"],
        cwd=ROOT,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"},  # numpy's would be lost
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    orders, answers = process.stdin, process.stdout

    def run(out: Path, **kill: float) -> Ended:
        orders.write(json.dumps({"raw": str(many), "out": str(out), "params": PARAMS, **kill}) + "\n")
        orders.flush()
        return Ended(*map(int, answers.readline().split()))

    with process:
        yield run
        orders.close()


def left(out: Path) -> dict[str, bytes]:
    """Everything in a folder by its path, hidden files too."""
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def undisturbed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The run that all others must equal; the first of two only warms the disk."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert server(folder / "first").code == 0
    started = time.monotonic()
    ended = server(folder / "second")
    seconds = time.monotonic() - started
    assert ended.code == 0
    files = left(folder / "second")
    assert files == left(folder / "first")
    assert set(files) >= KEPT_FILES
    assert ended.events > 100
    return Undisturbed(files, ended.events, seconds)


def test_a_run_is_killed_where_it_is_asked_for(server: Server, undisturbed: Undisturbed, tmp_path: Path):
    for share in (0.1, 0.5, 0.8):
        assert server(tmp_path / f"{share}", at_event=int(share * undisturbed.events)).code == -signal.SIGKILL


@pytest.mark.parametrize("seed", range(KILLS_BY_EVENT))
def test_killed_before_a_file_operation(server: Server, undisturbed: Undisturbed, tmp_path: Path, seed: int):
    chance = random.Random(seed)
    # Two runs differ by a few operations, so that a number near the end may never come.
    assert server(tmp_path / "out", at_event=chance.randint(1, undisturbed.events)).code in (-signal.SIGKILL, 0)
    if seed % 4 == 0:  # and once more while it goes on
        server(tmp_path / "out", at_event=chance.randint(1, undisturbed.events))
    assert server(tmp_path / "out").code == 0
    assert left(tmp_path / "out") == undisturbed.files


@pytest.mark.parametrize("seed", range(KILLS_BY_CLOCK))
def test_killed_at_a_time(server: Server, undisturbed: Undisturbed, tmp_path: Path, seed: int):
    moment = random.Random(seed).uniform(0, 0.9 * undisturbed.seconds)
    assert server(tmp_path / "out", after_s=moment).code in (-signal.SIGKILL, 0)
    assert server(tmp_path / "out").code == 0
    assert left(tmp_path / "out") == undisturbed.files


@pytest.mark.parametrize("seed", range(KILLS_OF_THE_COMMAND))
def test_the_command_with_two_workers_is_killed(many: Path, undisturbed: Undisturbed, tmp_path: Path, seed: int):
    (tmp_path / "params.yaml").write_text(json.dumps(PARAMS | {"workers": 2}))
    command = [sys.executable, "-c", SMALL_COMMAND, "prepare", str(many), "--out", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list((tmp_path / "out" / ".work").glob("*/*.examples")) and process.poll() is None:
        time.sleep(0.02)
    time.sleep(random.Random(seed).uniform(0, undisturbed.seconds))
    process.kill()
    assert process.wait() in (-signal.SIGKILL, 0)  # it may have been done before
    alone = [*command, "--set", "workers=1"]  # the number of workers changes no byte, and workers take long to start
    done = subprocess.run(alone, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {
        name: data for name, data in left(tmp_path / "out").items() if name not in ("report.html", "report.md")
    } == undisturbed.files
