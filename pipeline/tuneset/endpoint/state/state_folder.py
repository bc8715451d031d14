"""The state folder: the database, the files' bytes and the jobs' folders, and how a file gets in and out.

    endpoint.sqlite3      objects of the protocol (`store`)
    blobs/FILE_ID         the bytes of each file, whole or absent
    uploads/ID/PART_ID    the parts of uploads that wait for more
    jobs/JOB_ID/attempt-N what the trainer of one attempt reads and writes

A file's bytes are on the disk before its object says so, and its object is gone before its bytes are.
"""

from __future__ import annotations

import dataclasses
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from tuneset.artifacts import remove_temporaries, write_error
from tuneset.endpoint.api.file_form import Received
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.object_store import Document, Record, Store, unix_time
from tuneset.endpoint.state.purposes import expiry
from tuneset.errors import InputError
from tuneset.training.training_file import check_lines

CHECKED_AT_ONCE = 1 << 20
"""Bytes: the answer to an upload waits for the check of a file up to this size; a larger one is checked after it."""


@dataclasses.dataclass(frozen=True)
class State:
    """An open state folder."""

    folder: Path
    store: Store

    @property
    def blobs(self) -> Path:
        """Where files' bytes lie, and arrive under temporary names."""
        return self.folder / "blobs"

    def blob(self, file_id: str) -> Path:
        """Where the bytes of one file lie."""
        return self.blobs / file_id

    @property
    def uploads(self) -> Path:
        """Where the parts of uploads lie."""
        return self.folder / "uploads"

    def parts(self, upload_id: str) -> Path:
        """The folder of the parts of one upload."""
        return self.uploads / upload_id

    def attempt(self, job_id: str, number: int) -> Path:
        """The folder of one attempt at a job, counted from 1."""
        return self.folder / "jobs" / job_id / f"attempt-{number}"


def open_state(folder: Path, clock: Callable[[], int] = unix_time) -> State:
    """Open or make a state folder, and remove what a killed server left half done of its files.

    `clock` gives the Unix time of all that is stored.

    Raises InputError where the folder cannot be written or its database is none.
    """
    folder = folder.resolve()
    database = folder / "endpoint.sqlite3"
    try:
        for name in ("blobs", "uploads"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        state = State(folder, Store(database, clock))
        remove_temporaries(state.blobs)
        for blob in state.blobs.iterdir():
            if state.store.get("file", blob.name) is None:
                blob.unlink()
    except OSError as error:
        raise write_error(folder, error) from error
    except sqlite3.DatabaseError as error:
        message = f"{database}: cannot be used: {error}"
        raise InputError(
            message, hint="choose another state folder, or remove this one if nothing in it is needed"
        ) from None
    return state


def content_fault(content: Received, purpose: str) -> str | None:
    """Why a content cannot be used for its purpose, if that can be said at once; None where it can, or is not known."""
    return check_lines(content.path) if purpose == "fine-tune" and content.bytes <= CHECKED_AT_ONCE else None


def add_file(state: State, content: Received, purpose: str, lifetime: int | None, fault: str | None) -> Document:
    """Make a file of what was received; it expires after `lifetime` seconds. `fault` is what `content_fault` found."""
    created_at = state.store.now()
    checked_later = purpose == "fine-tune" and content.bytes > CHECKED_AT_ONCE
    document = new_file(
        created_at,
        filename=content.filename,
        purpose=purpose,
        size=content.bytes,
        status="uploaded" if checked_later else "processed",
    )
    expires_at = expiry(purpose, created_at, lifetime)
    document |= {"expires_at": expires_at} if expires_at is not None else {}
    document |= _faulty(fault)
    with state.store.transaction():
        move(content.path, state.blob(document["id"]))
        state.store.insert("file", document, {"sha256": content.sha256})
    return document


def check_file(state: State, record: Record) -> None:
    """Check a file that is `uploaded`: it is `processed` or has an `error`."""
    try:
        fault = check_lines(state.blob(record.document["id"]))
    except FileNotFoundError:  # deleted meanwhile
        return
    settle_file(state, record, fault)


def settle_file(state: State, record: Record, fault: str | None) -> None:
    """Say what the check of an `uploaded` file has found."""
    state.store.put(Record(record.document | {"status": "processed"} | _faulty(fault), record.private))


def _faulty(fault: str | None) -> Document:
    return {"status": "error", "status_details": fault} if fault else {}


def new_file(created_at: int, *, filename: str, purpose: str, size: int, status: str) -> Document:
    """A file object of the protocol, without the keys that most files have no value for."""
    return {
        "id": new_id("file-"),
        "object": "file",
        "bytes": size,
        "created_at": created_at,
        "filename": filename,
        "purpose": purpose,
        "status": status,
    }


def move(temporary: Path, path: Path) -> None:
    """Give flushed bytes their lasting name; they belong to no object until one is inserted."""
    temporary.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)  # the new name is on the disk only when its folder is
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_file(state: State, file_id: str) -> bool:
    """Delete a file. False where there is none."""
    with state.store.transaction():
        if state.store.get("file", file_id) is None:
            return False
        state.store.delete(file_id)
    state.blob(file_id).unlink(missing_ok=True)
    return True
