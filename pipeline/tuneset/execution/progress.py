"""How those who work tell how far they are, and how a panic of a library within a task is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tuneset.errors import panics_told

Task = TypeVar("Task")
Result = TypeVar("Result")

Progress = Callable[[str, int, int], None]
"""Told what runs, how many tasks are done, and how many there are."""


def no_progress(label: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def told(function: Callable[[Task], Result], label: str, task: Task) -> Result:
    """`function(task)`, a panic within it as a TunesetError; to be called where the task is done.

    The class of a panic cannot be sent from one process to another.
    """
    with panics_told(label):
        return function(task)
