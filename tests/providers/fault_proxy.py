"""A real socket server in front of an endpoint, which treats chosen requests as a bad network or a bad server would.

It reads HTTP itself, so that it can break a connection at any byte. What is behind it is a whole endpoint.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import re
import socket
import struct
import threading
from collections.abc import Iterator

_ID = re.compile(r"/(file|ftjob|upload|part)[-_]\w+")
_PAGE = b"<!doctype html><title>Log in</title>"
HANG_S = 300
"""Seconds until a connection is given up; on a busy machine nothing but a hang takes as long."""
HEADER = "x-fault"
"""The header of a request that names the fault which it is to meet."""

REFUSED = "refused"
"""Such a request goes to `silent_port` instead."""
TOO_LATE = "hangs, and the server acts too late"
TOO_LATE_THEN_429 = "hangs, and the server acts too late, after another answer of 429"
LATE = {TOO_LATE, TOO_LATE_THEN_429}
"""Later than the client looks, perhaps: only a server that honours keys can make one thing of two requests then."""
STATUS_FAULTS = {
    "408": (408, {}, False),
    "409, though the server acted": (409, {}, True),
    "429": (429, {}, False),
    "429, come back in 5 ms": (429, {"retry-after-ms": "5"}, False),
    "429, come back tomorrow": (429, {"retry-after": "86400"}, False),
    "500, though the server acted": (500, {}, True),
    "503": (503, {}, False),
}
"""Status, headers, and whether the server has acted."""
FAULTS = (
    REFUSED, "reset before the body", "reset in the middle of the body", "answer lost after the server acted",
    "hangs, and does nothing", "hangs after the server acted",
    TOO_LATE, TOO_LATE_THEN_429, *STATUS_FAULTS, "answer cut in half",
    "a log-in page", "wrong content type after the server acted", "answer sent twice",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class _Head:
    method: str
    path: str
    headers: dict[str, str]


def kind_of(method: str, path: str) -> str:
    """A request without ids and query: `GET /v1/files/file-7/content?x=1` is `GET /files/ID/content`."""
    return f"{method} " + _ID.sub("/ID", path.partition("?")[0].removeprefix("/v1"))


class FaultProxy:
    """Listens on a port of its own; a request names its fault in HEADER, so that no other can meet it.

    At `silent_port` nobody listens. Unless it `honours_keys`, the proxy takes every Idempotency-Key away: the client
    has to do without, as at OpenAI.
    """

    def __init__(self, upstream: int, *, honours_keys: bool) -> None:
        self._upstream = upstream
        self._dropped = {"connection", HEADER} | (set() if honours_keys else {"idempotency-key"})
        self._silent = _bound()
        self.silent_port = self._silent.getsockname()[1]
        self._listener = _bound()
        self._listener.listen()
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._overdue: dict[str, list[tuple[_Head, bytes]]] = {}
        self._to_refuse: set[str] = set()
        self._threads: list[threading.Thread] = []
        self._start(self._accept, self._listener)

    def close(self) -> None:
        """Stop listening and wait until all is over."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._silent.close()
        for thread in self._threads:
            thread.join()

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type]  # any of our methods
        self._threads = [known for known in self._threads if known.is_alive()] + [thread]
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(HANG_S)
            reader = connection.makefile("rb")
            head = _read_head(reader)
            if head is None:
                return
            fault = head.headers.get(HEADER)
            length = int(head.headers.get("content-length", "0"))
            if fault in ("reset before the body", "reset in the middle of the body"):
                reader.read(length // 2 if "middle" in fault else 0)
                _reset(connection)
                return
            body = reader.read(length)
            self._answer(connection, head, body, fault)

    def _answer(self, connection: socket.socket, head: _Head, body: bytes, fault: str | None) -> None:
        kind = kind_of(head.method, head.path)
        if fault == TOO_LATE_THEN_429:
            connection.recv(1)  # until the client gives up
            with self._lock:
                self._overdue.setdefault(kind, []).append((head, body))
                self._to_refuse.add(kind)
            return
        with self._lock:
            if fault is None and kind in self._to_refuse:
                self._to_refuse.remove(kind)
                fault = "429"
            overdue = self._overdue.pop(kind, []) if fault is None else []
        for earlier in overdue:
            self._forward(*earlier)
        if fault in STATUS_FAULTS:
            status, headers, acted = STATUS_FAULTS[fault]
            if acted:
                self._forward(head, body)
            error = b'{"error": {"message": "a fault", "type": "server_error", "param": null, "code": null}}'
            connection.sendall(_response(status, {"content-type": "application/json", **headers}, error))
            return
        if fault == "hangs, and does nothing":
            connection.recv(1)  # until the client gives up
            return
        if fault == "a log-in page":
            connection.sendall(_response(200, {"content-type": "text/html"}, _PAGE))
            return
        if fault == TOO_LATE:
            connection.recv(1)
        status, headers, content = self._forward(head, body)
        if fault == "hangs after the server acted":
            connection.recv(1)
        elif fault == "answer lost after the server acted":
            _reset(connection)
        elif fault == "answer cut in half":
            whole = _response(status, headers, content)
            connection.sendall(whole[: len(whole) - (len(content) + 1) // 2])
        elif fault == "wrong content type after the server acted":
            connection.sendall(_response(200, {"content-type": "text/html"}, _PAGE))
        else:
            connection.sendall(_response(status, headers, content) * (2 if fault == "answer sent twice" else 1))

    def _forward(self, head: _Head, body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = http.client.HTTPConnection("127.0.0.1", self._upstream, timeout=HANG_S)
        try:
            kept = {name: value for name, value in head.headers.items() if name not in self._dropped}
            upstream.request(head.method, head.path, body, kept)
            answer = upstream.getresponse()
            return answer.status, {"content-type": answer.headers.get("content-type", "")}, answer.read()
        finally:
            upstream.close()


@contextlib.contextmanager
def fault_proxy(upstream: int, *, honours_keys: bool) -> Iterator[FaultProxy]:
    """A proxy for as long as the block lasts."""
    proxy = FaultProxy(upstream, honours_keys=honours_keys)
    try:
        yield proxy
    finally:
        proxy.close()


def _bound() -> socket.socket:
    """A socket at a free port of this machine that does not listen: whoever connects to it is refused."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.bind(("127.0.0.1", 0))
    return bound


def _read_head(reader: socket.SocketIO | object) -> _Head | None:
    """Request line and headers, names in lower case; None where the client has gone."""
    readline = reader.readline  # type: ignore[union-attr]  # makefile gives a reader
    first = readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = {}
    while line := readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return _Head(first[0], first[1], headers)


def _response(status: int, headers: dict[str, str], content: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
    lines += [f"content-length: {len(content)}", "connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + content


def _reset(connection: socket.socket) -> None:
    """Break a connection as a crashed machine does: RST, not FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
