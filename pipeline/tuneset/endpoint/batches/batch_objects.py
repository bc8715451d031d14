"""The object of a batch as the protocol shows it, its folder, and the changes that it goes through.

    validating -> in_progress -> finalizing -> completed
    validating -> failed                          the input file has faults
    in_progress -> expired                        the completion window is over
    validating | in_progress | finalizing -> cancelling -> cancelled

Who makes the changes, and when, is the runner's business.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tuneset.endpoint.batches.batch_results import Answers
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.object_store import Store
from tuneset.endpoint.state.objects import Document, Record
from tuneset.endpoint.state.state_folder import State, link, move, new_file

WINDOWS = {"24h": 86_400}
"""Seconds of each completion window. OpenAI API specification (createBatch), 2026-08-21."""

UNFINISHED = ("validating", "in_progress", "finalizing", "cancelling")
CANCELLABLE = ("validating", "in_progress", "finalizing")

UNANSWERED = {
    "completed": ("server_error", "The request was not answered."),
    "expired": ("batch_expired", "This request could not be executed before the completion window expired."),
    "cancelled": ("batch_cancelled", "This request was not executed: the batch was cancelled."),
}
"""The error of a request without an answer, by how its batch ended. OpenAI API specification (BatchRequestOutput)."""


def new_batch(
    input_file: str, endpoint: str, window: str, metadata: Mapping[str, str] | None, created_at: int
) -> Document:
    """A batch object for a file that exists."""
    times = ("in_progress_at", "finalizing_at", "completed_at", "failed_at", "expired_at", "cancelling_at")
    return {
        "id": new_id("batch_"),
        "object": "batch",
        "endpoint": endpoint,
        "model": None,
        "errors": None,
        "input_file_id": input_file,
        "completion_window": window,
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": created_at,
        "expires_at": created_at + WINDOWS[window],
        **dict.fromkeys((*times, "cancelled_at")),
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": metadata,
    }


def batch_folder(state: State, batch_id: str) -> Path:
    """Where a batch keeps what it reads and what was answered, until it ends."""
    return state.folder / "batches" / batch_id


def keep_input(state: State, batch: Document) -> None:
    """Give a new batch its own name for the bytes of its input file. Raises FileNotFoundError where they are gone."""
    folder = batch_folder(state, batch["id"])
    folder.mkdir(parents=True, exist_ok=True)
    link(state.blob(batch["input_file_id"]), folder / "input")


def remove_finished_batches(state: State) -> None:
    """Remove the folders of batches that have ended, or were never created."""
    folders = state.folder / "batches"
    if not folders.is_dir():
        return
    unfinished = {record.document["id"] for record in state.store.in_status("batch", *UNFINISHED)}
    for folder in folders.iterdir():
        if folder.name not in unfinished:
            shutil.rmtree(folder, ignore_errors=True)


def change_batch(store: Store, batch_id: str, *, when: Iterable[str], document: Mapping[str, Any]) -> bool:
    """Change a batch if its status is one of `when`. False, and no change, where it is not."""
    with store.transaction():
        record = store.get("batch", batch_id)
        if record is None or record.document["status"] not in when:
            return False
        store.put(Record(record.document | dict(document), record.private))
    return True


def cancel_batch(store: Store, batch_id: str) -> bool:
    """Have a batch ended at its owner's wish. False where it has ended, or is ending."""
    change = {"status": "cancelling", "cancelling_at": store.now()}
    return change_batch(store, batch_id, when=CANCELLABLE, document=change)


def finish_batch(state: State, batch_id: str, end: str) -> None:
    """Make the files of a batch and end it, both at once; a crash on the way leaves it as it was.

    A file without a line is not made.
    """
    folder, store = batch_folder(state, batch_id), state.store
    paths = {"output": folder / "output", "error": folder / "error"}
    record = store.get("batch", batch_id)
    assert record is not None
    change: dict[str, Any] = {"status": end, f"{end}_at": store.now()}
    if record.document["request_counts"]["total"]:  # else it was cancelled before it was validated
        answers = Answers(folder / "answers")
        try:
            counts = answers.write_files(folder / "input", paths["output"], paths["error"], UNANSWERED[end])
        finally:
            answers.close()
        change["request_counts"] = {"total": sum(counts.values())} | counts
    files = {name: _output_file(state, record, name, path) for name, path in paths.items() if _has_lines(path)}
    for name, (file, _digest) in files.items():
        change[f"{name}_file_id"] = file["id"]
    try:
        with store.transaction():
            for name, (file, digest) in files.items():
                move(paths[name], state.blob(file["id"]))
                store.insert("file", file, {"sha256": digest})
            change_batch(store, batch_id, when=UNFINISHED, document=change)
    except (OSError, sqlite3.Error):
        for file, _digest in files.values():
            state.blob(file["id"]).unlink(missing_ok=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _has_lines(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _output_file(state: State, batch: Record, name: str, path: Path) -> tuple[Document, str]:
    """The object of one file that was written, and the digest of its content."""
    file = new_file(
        state.store.now(),
        filename=f"{batch.document['id']}_{name}.jsonl",
        purpose="batch_output",
        size=path.stat().st_size,
        status="processed",
    )
    lifetime = batch.private.get("output_lifetime_s")
    if lifetime is not None:
        file["expires_at"] = file["created_at"] + lifetime
    with path.open("rb") as handle:
        return file, hashlib.file_digest(handle, "sha256").hexdigest()
