"""The process of a generator, as the event loop sees it: questions go in, and what is told comes out as it is told.

It is started with the first question, and again after it has ended by itself. Who stops listening, because a client has
gone or enough was said, has its question taken back. What a generator is, and what runs in the process, is told in
`training`.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.processes import kill_group
from tuneset.training.answering import Refused, Told, read_line
from tuneset.training.generator import Ended, ModelRef, Question

LONGEST_LINE = 1 << 24
"""Bytes of one record: a call of a tool may be long."""

_Listeners: TypeAlias = dict[int, asyncio.Queue[Told | None]]

_log = logging.getLogger("tuneset.endpoint")


class GeneratorProcess:
    """One process for all models of a generator. `log` is where it writes what it says beside its answers."""

    def __init__(self, generator: str, log: Path, environment: Mapping[str, str]) -> None:
        self._generator = generator
        self._log = log
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._listeners: _Listeners = {}
        """To the process that runs: what is told of its end is no matter of those who ask the next one."""
        self._last = 0

    async def ask(self, model: ModelRef, question: Question) -> AsyncGenerator[Told, None]:
        """What is told on a question, up to Ended. Raises ApiError where there is no answer, or not to its end."""
        process, listeners = await self._running()
        self._last += 1
        number, heard = self._last, asyncio.Queue[Told | None]()
        listeners[number] = heard
        order = {"id": number, "model": dataclasses.asdict(model), "question": dataclasses.asdict(question)}
        try:
            self._send(process, order)
            while True:
                told = await heard.get()
                if told is None:
                    message = "The process that generates has ended; its log in the state folder may say why."
                    raise ApiError(500, message, code="generator_error", type="server_error")
                if isinstance(told, Refused):
                    if told.code is None:
                        raise ApiError(500, told.message, code="generator_error", type="server_error")
                    raise ApiError(400, told.message, param=told.param, code=told.code)
                yield told
                if isinstance(told, Ended):
                    return
        finally:
            del listeners[number]
            self._send(process, {"cancel": number})

    async def close(self) -> None:
        """End the process."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                kill_group(self._process.pid)
            await self._process.wait()
        if self._reader is not None:
            await self._reader

    def _send(self, process: asyncio.subprocess.Process, order: Mapping[str, Any]) -> None:
        assert process.stdin is not None
        if not process.stdin.is_closing():
            process.stdin.write(orjson.dumps(order, option=orjson.OPT_APPEND_NEWLINE))

    async def _running(self) -> tuple[asyncio.subprocess.Process, _Listeners]:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                with self._log.open("ab") as log:
                    self._process = await asyncio.create_subprocess_exec(
                        # -P keeps the working folder off the import path: a module there may be called as a library.
                        *(sys.executable, "-P", "-m", "tuneset.training.answering", self._generator, str(os.getpid())),
                        stdin=asyncio.subprocess.PIPE,
                        stdout=asyncio.subprocess.PIPE,
                        stderr=log,
                        start_new_session=True,
                        limit=LONGEST_LINE,
                        env=os.environ | self._environment,
                    )
                self._listeners = {}
                self._reader = asyncio.create_task(_read(self._process, self._listeners))
            return self._process, self._listeners


async def _read(process: asyncio.subprocess.Process, listeners: _Listeners) -> None:
    """Pass on what a process tells until it ends; one that tells what cannot be read is ended."""
    assert process.stdout is not None
    try:
        while line := await process.stdout.readline():
            number, told = read_line(line)
            if number in listeners:
                listeners[number].put_nowait(told)
    except Exception:  # noqa: BLE001  whatever it was, who waits is to hear of it
        _log.exception("what the generating process tells cannot be read; it is ended")
        kill_group(process.pid)
    await process.communicate()  # what is left in the pipe has to be read: else its end is never told
    for heard in listeners.values():
        heard.put_nowait(None)
