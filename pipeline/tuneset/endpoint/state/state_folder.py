"""The state folder: the database, the files' bytes and the jobs' folders, and how a file gets in and out.

    endpoint.sqlite3      objects of the protocol (`store`)
    blobs/FILE_ID         the bytes of each file, whole or absent
    uploads/ID/PART_ID    the parts of uploads that wait for more
    inputs/JOB_ID/NAME    what an unfinished job reads: further names of the same bytes, so that it outlives them
    jobs/JOB_ID/attempt-N what the trainer of a job reads and writes
    vector_stores/ID.sqlite3  the passages of a vector store; one that is gone is made again from its files
    reserve               room on a full disk for what makes room

A file's bytes are on the disk before its object says so, and its object is gone before its bytes are. The folder can
be read by its owner alone.
"""

from __future__ import annotations

import dataclasses
import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tuneset.artifacts import remove_temporaries, write_bytes, write_error
from tuneset.endpoint.api.file_form import Received
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.object_store import Store, unix_time
from tuneset.endpoint.state.objects import Document, Record
from tuneset.endpoint.state.purposes import check_content, expiry
from tuneset.endpoint.state.vector_stores import detach_file
from tuneset.errors import InputError, TunesetError
from tuneset.training.file_check import Begun, file_fault
from tuneset.training.training_file import check_lines

CHECKED_AT_ONCE = 1 << 20
"""Bytes: the answer to an upload waits for the check of a file up to this size; a larger one is checked after it."""

OWNER_ONLY = 0o700
"""The mode of the state folder: it holds training data."""

RESERVE_BYTES = 1 << 20
"""The database needs some pages of its log to note that something is deleted; this is room for thousands of them. Where
there is room for less, some is kept all the same (`keep_reserve`)."""


LEAST_RESERVE_BYTES = RESERVE_BYTES // 16

_Given = TypeVar("_Given")


@dataclasses.dataclass(frozen=True)
class State:
    """An open state folder."""

    folder: Path
    store: Store

    def within(self, project: str) -> State:
        """The same folder with the objects of one project."""
        return dataclasses.replace(self, store=self.store.within(project))

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

    def index(self, vector_store_id: str) -> Path:
        """Where the passages of a vector store lie."""
        return self.folder / "vector_stores" / f"{vector_store_id}.sqlite3"

    def inputs(self, job_id: str) -> Path:
        """The folder of what a job reads."""
        return self.folder / "inputs" / job_id

    def attempt(self, job_id: str, number: int) -> Path:
        """The folder in which a job is trained. One of today is called `attempt-1` and taken up again in it."""
        return self.folder / "jobs" / job_id / f"attempt-{number}"


