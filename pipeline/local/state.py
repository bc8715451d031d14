"""The state folder: the database, the files' bytes and the jobs' folders, and how a file gets in and out.

    endpoint.sqlite3      objects of the protocol (`store`)
    blobs/FILE_ID         the bytes of each file, whole or absent
    jobs/JOB_ID/attempt-N what the trainer of one attempt reads and writes

A file's bytes are on the disk before its object says so, and its object is gone before its bytes are.
"""

from __future__ import annotations

import dataclasses
import os
import sqlite3
from pathlib import Path

from pipeline.artifacts import remove_temporaries, write_error
from pipeline.errors import InputError
from pipeline.local.ids import new_id, now
from pipeline.local.store import Document, Store


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

    def attempt(self, job_id: str, number: int) -> Path:
        """The folder of one attempt at a job, counted from 1."""
        return self.folder / "jobs" / job_id / f"attempt-{number}"


def open_state(folder: Path) -> State:
    """Open or make a state folder, and remove what a killed server left half done.

    Raises InputError where the folder cannot be written or its database is none.
    """
    folder = folder.resolve()
    database = folder / "endpoint.sqlite3"
    try:
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        state = State(folder, Store(database))
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


def new_file(*, filename: str, purpose: str, size: int, fault: str | None) -> Document:
    """A file object of the protocol. `fault` is why its content was found unusable; absent keys have no value."""
    document = {
        "id": new_id("file-"),
        "object": "file",
        "bytes": size,
        "created_at": now(),
        "filename": filename,
        "purpose": purpose,
        "status": "error" if fault else "processed",
    }
    return document | ({"status_details": fault} if fault else {})


def keep_blob(state: State, temporary: Path, file_id: str) -> None:
    """Give flushed bytes their lasting name; they belong to no file until its object is inserted."""
    temporary.replace(state.blob(file_id))
    handle = os.open(state.blobs, os.O_RDONLY)  # the new name is on the disk only when its folder is
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
