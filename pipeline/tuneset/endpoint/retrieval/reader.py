"""The process that reads files, as the server sees it: one order at a time, started when it is needed.

It is started again after it has died of a file, or was ended because a file took too long; then that file is at fault.
All orders go through one thread: a process ends with the thread that has started it (`die_with_parent`).
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson

from tuneset.processes import kill_group

LONGEST_S = 600.0
"""Seconds that a file may take: the longest text takes one of them for each million characters."""

Json = dict[str, Any]


class Reader:
    """One process. `log` is where it writes what it says beside its answers. To be used by several threads."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._thread = ThreadPoolExecutor(1, "tuneset-reader")
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def ask(self, order: Json) -> Json:
        """What the process answers (`reading_process`); a fault where it has died of it; `closed` once it is closed."""
        try:
            asked = self._thread.submit(self._ask, order)
        except RuntimeError:  # it takes no more, and may have been closed just now
            if not self._closed:
                raise
            return {"closed": True}
        return asked.result()

    def close(self) -> None:
        """End the process, also in the middle of an order."""
        self._closed = True
        process = self._process
        if process is not None:
            kill_group(process.pid)
        self._thread.submit(self._end)
        self._thread.shutdown()

    def _ask(self, order: Json) -> Json:
        if self._is_closed():
            return {"closed": True}
        line = self._answer(self._running(), order)
        if line is not None:
            found: Json = orjson.loads(line)
            return found
        self._end()
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
        line, deadline = bytearray(), time.monotonic() + LONGEST_S
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(process.stdout.fileno(), 1 << 20) if ready else b""
            if not piece:
                return None
            line += piece
        return line

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:  # somebody has ended it
            self._end()
        if self._process is None:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    # -P keeps the working folder off the import path: a module there may have the name of a library.
                    [sys.executable, "-P", "-m", "tuneset.endpoint.retrieval.reading_process", str(os.getpid())],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        kill_group(process.pid)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(BrokenPipeError):
                assert pipe is not None
                pipe.close()
        process.wait()
