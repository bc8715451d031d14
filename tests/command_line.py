"""The whole command line in this process: arguments, standard input, both outputs and the exit code, as at a shell.

A process costs a second for what it loads. Where that matters (what a start loads, how one is interrupted, what
`--debug` sets for the whole process), a test starts one.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from typer.testing import CliRunner

from tuneset.cli import main


class Done(NamedTuple):
    """How a command ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def tuneset(folder: Path, *arguments: str, data: bytes = b"", columns: int = 80, terminal: bool = False) -> Done:
    """Run `tuneset ARGUMENTS` in a folder, in front of a terminal or not."""
    runner = CliRunner(env={"COLUMNS": str(columns)})
    with (
        contextlib.chdir(folder),
        mock.patch.object(sys, "argv", ["tuneset", *arguments]),
        runner.isolation(input=data) as (out, err, _),
    ):
        for stream in (sys.stdout, sys.stderr) if terminal else ():
            vars(stream)["isatty"] = lambda: True
        try:
            main.run()
        except SystemExit as ended:
            code = ended.code
        else:
            code = 0
        sys.stdout.flush()
        sys.stderr.flush()
        assert code is None or isinstance(code, int)
        return Done(code or 0, out.getvalue().decode(), err.getvalue().decode())
