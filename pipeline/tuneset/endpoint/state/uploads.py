"""Uploads: a file that comes in parts, each in a request of its own, and is one file object once it is completed.

    pending -> completed | cancelled | expired (an hour after its creation)

A part lies in uploads/UPLOAD_ID/PART_ID before its object says so; the folder is removed after its upload has ended.
How a part arrives, and what is answered, is the business of `upload_routes`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from tuneset.endpoint.api.api_errors import ApiError, no_such_upload, upload_ended
from tuneset.endpoint.api.file_form import Received
from tuneset.endpoint.api.json_body import Body
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.objects import Document, Record
from tuneset.endpoint.state.purposes import HOUR_S, ExpiresAfter, lifetime
from tuneset.endpoint.state.state_folder import State, add_file, keep_reserve, move, with_reserve

COPY_BYTES = 1 << 20
"""How much of a part is in memory while parts are put together."""


MOST_PARTS = 10_000
"""Parts of an upload; of 64 MiB each they are far more than the largest upload."""


class UploadRequest(Body):
    """`POST /uploads`."""

    filename: Annotated[str, Field(min_length=1)]
    purpose: str
    bytes: Annotated[int, Field(ge=1)]
    mime_type: Annotated[str, Field(min_length=1)]
    expires_after: ExpiresAfter | None = None


class UploadCompletion(Body):
    """`POST /uploads/{upload_id}/complete`. `md5` is in hex digits."""

    part_ids: list[str]
    md5: str | None = None


def new_upload(state: State, asked: UploadRequest) -> Document:
    """Create an upload, and the folder of its parts."""
    created_at = state.store.now()
    upload: Document = {
        "id": new_id("upload_"),
        "object": "upload",
        "bytes": asked.bytes,
        "created_at": created_at,
        "filename": asked.filename,
        "purpose": asked.purpose,
        "status": "pending",
        "expires_at": created_at + HOUR_S,
    }
    state.parts(upload["id"]).mkdir(parents=True)
    state.store.insert("upload", upload, {"received": 0, "lifetime": lifetime(asked.expires_after)})
    return upload


def pending_upload(state: State, upload_id: str) -> Record:
    """An upload that waits for parts. Raises ApiError: 404 where there is none, 400 where it has ended."""
    record = state.store.get("upload", upload_id)
    if record is None:
        raise no_such_upload(upload_id)
    if record.document["status"] != "pending":
        raise upload_ended(upload_id, record.document["status"])
    return record


def add_part(state: State, upload_id: str, received: Received, limit: int) -> Document:
    """Keep what was received as a part; all parts of an upload together hold at most `limit` bytes."""
    with state.store.transaction():
        upload = pending_upload(state, upload_id)
        total = upload.private["received"] + received.bytes
        if total > limit:
            raise ApiError(400, f"An Upload can accept at most {limit} bytes in total", param="data")
        number = upload.private.get("parts", 0) + 1
        if number > MOST_PARTS:
            raise ApiError(400, f"An Upload can accept at most {MOST_PARTS} Parts", param="data")
        part: Document = {
            "id": new_id("part_"),
            "object": "upload.part",
            "created_at": state.store.now(),
            "upload_id": upload_id,
        }
        move(received.path, state.parts(upload_id) / part["id"])
        state.store.insert("part", part, {"bytes": received.bytes}, parent=upload_id)
        state.store.put(Record(upload.document, upload.private | {"received": total, "parts": number}))
    return part


def put_together(state: State, upload_id: str, asked: UploadCompletion, target: Path) -> Received:
    """Write the parts, in the order asked for, into one file. Raises ApiError where they are not what was announced."""
    upload = pending_upload(state, upload_id).document
    sizes = _sizes(state, upload_id, asked.part_ids)
    if sum(sizes) != upload["bytes"]:
        message = (
            "The number of bytes uploaded upon completion must match the number of bytes initially specified when "
            f"creating the Upload object: {upload['bytes']} were specified, {sum(sizes)} were uploaded"
        )
        raise ApiError(400, message, param="part_ids", code="upload_bytes_mismatch")
    try:
        md5, sha256 = _copy([state.parts(upload_id) / part for part in asked.part_ids], target)
    except FileNotFoundError:
        pending_upload(state, upload_id)  # says so where it was ended meanwhile
        raise
    if asked.md5 is not None and asked.md5.lower() != md5:
        message = f"The md5 checksum of the uploaded bytes is {md5}, which is not the one that was given"
        raise ApiError(400, message, param="md5", code="upload_md5_mismatch")
    return Received(target, upload["filename"], upload["bytes"], sha256, {})


def complete(state: State, upload_id: str, content: Received, fault: str | None) -> Document:
    """Make the file of an upload, and complete it. `fault` is why the content cannot be used for its purpose."""
    with state.store.transaction():
        upload = pending_upload(state, upload_id)
        file = add_file(state, content, upload.document["purpose"], upload.private["lifetime"], fault)
        document = upload.document | {"status": "completed", "file": file}
        state.store.put(Record(document, upload.private))
    return document


def end(state: State, upload_id: str, status: str) -> Document:
    """End an upload without a file: it is `cancelled` or `expired`, and its parts are removed."""

    def ended() -> Document:
        with state.store.transaction():
            upload = pending_upload(state, upload_id)
            document = upload.document | {"status": status}
            state.store.put(Record(document, upload.private))
        return document

    document = with_reserve(state.folder, ended)
    remove_parts(state, upload_id)
    keep_reserve(state.folder)
    return document


def remove_parts(state: State, upload_id: str) -> None:
    """Remove the bytes of all parts of an upload that has ended."""
    shutil.rmtree(state.parts(upload_id), ignore_errors=True)


def remove_left_overs(state: State) -> None:
    """Remove what a killed server left of uploads that have ended, and parts that nobody was told of."""
    for folder in state.uploads.iterdir():
        upload = state.store.get("upload", folder.name)
        if upload is None or upload.document["status"] != "pending":
            remove_parts(state, folder.name)
            continue
        for part in folder.iterdir():
            if state.store.get("part", part.name) is None:
                part.unlink()


def _sizes(state: State, upload_id: str, part_ids: Sequence[str]) -> list[int]:
    """The bytes of each part. Raises ApiError 400 for a part that is not there, or is named twice."""
    sizes = []
    for number, part_id in enumerate(part_ids):
        part = state.store.get("part", part_id)
        if part is None or part.document["upload_id"] != upload_id:
            raise ApiError(400, f"No such Part object in this Upload: {part_id}", param="part_ids")
        if part_id in part_ids[:number]:
            raise ApiError(400, f"A Part can be in a file only once: {part_id}", param="part_ids")
        sizes.append(int(part.private["bytes"]))
    return sizes


def _copy(parts: Sequence[Path], target: Path) -> tuple[str, str]:
    """Write files one behind the other, flushed; give the md5 and the sha256 of all, in hex digits."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with target.open("xb") as output:
        for part in parts:
            with part.open("rb") as handle:
                while piece := handle.read(COPY_BYTES):
                    md5.update(piece)
                    sha256.update(piece)
                    output.write(piece)
        output.flush()
        os.fsync(output.fileno())
    return md5.hexdigest(), sha256.hexdigest()
