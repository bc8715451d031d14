"""One run at a time in one folder, which the run that holds it may remove."""

from __future__ import annotations

import concurrent.futures
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from tuneset import locks
from tuneset.errors import UsageError
from tuneset.execution import storage
from tuneset.execution.stores import object_lock
from tuneset.execution.stores.location import Location, RemotePath

LOCK_FILE = ".lock"


@contextlib.contextmanager
def locked(folder: Location, work: str = "") -> Iterator[None]:
    """Hold the folder for the block. Raises UsageError with the holder's process id where another run has it.

    In a store a run of the same `work` is let in, as `object_lock` says.
    """
    if isinstance(folder, RemotePath):
        with object_lock.held(folder / LOCK_FILE, work):
            yield
        return
    assert isinstance(folder, Path), "a location is a local path or a remote one"
    try:
        with locks.held(folder / LOCK_FILE, wait=False):
            yield
    except locks.LockHeldError as error:
        raise UsageError(
            f"{folder}: another run is at work here (process {error.holder})",
            hint="wait for it to end, or name another folder",
        ) from error


def clear(folder: Location) -> None:
    """Remove a folder that this process holds: the lock after all else, so that nobody comes in between."""
    if not isinstance(folder, Path):
        storage.remove_folder(folder)
        return
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
