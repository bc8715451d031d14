"""The processes that read files, as the server sees them: an order at a time each, started when they are needed.

One is started again after it has died of a file, or was ended because a file took too long; then that file is at fault.
Each has a thread of its own, through which its orders go: a process ends with the thread that has started it
(`die_with_parent`).
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson

from tuneset.processes import kill_group

LONGEST_S = 600.0
"""Seconds that a file may take: the longest text takes one of them for each million characters."""

FOR_QUESTIONS, QUESTION_S = 3, 60.0
"""Processes that read files of a project's questions, and seconds that such a file may take: somebody waits for it."""

IDLE_S = 60.0
"""Seconds after which the processes of a project that asks nothing end, once another project asks."""

Json = dict[str, Any]


class Reader:
    """Some processes: a file that takes its time holds up none but itself while one of them is free.

    `log` is where they write what they say beside their answers, `longest_s` how long a file may take. To be used by
    several threads.
    """

    def __init__(self, log: Path, processes: int = 1, longest_s: float = LONGEST_S) -> None:
        self._log = log
        self._longest_s = longest_s
        self._threads = ThreadPoolExecutor(processes, "tuneset-reader")
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        """By the thread that has started each."""
        self._closed = False

    def ask(self, order: Json) -> Json:
        """What a process answers (`reading_process`); a fault where it has died of it; `closed` once it is closed."""
        return self._submit(order).result()

    async def answer(self, order: Json) -> Json:
        """The same for one who waits for it without a thread."""
        return await asyncio.wrap_future(self._submit(order))

    def close(self) -> None:
        """End the processes, also in the middle of an order."""
        self._closed = True
        for process in list(self._processes.values()):
            kill_group(process.pid)
        self._threads.shutdown()
        for thread in list(self._processes):
            self._end(thread)

    def _submit(self, order: Json) -> Future[Json]:
        try:
            return self._threads.submit(self._ask, order)
        except RuntimeError:  # it takes no more, and may have been closed just now
            if not self._closed:
                raise
            closed = Future[Json]()
            closed.set_result({"closed": True})
            return closed

    def _ask(self, order: Json) -> Json:
        process = None if self._is_closed() else self._running()
        if process is None or self._is_closed():  # one that was started just now was not seen by `close`
            return {"closed": True}
        line = self._answer(process, order)
        if line is not None:
            found: Json = orjson.loads(line)
            return found
        self._end(threading.get_ident())
        if self._is_closed():
            return {"closed": True}
        message = "The file cannot be read: reading it takes too long, too much memory, or ends the reading program."
        return {"fault": {"code": "invalid_file", "message": message}}

    def _is_closed(self) -> bool:
        return self._closed

    def _answer(self, process: subprocess.Popen[bytes], order: Json) -> bytearray | None:
        """A line, or None where none comes."""
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(orjson.dumps(order, option=orjson.OPT_APPEND_NEWLINE))
            process.stdin.flush()
        line, deadline = bytearray(), time.monotonic() + self._longest_s
        answered = select.poll()  # `select` knows no handle above 1,023, as a server with many connections has them
        answered.register(process.stdout, select.POLLIN)
        while not line.endswith(b"\n"):
            ready = answered.poll(max(0.0, deadline - time.monotonic()) * 1000)
            piece = os.read(process.stdout.fileno(), 1 << 20) if ready else b""
            if not piece:
                return None
            line += piece
        return line

    def _running(self) -> subprocess.Popen[bytes]:
        thread = threading.get_ident()
        if thread in self._processes and self._processes[thread].poll() is not None:  # somebody has ended it
            self._end(thread)
        if thread not in self._processes:
            with self._log.open("ab") as log:
                self._processes[thread] = subprocess.Popen(
                    # -P keeps the working folder off the import path: a module there may have the name of a library.
                    [sys.executable, "-P", "-m", "tuneset.endpoint.retrieval.reading_process", str(os.getpid())],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                )
        return self._processes[thread]

    def _end(self, thread: int) -> None:
        process = self._processes.pop(thread, None)
        if process is None:
            return
        kill_group(process.pid)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(BrokenPipeError):
                assert pipe is not None
                pipe.close()
        process.wait()


@dataclasses.dataclass
class _Used:
    """The processes of a project, the orders that they have, and when the last one was answered."""

    reader: Reader
    orders: int = 0
    since: float = 0.0


class ProjectReaders:
    """Processes for the files of questions, those of each project its own: slow files hold up no other project.

    To be used by one loop.
    """

    def __init__(self, log: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._used: dict[str, _Used] = {}

    async def answer(self, project: str, order: Json) -> Json:
        """What a process of the project answers to an order."""
        self._end_idle(project)
        if project not in self._used:
            self._used[project] = _Used(Reader(self._log, FOR_QUESTIONS, QUESTION_S))
        used = self._used[project]
        used.orders += 1
        try:
            return await used.reader.answer(order)
        finally:
            used.orders -= 1
            used.since = self._clock()

    def close(self) -> None:
        """End all processes."""
        for used in self._used.values():
            used.reader.close()

    def _end_idle(self, asking: str) -> None:
        for project, used in list(self._used.items()):
            if project != asking and not used.orders and self._clock() - used.since > IDLE_S:
                del self._used[project]
                used.reader.close()
