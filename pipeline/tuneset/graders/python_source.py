"""The grader `python`: runs a function `grade(sample, item)` of somebody's own in a process that can do little else.

The process (`python_child`) has no network, starts no other process, writes nothing but in a folder of its own that is
removed, reads nothing but Python and its libraries, has two gigabytes of memory and two minutes for an answer, and ends
with this one. That keeps a careless function from doing harm; against a function that is written to break out of
Python itself a container is needed around the whole.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import orjson

from tuneset.processes import kill_group

SECONDS = 120.0
"""For one answer. OpenAI's guide to graders (Python), 2026-11-20."""

START_S = 60.0
"""For the start of the process, which on a busy machine is slow."""

_CHILD = Path(__file__).with_name("python_child.py")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LANG": "C.UTF-8"}


def run_source(
    source: str, pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], seconds: float = SECONDS
) -> list[tuple[float, str | None]]:
    """The score of each answer and its row; where there is none 0, and why.

    >>> run_source("def grade(sample, item): return item['a'] / 2", [({}, {"a": 1}), ({}, {})])
    [(0.5, None), (0.0, 'the function raised KeyError')]
    """
    found: list[tuple[float, str | None]] = []
    while len(found) < len(pairs):  # a process that was ended takes up where it stopped
        with _Child(source) as child:
            for sample, item in pairs[len(found) :]:
                answer = child.ask({"sample": sample, "item": item}, seconds)
                found.append(answer)
                if not child.lives:
                    break
    return found


class _Child:
    """A process with the function of one source."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.lives = True

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tuneset-grader-"))
            self._process = subprocess.Popen(
                # -I keeps the environment and the working folder off the import path.
                [sys.executable, "-I", str(_CHILD), str(os.getpid())],
                cwd=folder,
                env=_ENVIRONMENT | {"HOME": folder, "TMPDIR": folder},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            stack.callback(self._end)
            self._stack = stack.pop_all()
        self._send(self._source)
        self._line(START_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _end(self) -> None:
        kill_group(self._process.pid)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _send(self, document: object) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # what it has ended of is seen when it is asked
            self._process.stdin.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))
            self._process.stdin.flush()

    def ask(self, pair: Mapping[str, Any], seconds: float) -> tuple[float, str | None]:
        """The score of one answer, and why there is none."""
        self._send(pair)
        line = self._line(seconds)
        if not line:
            self.lives = False
            taken = f"took longer than {seconds:g} seconds" if line is None else "ended its process"
            return 0.0, f"the function {taken}"
        score, error = orjson.loads(line)
        return float(score), error

    def _line(self, seconds: float) -> bytes | None:
        """What the process says within some seconds: b"" where it has ended, None where it says nothing."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            return self._process.stdout.readline() if selector.select(seconds) else None
