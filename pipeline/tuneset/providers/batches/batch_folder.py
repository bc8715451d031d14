"""A folder of batches from a file of rows to their answers: submitted, looked at, fetched and joined.

requests-0001.jsonl ...   what was sent, and `rows.jsonl`, the row of each request
batch.json                which batches they became
output-0001.jsonl ...     what came back, `errors-0001.jsonl` beside it
answers.jsonl             training lines; `unanswered.jsonl` the rows without, `batch_ledger.jsonl` all of them
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tuneset.artifacts import read_json, sha256_file, write_json
from tuneset.errors import InputError, RemoteError, UsageError
from tuneset.params import Params
from tuneset.providers.batches import batch_answers, batch_requests
from tuneset.providers.batches.batch_creation import Say, batches_of, check_spending, ensure_batch, get_batch
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files import file_upload, remote_files
from tuneset.providers.files.local_file import OnBytes
from tuneset.providers.records import RemoteBatch

BATCH = "batch.json"
SCHEMA_VERSION = 1


def submit(
    endpoint: Endpoint,
    params: Params,
    source: Path,
    folder: Path,
    *,
    model: str | None,
    url: str,
    receipts_folder: Path,
    on_bytes: OnBytes,
    say: Say,
) -> dict[str, Any]:
    """Make requests of a file's rows, and a batch of each file of them, once; give the content of BATCH.

    Raises UsageError where the folder is of other rows, where money may not be spent, or where chat lines come without
    a model; InputError where no row can be asked; RemoteError.
    """
    batches_of(endpoint, endpoint.provider)
    if not source.is_file():
        raise InputError(f"{source}: is no file")
    sha256 = sha256_file(source)
    _check_folder(folder, endpoint, {"sha256": sha256, "url": url}, model)
    check_spending(endpoint, params)
    profile = endpoint.profile
    facts = profile.purposes.get("batch")
    prepared = batch_requests.write_requests(
        source,
        folder,
        model=model,
        url=url,
        most_requests=profile.limit("batch_requests"),
        most_bytes=facts.max_bytes if facts else None,
    )
    for code, count in prepared.left_out.items():
        say(f"warning: {count:,} of {prepared.rows:,} rows are not sent, {code}: {batch_requests.LEFT_OUT[code]}")
    parts = []
    for part in prepared.parts:
        file = file_upload.upload(
            endpoint, part.path, purpose="batch", stem="batch", receipts_folder=receipts_folder,
            on_bytes=on_bytes, say=say,
        ).file  # fmt: skip
        batch = ensure_batch(
            endpoint, file.id, part.sha256, prepared.model, url, receipts_folder=receipts_folder, say=say
        )
        parts.append(
            {
                "file": part.path.name,
                "requests": part.requests,
                "input_file_id": batch.input_file or file.id,
                "batch_id": batch.id,
            }
        )
    document = {
        "schema_version": SCHEMA_VERSION,
        "endpoint": endpoint.identity,
        "source": str(source),
        "sha256": sha256,
        "model": prepared.model,
        "url": url,
        "rows": prepared.rows,
        "left_out": prepared.left_out,
        "batches": parts,
    }
    write_json(folder / BATCH, document)
    return document


def batch_ids(endpoint: Endpoint, folder: Path) -> list[str]:
    """The batches of a folder, by part. Raises InputError where it holds none, UsageError for another endpoint's."""
    path = folder / BATCH
    if not path.is_file():
        raise InputError(f"{path}: is missing", hint=f"run `tuneset batch submit FILE --out {folder}` first")
    document = read_json(path)
    if not isinstance(document, dict) or not {"endpoint", "batches"} <= document.keys():
        raise InputError(f"{path}: is not what `tuneset batch submit` writes", hint="submit the file again")
    if document["endpoint"] != endpoint.identity:
        raise UsageError(
            f"{path}: was made at `{document['endpoint']}`, params name `{endpoint.identity}`",
            hint="name the endpoint that it was made at",
        )
    return [str(one["batch_id"]) for one in document["batches"]]


def fetch(endpoint: Endpoint, folder: Path) -> tuple[batch_answers.Joined, list[RemoteBatch]]:
    """Download what the batches of a folder left, and join it to the rows.

    Raises RemoteError `batch_unfinished` where one has not ended, and what a download raises.
    """
    batches = [get_batch(endpoint, batch_id) for batch_id in batch_ids(endpoint, folder)]
    for batch in batches:
        if not batch.ended:
            raise RemoteError(
                f"batch {batch.id} is still `{batch.status}`, {batch.completed:,} of {batch.total:,} answered",
                code="batch_unfinished",
                hint=f"`tuneset batch watch {folder}` follows it",
            )
    files = {"output": [one.output_file for one in batches], "errors": [one.error_file for one in batches]}
    paths = []
    for name, file_ids in files.items():
        for number, file_id in enumerate(file_ids, 1):
            if file_id is not None:
                path = folder / f"{name}-{number:04}.jsonl"
                remote_files.save_content(endpoint, file_id, path)
                paths.append(path)
    return batch_answers.join(folder, paths, _missing(batches)), batches


def _missing(batches: Sequence[RemoteBatch]) -> list[str]:
    """By part, the code of a row that came back in no file.

    >>> _missing([RemoteBatch("b", "completed", "completed", "/v1/x", None), RemoteBatch("b", "x", "failed", "", None)])
    ['not_in_files', 'batch_failed']
    """
    return [f"batch_{one.state}" if one.ended_badly else "not_in_files" for one in batches]


def _check_folder(folder: Path, endpoint: Endpoint, same: dict[str, str], model: str | None) -> None:
    path = folder / BATCH
    if not path.exists():
        return
    known = read_json(path)
    same = {**same, "endpoint": endpoint.identity} | ({} if model is None else {"model": model})
    if not isinstance(known, dict) or any(known.get(name) != value for name, value in same.items()):
        raise UsageError(
            f"{path}: is of other rows, another model, route or endpoint", hint="name a folder of its own with --out"
        )
