"""Clients of other protocols killed with SIGKILL as a request is on its way: one rerun ends with one file and one job.

The server kills the client before or after it has acted, at each request of the whole way, so that no point of it
depends on the speed of the machine.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from tests.amounts import cases
from tests.providers.native_server import NativeServer
from tests.providers.protocol_server import QUICK, FakeClock, write_dataset
from tests.providers.quick_endpoint import Forked
from tests.providers.test_native_whole_way import ENVIRONMENT, SERVERS, assert_once, go, keys, params_for
from tuneset.params import EndpointParams
from tuneset.providers import remote_stages
from tuneset.providers.endpoint import connect
from tuneset.providers.places import Places

__all__ = ["keys"]  # a fixture that pytest finds here

KILLS = cases(1, 1000)
"""Of each provider, before the server acts and after; the long run kills at every request."""
FIRST = {("together", False): 2, ("together", True): 7, ("fireworks", False): 9, ("fireworks", True): 3}
"""Where the usual run kills: as a file is announced, as a job is created, and as content arrives; of others
at the second request."""


@dataclasses.dataclass
class Killer:
    """The server on a socket; `at` is the number of the request, from 0, at which it kills the client."""

    server: NativeServer
    acts: bool
    at: int | None = None
    pid: int = 0
    seen: int = 0

    def answer(self, request: httpx2.Request) -> httpx2.Response | None:
        number, self.seen = self.seen, self.seen + 1
        if number != self.at:
            return self.server.handle(request)
        if self.acts:
            self.server.handle(request)
        os.kill(self.pid, signal.SIGKILL)
        return None


@contextlib.contextmanager
def on_a_socket(killer: Killer) -> Iterator[int]:
    """Serve for as long as the block lasts; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "x-host")}
            url = f"https://{self.headers['x-host']}{self.path}"
            answered = killer.answer(httpx2.Request(self.command, url, headers=headers, content=body))
            if answered is None:
                return
            with contextlib.suppress(OSError):  # the client may be gone
                self.send_response(answered.status_code)
                for name, value in answered.headers.items():
                    if name not in ("content-length", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(answered.content)))
                self.end_headers()
                self.wfile.write(answered.content)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  names that the base class looks for

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield listener.server_address[1]
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def client_process(port: int, profile: str, model: str, data: str) -> None:
    """What a client does that is killed on the way; whatever host it asks is this server."""

    class Here(httpx2.HTTPTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            request.headers["x-host"] = request.url.host
            request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=port)
            return super().handle_request(request)

    client = httpx2.Client(transport=Here(trust_env=False, verify=False))
    os.environ |= ENVIRONMENT  # this process is forked from one that may have begun before the test's own were set
    endpoint = connect(EndpointParams(profile=profile), http_client=client, patience=QUICK)
    endpoint, places = FakeClock().on(endpoint), Places(Path(data))
    remote_stages.upload(endpoint, places, say=_silent)
    remote_stages.tune(endpoint, places, params_for(model), say=_silent)
    remote_stages.fetch_results(endpoint, places)


def _silent(_: str) -> None:
    """Nobody listens."""


@pytest.mark.slow
@pytest.mark.parametrize("acts", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("provider", SERVERS)
def test_one_rerun_after_a_client_was_killed_ends_well(tmp_path: Path, provider: str, acts: bool) -> None:
    make, model = SERVERS[provider]
    number, killed = (FIRST.get((provider, acts), 2) if KILLS == 1 else 0), 0
    while killed < KILLS:
        server, data = make(), tmp_path / str(number)
        write_dataset(data)
        killer = Killer(server, acts, at=number)
        with on_a_socket(killer) as port:
            client = Forked(target=client_process, args=(port, provider, model, str(data)))
            client.start()
            assert client.pid is not None
            killer.pid = client.pid
            client.join()
        if client.exitcode == 0:  # the way has no more requests
            break
        assert client.exitcode == -signal.SIGKILL, number
        killed += 1
        go(server, Places(data), model)
        assert_once(server, Places(data), f"{provider}, request {number}")
        number += 1
    assert killed >= min(KILLS, 20)
