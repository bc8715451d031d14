"""One command in a process of its own: its document, or its error as that of a tool."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import AsyncIterable, Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
from mcp.server.mcpserver.exceptions import ToolError

Hear = Callable[[float, str], Awaitable[None]]
"""Told how much of a task is done, of 1, and which task that is."""
_PROGRESS = re.compile(r"(?P<words>.+): (?P<percent>\d+)%")


async def result_of(root: Path, *arguments: str, hear: Hear | None = None) -> dict[str, Any]:
    """Run `tuneset ARGUMENTS` in the root: the exit code and the document. A cancelled call ends the process.

    `hear` is told of progress while the command runs. Findings are a result, whatever the exit code; raises ToolError,
    with the message of the command, where it printed no document. `-P`: modules that lie in the root are not taken for
    libraries.
    """
    command = [sys.executable, "-P", "-m", "tuneset", *arguments]
    out: list[bytes] = []
    told: list[bytes] = []
    async with await anyio.open_process(command, cwd=root) as process, anyio.create_task_group() as tasks:
        assert process.stdout is not None
        assert process.stderr is not None
        tasks.start_soon(kept, process.stdout, out, None)
        tasks.start_soon(kept, process.stderr, told, hear)
        code = await process.wait()
    try:
        document = json.loads(b"".join(out))
    except ValueError:
        raise ToolError(message(b"".join(told).decode(errors="replace"))) from None
    return {"exit_code": code, "document": document}


async def kept(stream: AsyncIterable[bytes], parts: list[bytes], hear: Hear | None) -> None:
    """Keep what a stream brings, and tell of the progress in it."""
    async for part in stream:
        parts.append(part)
        if hear is not None:
            for found in _PROGRESS.finditer(part.decode(errors="replace")):
                await hear(int(found["percent"]) / 100, found["words"])


def message(stderr: str) -> str:
    r"""The error that a command told, without the progress above it.

    >>> message("checking: 50%\nerror: a.jsonl: is empty\n  do: name another\n")
    'a.jsonl: is empty\n  do: name another'
    """
    _, told, error = f"\n{stderr}".partition("\nerror: ")
    return (error if told else stderr).strip() or "the command ended without a result"
