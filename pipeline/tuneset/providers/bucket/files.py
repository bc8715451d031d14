"""Files as objects below one address of a bucket, by fsspec: what a provider that takes no files itself reads.

An object's name holds the sha256 of its content, so that sending it again writes the same bytes to the same place. The
id of a file is its address. Credentials are found by the storage's own library. What a job writes below another address
of the same bucket is read by its address too.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import dataclasses
import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from tuneset.providers.call_fault import CallFault
from tuneset.providers.files.file_purposes import Purpose
from tuneset.providers.provider import NewFile, Page
from tuneset.providers.records import Content, RemoteFile
from tuneset.providers.wire.library_faults import faults

_PIECE = 1 << 20


@dataclasses.dataclass(frozen=True)
class BucketFiles:
    """Implements `Files`. `root` is the address below which files go; `open_storage` gives the file system of it."""

    root: str
    open_storage: Callable[[], Any]

    def create(self, new: NewFile, content: BinaryIO, *, idempotency_key: str) -> RemoteFile:  # noqa: ARG002  the name is the key
        """Write an object; one that breaks off is not there."""
        address = f"{self.root}/{new.name}"
        with faults(self._where):
            target = self._storage().open(address, "wb")
            try:
                shutil.copyfileobj(content, target, _PIECE)
            except BaseException:
                _give_up(target)
                raise
            target.close()
        return self.get(address)

    def import_from(self, name: str, purpose: Purpose, url: str) -> RemoteFile:  # noqa: ARG002  those of the interface
        """Not offered."""
        raise CallFault("not_supported", f"fetches nothing by itself ({name})", passing=False, acted=False)

    def get(self, file_id: str) -> RemoteFile:
        """Describe an object."""
        self._require_address(file_id)
        with faults(self._where):
            found = self._storage().info(file_id)
        if found.get("type") == "directory":
            raise CallFault("not_found", "has a folder there and no file", passing=False, acted=False)
        return _file(found, self._scheme)

    def list(self, purpose: str | None, after: str | None) -> Page[RemoteFile]:  # noqa: ARG002  there are no pages
        """All objects that lie directly below the address; none where nothing was ever written there."""
        return Page(tuple(self._listed(self.root, deep=False)), more=False)

    def below(self, address: str) -> tuple[RemoteFile, ...]:
        """The objects at or anywhere below an address, by their names."""
        return tuple(sorted(self._listed(address.rstrip("/"), deep=True), key=lambda file: file.id))

    def delete(self, file_id: str) -> bool:
        """Delete an object."""
        self._require_address(file_id)
        with faults(self._where):
            self._storage().rm_file(file_id)
        return True

    @contextlib.contextmanager
    def content(self, file_id: str, start: int = 0) -> Iterator[Content]:
        """An object's content from byte `start` on."""
        self._require_address(file_id)
        with faults(self._where):
            storage = self._storage()
            found = storage.info(file_id)
            with storage.open(file_id, "rb") as source:
                source.seek(start)
                length = found.get("size")
                length = length if isinstance(length, int) else None
                yield Content(_pieces(source), start, length, _md5(found))

    @property
    def _where(self) -> str:
        return f"and its storage {self.root} "

    @property
    def _scheme(self) -> str:
        return self.root.partition("://")[0]

    def _storage(self) -> Any:  # noqa: ANN401  fsspec has no types
        storage = self.open_storage()
        storage.invalidate_cache()  # what others have written since is there too
        return storage

    def _require_address(self, file_id: str) -> None:
        if not file_id.startswith(f"{self._scheme}://"):
            found = f"knows files by their address, {self._scheme}://..."
            raise CallFault("not_found", found, passing=False, acted=False)

    def _listed(self, address: str, *, deep: bool) -> Iterator[RemoteFile]:
        with faults(self._where):
            storage = self._storage()
            try:
                rows = list(storage.find(address, detail=True).values()) if deep else storage.ls(address, detail=True)
            except FileNotFoundError:
                rows = []
        for row in rows:
            if row.get("type") != "directory":
                yield _file(row, self._scheme)


def _give_up(target: Any) -> None:  # noqa: ANN401  fsspec has no types
    """Throw away what was begun, so that no half object appears: closing it would write it."""
    with contextlib.suppress(Exception):  # the first fault is the one to tell
        target.discard()
    target.closed = True


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(_PIECE):
        yield piece


def _file(found: dict[str, Any], scheme: str) -> RemoteFile:
    name, size = str(found.get("name", "")), found.get("size")
    return RemoteFile(
        id=name if "://" in name else f"{scheme}://{name}",
        filename=name.rpartition("/")[2],
        purpose="",
        status="",
        bytes=size if isinstance(size, int) else None,
        created_at=_moment(found),
        status_details=None,
    )


def _moment(found: dict[str, Any]) -> int | None:
    """When an object was written, in Unix seconds, by whatever name the storage has for that."""
    for name in ("created", "LastModified", "timeCreated", "ctime"):
        value = found.get(name)
        if isinstance(value, dt.datetime):
            return int(value.timestamp())
        if isinstance(value, str):
            with contextlib.suppress(ValueError):
                return int(dt.datetime.fromisoformat(value).timestamp())
    return None


def _md5(found: dict[str, Any]) -> str | None:
    """The md5 in base64 where the storage states one; an ETag is none, since it may be of something else."""
    stated = found.get("md5Hash")
    try:
        whole = isinstance(stated, str) and len(base64.b64decode(stated, validate=True)) == 16
    except binascii.Error:
        return None
    return stated if whole else None
