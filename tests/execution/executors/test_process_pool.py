"""Worker processes: what is theirs to do, and what happens when one dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.execution.test_executor import MUCH, double, fail_at_three, process_id
from tuneset.errors import TunesetError
from tuneset.execution.executor import Executor, open_executor
from tuneset.execution.executors.process_setup import POLARS_MEMORY, WORKER_ENVIRONMENT
from tuneset.execution.progress import no_progress

PATIENCE_S = 300  # on a machine that has much else to do


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another process or thread does."""
    end = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    assert holds()


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_in_a_worker(command: int) -> int:
    if os.getpid() != command:
        os.kill(os.getpid(), signal.SIGKILL)
    return command


@pytest.fixture(scope="module", name="pool")
def two_workers() -> Iterator[Executor]:
    """Two workers, for the tests that leave them alive: each that is started loads polars."""
    with open_executor(2, no_progress) as pool:
        yield pool


def test_much_work_is_done_by_workers_alone(pool: Executor):
    assert os.getpid() not in set(pool.map(process_id, range(4), label="much", size=MUCH))


def test_brief_work_is_shared_with_this_process():
    found: set[int] = set()

    def both_had_a_task() -> bool:
        found.update(pool.map(process_id, range(50), label="brief", size=MUCH))
        return len(found) == 2 and os.getpid() in found

    with open_executor(2, no_progress, brief=True) as pool:
        until(both_had_a_task)


KILLED = (
    "check: a worker process was killed\n"
    "  do: most often memory ran out; use one worker: `workers: 1` in params.yaml, or --workers 1"
)


# Python 3.11 stumbles, in a thread of its own, over a task that is cancelled while a worker is found to be dead.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("brief", [False, True])
def test_a_killed_worker_is_one_clear_message(brief: bool):
    def work_until_a_worker_has_had_a_task() -> None:
        while True:
            list(pool.map(die_in_a_worker, [os.getpid()] * 50, label="check", size=MUCH))

    with open_executor(2, no_progress, brief=brief) as pool, pytest.raises(TunesetError) as caught:
        work_until_a_worker_has_had_a_task()
    assert str(caught.value) == KILLED


def test_what_is_done_ahead_stops_with_the_block(pool: Executor):
    with pool.ahead(double, range(10_000_000), size=MUCH) as done:
        until(lambda: len(done) >= 5)
    assert list(done.items())[:5] == [(n, 2 * n) for n in range(5)]
    assert len(done) < 10_000_000
    assert list(pool.map(double, range(3), label="doubling", size=MUCH)) == [0, 2, 4]


def test_a_task_that_fails_ahead_has_no_result_and_stops_nothing(pool: Executor):
    with pool.ahead(fail_at_three, range(6), size=MUCH) as done:
        until(lambda: 5 in done)
        assert done == {0: 0, 1: 1, 2: 2, 4: 4, 5: 5}


def test_a_worker_that_is_killed_ahead_is_told_by_what_needs_it(capfd: pytest.CaptureFixture[str]):
    def work_until_the_pool_is_broken() -> None:
        while True:
            list(pool.map(double, range(3), label="check", size=MUCH))

    with open_executor(2, no_progress) as pool:
        with pool.ahead(die, range(9), size=MUCH) as done, pytest.raises(TunesetError) as caught:
            work_until_the_pool_is_broken()
        assert (done, str(caught.value)) == ({}, KILLED)
    assert "Traceback" not in capfd.readouterr().err


def environment(number: int) -> dict[str, str]:  # of the process that does the task
    return dict(os.environ)


def main_module(number: int) -> bool:  # whether this test run's main module is loaded, as a worker sees it
    return hasattr(sys.modules["__main__"], "__file__")


def test_workers_get_their_environment_and_this_process_keeps_its_own(monkeypatch: pytest.MonkeyPatch):
    for name in WORKER_ENVIRONMENT:  # whoever runs the tests may have set some
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "7")  # the user's own
    before, main = dict(os.environ), sys.modules["__main__"]
    with open_executor(2, no_progress) as pool:
        found = list(pool.map(environment, range(2), label="looking", size=MUCH))
        loaded = list(pool.map(main_module, range(2), label="looking", size=MUCH))
    wanted = {**WORKER_ENVIRONMENT, "MALLOC_TRIM_THRESHOLD_": "7"}
    for seen in found:
        assert all(seen[name] == value for name, value in wanted.items() if name not in POLARS_MEMORY)  # polars adds
    assert loaded == [False, False]
    assert dict(os.environ) == before
    assert sys.modules["__main__"] is main


HANG = """
import sys
from tuneset.execution.executor import Executor, open_executor
from tuneset.execution.progress import no_progress
from tests.execution.executors.test_process_pool import MUCH, say_and_wait
with open_executor(2, no_progress) as pool:
    list(pool.map(say_and_wait, [sys.argv[1]] * 4, label="waiting", size=MUCH))
"""


def say_and_wait(folder: str) -> None:
    (Path(folder) / str(os.getpid())).touch()
    signal.pause()


def alive(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.is_file() and ") Z " not in status.read_text()


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="asks /proc who is alive")
def test_workers_end_with_the_process_that_started_them(tmp_path: Path):
    process = subprocess.Popen([sys.executable, "-c", HANG, str(tmp_path)], cwd=Path(__file__).parents[3])
    until(lambda: len(list(tmp_path.iterdir())) == 2)
    workers = [int(path.name) for path in tmp_path.iterdir()]
    process.kill()
    process.wait()
    until(lambda: not any(map(alive, workers)))
