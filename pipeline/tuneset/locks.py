"""Locks between processes: a file that one of them holds at a time, and in which its process id stands.

The system gives a lock back however its holder ends. What a lock guards is no concern of this file.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import filelock

from tuneset import artifacts


class LockHeldError(Exception):
    """Another process holds the lock; for the caller to say what that means.

    Args:
        holder: the process id of whoever holds it, or `unknown`.
    """

    def __init__(self, holder: str) -> None:
        super().__init__(f"held by process {holder}")
        self.holder = holder


@contextlib.contextmanager
def held(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold the lock at `path` for the block; its folder is made if it is not there.

    The holder may remove the file, and the folder with it. Where another process has the lock, this waits for it, or
    raises LockHeldError without `wait`. Raises InputError where the folder cannot be written or has no locks.
    """
    lock = filelock.FileLock(path, blocking=wait, fallback_to_soft=False, on_acquired=_sign)
    while not lock.is_locked:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except filelock.Timeout as error:
            if path.exists():
                raise LockHeldError(_holder(path)) from error
        except FileNotFoundError:
            continue  # whoever held it has just removed the folder
        except OSError as error:
            # Removed just when mkdir had found it, and was about to see whether it is a folder?
            if not isinstance(error, FileExistsError) or _is_no_folder(path.parent):
                raise artifacts.write_error(path.parent, error) from error
    try:
        yield
    finally:
        lock.release()


def _sign(lock: int) -> None:
    """Write this process's id into the lock file, which is open as `lock`."""
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    os.lseek(lock, 0, os.SEEK_SET)  # Windows unlocks the byte at which the file stands


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip() or "unknown"
    except OSError:  # given back just now, or a system where a locked file cannot be read
        return "unknown"


def _is_no_folder(path: Path) -> bool:
    """Whether there is something else at `path`: a file, or a link that leads nowhere."""
    try:
        return not stat.S_ISDIR(path.lstat().st_mode)  # one look: between two it may come or go
    except FileNotFoundError:
        return False
