"""The embedded endpoint as a process of its own, and plain HTTP to it. What is measured is its callers' business."""

from __future__ import annotations

import http.client
import json
import os
import queue
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BOUNDARY = "tuneset-benchmark"
MARK = "TUNESET_BENCHMARK_RUN"
START_LIMIT_S = 120.0


class Endpoint:
    """A server on a state folder. All that it starts bears the mark of its environment."""

    def __init__(self, state: Path) -> None:
        """Start it, and wait until it answers."""
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tuneset", "serve", "--port", "0", "--state", str(state)],
            stderr=subprocess.PIPE,
            env=os.environ | {MARK: self.mark},
        )
        said: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._read, args=[said], daemon=True).start()
        address = said.get(timeout=START_LIMIT_S).decode().split("http://")[1].split("/")[0]
        self.host, port = address.rsplit(":", 1)
        self.port = int(port)

    def _read(self, said: queue.Queue[bytes]) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            said.put(line)

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own for a client."""
        return http.client.HTTPConnection(self.host, self.port, timeout=120)

    def left(self) -> list[str]:
        """The command lines of all processes that it has started and that are still there."""
        found = []
        for folder in Path("/proc").iterdir():
            try:
                if f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # no process, one of somebody else, or one that has just ended
                continue
        return [line for line in found if line]


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """The status and the JSON that a request is answered with."""
    data = None if body is None else json.dumps(body).encode()
    connection.request(method, f"/v1{path}", data, {"content-type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def upload(connection: http.client.HTTPConnection, name: str, content: bytes) -> tuple[int, Any]:
    """Send a training file."""
    connection.request("POST", "/v1/files", form({"purpose": "fine-tune"}, name, content), FORM)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def form(fields: Mapping[str, str], name: str, content: bytes) -> bytes:
    """The body of a form with fields and one file."""
    head = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    )
    file = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return f"{head}{file}".encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
