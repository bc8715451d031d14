"""A proxy before an S3 server: slow, busy (503 SlowDown), reads torn off, listings that lack what was just written.

Faults are drawn by a seeded chance. A request is not at fault twice in a row, so that whoever asks again is served.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import random
import re
import socket
import struct
import threading

BUSY = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_KEY = re.compile(rb"<Contents><Key>.*?</Contents>", re.DOTALL)


class StoreProxy:
    """Listens on a port of its own. `faults` holds the share of requests that meet each: busy, torn, slow, late."""

    def __init__(self, upstream: int, chance: random.Random) -> None:
        self.upstream = upstream
        self.faults: dict[str, float] = {}
        self.met: dict[str, int] = {}
        self.seen: list[str] = []
        self._chance = chance
        self._last: set[str] = set()
        self._late: set[bytes] = set()
        self._lock = threading.Lock()
        proxy = self

        class Handler(_Handler):
            of = proxy

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fault(self, method: str, path: str, size: str) -> str:
        """Which fault a request meets; none where it has just met one."""
        key = f"{method} {path} {size}"
        with self._lock:
            self.seen.append(f"{method} {path}")
            if key in self._last:
                self._last.discard(key)
                return ""
            for name in ("busy", "torn", "slow"):
                if self._chance.random() < self.faults.get(name, 0) and (name != "torn" or method == "GET"):
                    self._last.add(key)
                    self.met[name] = self.met.get(name, 0) + 1
                    return name
        return ""

    def wrote(self, path: str) -> None:
        """Keep a new object out of the next listing, perhaps."""
        with self._lock:
            if self._chance.random() < self.faults.get("late", 0):
                self._late.add(path.partition("?")[0].encode().split(b"/", 2)[-1])

    def listed(self, body: bytes) -> bytes:
        """A listing without what was written just before."""
        with self._lock:
            late, self._late = self._late, set()
        if not late:
            return body

        def kept(found: re.Match[bytes]) -> bytes:
            name = found[0].partition(b"<Key>")[2].partition(b"</Key>")[0]
            if name in late:
                self.met["late"] = self.met.get("late", 0) + 1
                return b""
            return found[0]

        return _KEY.sub(kept, body)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    of: StoreProxy

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the base class calls it so
        """Say nothing."""

    def _serve(self) -> None:
        body = self._body()
        fault = self.of.fault(self.command, self.path, self.headers.get("Range", "") + str(len(body)))
        if fault == "busy":
            self._answer(503, {"content-type": "application/xml"}, BUSY)
            return
        if fault == "slow":
            threading.Event().wait(0.15)
        upstream = http.client.HTTPConnection("127.0.0.1", self.of.upstream, timeout=60)
        with contextlib.closing(upstream):
            kept = {name: value for name, value in self.headers.items() if name.lower() != "transfer-encoding"}
            if "transfer-encoding" in self.headers:
                kept["Content-Length"] = str(len(body))
            upstream.request(self.command, self.path, body, kept)
            answer = upstream.getresponse()
            content = answer.read()
            headers = dict(answer.getheaders())
        if self.command == "GET" and "list-type" in self.path:
            content = self.of.listed(content)
        if self.command in ("PUT", "POST") and answer.status < 300:
            self.of.wrote(self.path)
        if fault == "torn" and len(content) > 1 and answer.status < 300:
            self._answer(answer.status, headers, content, torn=True)
            return
        self._answer(answer.status, headers, content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815  the base class calls them so

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _answer(self, status: int, headers: dict[str, str], content: bytes, *, torn: bool = False) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            own = ("transfer-encoding", "connection", "date", "server", *(["content-length"] if content else []))
            for name, value in headers.items():
                if name.lower() not in own:
                    self.send_header(name, value)
            if content or "content-length" not in {name.lower() for name in headers}:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if torn else content)
            if torn:
                self.wfile.flush()
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
