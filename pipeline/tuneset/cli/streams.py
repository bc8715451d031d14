"""Stdin, stdout and stderr as a command finds them: closed, of an encoding with few letters, read by nobody any more.

Nothing here knows what is printed.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator

CLOSED = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)
"""How the null device stands in for file descriptors 0, 1 and 2 where a shell closed them (`>&-`)."""


def prepare() -> None:
    r"""See to it that every text can be printed, before anything is.

    A descriptor that is closed leads nowhere: left free, it would be that of the next file that is opened, and what a
    library prints would stand in a dataset. A character that the encoding does not have is written as its escape: a
    result with `\\u2026` in it is better than none.
    """
    for descriptor, mode in enumerate(CLOSED):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)  # the lowest that is free, which is this one
    # No context: these are open as long as the process is.
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  as above
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  as above
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  as above
    for stream in (sys.stdout, sys.stderr):
        # A byte of a file name that is no text goes out as it came in where the locale has that; elsewhere it is told.
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def delivered() -> Iterator[None]:
    """See to it that what the block prints has gone out when it ends, whatever the code with which it ends.

    Raises BrokenPipeError where the reader has gone, of which typer makes an exit with 1, as for findings.
    """
    try:
        yield
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        sys.stdout.flush()
        raise
    sys.stdout.flush()


def lead_nowhere() -> None:
    """Have stdout and stderr lead nowhere: Python writes what is left in them at the exit, and complains of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