def open_state(folder: Path, clock: Callable[[], int] = unix_time) -> State:
    """Open or make a state folder, and remove what a killed server left half done of its files.

    `clock` gives the Unix time of all that is stored.

    Raises InputError where the folder cannot be written or its database is none.
    """
    folder = folder.resolve()
    database = folder / "endpoint.sqlite3"
    try:
        for name in ("blobs", "uploads", "inputs", "vector_stores"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        folder.chmod(OWNER_ONLY)
        store = with_reserve(folder, lambda: Store(database, clock))  # even to read, the database needs some room
        state = State(folder, store)
        keep_reserve(folder)
        remove_temporaries(state.blobs)
        for blob in state.blobs.iterdir():
            if state.store.get("file", blob.name) is None:
                blob.unlink()
    except OSError as error:
        raise write_error(folder, error) from error
    except sqlite3.DatabaseError as error:
        message = f"{database}: cannot be used: {error}"
        if is_passing(error):
            hint = "make room on the disk, or end the program that holds the database, and start again"
            raise InputError(message, hint=hint) from None
        raise InputError(
            message, hint="choose another state folder, or remove this one if nothing in it is needed"
        ) from None
    return state


def check_received(content: Received, purpose: str) -> None:
    """Raise ApiError 400 where what was received cannot be a file of this purpose, by its length and its beginning."""
    with content.path.open("rb") as handle:
        check_content(purpose, content.filename, content.bytes, handle.read(16))


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
    blob = state.blob(document["id"])
    try:
        with state.store.transaction():
            move(content.path, blob)
            state.store.insert("file", document, {"sha256": content.sha256})
    except (OSError, sqlite3.Error):  # on a full disk nothing must stay that nobody can delete
        blob.unlink(missing_ok=True)
        raise
    return document


def check_file(state: State, record: Record, begun: Begun | None = None) -> None:
    """Check a file that is `uploaded`: it is `processed` or has an `error`. `begun` gets the process that does it."""
    blob = state.blob(record.document["id"])
    try:
        fault = file_fault(blob, begun)
    except RuntimeError:
        if blob.exists():
            raise
        return
    if blob.exists():  # not deleted meanwhile
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
    """Delete a file, on a full disk too. False where there is none."""

    def forget() -> bool:
        with state.store.transaction():
            known = state.store.get("file", file_id) is not None
            if known:
                for record in state.store.in_vector_stores(file_id):
                    detach_file(state.store, record)
                state.store.delete(file_id)
        return known

    known = with_reserve(state.folder, forget)
    if known:
        state.blob(file_id).unlink(missing_ok=True)
        keep_reserve(state.folder)
    return known


def remove_index(state: State, vector_store_id: str) -> None:
    """Remove the passages of a vector store."""
    path = state.index(vector_store_id)
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def with_reserve(folder: Path, forget: Callable[[], _Given]) -> _Given:
    """Do what makes room, and where the disk is too full even for that, give it the reserve and do it again."""
    try:
        return forget()
    except (sqlite3.OperationalError, OSError, TunesetError) as error:
        reserve = folder / "reserve"
        if not is_full(error) or not reserve.exists():
            raise
        reserve.unlink(missing_ok=True)
        return forget()


def keep_reserve(folder: Path) -> None:
    """Take the reserve again as soon as there is room for it, or as much of it as there is room for."""
    reserve = folder / "reserve"
    there, size = reserve.stat().st_size if reserve.exists() else 0, RESERVE_BYTES
    while size > max(there, LEAST_RESERVE_BYTES // 2):
        try:
            write_bytes(reserve, b"\0" * size)
        except TunesetError:
            size //= 4
        else:
            return


def is_full(error: BaseException) -> bool:
    """Whether an error says that there is no room on the disk.

    >>> is_full(OSError(errno.ENOSPC, "")), is_full(OSError(errno.ENOENT, ""))
    (True, False)
    """
    error = _reason(error)
    if isinstance(error, sqlite3.Error):
        # The second is what reading ends with where there is no room for the index of the database's log.
        return getattr(error, "sqlite_errorcode", None) in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def is_passing(error: BaseException) -> bool:
    """Whether an error may be gone by itself or by what an operator does: a full disk, a locked database, no handles.

    >>> is_passing(OSError(errno.EMFILE, "")), is_passing(ValueError())
    (True, False)
    """
    error = _reason(error)
    if isinstance(error, sqlite3.OperationalError):
        return True
    return is_full(error) or (isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE, errno.EIO})


def _reason(error: BaseException) -> BaseException:
    """What the system has said, also where `artifacts` has put it into words for a person."""
    return error.__cause__ if isinstance(error, TunesetError) and error.__cause__ is not None else error


def add_input(state: State, job_id: str, name: str, source: Path) -> None:
    """Give a job its own name for bytes that it will read. Raises FileNotFoundError where they are gone."""
    folder = state.inputs(job_id)
    folder.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, folder / name, copy_function=link)
    else:
        link(source, folder / name)


def link(source: str | Path, name: str | Path) -> None:
    """Give a file's bytes a further name; on a file system without links, copy them."""
    try:
        os.link(source, name)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, name)


def remove_inputs(state: State, finished: Callable[[str], bool]) -> None:
    """Remove what jobs had to read that are finished, or were never created."""
    for folder in (state.folder / "inputs").iterdir():
        if finished(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
