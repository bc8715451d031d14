"""A large file sent in parts, several at a time, each retried alone.

What has arrived is written down in receipts, so that after a crash the same command sends only what is missing, for
as long as the upload lives. Which files are sent in parts is decided in `file_upload.py`.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tuneset.errors import RemoteError
from tuneset.providers import receipts
from tuneset.providers.call_fault import CallFault
from tuneset.providers.calls import read
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.failures import classify
from tuneset.providers.files.local_file import Counter, OnBytes, open_range
from tuneset.providers.provider import NewFile, PartLimits, Provider
from tuneset.providers.records import RemoteFile

AT_ONCE = 4
"""Parts that are under way at the same time."""

_LASTING = frozenset({"connection_failed", "timeout", "server_error", "rate_limited", "conflict"})
"""Codes after which the upload may go on later. After any other it is given up."""


class StaleUploadError(RemoteError):
    """An upload that an earlier attempt began takes nothing any more: expired, cancelled, or completed meanwhile."""


@dataclasses.dataclass(frozen=True)
class Outgoing:
    """A local file and what it is to be at the endpoint; `key` names its receipts."""

    path: Path
    new: NewFile
    key: str


@dataclasses.dataclass(frozen=True)
class Way:
    """Where files go, where receipts are, and who is told of it."""

    endpoint: Endpoint
    receipts_folder: Path
    on_bytes: OnBytes
    say: Callable[[str], None]

    @property
    def parts(self) -> PartLimits:
        """Limits of uploads in parts, for an endpoint that has them."""
        limits = self.endpoint.provider.capabilities.parts
        assert limits is not None
        return limits


@dataclasses.dataclass(frozen=True)
class _Upload:
    """An upload that was begun; `expires_at` in Unix seconds, `resumed` where an earlier run began it."""

    id: str
    expires_at: int
    part_bytes: int
    resumed: bool

    @property
    def parts_key(self) -> str:
        """The key of the receipts of its parts."""
        return receipts.key_of(self.id)


def send_in_parts(way: Way, file: Outgoing) -> RemoteFile:
    """Send a file in parts and complete the upload; give the file that it became.

    A fault of the completing call is raised as it is, because the server may have acted. Raises
    RemoteError `not_supported` or `not_found` where the endpoint has no uploads, `upload_expired` where the upload
    did not end within its lifetime, StaleUploadError, and what a call's failure says.
    """
    upload = _resumable(way, file) or _begin(way, file)
    try:
        return _complete(way.endpoint, file, upload, _send_parts(way, file, upload))
    except RemoteError as error:
        if error.code in _LASTING and time.time() < upload.expires_at:
            hint = f"{error.hint}; the parts that have arrived are kept until then" if error.hint else ""
            raise RemoteError(error.message, code=error.code, server_code=error.server_code, hint=hint) from None
        _give_up(way, file, upload)
        if upload.resumed and error.code not in _LASTING:
            way.say(f"upload {upload.id} of an earlier attempt is of no use any more; starting anew")
            raise StaleUploadError(error.message, code=error.code, server_code=error.server_code) from None
        if time.time() >= upload.expires_at or "expired" in error.message:
            raise _expired(way, upload, error) from None
        raise


def forget(receipts_folder: Path, key: str) -> None:
    """Remove the receipts of uploads that have become a file with a receipt of its own."""
    for receipt in receipts.read(receipts_folder, "upload", key):
        receipts.remove(receipts_folder, "part", receipts.key_of(receipt["upload_id"]))
    receipts.remove(receipts_folder, "upload", key)


def _begin(way: Way, file: Outgoing) -> _Upload:
    """Begin an upload. One whose answer was lost holds nothing and expires by itself."""
    what = f"beginning the upload of {file.path}"
    begun = read(way.endpoint, what, lambda provider: provider.uploads.begin(file.new))
    upload = _Upload(
        id=begun.id,
        expires_at=begun.expires_at or int(time.time()) + way.parts.lifetime_s,
        part_bytes=int(way.endpoint.profile.limit("upload_part_bytes") or way.parts.part_bytes),
        resumed=False,
    )
    content = {"upload_id": upload.id, "expires_at": upload.expires_at, "part_bytes": upload.part_bytes}
    receipts.write(way.receipts_folder, "upload", file.key, {"endpoint": way.endpoint.identity, **content})
    return upload


def _resumable(way: Way, file: Outgoing) -> _Upload | None:
    """The upload of the same content that an earlier run began and that still lives."""
    for receipt in receipts.read(way.receipts_folder, "upload", file.key):
        if receipt["expires_at"] > time.time():
            return _Upload(receipt["upload_id"], receipt["expires_at"], receipt["part_bytes"], resumed=True)
    return None


def _send_parts(way: Way, file: Outgoing, upload: _Upload) -> list[str]:
    """Send the parts that are missing; the ids of all, in the order of the file."""
    ranges = list(part_ranges(file.new.hashes.bytes, upload.part_bytes))
    arrived = receipts.read(way.receipts_folder, "part", upload.parts_key)
    ids = {receipt["part"]: str(receipt["part_id"]) for receipt in arrived}
    missing = [number for number in range(len(ranges)) if number not in ids]
    if upload.resumed:
        way.say(f"going on with upload {upload.id}: {len(ids)} of {len(ranges)} parts are there")
    counter = Counter(file.path.name, file.new.hashes.bytes, way.on_bytes)
    counter.add(sum(ranges[number][1] for number in ids))

    def send(number: int) -> tuple[int, str]:
        what = f"sending part {number + 1} of {len(ranges)} of {file.path}"
        with open_range(file.path, *ranges[number], counter) as content:

            def post(provider: Provider) -> str:
                content.seek(0)  # an attempt before this one may have read it
                return provider.uploads.send_part(upload.id, file.new.name, content, number=number + 1)

            return number, read(way.endpoint, what, post)

    pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE, thread_name_prefix="tuneset-part")
    try:
        for done in concurrent.futures.as_completed([pool.submit(send, number) for number in missing]):
            number, part_id = done.result()
            ids[number] = part_id
            content = {"part": number, "part_id": part_id}
            receipts.write(way.receipts_folder, "part", upload.parts_key, content)
    finally:
        pool.shutdown(cancel_futures=True)
    return [ids[number] for number in range(len(ranges))]


def part_ranges(size: int, part_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield start and length of each part of a file.

    >>> list(part_ranges(10, 4))
    [(0, 4), (4, 4), (8, 2)]
    """
    for start in range(0, size, part_bytes):
        yield start, min(part_bytes, size - start)


def _complete(endpoint: Endpoint, file: Outgoing, upload: _Upload, part_ids: list[str]) -> RemoteFile:
    try:
        return endpoint.provider.uploads.complete(upload.id, part_ids, file.new.hashes.md5)
    except CallFault as fault:
        failure = classify(fault, f"completing the upload of {file.path}", endpoint)
        if failure.passing or failure.acted:
            raise
        raise failure.error from None


def _give_up(way: Way, file: Outgoing, upload: _Upload) -> None:
    """Cancel an upload and forget it; one that cannot be cancelled expires by itself."""
    what = f"cancelling upload {upload.id}"
    with contextlib.suppress(RemoteError):
        read(way.endpoint, what, lambda provider: provider.uploads.cancel(upload.id))
    receipts.remove(way.receipts_folder, "part", upload.parts_key)
    receipts.remove(way.receipts_folder, "upload", file.key)


def _expired(way: Way, upload: _Upload, error: RemoteError) -> RemoteError:
    return RemoteError(
        f"upload {upload.id} expired before it was complete",
        code="upload_expired",
        server_code=error.server_code,
        allowed=f"{way.parts.lifetime_s // 60} minutes from its beginning to its end",
        hint="run the same command again over a faster line, or split the file",
    )
