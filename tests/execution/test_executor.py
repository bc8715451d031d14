"""What every executor promises: results in the order of the tasks, errors as they were raised, progress."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
import pytest

from tests.execution.conftest import Row, write_rows
from tuneset import stage_table
from tuneset.errors import InputError, TunesetError, UsageError
from tuneset.execution import executor, fused_run
from tuneset.execution.executor import EXECUTORS, Executor, Factory, open_engine, open_executor
from tuneset.execution.executors import process_pool
from tuneset.execution.executors.serial import SerialExecutor
from tuneset.execution.progress import Progress, no_progress
from tuneset.params import Params, parse_params

MUCH = 1 << 30
KINDS = [(name, workers, brief) for name in EXECUTORS for workers in (1, 2) for brief in (False, True)]


HEARD: list[tuple[str, int, int]] = []
"""What the executors have said of their progress; a test that asks for it empties it first."""


@pytest.fixture(params=KINDS, ids=lambda kind: f"{kind[0]}-{kind[1]}{'-brief' * kind[2]}", scope="module")
def any_executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    name, workers, brief = request.param
    with open_executor(workers, lambda *event: HEARD.append(event), name=name, brief=brief) as executor:
        yield executor


def double(number: int) -> int:
    return 2 * number


def process_id(number: int) -> int:  # one of the tasks that a worker gets
    return os.getpid()


def fail_at_three(number: int) -> int:
    if number == 3:
        raise InputError("the third one cannot be read")
    return number


def panic_at_three(number: int) -> int:
    if number == 3:
        raise pl.exceptions.PanicException("a value of the row")
    return number


def test_results_come_in_the_order_of_the_tasks(any_executor: Executor) -> None:
    assert list(any_executor.map(double, range(50), label="doubling", size=MUCH)) == [2 * n for n in range(50)]
    assert list(any_executor.map(double, [], label="doubling", size=MUCH)) == []


def test_tasks_may_be_made_while_others_are_at_work(any_executor: Executor) -> None:
    made = iter(range(5))
    assert list(any_executor.map(double, made, label="doubling", size=MUCH, count=5)) == [0, 2, 4, 6, 8]


def test_an_error_of_a_task_arrives_as_it_was_raised(any_executor: Executor) -> None:
    with pytest.raises(InputError, match="the third one cannot be read"):
        list(any_executor.map(fail_at_three, range(20), label="failing", size=MUCH))
    assert list(any_executor.map(double, range(3), label="doubling", size=MUCH)) == [0, 2, 4]


def test_a_panic_of_a_library_is_one_clear_message(any_executor: Executor) -> None:
    with pytest.raises(TunesetError) as caught:
        list(any_executor.map(panic_at_three, range(20), label="clean", size=MUCH))
    assert str(caught.value) == (
        "clean: a library panicked\n  do: what was finished is kept; report the lines above if it happens again"
    )


def test_a_panic_over_all_rows_is_one_clear_message(any_executor: Executor) -> None:
    with pytest.raises(TunesetError, match=r"^split, over all rows: a library panicked\n"):
        any_executor.over_all(lambda: panic_at_three(3), label="split, over all rows")
    assert any_executor.over_all(lambda: double(3), label="split") == 6


def test_an_iterator_that_is_closed_leaves_the_executor_usable(any_executor: Executor) -> None:
    results = any_executor.map(double, range(1000), label="doubling", size=MUCH)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]  # the iterators of map are generators
    assert list(any_executor.map(double, range(3), label="doubling", size=MUCH)) == [0, 2, 4]


def test_what_is_done_ahead_is_the_same(any_executor: Executor) -> None:
    any_executor.broadcast("math", size=MUCH)
    with any_executor.ahead(double, range(9), size=MUCH) as done:
        list(any_executor.map(double, range(9), label="doubling", size=MUCH))
    assert done == {number: double(number) for number in done}


def test_progress_hears_of_the_first_and_the_last_task(any_executor: Executor) -> None:
    HEARD.clear()
    list(any_executor.map(double, range(9), label="doubling", size=MUCH))
    assert (HEARD[0], HEARD[-1]) == (("doubling", 0, 9), ("doubling", 9, 9))
    assert sorted(HEARD) == HEARD


def listening(labels: list[str]) -> Factory:
    """Makes an executor that does all in this process, and notes what it does."""

    def make(workers: int | None, progress: Progress, *, brief: bool = False) -> Executor:
        return SerialExecutor(workers, lambda label, done, total: labels.append(label), brief=brief)

    return make


def test_one_more_executor_is_one_more_line(
    tmp_path: Path, rows: list[Row], monkeypatch: pytest.MonkeyPatch, small_shards: None
) -> None:
    raw = write_rows(tmp_path / "raw.jsonl", rows[:200])
    fused_run.prepare([raw], tmp_path / "usual", Params(), no_progress)
    labels: list[str] = []
    monkeypatch.setitem(EXECUTORS, "listening", listening(labels))
    monkeypatch.setattr(executor, "DEFAULT", "listening")
    fused_run.prepare([raw], tmp_path / "other", Params(), no_progress)
    assert set(labels) >= {
        " + ".join(("ingest", *stage_table.row_wise_after("ingest"), "bands")),
        "dedup + tokenize + render",
        "write",
        "gate: train",
    }
    assert outcome(tmp_path / "other") == outcome(tmp_path / "usual")


def outcome(out: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}


def test_little_work_stays_in_this_process() -> None:
    for brief, enough in ((False, process_pool.SMALL_WORK_BYTES), (True, process_pool.SMALL_BRIEF_WORK_BYTES)):
        with open_executor(2, no_progress, brief=brief) as pool:
            assert set(pool.map(process_id, range(4), label="little", size=enough - 1)) == {os.getpid()}
            with pool.ahead(double, range(3), size=enough - 1) as done:
                assert done == {}


def test_an_engine_that_is_not_installed_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", types.ModuleType("ray"))  # a folder of that name, which can be imported
    monkeypatch.delitem(sys.modules, "ray.exceptions", raising=False)
    params = parse_params({"run": {"engine": "ray", "workers": 2}}, "params")
    with (
        pytest.raises(UsageError, match=r"^run.engine: ray is not installed\n.*the extra ray"),
        open_engine(params, no_progress),
    ):
        pass
