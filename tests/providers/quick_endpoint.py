"""A trainer that starts at once, and the embedded endpoint on a real socket with it, for tests that need many jobs.

The trainer is the real one and trains as ever. It is forked from a process that has loaded it and the vocabulary,
where the product starts a new interpreter: a second less for each job.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import multiprocessing.context
import multiprocessing.process
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from importlib import import_module
from multiprocessing import popen_forkserver
from multiprocessing.connection import wait
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import uvicorn

from tuneset.endpoint.app import create_app
from tuneset.endpoint.jobs import start_attempt
from tuneset.targets.encodings import get_encoding
from tuneset.training import run

READING = threading.Lock()


class _Popen(popen_forkserver.Popen):
    """The exit code of a process lies in a pipe, to be read once: of two threads that read, one would say 255.

    Two threads do: each start of a process asks all others of this one whether they have ended.
    """

    def poll(self, flag: int = os.WNOHANG) -> int | None:
        known = self.returncode is not None
        if not known and not wait([self.sentinel], 0 if flag == os.WNOHANG else None):
            return None
        with READING:
            return super().poll(os.WNOHANG)


class Forked(multiprocessing.context.ForkServerProcess):
    """A process of the fork server, of which several threads may ask how it ended."""

    @staticmethod
    def _Popen(process_obj: multiprocessing.process.BaseProcess) -> _Popen:  # noqa: N802  multiprocessing looks this name up
        return _Popen(process_obj)


FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["__main__", __name__])
import_module("tuneset.training.tiny.tiny_trainer")
get_encoding("o200k_base").encode("loaded once, for all forks")
gc.freeze()  # or a fork's first collection copies all that it shares


class QuickTrainer:
    """As much of `subprocess.Popen` as an attempt uses."""

    def __init__(self, command: Sequence[str], **_: object) -> None:
        self._process = Forked(target=_train, args=(command[-2],))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("trainer", timeout or 0)
        return self._process.exitcode


def _train(folder: str) -> None:
    os.setsid()
    run.main(Path(folder), os.getppid())


@contextlib.contextmanager
def quick_trainers() -> Iterator[None]:
    """Jobs that begin within the block are trained in this way."""
    # The attempt looks `subprocess` up in its own module, so that no other process is started this way.
    popen = SimpleNamespace(Popen=QuickTrainer, DEVNULL=None, TimeoutExpired=subprocess.TimeoutExpired)
    with mock.patch.object(start_attempt, "subprocess", popen):
        yield


@contextlib.contextmanager
def quick_endpoint(state: Path) -> Iterator[int]:
    """Serve a state folder for as long as the block lasts; yields the port."""
    config = uvicorn.Config(create_app(state), port=0, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    with quick_trainers():
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                threading.Event().wait(0.005)
            yield server.servers[0].sockets[0].getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
