"""Files at an endpoint: uploaded once for each content, listed, fetched and deleted.

A file's name at the server holds the sha256 of its content, so that an upload whose answer was lost is found again
and not repeated. What is in a file is no business of this module.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai

from pipeline.artifacts import replacing
from pipeline.errors import InputError, RemoteError
from pipeline.remote import receipts
from pipeline.remote.calls import CANNOT_LOOK, create, pages, read, read_document
from pipeline.remote.endpoint import SEND_TIMEOUT, Endpoint
from pipeline.remote.failures import UnexpectedAnswer, document, field, one_line
from pipeline.remote.purposes import Purpose

PROCESSING_LIMIT_S = 1800.0
"""Seconds until a file has to be processed; the official client's own limit."""

_READY = frozenset({"processed", "succeeded", ""})  # Azure says succeeded; an absent status asks for no wait
_REFUSED = frozenset({"error", "failed", "deleting", "deleted"})


@dataclasses.dataclass(frozen=True)
class RemoteFile:
    """A file as the endpoint describes it. `bytes` and `created_at` (Unix seconds) are None where it says nothing."""

    id: str
    filename: str
    purpose: str
    status: str
    bytes: int | None
    created_at: int | None
    status_details: str | None


@dataclasses.dataclass(frozen=True)
class Uploaded:
    """A file that lies at the endpoint, ready for use.

    Args:
        file: what the server says of it.
        sha256: of its content, 64 hex digits.
        bytes: its size here, which the server has confirmed.
        source: `sent` by this call, `receipt` where an earlier run left one, `found` at the server.
    """

    file: RemoteFile
    sha256: str
    bytes: int
    source: str


def upload(
    endpoint: Endpoint,
    path: Path,
    *,
    purpose: Purpose,
    stem: str,
    receipts_folder: Path,
    say: Callable[[str], None] = lambda _: None,
) -> Uploaded:
    """Make sure that the content of `path` lies at the endpoint once, and wait until it is processed.

    Args:
        endpoint: where to.
        path: a local file.
        purpose: what it is for.
        stem: what the file is, the start of its name at the server, such as `train`.
        receipts_folder: where receipts are.
        say: told what happens, one sentence each.

    Raises InputError where the file is missing, empty or too large; RemoteError `file_changed`, `size_mismatch`,
    `file_refused`, `timeout`, or what a call's failure says.
    """
    sha256, size = _measure(path, endpoint)
    name = f"{stem}-{sha256[:12]}{path.suffix}"
    key = receipts.key_of(endpoint.identity, sha256, purpose)
    with receipts.locked(receipts_folder):
        known = _from_receipt(endpoint, receipts_folder, key, size)
        if known is not None:
            file, source = known, "receipt"
        else:
            say(f"uploading {path} ({size:,} bytes) as {name}")
            file, sent = create(
                endpoint,
                f"uploading {path}",
                send=_sender(path, name, purpose, sha256),
                look=lambda: _find(endpoint, sha256, size, purpose),
            )
            source = "sent" if sent else "found"
            _check_size(endpoint, file, size, path)
            content = {"file_id": file.id, "filename": name, "purpose": purpose, "sha256": sha256, "bytes": size}
            receipts.write(receipts_folder, "file", key, {"endpoint": endpoint.identity, **content})
    file = _wait_processed(endpoint, file, path)
    say(f"{path}: {file.id} " + {"sent": "uploaded", "receipt": "is there already", "found": "was found there"}[source])
    return Uploaded(file, sha256, size, source)


def list_files(endpoint: Endpoint, purpose: str | None = None) -> Iterator[RemoteFile]:
    """Yield the endpoint's files, the newest first where it keeps that order. Raises RemoteError."""

    def get(client: openai.OpenAI, after: str | None) -> Any:  # noqa: ANN401  a raw response
        return client.files.with_raw_response.list(
            purpose=purpose or openai.omit, after=after or openai.omit, order="desc"
        )

    for found in pages(endpoint, "listing files", get):
        file = _parse(found)
        if purpose is None or file.purpose in (purpose, ""):
            yield file


def get_file(endpoint: Endpoint, file_id: str) -> RemoteFile:
    """What the endpoint says of a file. Raises RemoteError, `not_found` where there is none."""
    what = f"looking up file {file_id}"
    return read(endpoint, what, lambda c: _parse(document(c.files.with_raw_response.retrieve(file_id).http_response)))


def delete_file(endpoint: Endpoint, file_id: str) -> None:
    """Delete a file. Raises RemoteError, `not_found` where there is none."""
    what = f"deleting file {file_id}"
    found = read_document(endpoint, what, lambda client: client.files.with_raw_response.delete(file_id))
    if found.get("deleted") is not True:
        raise RemoteError(f"{what}: {endpoint.base_url} says that it was not deleted", code="not_deleted")


def save_content(endpoint: Endpoint, file_id: str, path: Path) -> int:
    """Write a file's content, as the server sends it, to `path`, whole or not at all; give its bytes.

    Raises RemoteError; `purpose_download_forbidden` where the endpoint does not give such files back.
    """

    def get(client: openai.OpenAI) -> int:
        with client.files.with_streaming_response.content(file_id) as response, replacing(path) as temporary:
            if "html" in response.headers.get("content-type", ""):
                raise UnexpectedAnswer("a web page where a file belongs", passing=False)
            response.stream_to_file(temporary)
            return temporary.stat().st_size

    return read(endpoint, f"downloading file {file_id}", get)


