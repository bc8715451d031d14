"""Files that lie at an endpoint: listed, looked up, fetched and deleted.

How a file gets there is the business of `file_upload.py`, what is in it of neither.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from tuneset.artifacts import replacing
from tuneset.errors import RemoteError
from tuneset.providers import receipts
from tuneset.providers.call_fault import CallFault
from tuneset.providers.calls import pages, read
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files.file_purposes import check_download
from tuneset.providers.provider import Provider
from tuneset.providers.records import Content, RemoteFile

_PIECE = 1 << 20


def list_files(endpoint: Endpoint, purpose: str | None = None) -> Iterator[RemoteFile]:
    """Yield the endpoint's files, the newest first where it keeps that order. Raises RemoteError."""
    for file in pages(endpoint, "listing files", lambda provider, after: provider.files.list(purpose, after)):
        if purpose is None or file.purpose in (purpose, ""):
            yield file


def get_file(endpoint: Endpoint, file_id: str) -> RemoteFile:
    """What the endpoint says of a file. Raises RemoteError, `not_found` where there is none."""
    return read(endpoint, f"looking up file {file_id}", lambda provider: provider.files.get(file_id))


def delete_file(endpoint: Endpoint, file_id: str) -> None:
    """Delete a file. Raises RemoteError, `not_found` where there is none."""
    what = f"deleting file {file_id}"
    if not read(endpoint, what, lambda provider: provider.files.delete(file_id)):
        raise RemoteError(f"{what}: {endpoint.base_url} says that it was not deleted", code="not_deleted")


def fetch(endpoint: Endpoint, file_id: str, path: Path, receipts_folder: Path, say: Callable[[str], None]) -> int:
    """Write a file's content to `path` where its purpose allows that; give its bytes.

    A purpose of which that is not certain is told by `say` and tried. Raises as `save_content` does, without a request
    where it is known that such files are not given back.
    """
    purpose = _purpose(endpoint, file_id, receipts_folder)
    if not check_download(endpoint.profile, file_id, purpose):
        say(f"it is not certain that {endpoint.profile.title} gives files for {purpose} back; trying")
    return save_content(endpoint, file_id, path)


def _purpose(endpoint: Endpoint, file_id: str, receipts_folder: Path) -> str:
    """What a file is for: from the receipt of its upload, so that no request is needed, else from the endpoint."""
    ours = (receipt for receipt in receipts.all_of(receipts_folder, "file") if receipt["file_id"] == file_id)
    found = next((receipt for receipt in ours if receipt["endpoint"] == endpoint.identity), None)
    return str(found["purpose"]) if found else get_file(endpoint, file_id).purpose


def save_content(endpoint: Endpoint, file_id: str, path: Path) -> int:
    """Write a file's content, as the server sends it, to `path`, whole or not at all; give its bytes.

    What was broken off goes on where it stopped, where the endpoint offers that. Raises RemoteError;
    `purpose_download_forbidden` where the endpoint does not give such files back.
    """
    with replacing(path) as temporary, temporary.open("w+b") as target:

        def get(provider: Provider) -> int:
            with provider.files.content(file_id, target.tell()) as content:
                target.seek(content.start)
                target.truncate()
                target.writelines(content.pieces)
            _check_whole(target, content)
            return target.tell()

        return read(endpoint, f"downloading file {file_id}", get)


def _check_whole(target: BinaryIO, content: Content) -> None:
    """See that what was fetched is what the endpoint says that it sends. Raises CallFault; it is asked again then."""
    size = target.tell()
    if content.length is not None and size < content.length:
        found = f"sent {size:,} of {content.length:,} bytes"
        raise CallFault("connection_failed", found, passing=True, acted=False)
    if content.md5 is None and content.length in (None, size):
        return
    target.seek(0)
    if content.length == size:
        md5 = hashlib.md5(usedforsecurity=False)
        while piece := target.read(_PIECE):
            md5.update(piece)
        if content.md5 in (None, base64.b64encode(md5.digest()).decode()):
            return
    target.seek(0)
    target.truncate()
    raise CallFault("unexpected_answer", "sent a file with another content than it says", passing=True, acted=False)
