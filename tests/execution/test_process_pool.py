"""Workers: order, errors, and what happens when one dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from tuneset.errors import InputError, TunesetError
from tuneset.execution.process_pool import SMALL_WORK_BYTES, no_progress, open_pool

MUCH = SMALL_WORK_BYTES


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


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_tasks(workers: int):
    with open_pool(workers, no_progress) as pool:
        assert list(pool.map(double, range(50), label="doubling", size=MUCH)) == [2 * n for n in range(50)]


def test_little_work_stays_in_this_process():
    with open_pool(2, no_progress) as pool:
        assert set(pool.map(process_id, range(4), label="little", size=1)) == {os.getpid()}
        assert os.getpid() not in set(pool.map(process_id, range(4), label="much", size=MUCH))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_a_task_arrives_as_it_was_raised(workers: int):
    with open_pool(workers, no_progress) as pool, pytest.raises(InputError, match="the third one cannot be read"):
        list(pool.map(fail_at_three, range(20), label="failing", size=MUCH))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_panic_of_a_library_is_one_clear_message(workers: int):
    with open_pool(workers, no_progress) as pool, pytest.raises(TunesetError) as caught:
        list(pool.map(panic_at_three, range(20), label="clean", size=MUCH))
    assert str(caught.value) == (
        "clean: a library panicked\n  do: what was finished is kept; report the lines above if it happens again"
    )


def test_a_killed_worker_is_one_clear_message():
    with open_pool(2, no_progress) as pool, pytest.raises(TunesetError) as caught:
        list(pool.map(die, range(3), label="clean", size=MUCH))
    assert str(caught.value) == (
        "clean: a worker process was killed\n  do: most often memory ran out; set `workers: 1` in params.yaml"
    )


def test_what_is_done_ahead_is_the_same_and_stops_with_the_block():
    with open_pool(2, no_progress) as pool:
        with pool.ahead(double, range(10_000_000), size=MUCH) as done:
            patience = time.monotonic() + 60
            while len(done) < 5 and time.monotonic() < patience:
                time.sleep(0.01)
        assert list(done.items())[:5] == [(n, 2 * n) for n in range(5)]
        assert len(done) < 10_000_000
        assert list(pool.map(double, range(3), label="doubling", size=MUCH)) == [0, 2, 4]


def test_a_task_that_fails_ahead_has_no_result_and_stops_nothing():
    with open_pool(2, no_progress) as pool, pool.ahead(fail_at_three, range(6), size=MUCH) as done:
        patience = time.monotonic() + 60
        while 5 not in done and time.monotonic() < patience:
            time.sleep(0.01)
        assert done == {0: 0, 1: 1, 2: 2, 4: 4, 5: 5}


def test_a_worker_that_is_killed_ahead_is_told_by_what_needs_it(capfd: pytest.CaptureFixture[str]):
    with open_pool(2, no_progress) as pool:
        with pool.ahead(die, range(9), size=MUCH) as done:
            time.sleep(0.5)
        assert done == {}
        with pytest.raises(TunesetError, match="clean: a worker process was killed"):
            list(pool.map(double, range(3), label="clean", size=MUCH))
    assert "Traceback" not in capfd.readouterr().err


def test_nothing_is_done_ahead_where_work_stays_in_this_process():
    with open_pool(1, no_progress) as one, one.ahead(double, range(3), size=MUCH) as done:
        assert done == {}
    with open_pool(2, no_progress) as two, two.ahead(double, range(3), size=1) as done:
        assert done == {}


def test_tasks_may_be_made_while_others_are_at_work():
    made = iter(range(5))
    with open_pool(2, no_progress) as pool:
        assert list(pool.map(double, made, label="doubling", size=MUCH, count=5)) == [0, 2, 4, 6, 8]


HANG = """
import sys, time
from tuneset.execution.process_pool import SMALL_WORK_BYTES, no_progress, open_pool
from tests.execution.test_process_pool import say_and_sleep
with open_pool(2, no_progress) as pool:
    list(pool.map(say_and_sleep, [sys.argv[1]] * 4, label="sleeping", size=SMALL_WORK_BYTES))
"""


def say_and_sleep(folder: str) -> None:
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60)


def alive(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.is_file() and ") Z " not in status.read_text()


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="asks /proc who is alive")
def test_workers_end_with_the_process_that_started_them(tmp_path: Path):
    process = subprocess.Popen([sys.executable, "-c", HANG, str(tmp_path)], cwd=Path(__file__).parents[2])
    patience = time.monotonic() + 60
    while len(workers := list(tmp_path.iterdir())) < 2 and time.monotonic() < patience:
        time.sleep(0.05)
    assert len(workers) == 2
    process.kill()
    process.wait()
    patience = time.monotonic() + 10
    while any(alive(int(path.name)) for path in workers) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not [path.name for path in workers if alive(int(path.name))]


def test_progress_hears_of_every_task():
    heard: list[tuple[str, int, int]] = []
    with open_pool(1, lambda *event: heard.append(event)) as pool:
        list(pool.map(double, range(2), label="doubling", size=1))
    assert heard == [("doubling", 0, 2), ("doubling", 1, 2), ("doubling", 2, 2)]
