"""Runs the embedded endpoint: in this process (`serve`), or in a child for as long as a block lasts.

    python -m tuneset.endpoint.server HOST PORT STATE      serves until its standard input is closed

A state folder belongs to one server at a time: it holds a lock there, and says in `server.json` where it is reached.
What is served is the business of `app`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import uvicorn

from tuneset import locks
from tuneset.artifacts import read_json, write_error, write_json
from tuneset.endpoint.access import check_exposure
from tuneset.endpoint.app import create_app
from tuneset.endpoint.certificate import Certificate
from tuneset.endpoint.connections import connection_options
from tuneset.endpoint.inference.upstream import Inference
from tuneset.endpoint.jobs.bases import LocalBase
from tuneset.endpoint.project_keys import ProjectKey
from tuneset.endpoint.state.state_folder import keep_reserve, open_state, with_reserve
from tuneset.endpoint.traffic import Log
from tuneset.errors import InputError, TunesetError
from tuneset.local_server import ReadyServer, address_of, bound
from tuneset.processes import is_running, start_time

START_LIMIT_S = 120.0
STOP_LIMIT_S = 10.0
POLL_S = 0.05
"""Seconds that a child may take to start and to stop, and between two looks at it."""

LOG = "server.log"
_ADDRESS = "server.json"
_LOCK = "server.lock"


def serve(
    host: str,
    port: int,
    state: Path,
    api_key: str | None,
    on_ready: Callable[[str], None] | None = None,
    *,
    projects: Sequence[ProjectKey] = (),
    aliases: Mapping[str, str] | None = None,
    bases: Mapping[str, LocalBase] | None = None,
    devices: Sequence[str] = (),
    inference: Inference | None = None,
    disk_limit: int | None = None,
    certificate: Certificate | None = None,
    log: Log | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. Port 0 takes a free one; `on_ready` gets the base URL once requests are answered.

    `projects` are keys in the place of `api_key`, each of which sees the objects of its project alone. `aliases` are
    further names of base models (further name -> name), `bases` models at hand that can be trained (name
    -> where and how), `devices` the GPUs on which jobs are trained, one each at a time, `inference`
    the server to which requests for answers are handed on;
    `disk_limit` is how many bytes the files of a project may have; with a `certificate` it speaks HTTPS.
    `log` gets each request once it is answered. To be called from the main thread.

    Raises UsageError where the port is taken, the address is not this machine's or others could reach it without a
    key, an alias names no base model, or a base cannot be trained here; InputError where another server has the
    state folder, or it or the folder of a base cannot be used.
    """
    check_exposure(host, projects[0].key if projects else api_key)
    if certificate is not None:
        certificate.check()
    with _locked(state), bound(host, port) as listener:
        base_url = _base_url(host, listener.getsockname()[1], secure=certificate is not None)
        address = state / _ADDRESS

        def ready() -> None:
            told = {"base_url": base_url, "pid": os.getpid(), "started": start_time(os.getpid())}
            with_reserve(state, lambda: write_json(address, told))
            keep_reserve(state)
            if on_ready is not None:
                on_ready(base_url)

        open_state(state).store.close()  # what is wrong with it is said before anything is served
        app = create_app(
            state,
            api_key=api_key,
            projects=projects,
            aliases=aliases,
            bases=bases,
            devices=devices,
            inference=inference,
            disk_limit=disk_limit,
            log=log,
        )
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=int(STOP_LIMIT_S),
            **connection_options(),
            **(certificate.options() if certificate is not None else {}),
        )
        # uvicorn stops in good order and then raises the signal again; as an interrupt it ends here.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            ReadyServer(config, ready).run(sockets=[listener])
        except KeyboardInterrupt:
            pass
        finally:
            address.unlink(missing_ok=True)


@contextlib.contextmanager
def running_endpoint(state: Path) -> Iterator[str]:
    """Yield the base URL of a server on this state folder, such as `http://127.0.0.1:43519/v1`.

    A server that already runs there is used and left alone; else one is started, and stopped after the block. A job
    that is not finished by then goes on at the next start. Raises InputError where no server comes up.
    """
    running = _running(state)
    if running is not None:
        yield running
        return
    try:
        state.mkdir(parents=True, exist_ok=True)
        log = (state / LOG).open("ab")
    except OSError as error:
        raise write_error(state, error) from error
    with log:
        logged = log.tell()
        process = subprocess.Popen(
            # -P keeps the working folder off the import path: a module there may have the name of a library.
            [sys.executable, "-P", "-m", "tuneset.endpoint.server", "127.0.0.1", "0", str(state)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield _await_address(state, process, logged)
    finally:
        _stop(process)


@contextlib.contextmanager
def _locked(state: Path) -> Iterator[None]:
    """Hold the state folder. Raises InputError where another server has it."""
    try:
        with locks.held(state / _LOCK, wait=False):
            yield
    except locks.LockHeldError as error:
        raise InputError(
            f"{state}: another server already uses this state folder",
            hint="use that server, stop it, or choose another folder",
        ) from error


def _base_url(host: str, port: int, *, secure: bool = False) -> str:
    """Where clients reach the endpoint.

    >>> _base_url("::1", 8000)
    'http://[::1]:8000/v1'
    """
    return f"{address_of(host, port, secure=secure)}/v1"


def _running(state: Path) -> str | None:
    """The base URL of the server that has this state folder now, or None."""
    try:
        address: Any = read_json(state / _ADDRESS)
    except InputError:
        return None
    return str(address["base_url"]) if is_running(address["pid"], address["started"]) else None


def _await_address(state: Path, process: subprocess.Popen[bytes], logged: int) -> str:
    """Wait until a server has the state folder: the child, or one that was quicker."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        running = _running(state)
        if running is not None:
            return running
        if ended:
            break
        time.sleep(POLL_S)
    log = state / LOG
    said = log.read_bytes()[logged:].decode("utf-8", "replace").strip().splitlines()
    state_now = "did not start" if process.poll() is not None else f"did not start within {START_LIMIT_S:.0f} seconds"
    reason = f": {said[-1]}" if said else ""
    raise InputError(f"the embedded endpoint {state_now}{reason}", hint=f"its log is {log}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Close the child's standard input, which it takes as the wish to stop; kill it if it does not."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _stop_when_closed(handle: IO[bytes]) -> None:
    """Interrupt this process when its parent closes the pipe, or ends in whatever way."""
    handle.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main(host: str, port: int, state: Path) -> None:
    """Serve for the parent process."""

    def watch_parent(_base_url: str) -> None:
        threading.Thread(target=_stop_when_closed, args=[sys.stdin.buffer], daemon=True).start()

    try:
        serve(host, port, state, None, watch_parent)
    except TunesetError as error:
        # One line: whoever started this process shows the last line of the log.
        sys.exit(str(error).replace("\n", ";"))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
