"""Where the traceback of a defect is kept, and what `--debug` shows.

No message of another library is kept or shown: it may hold values of rows. Log lines name files, stages and counts.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator

from tuneset.errors import DefectError, TunesetError, frames
from tuneset.execution.stores.location import Location

ERROR_LOG = "error.log"
_log = logging.getLogger("tuneset")


@contextlib.contextmanager
def kept_in(folder: Location) -> Iterator[None]:
    """Keep the traceback of a defect within the block in `folder`, which is a work folder, and say so in its error."""
    try:
        yield
    except DefectError as error:
        path = folder / ERROR_LOG
        with contextlib.suppress(OSError, TunesetError):  # the defect matters more than its log
            from tuneset.execution import storage  # noqa: PLC0415  it loads numpy, which few errors need

            storage.write_whole(path, f"{frames(error)}\n".encode())
            error.hint = f"{error.hint}; the traceback is in {path}".removeprefix("; ")
        raise


def show_log() -> None:
    """Print the log of all rooms on stderr from now on, and a traceback for every error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(relativeCreated)7d ms  %(name)s: %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.DEBUG)


def show(error: BaseException) -> None:
    """Print where an error came from, if the log is shown."""
    if _log.isEnabledFor(logging.DEBUG):
        print(frames(error), file=sys.stderr)
