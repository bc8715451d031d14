"""`tuneset mcp`: the command itself. The protocol's library is an extra, and is loaded here alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tuneset.errors import InputError, UsageError


def mcp(
    root: Annotated[
        Path, typer.Option("--root", metavar="DIR", help="No tool reads or writes anything outside of this folder.")
    ] = Path(),
    allow_write: Annotated[
        bool, typer.Option("--allow-write", help="Give the tools that write too: prepare, and check --fix.")
    ] = False,
) -> None:
    """Give an assistant commands as tools, by the Model Context Protocol on stdin and stdout; read-only at first."""
    try:
        from tuneset.cli.assistant.server import server  # noqa: PLC0415  what it loads is an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise UsageError(
            "tuneset mcp needs what is not installed: mcp",
            hint="install Tuneset with the extra mcp, or add it: pip install mcp",
        ) from None
    if not root.is_dir():
        raise InputError(f"{root}: is no folder", hint="name the folder of the project with --root DIR")
    server(root.resolve(), allow_write=allow_write).run()
