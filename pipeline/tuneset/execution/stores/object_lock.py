"""One run at a time in a folder of a store, which has no locks: an object says who is at work, and on what.

Every object that a run writes there follows from its raw data, params and code. So a run of the same work goes on where
another has stopped, and two of them do each other no harm; a run of other work is refused while the lock is fresh. The
age of a lock is told by the store's own clock.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
import socket
import threading
from collections.abc import Iterator

import orjson

from tuneset.errors import UsageError
from tuneset.execution.stores.location import RemotePath

LEASE_S = 600
"""A lock that nobody has renewed for so long is of a run that has ended."""
_RENEWALS = 4  # in the time of a lease


@contextlib.contextmanager
def held(lock: RemotePath, work: str) -> Iterator[None]:
    """Hold the lock for the block; `work` says what is done under it, such that other work has another word.

    Raises UsageError with the holder where a run of other work has it.
    """
    me = {"holder": f"{socket.gethostname()}, process {os.getpid()}", "work": work, "token": secrets.token_hex(8)}
    mine = orjson.dumps(me)
    if not lock.create(mine):
        there = _read(lock)
        if there.get("work") not in (work, None) and not _is_stale(lock):
            raise UsageError(
                f"{lock.parent}: another run is at work here ({there.get('holder')})",
                hint=f"wait for it to end, or name another folder; if it has ended, the lock does in {LEASE_S // 60} "
                f"minutes, or remove {lock}",
            )
        lock.write(mine)
    over = threading.Event()
    thread = threading.Thread(target=_renew, args=(lock, mine, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        if _read(lock) == me:
            lock.unlink(missing_ok=True)


def _renew(lock: RemotePath, mine: bytes, over: threading.Event) -> None:
    while not over.wait(LEASE_S / _RENEWALS):
        with contextlib.suppress(Exception):  # the run itself tells what is wrong with the store
            if lock.read_bytes() != mine:
                return
            lock.write(mine)


def _read(lock: RemotePath) -> dict[str, str]:
    try:
        there = orjson.loads(lock.read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return {}
    return there if isinstance(there, dict) else {}


def _is_stale(lock: RemotePath) -> bool:
    """Whether a lock is older than its lease, beside an object that is written now; never where no time is told."""
    probe = lock.with_name(f"{lock.name}-{secrets.token_hex(4)}")
    probe.write(b"now")
    try:
        then, now = (_modified(one) for one in (lock, probe))
    finally:
        probe.unlink(missing_ok=True)
    return then is not None and now is not None and (now - then).total_seconds() > LEASE_S


def _modified(file: RemotePath) -> dt.datetime | None:
    try:
        found: dt.datetime = file.ask("read", lambda files: files.modified(str(file)))
    except (FileNotFoundError, NotImplementedError):
        return None
    return found
