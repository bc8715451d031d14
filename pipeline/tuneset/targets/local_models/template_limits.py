"""How much a chat template may do in one rendering: rounds, time, characters, and the sizes of what it asks for.

Who counts and who asks is the business of `template_sandbox.py`.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

import jinja2

MAX_STEPS = 1_000_000
"""Rounds of loops and calls of macros in one rendering, at most."""
FREE_STEPS = 20_000
STEPS_A_PART = 1_000
"""So many for each message and tool beside the free ones: a conversation of a thousand turns takes some ten thousand.
The limit grows with the conversation, so that a template without an end is stopped soon on every row of a file."""
MAX_SECONDS = 10.0
"""Time of one rendering, looked at in every LOOK_EVERY steps; conversations of a megabyte take a tenth of a second."""
MAX_CHARACTERS = 64 << 20
"""Characters of one rendering, and of all long texts and lists that are made for it."""
MAX_PARTS = 1_000_000
"""Values in a list or an object that is turned into text."""
MAX_WIDTH = 10_000
"""Largest number that pads or repeats: an indent, a width, a size of a batch."""
LOOK_EVERY = 256
LONG_TEXT = 4096
"""Texts that are made are added up from this length on."""
_WIDE = re.compile(r"[0-9]{5,}|\*")
_PLAIN = frozenset({str, int, float, bool, type(None)})


class LimitError(jinja2.TemplateError):
    """A template did more than it may."""


class Tracker(threading.local):
    """What one rendering has done so far: each thread has its own.

    Args:
        length: characters that were put out.
        loops: for each round of a loop of the template: which loop, its item, `length` then.
        spans: the text of each `generation` block, as its first character and the one after its last.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self, parts: int = 0) -> None:
        """Forget what was before, for a conversation of so many messages and tools."""
        self.length = self.steps = self.spent = 0
        self.most_steps = min(MAX_STEPS, FREE_STEPS + STEPS_A_PART * parts)
        self.until = time.thread_time() + MAX_SECONDS
        self.loops: list[tuple[int, Any, int]] = []
        self.spans: list[tuple[int, int]] = []

    def step(self) -> None:
        """Count a round of a loop, or a call of a macro."""
        self.steps += 1
        if self.steps > self.most_steps:
            raise LimitError(f"more than {self.most_steps:,} rounds of loops and calls of macros")
        if self.steps % LOOK_EVERY == 0 and time.thread_time() > self.until:
            raise LimitError(f"more than {MAX_SECONDS:.0f} seconds")

    def spend(self, size: int) -> None:
        """Count a text or a list that is about to be made."""
        if size >= LONG_TEXT:
            self.spent += size
            if self.spent > MAX_CHARACTERS:
                raise LimitError(f"more than {MAX_CHARACTERS:,} characters")

    def put(self, chunk: str) -> None:
        """Count what is put out."""
        self.length += len(chunk)
        if self.length > MAX_CHARACTERS:
            raise LimitError(f"more than {MAX_CHARACTERS:,} characters")


def bounded(value: Any) -> Any:  # noqa: ANN401  any value of a template
    """The value itself, where it would make no endless text. Lists may hold the same list many times over.

    >>> twice = ["a"]
    >>> for _ in range(30):
    ...     twice = [twice, twice]
    >>> bounded(twice)
    Traceback (most recent call last):
    ...
    tuneset.targets.local_models.template_limits.LimitError: a value of more than 1,000,000 parts
    """
    if type(value) in _PLAIN or not isinstance(value, list | tuple | Mapping):
        return value
    left, waiting = MAX_PARTS, [value]
    while waiting:
        held = waiting.pop()
        items = held.values() if isinstance(held, Mapping) else held
        left -= len(held)
        if left < 0:
            raise LimitError(f"a value of more than {MAX_PARTS:,} parts")
        waiting += [item for item in items if type(item) not in _PLAIN and isinstance(item, list | tuple | Mapping)]
    return value


def check_widths(values: Iterable[Any]) -> None:
    """Raise LimitError where a number among values would pad or repeat too often."""
    for value in values:
        if isinstance(value, int) and value > MAX_WIDTH:
            raise LimitError(f"a width of more than {MAX_WIDTH:,}")


def check_format(text: str) -> None:
    """Raise LimitError where a text that formats asks for a width of five digits, or leaves it to a value."""
    if _WIDE.search(text):
        raise LimitError(f"a width of more than {MAX_WIDTH:,}")
