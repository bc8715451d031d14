"""What holds for all tests: which are end-to-end, how long one may take, and how property tests draw their cases.

Machines are shared, so no case of a property test has a time limit, and a test has one only so that a hang ends.
`--hypothesis-profile=default` draws new cases instead of the same ones each run.

Nothing waits for the disk: what `fsync` is for, a loss of power, is nothing that a test can see, and on a busy disk
each of thousands of calls takes its time. Processes that tests start wait as they do for users.
"""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.amounts import drawn

END_TO_END = Path(__file__).parent / "e2e"
LONG_S = 1800
"""Limit of a test that is marked `e2e` or `slow`: many times what it takes on a busy machine."""

settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=drawn(50, 200))
settings.load_profile("repeatable")

os.fsync = os.fstat  # type: ignore[assignment]  # what is no open file is still refused


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is end-to-end by its folder, and give long tests the time that they may need."""
    for item in items:
        if item.path.is_relative_to(END_TO_END):
            item.add_marker("e2e")
        if item.get_closest_marker("e2e") or item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(LONG_S))


def pytest_collection_finish() -> None:
    """Spare the garbage collector the million objects that are there for as long as the tests run."""
    gc.freeze()
