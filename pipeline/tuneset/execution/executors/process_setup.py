"""What is set for a whole process: for this one once, by the command that runs in it, and for workers as they start."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import os
import sys
import threading
import types
from collections.abc import Iterator

GC_THRESHOLD = 1_000_000  # allocations between two looks; measured to save 2 of 12 microseconds a row when reading

POLARS_MEMORY = {"_RJEM_MALLOC_CONF": "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:1000"}
"""polars keeps memory that it has freed for a second, then gives it back; by default it keeps much of it for good. Read
when polars is loaded."""

WORKER_ENVIRONMENT = {
    # Read by the workers when they load polars; this process has loaded it already.
    "POLARS_MAX_THREADS": "1",
    # A worker does the same again and again: memory that it frees between two shards stays its own, whether numpy and
    # Python ask for it (glibc, below 64 MiB at once) or polars. It halves the time in the kernel, measured: 3 of 56
    # microseconds a row.
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
    **POLARS_MEMORY,
}
"""What a worker finds in its environment, unless the user has set it."""

_starting = threading.Lock()


def set_up_command() -> None:
    """Have polars give memory back in this process too; to be called by a command before polars is loaded."""
    for name, value in POLARS_MEMORY.items():
        os.environ.setdefault(name, value)


def set_up_worker() -> None:
    """Let the garbage collector look for cycles rarely: rows are millions of small objects without any.

    And let no worker outlive the run.
    """
    gc.set_threshold(GC_THRESHOLD)
    threading.Thread(target=_end_with_parent, daemon=True).start()


@contextlib.contextmanager
def seldom_collecting() -> Iterator[None]:
    """Have the garbage collector of this process look for cycles as rarely as in workers, while the block runs.

    A collector that was switched off, or looks more rarely already, stays as it is.
    """
    usual = gc.get_threshold()
    changes = 0 < usual[0] < GC_THRESHOLD
    if changes:
        gc.set_threshold(GC_THRESHOLD, *usual[1:])
    try:
        yield
    finally:
        if changes:
            gc.set_threshold(*usual)


def trim() -> None:
    """Give back what numpy has freed in this process, where its C library keeps it until it is asked (glibc)."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another library, or none that can be named
        ctypes.CDLL(None).malloc_trim(0)


class _WorkerProcess(multiprocessing.context.SpawnProcess):
    """A process that gets WORKER_ENVIRONMENT, and does not load the program's main module, which it has no use for."""

    def start(self) -> None:
        with _starting, _environment_of_worker(), _nameless_main():
            super().start()


class WorkerContext(multiprocessing.context.SpawnContext):
    """Starts workers fresh, since threads of libraries such as polars do not survive a fork."""

    Process = _WorkerProcess


@contextlib.contextmanager
def _environment_of_worker() -> Iterator[None]:
    added = [name for name in WORKER_ENVIRONMENT if name not in os.environ]
    os.environ.update({name: WORKER_ENVIRONMENT[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


@contextlib.contextmanager
def _nameless_main() -> Iterator[None]:
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _end_with_parent() -> None:
    """End this worker as soon as the process that started it is gone.

    Python lets it wait for tasks for ever; and where a run was killed, the next one may already be at work on the same
    files.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None  # a worker has one
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)
