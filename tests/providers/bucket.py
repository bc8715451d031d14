"""A bucket in memory as a file system of fsspec, each of whose requests a small server counts and may let fail."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
from collections.abc import Callable
from typing import Any

import httpx2
from fsspec.spec import AbstractFileSystem

Handle = Callable[[httpx2.Request, Callable[[], httpx2.Response]], httpx2.Response]
WHEN = dt.datetime(2026, 11, 26, 10, tzinfo=dt.UTC)


class Bucket(AbstractFileSystem):  # type: ignore[misc]
    """Objects by their address without scheme; every call is a request to `handle`, with the way to act on it."""

    cachable = False

    def __init__(self, scheme: str, objects: dict[str, bytes], handle: Handle) -> None:
        super().__init__()
        self.protocol = (scheme,)
        self.objects = objects
        self.handle = handle

    def _path(self, address: str) -> str:
        return address.partition("://")[2] or address

    def _asked(self, method: str, path: str, act: Callable[[], bytes]) -> bytes:
        request = httpx2.Request(method, f"https://bucket.example.com/{path}")
        try:
            answered = self.handle(request, lambda: httpx2.Response(200, content=act()))
        except httpx2.TimeoutException as error:
            raise TimeoutError from error
        except httpx2.HTTPError as error:
            raise ConnectionResetError from error
        if answered.status_code == 403:
            raise PermissionError(answered.text)
        if "html" in answered.headers.get("content-type", ""):
            raise ResponseParserError
        if answered.status_code >= 400:
            raise StorageError(answered.status_code)
        return bytes(answered.content)

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        path = self._path(path)

        def act() -> bytes:
            return b"" if path in self.objects else _missing(path)

        self._asked("HEAD", path, act)
        return self._row(path)

    def _row(self, path: str) -> dict[str, Any]:
        content = self.objects[path]
        md5 = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        stated = {"md5Hash": md5} if "gs" in self.protocol else {}  # S3 states none
        return {"name": path, "size": len(content), "type": "file", "LastModified": WHEN, **stated}

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        path = self._path(path).rstrip("/")
        self._asked("LIST", path, lambda: b"")
        found = [self._row(one) for one in sorted(self.objects) if one.rpartition("/")[0] == path]
        if not found:
            raise FileNotFoundError(path)
        return found if detail else [one["name"] for one in found]

    def find(self, path: str, maxdepth: Any = None, withdirs: bool = False, detail: bool = False, **_: Any) -> Any:
        path = self._path(path).rstrip("/")
        self._asked("LIST", path, lambda: b"")
        return {one: self._row(one) for one in sorted(self.objects) if one.startswith(f"{path}/") or one == path}

    def rm_file(self, path: str) -> None:
        path = self._path(path)

        def act() -> bytes:
            self.objects.pop(path)
            return b""

        self._asked("DELETE", path, act)

    def open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        path = self._path(path)
        if mode == "wb":
            return _Outgoing(self, path)

        def act() -> bytes:
            return self.objects[path] if path in self.objects else _missing(path)

        return io.BytesIO(self._asked("GET", path, act))


class StorageError(Exception):
    """As a storage's own library tells a status."""

    def __init__(self, code: int) -> None:
        super().__init__(f"HTTP {code}")
        self.code = code


class ResponseParserError(Exception):
    """As a storage's own library tells an answer that it cannot read."""


class _Outgoing(io.BytesIO):
    """An object that is there once it is closed, unless it was thrown away."""

    def __init__(self, bucket: Bucket, path: str) -> None:
        super().__init__()
        self._bucket, self._path, self._kept = bucket, path, True

    closed = False  # fsspec's files may be marked so

    def discard(self) -> None:
        self._kept = False

    def close(self) -> None:
        if self._kept and not self.closed:
            self.closed = True
            content = self.getvalue()

            def act() -> bytes:
                self._bucket.objects[self._path] = content
                return b""

            self._bucket._asked("PUT", self._path, act)


def _missing(path: str) -> bytes:
    raise FileNotFoundError(path)