def _measure(path: Path, endpoint: Endpoint) -> tuple[str, int]:
    """The sha256 and size of a file that may be sent."""
    with _open(path) as handle:
        size = os.fstat(handle.fileno()).st_size
        sha256 = _sha256(handle)
    if size == 0:
        raise InputError(f"{path}: is empty", hint="check what the split stage left for this side")
    limit = endpoint.profile.limit("file_bytes")
    if limit is not None and size > limit:
        raise InputError(f"{path}: has {size:,} bytes", allowed=f"{limit:,.0f} bytes at {endpoint.profile.title}")
    return sha256, size


def _from_receipt(endpoint: Endpoint, folder: Path, key: str, size: int) -> RemoteFile | None:
    """The file that a receipt names, if the server still holds it as it was."""
    for receipt in receipts.read(folder, "file", key):
        try:
            file = get_file(endpoint, receipt["file_id"])
        except RemoteError as error:
            if error.code in CANNOT_LOOK or error.code == "bad_request":
                continue
            raise
        if file.bytes == size and file.status not in _REFUSED:
            return file
    return None


def _find(endpoint: Endpoint, sha256: str, size: int, purpose: str) -> RemoteFile | None:
    """The oldest usable file with that hash in its name and that size."""
    found = [
        file
        for file in list_files(endpoint, purpose)
        if f"-{sha256[:12]}." in file.filename and file.bytes == size and file.status not in _REFUSED
    ]
    return min(found, key=lambda file: (file.created_at or 0, file.id), default=None)


def _sender(path: Path, name: str, purpose: Purpose, sha256: str) -> Callable[[openai.OpenAI], RemoteFile]:
    # One key for all attempts of this call: a server that honours it makes the file once by itself.
    idempotency_key = f"tuneset-file-{secrets.token_hex(16)}"

    def send(client: openai.OpenAI) -> RemoteFile:
        # An open handle is sent in pieces; a path would be read into memory whole.
        with _open(path) as handle:
            _check_unchanged(handle, path, sha256)
            raw = client.files.with_raw_response.create(
                file=(name, handle, "application/jsonl" if path.suffix == ".jsonl" else "application/octet-stream"),
                purpose=purpose,
                extra_headers={"Idempotency-Key": idempotency_key},
                timeout=SEND_TIMEOUT,
            )
        return _parse(document(raw.http_response))

    return send


def _open(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def _check_unchanged(handle: io.BufferedReader, path: Path, sha256: str) -> None:
    """Hash what is about to be sent, and rewind."""
    if _sha256(handle) != sha256:
        raise RemoteError(
            f"{path}: changed while it was being uploaded",
            code="file_changed",
            hint="let whatever writes it finish, then run the same command again",
        )
    handle.seek(0)


def _sha256(handle: io.BufferedReader) -> str:
    return hashlib.file_digest(handle, "sha256").hexdigest()


def _check_size(endpoint: Endpoint, file: RemoteFile, size: int, path: Path) -> None:
    """Refuse a file that the server holds with another size, and take it away again."""
    if file.bytes == size:
        return
    discarded = _discard(endpoint, file.id)
    raise RemoteError(
        f"uploading {path}: {size} bytes were sent, {endpoint.base_url} reports {file.bytes} for {file.id}",
        code="size_mismatch",
        hint=f"the remote file {discarded}; run the same command again",
    )


def _wait_processed(endpoint: Endpoint, file: RemoteFile, path: Path) -> RemoteFile:
    """Ask until the server has processed the file. Unknown states are waited on."""
    deadline = time.monotonic() + PROCESSING_LIMIT_S
    while file.status not in _READY:
        if file.status in _REFUSED:
            discarded = _discard(endpoint, file.id)
            raise RemoteError(
                f"{path}: {endpoint.base_url} refused {file.id}: {file.status_details or file.status}",
                code="file_refused",
                hint=f"correct the data and run the same command again; the remote file {discarded}",
            )
        if time.monotonic() > deadline:
            raise RemoteError(
                f"{path}: {file.id} is still `{file.status}` after {PROCESSING_LIMIT_S:.0f} s",
                code="timeout",
                hint="run the same command again to go on waiting; nothing is sent twice",
            )
        time.sleep(min(endpoint.profile.endpoint.poll_s, deadline - time.monotonic() + 1))
        file = get_file(endpoint, file.id)
    return file


def _discard(endpoint: Endpoint, file_id: str) -> str:
    """Delete an unusable file of ours; say how that went, as the end of `the remote file ...`."""
    try:
        delete_file(endpoint, file_id)
    except RemoteError:
        return f"could not be deleted (`tuneset files delete {file_id}`)"
    return "was deleted"


def _parse(found: dict[str, Any]) -> RemoteFile:
    """A file from a protocol answer; only its id, name and purpose have to be there."""
    size, created, details = found.get("bytes"), found.get("created_at"), found.get("status_details")
    return RemoteFile(
        id=field(found, "id", str),
        filename=one_line(field(found, "filename", str)),
        purpose=str(found.get("purpose") or ""),
        status=str(found.get("status") or "").lower(),
        bytes=size if isinstance(size, int) else None,
        created_at=created if isinstance(created, int) else None,
        status_details=one_line(str(details)) if details else None,
    )
