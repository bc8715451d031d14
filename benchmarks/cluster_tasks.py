"""What the benchmark of a cluster asks of each task in its worker: its CPU seconds, and the peak of the worker."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


class Timed(NamedTuple):
    """A result, with CPU seconds and the peak bytes of the process that made it."""

    result: object
    seconds: float
    peak: int


def timed(task: Task, *, function: Callable[[Task], Result]) -> Timed:
    """Do the task."""
    before = time.process_time()
    result = function(task)
    return Timed(result, time.process_time() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
