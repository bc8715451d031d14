"""One run at a time in one folder. The lock goes with the process that holds it, however that ends.

The lock's file may be removed with its folder by the run that holds it. Whoever was waiting at the door with the file
open then holds a file that nobody else can find, so a lock counts only if its file is the one in the folder.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tuneset import artifacts
from tuneset.errors import UsageError

LOCK_FILE = ".lock"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for the block. Raises UsageError with the holder's process id where another run has it."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = (folder / LOCK_FILE).open("a+")
        except FileNotFoundError:  # the run that held it has just removed the folder
            continue
        except OSError as error:
            if isinstance(error, FileExistsError) and not _is_no_folder(folder):
                continue  # removed just when mkdir had found it, and was about to see whether it is a folder
            raise artifacts.write_error(folder, error) from error
        with handle:
            _take(handle, folder)
            if not _is_current(handle, folder / LOCK_FILE):
                continue
            yield
            return


def clear(folder: Path) -> None:
    """Remove a folder that this process holds: the lock after all else, so that nobody comes in between."""
    files = [path for path in folder.rglob("*") if path.is_file() and path != folder / LOCK_FILE]
    with concurrent.futures.ThreadPoolExecutor(2) as threads:  # removing gigabytes takes the system its time
        for _ in threads.map(lambda path: path.unlink(missing_ok=True), files):
            pass
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
    (folder / LOCK_FILE).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # another run has made its lock there already
        folder.rmdir()


def _is_no_folder(path: Path) -> bool:
    """Whether there is something else at `path`: a file, or a link that leads nowhere."""
    try:
        return not stat.S_ISDIR(path.lstat().st_mode)  # one look: between two it may come or go
    except FileNotFoundError:
        return False


def _take(handle: IO[str], folder: Path) -> None:
    """Lock the open file and write this process's id into it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        raise UsageError(
            f"{folder}: another run is at work here (process {handle.read().strip() or 'unknown'})",
            hint="wait for it to end, or name another folder",
        ) from error
    except OSError as error:  # a file system without locks
        raise artifacts.write_error(folder / LOCK_FILE, error) from error
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()


def _is_current(handle: IO[str], path: Path) -> bool:
    """Whether the open file is still the one that stands at `path`."""
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False
