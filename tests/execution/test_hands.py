"""Shared work: the results of all tasks in their order, wherever they were done; faults are passed on."""

import os
import signal

import polars as pl
import pytest

from tuneset.errors import TunesetError
from tuneset.execution.hands import helpers_for, helping_hands, no_progress


def _square(number: int) -> int:
    return number * number


def _fail_at_three(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return number


@pytest.mark.parametrize("helpers", [0, 1, 2])
def test_results_come_in_the_order_of_the_tasks(helpers: int) -> None:
    said: list[tuple[str, int, int]] = []
    with helping_hands(helpers, "math", "squares", lambda *told: said.append(told)) as map_tasks:
        assert list(map_tasks(_square, range(40))) == [number * number for number in range(40)]
        assert list(map_tasks(_square, [])) == []
    assert ("squares", 40, 40) in said


@pytest.mark.parametrize("helpers", [0, 1])
def test_an_error_of_the_function_is_raised(helpers: int) -> None:
    with helping_hands(helpers, "math", "work", no_progress) as map_tasks, pytest.raises(ValueError, match="three"):
        list(map_tasks(_fail_at_three, range(5)))


def _panic_at_three(number: int) -> int:
    if number == 3:
        raise pl.exceptions.PanicException("a value of the row")
    return number


@pytest.mark.parametrize("helpers", [0, 1])
def test_a_panic_of_a_library_is_said_in_words(helpers: int) -> None:
    with helping_hands(helpers, "math", "check", no_progress) as map_tasks, pytest.raises(TunesetError) as caught:
        list(map_tasks(_panic_at_three, range(5)))
    assert str(caught.value).startswith("check: a library panicked\n")


def test_little_work_and_one_process_need_no_helper() -> None:
    assert helpers_for(1000, None) == 0
    assert helpers_for(1 << 30, 1) == 0
    assert helpers_for(1 << 30, 3) == 2


def _die_in_a_helper(parent: int) -> int:
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return parent


def test_a_killed_helper_is_said_in_words() -> None:
    def work_until_the_helper_has_had_a_task() -> None:
        while True:
            list(map_tasks(_die_in_a_helper, [os.getpid()] * 50))

    with helping_hands(1, "math", "check", no_progress) as map_tasks, pytest.raises(TunesetError) as caught:
        work_until_the_helper_has_had_a_task()
    assert str(caught.value) == "check: a helper process was killed\n  do: most often memory ran out; try --workers 1"
