"""The small server of `protocol_server.py` on a real socket, for tests that need a process of its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2

from tests.providers.protocol_server import Server


@contextlib.contextmanager
def on_a_socket(server: Server) -> Iterator[str]:
    """Serve for as long as the block lasts; yields the address, with `/v1`."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            url = f"http://server{self.path}"
            response = server.handle(httpx2.Request(self.command, url, headers=dict(self.headers), content=body))
            content = response.read()
            with contextlib.suppress(OSError):  # the client may be gone
                self.send_response(response.status_code)
                self.send_header("content-type", response.headers.get("content-type", "application/json"))
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815  names that the base class looks for

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_address[1]}/v1"
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()
