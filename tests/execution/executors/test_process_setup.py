"""How seldom the garbage collector looks for cycles while a run goes over its rows, and what it is given back."""

import gc
from collections.abc import Iterator

import pytest

from tuneset.execution.executor import open_engine
from tuneset.execution.executors.process_setup import GC_THRESHOLD, seldom_collecting
from tuneset.execution.progress import no_progress
from tuneset.params import Params


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize("first", [0, GC_THRESHOLD, GC_THRESHOLD + 1])
def test_a_collector_that_is_off_or_rarer_already_stays_so(first: int) -> None:
    gc.set_threshold(first, 11, 12)
    with seldom_collecting():
        assert gc.get_threshold() == (first, 11, 12)
    assert gc.get_threshold() == (first, 11, 12)


def test_a_run_collects_as_seldom_as_its_workers_and_gives_back_what_was_set_before() -> None:
    gc.set_threshold(700, 11, 12)
    with open_engine(Params(), no_progress):
        assert gc.get_threshold() == (GC_THRESHOLD, 11, 12)
    assert gc.get_threshold() == (700, 11, 12)


def test_an_error_within_gives_it_back_as_well() -> None:
    gc.set_threshold(700, 11, 12)
    with pytest.raises(KeyError), seldom_collecting():
        raise KeyError
    assert gc.get_threshold() == (700, 11, 12)


def test_of_two_runs_at_once_the_one_that_ends_last_leaves_nothing_behind() -> None:
    gc.set_threshold(700, 11, 12)
    one, other = seldom_collecting(), seldom_collecting()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    other.__exit__(None, None, None)
    assert gc.get_threshold() == (700, 11, 12)
