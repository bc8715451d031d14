"""A hub of one model on the loopback interface, as much of it as the hub's own library asks for."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator, Mapping

COMMIT = "c0ffee" + "0" * 34


class Hub:
    """What the hub holds and how it behaves.

    Args:
        files: contents by name.
        status: of every answer about the model, where it is not 200; `code` is then its X-Error-Code.
        told: hashes that it tells, where they are others than those of the files.
        breaks_after: bytes of a large file after which the connection ends, the first time.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.status, self.code = 200, ""
        self.told: dict[str, str] = {}
        self.breaks_after: int | None = None
        self.asked: list[tuple[str, str, str | None]] = []
        self.url = ""

    def blob(self, name: str) -> str:
        content = self.files[name]
        return self.told.get(name) or hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextlib.contextmanager
def served(hub: Hub) -> Iterator[Hub]:
    """Serve it for the block."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_HEAD(self) -> None:  # the name that the library asks for
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = self.path.partition("?")[0]
            hub.asked.append((self.command, path, self.headers.get("Range")))
            if hub.status != 200:
                self._send(hub.status, b"{}", {"X-Error-Code": hub.code}, body=body)
            elif path.startswith("/api/models/") and "/tree/" in path:
                tree = [
                    {"type": "file", "path": name, "size": len(content), "oid": hub.blob(name)}
                    for name, content in hub.files.items()
                ]
                self._send(200, json.dumps(tree).encode(), {}, body=body)
            elif path.startswith("/api/models/"):
                siblings = [
                    {"rfilename": name, "size": len(content), "blobId": hub.blob(name)}
                    for name, content in hub.files.items()
                ]
                found = {"id": "Org/Model", "modelId": "Org/Model", "sha": COMMIT, "siblings": siblings}
                self._send(200, json.dumps(found).encode(), {}, body=body)
            else:
                self._file(path.partition(f"/resolve/{COMMIT}/")[2], body=body)

        def _file(self, name: str, *, body: bool) -> None:
            content = hub.files[name]
            span = self.headers.get("Range")
            start = int(span.removeprefix("bytes=").partition("-")[0]) if span else 0
            told = {"ETag": f'"{hub.blob(name)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
            if start:
                told["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            limit = hub.breaks_after if body and len(content) > (hub.breaks_after or len(content)) else None
            self._send(206 if start else 200, content[start:], told, body=body, limit=limit)

        def _send(
            self, status: int, content: bytes, told: Mapping[str, str], *, body: bool, limit: int | None = None
        ) -> None:
            self.send_response(status)
            for name, value in {**told, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(content[:limit])
            if limit is not None:
                hub.breaks_after = None
                self.close_connection = True

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
