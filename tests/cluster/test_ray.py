"""The engine Ray, on three nodes of this machine: the bytes of a local run, whatever is killed meanwhile."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from tests.command_line import tuneset
from tests.execution.conftest import Row, write_rows
from tuneset.errors import InputError, TunesetError, UsageError
from tuneset.execution import fingerprint
from tuneset.execution.executors import ray_cluster
from tuneset.execution.executors.ray_cluster import RayCluster
from tuneset.execution.progress import no_progress

pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("ignore")]

LIMITS = ("--set", "gate.min_examples=1")


@pytest.fixture
def executor(cluster: object) -> RayCluster:
    return RayCluster(3, no_progress)


def double(number: int) -> int:
    return 2 * number


def fail_at_three(number: int) -> int:
    if number == 3:
        raise InputError("the third one cannot be read", hint="leave it out")
    return number


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_results_come_in_the_order_of_the_tasks(executor: RayCluster) -> None:
    assert executor.workers == 3
    assert list(executor.map(double, range(30), label="doubling", size=0)) == [2 * n for n in range(30)]
    assert list(executor.map(double, range(300), label="doubling", size=0)) == [2 * n for n in range(300)]
    assert list(executor.map(double, [], label="doubling", size=0)) == []
    assert list(executor.map(double, iter(range(3)), label="doubling", size=0, count=3)) == [0, 2, 4]


def test_an_error_of_a_task_arrives_as_it_was_raised(executor: RayCluster) -> None:
    with pytest.raises(InputError, match="the third one cannot be read") as caught:
        list(executor.map(fail_at_three, range(9), label="failing", size=0))
    assert caught.value.hint == "leave it out"


def test_a_task_that_kills_each_worker_is_named(executor: RayCluster) -> None:
    with pytest.raises(TunesetError, match=r"^dying: workers were lost 5 times on a int\n"):
        list(executor.map(die, [1], label="dying", size=0))


def die_at_seven(task: tuple[str, int]) -> int:
    if task[1] == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return task[1]


def test_of_tasks_that_go_together_the_one_that_kills_each_worker_is_named(executor: RayCluster) -> None:
    tasks = [(f"row-{number}", number) for number in range(40)]
    results = executor.map(die_at_seven, tasks, label="dying", size=0)
    assert ray_cluster.together(len(tasks), executor.workers) > 1
    assert [next(results) for _ in range(7)] == list(range(7))
    with pytest.raises(TunesetError, match=r"^dying: workers were lost 5 times on the shard row-7\n"):
        next(results)


def test_a_cluster_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray  # noqa: PLC0415  only `make ray` has it

    def refused(**given: object) -> None:
        raise ConnectionError("ray://me:secret@host")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", refused)
    with pytest.raises(UsageError, match=r"^run.address: no Ray cluster answers at auto \(ConnectionError\)\n"):
        RayCluster(1, no_progress, address="auto")


def test_workers_with_other_code_or_libraries_are_refused(
    executor: RayCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = fingerprint.of_machine()
    monkeypatch.setattr(fingerprint, "of_machine", lambda: {**here, "tuneset": "other", "polars": "0.1"})
    with pytest.raises(UsageError, match=r"^run.address: workers have another polars, tuneset than the machine"):
        list(executor.map(double, range(3), label="doubling", size=0))


def test_what_ray_tells_of_lost_workers_is_no_part_of_a_result(
    cluster: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import ray  # noqa: PLC0415  only `make ray` has it

    def shut_down() -> None:
        print("a node has been marked dead")

    for name, instead in (("is_initialized", lambda: False), ("init", lambda **given: None), ("shutdown", shut_down)):
        monkeypatch.setattr(ray, name, instead)
    executor = RayCluster(1, no_progress)
    print("a worker died")
    executor.close()
    print("the result")
    assert capsys.readouterr() == ("the result\n", "a worker died\na node has been marked dead\n")


def prepared(folder: Path, raw: Path, out: str, *more: str) -> dict[str, bytes]:
    done = tuneset(folder, "prepare", str(raw), "--out", out, *LIMITS, *more)
    assert done.returncode == 0, done
    return {path.name: path.read_bytes() for path in (folder / out).iterdir() if path.is_file()}


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_engine_leaves_the_bytes_of_a_local_run(
    workers: int, cluster: object, tmp_path: Path, raw: Path, small_shards: None
) -> None:
    local = prepared(tmp_path, raw, "local", "--set", "workers=1")
    there = prepared(tmp_path, raw, "ray", "--set", "run.engine=ray", "--set", f"run.workers={workers}")
    assert there == local


POISON = """
import os, signal


def deadly(row):
    if "(0) deadly" in str(row):
        os.kill(os.getpid(), signal.SIGKILL)
    return row
"""


def test_a_shard_that_kills_each_worker_names_its_rows_and_the_others_are_kept(
    cluster: object, tmp_path: Path, rows: list[Row], small_shards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "poison.py").write_text(POISON)
    monkeypatch.syspath_prepend(tmp_path)
    poisoned = [*rows[:150], ("What is (0) deadly?", "This."), *rows[150:300]]
    write_rows(tmp_path / "raw.jsonl", poisoned)
    more = ("--set", "run.engine=ray", "--set", "clean.map=poison:deadly")
    done = tuneset(tmp_path, "prepare", "raw.jsonl", "--out", "out", *LIMITS, *more)
    assert done.returncode == 1, done
    found = re.search(r"workers were lost 5 times on raw.jsonl, from line (\d+) on\n", done.stderr)
    assert found is not None, done.stderr
    assert int(found[1]) <= 151
    kept = len(list((tmp_path / "out" / ".work" / "before-dedup").glob("*.done")))
    assert kept >= 1
    write_rows(tmp_path / "raw.jsonl", [row for row in poisoned if "deadly" not in row[0]])
    assert tuneset(tmp_path, "prepare", "raw.jsonl", "--out", "out", *LIMITS, *more).returncode == 0
