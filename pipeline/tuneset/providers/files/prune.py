"""Which files this project has uploaded and no job or batch needs any more. Whether they go is the caller's decision.

Ours is what a receipt of ours names and what still bears its name at the server; nothing else is ever proposed.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tuneset.errors import RemoteError
from tuneset.providers import receipts
from tuneset.providers.batches.batch_creation import KIND, get_batch
from tuneset.providers.calls import CANNOT_LOOK
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files.remote_files import delete_file, get_file
from tuneset.providers.jobs.job_actions import list_jobs
from tuneset.providers.jobs.jobs import get_job
from tuneset.providers.records import RemoteFile, RemoteJob


@dataclasses.dataclass(frozen=True)
class OwnFile:
    """A file of ours at the endpoint; `needed_by` is the job or batch that has not ended and uses it, or None."""

    file: RemoteFile
    needed_by: str | None


def own_files(endpoint: Endpoint, receipts_folder: Path) -> list[OwnFile]:
    """Every file of ours that is still at the endpoint, the oldest receipt first. Raises RemoteError."""
    ours = [one for one in receipts.all_of(receipts_folder, "file") if one["endpoint"] == endpoint.identity]
    needed = _needed(endpoint, receipts_folder) if ours else {}
    found: dict[str, OwnFile] = {}
    for receipt in ours:
        try:
            file = get_file(endpoint, receipt["file_id"])
        except RemoteError as error:
            if error.code not in CANNOT_LOOK:
                raise
            continue
        if file.filename == receipt["filename"] and file.bytes in (None, receipt["bytes"]):
            found[file.id] = OwnFile(file, needed.get(file.id))
    return list(found.values())


def delete(endpoint: Endpoint, file: RemoteFile, receipts_folder: Path) -> None:
    """Delete a file of ours, and write down that this was asked for. Raises RemoteError."""
    delete_file(endpoint, file.id)
    content = {"endpoint": endpoint.identity, "file_id": file.id, "at": int(endpoint.clock.now())}
    receipts.write(receipts_folder, "pruned", receipts.key_of(endpoint.identity, file.id), content)


def pruned_at(endpoint: Endpoint, file_id: str, receipts_folder: Path) -> int | None:
    """When a file was deleted by `delete`, in Unix seconds; None where it was not."""
    found = receipts.read(receipts_folder, "pruned", receipts.key_of(endpoint.identity, file_id))
    return int(found[0]["at"]) if found else None


def _needed(endpoint: Endpoint, receipts_folder: Path) -> dict[str, str]:
    """File id -> job that has not ended; of all jobs at the endpoint, or of our own where it lists none."""
    try:
        jobs = list_jobs(endpoint)
    except RemoteError as error:
        if error.code not in CANNOT_LOOK:
            raise
        jobs = _own_jobs(endpoint, receipts_folder)
    needed = [
        (file_id, job.id) for job in jobs if not job.ended for file_id in (job.training_file, job.validation_file)
    ]
    return {file_id: job_id for file_id, job_id in needed if file_id} | _needed_by_batches(endpoint, receipts_folder)


def _needed_by_batches(endpoint: Endpoint, receipts_folder: Path) -> dict[str, str]:
    """File id -> batch of ours that has not ended."""
    needed = {}
    for receipt in receipts.all_of(receipts_folder, KIND):
        if receipt["endpoint"] != endpoint.identity:
            continue
        try:
            batch = get_batch(endpoint, receipt["batch_id"])
        except RemoteError as error:
            if error.code not in CANNOT_LOOK:
                raise
            continue
        if not batch.ended:
            needed[str(receipt["input_file_id"])] = batch.id
    return needed


def _own_jobs(endpoint: Endpoint, receipts_folder: Path) -> list[RemoteJob]:
    jobs = []
    for receipt in receipts.all_of(receipts_folder, "job"):
        if receipt["endpoint"] != endpoint.identity:
            continue
        try:
            jobs.append(get_job(endpoint, receipt["job_id"]))
        except RemoteError as error:
            if error.code not in CANNOT_LOOK:
                raise
    return jobs
