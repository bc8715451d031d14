"""One command in a process of its own: its document, or its error as that of a tool."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import anyio
from mcp.server.mcpserver.exceptions import ToolError


async def result_of(root: Path, *arguments: str) -> dict[str, Any]:
    """Run `tuneset ARGUMENTS` in the root: the exit code and the document. A cancelled call ends the process.

    Findings are a result, whatever the exit code; raises ToolError, with the message of the command, where it printed
    no document. `-P`: modules that lie in the root are not taken for libraries.
    """
    done = await anyio.run_process([sys.executable, "-P", "-m", "tuneset", *arguments], cwd=root, check=False)
    try:
        document = json.loads(done.stdout)
    except ValueError:
        raise ToolError(message(done.stderr.decode(errors="replace"))) from None
    return {"exit_code": done.returncode, "document": document}


def message(stderr: str) -> str:
    r"""The error that a command told, without the progress above it.

    >>> message("check: 1 of 2 shards\nerror: a.jsonl: is empty\n  do: name another\n")
    'a.jsonl: is empty\n  do: name another'
    """
    _, told, error = f"\n{stderr}".partition("\nerror: ")
    return (error if told else stderr).strip() or "the command ended without a result"
