"""The stages upload, tune and results: from a dataset to a finished job and its results, one file of facts after each.

Each reads and writes fixed places below the data folder. DVC removes an output before its stage runs, so receipts
have a folder of their own. Nothing is printed here; the endpoint is the caller's.
"""

from __future__ import annotations

import codecs
import contextlib
import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tuneset.artifacts import read_json, replacing, sha256_file, write_json
from tuneset.errors import InputError, RemoteError, UsageError
from tuneset.params import Params, TuneParams
from tuneset.providers import spend_ledger
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files import file_upload, prune, remote_files
from tuneset.providers.files.local_file import OnBytes, open_file
from tuneset.providers.jobs import results
from tuneset.providers.jobs.follow import follow, require_success
from tuneset.providers.jobs.job_cost import check_spending, price_of, quoted
from tuneset.providers.jobs.jobs import check_model, ensure_job
from tuneset.providers.jobs.wanted_job import WantedJob, as_trained
from tuneset.providers.places import Places, note
from tuneset.providers.records import RemoteEvent, RemoteJob

SCHEMA_VERSION = 1
Say = Callable[[str], None]
Permit = Callable[[], None]


def upload(
    endpoint: Endpoint,
    places: Places,
    *,
    in_parts: bool = False,
    byte_order_mark: bool = False,
    on_bytes: OnBytes = lambda _name, _done, _total: None,
    gate_ignored: Mapping[str, str] | None = None,
    sent_files: Mapping[str, Path] | None = None,
    say: Say,
) -> dict[str, Any]:
    """Upload both sides of the dataset and write `upload.json`, whose content is returned.

    `sent_files` are what is sent in their stead, side by side, where the provider reads lines of another form; a side
    that is not among them is not sent then. `gate_ignored` says why a failed gate does not count, and which; it is kept
    there. An absent or empty validation file is not sent. Raises InputError where the training file is missing,
    UsageError for a byte order mark that the provider does not take, and what `file_upload.upload` raises.
    """
    if byte_order_mark and endpoint.profile.bom == "forbidden":
        raise UsageError(f"endpoint.byte_order_mark: {endpoint.profile.title} takes no file that begins with one")
    paths = {side: places.dataset(side) for side in ("train", "validation")}
    if not paths["train"].is_file():
        raise InputError(f"{paths['train']}: is missing", hint="run `tuneset prepare` first, or its stages")
    if not (paths["validation"].is_file() and paths["validation"].stat().st_size):
        del paths["validation"]
    note(places)
    uploaded = {}
    others = sent_files or paths
    for side, path in ((side, path) for side, path in paths.items() if side in others):
        with _as_sent(others[side], places, byte_order_mark=byte_order_mark) as sent:
            done = file_upload.upload(
                endpoint,
                sent,
                purpose="fine-tune",
                stem=side,
                receipts_folder=places.receipts,
                in_parts=in_parts,
                on_bytes=on_bytes,
                say=say,
            )
        uploaded[side] = {
            "file_id": done.file.id,
            "filename": done.file.filename,
            "purpose": "fine-tune",
            "sha256": sha256_file(path) if byte_order_mark or sent_files else done.sha256,  # of the dataset's own file
            "bytes": done.bytes,
            **({"sent_sha256": done.sha256} if sent_files else {}),
        }
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "endpoint": endpoint.identity, "files": uploaded}
    if gate_ignored is not None:
        document["gate_ignored"] = dict(gate_ignored)
    write_json(places.upload, document)
    return document


@contextlib.contextmanager
def _as_sent(path: Path, places: Places, *, byte_order_mark: bool) -> Iterator[Path]:
    """The file itself, or for as long as the block lasts a copy of it that begins with a byte order mark."""
    if not byte_order_mark:
        yield path
        return
    marked = places.remote / "marked" / path.name
    with open_file(path) as source, replacing(marked) as temporary, temporary.open("wb") as target:
        target.write(codecs.BOM_UTF8)
        shutil.copyfileobj(source, target)
    try:
        yield marked
    finally:
        marked.unlink(missing_ok=True)


def start(endpoint: Endpoint, places: Places, params: Params, *, permit: Permit = lambda: None, say: Say) -> RemoteJob:
    """Create the job or find the one that is there, and leave it to itself; nothing is written but its receipt.

    Raises UsageError where the model or the cost forbid it, what `permit` raises before a job is created, and
    RemoteError `file_missing` among others.
    """
    return _ensure(endpoint, places, params, permit, say)[1]


def tune(
    endpoint: Endpoint,
    places: Places,
    params: Params,
    *,
    permit: Permit = lambda: None,
    our_line: Callable[[int], int] = lambda line: line,
    say: Say,
    on_event: Callable[[RemoteEvent], None] = lambda _: None,
    on_status: Callable[[RemoteJob], None] = lambda _: None,
) -> dict[str, Any]:
    """Create the job or pick up the one that is there, follow it to its end, and write `job.json`.

    What the provider minds about lines is told of ours, which `our_line` finds by the line that was sent. Returns the
    content of `job.json`, which only a job that succeeded leaves; every job that has ended is entered into the spend
    ledger. Raises what `start` raises, and RemoteError `job_failed`, `job_cancelled` or `timeout`.
    """
    wanted, job = _ensure(endpoint, places, params, permit, say)
    if not job.ended:
        try:
            job = follow(
                endpoint,
                job,
                timeout_s=params.tune.timeout_s,
                poll_s=params.tune.poll_s,
                on_event=on_event,
                on_status=on_status,
                say=say,
            )
        except KeyboardInterrupt:
            say(f"job {job.id} is not lost: the same command goes on with it")
            raise
    metrics = report(places)
    estimated = spend_ledger.estimated_tokens(metrics, job.hyperparameters)
    exact = spend_ledger.counted_exactly(metrics)
    price = price_of(endpoint, params.endpoint, wanted.params.model, wanted.params.method)
    spent = spend_ledger.enter(endpoint, job, wanted.params, estimated, price, places.receipts, exact=exact)
    for one in (fault for fault in job.faults if fault.line is not None):
        say(f"{places.dataset('train')}:{our_line(one.line or 0)}: {one.message}")
    require_success(wanted.run_key(endpoint.identity), job, places.receipts)
    if (warning := spend_ledger.difference(spent)) is not None:
        say(f"warning: {warning}")
    document = _job_document(endpoint, wanted, job, estimated)
    write_json(places.job, document)
    return document


def _ensure(
    endpoint: Endpoint, places: Places, params: Params, permit: Permit, say: Say
) -> tuple[WantedJob, RemoteJob]:
    uploaded = _read(places.upload, "upload", {"files"}, endpoint)
    wanted = _wanted(places, as_trained(endpoint.profile, params.tune), uploaded["files"])

    def permit_all() -> None:  # a job that is there needs its files no more
        _require_files(endpoint, places, uploaded["files"])
        check_model(endpoint, params.tune, dt.datetime.now(dt.UTC).date())
        quote = quoted(endpoint, wanted) if endpoint.profile.endpoint.paid else None
        check_spending(endpoint, params, report(places), quote)
        permit()

    return wanted, ensure_job(endpoint, wanted, receipts_folder=places.receipts, permit=permit_all, say=say)


def fetch_results(endpoint: Endpoint, places: Places) -> results.Results:
    """Save the results of the job in `job.json`. Raises what `results.fetch` raises."""
    return results.fetch(
        endpoint, _read(places.job, "tune", {"job_id", "model", "result_files"}, endpoint), places.results
    )


def finished_job(endpoint: Endpoint, places: Places) -> dict[str, Any]:
    """The content of `job.json`. Raises InputError where no job has succeeded, UsageError for another endpoint's."""
    return _read(places.job, "tune", {"job_id", "model", "fine_tuned_model"}, endpoint)


def _read(path: Path, stage: str, keys: set[str], endpoint: Endpoint) -> dict[str, Any]:
    """The facts that an earlier stage left, having seen that they are about this endpoint."""
    if not path.exists():
        raise InputError(f"{path}: is missing", hint=f"run `tuneset {stage}` on this dataset first")
    document = read_json(path)
    if not isinstance(document, dict) or not keys | {"endpoint"} <= document.keys():
        raise InputError(
            f"{path}: is not what the {stage} stage writes", hint=f"run `tuneset {stage}` on this dataset again"
        )
    if document["endpoint"] != endpoint.identity:
        raise UsageError(
            f"{path}: was made at `{document['endpoint']}`, params name `{endpoint.identity}`",
            hint="name in endpoint.profile or endpoint.base_url where it was made, such as another port; "
            f"or run the {stage} stage again, to have it here",
        )
    return document


def report(places: Places) -> object:
    """What the report stage left, None where it has not run."""
    return read_json(places.metrics) if places.metrics.exists() else None


def _require_files(endpoint: Endpoint, places: Places, uploaded: dict[str, dict[str, Any]]) -> None:
    """See that the endpoint holds the files of a job that is to be created. Raises RemoteError `file_missing`."""
    for side, file in uploaded.items():
        try:
            remote_files.get_file(endpoint, file["file_id"])
        except RemoteError as error:
            if error.code != "not_found":
                raise
            at = prune.pruned_at(endpoint, file["file_id"], places.receipts)
            when = (
                ""
                if at is None
                else f"; `tuneset files prune` deleted it on {dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d}"
            )
            raise RemoteError(
                f"the {side} file {file['file_id']} is no longer at {endpoint.base_url}{when}",
                code="file_missing",
                hint="run the upload stage again (with DVC: `dvc repro --force upload`)",
            ) from None


def _wanted(places: Places, params: TuneParams, uploaded: dict[str, dict[str, Any]]) -> WantedJob:
    """The job to ask for, having seen that what was uploaded is the dataset as it is now."""
    for side, file in uploaded.items():
        path = places.dataset(side)
        if path.is_file() and sha256_file(path) != file["sha256"]:
            raise UsageError(f"{path}: has changed since it was uploaded", hint="run the upload stage again")
    validation = uploaded.get("validation", {})
    return WantedJob(
        params=params,
        train_id=uploaded["train"]["file_id"],
        train_sha256=_sent_sha256(uploaded["train"]),
        validation_id=validation.get("file_id"),
        validation_sha256=_sent_sha256(validation),
    )


def _sent_sha256(file: Mapping[str, Any]) -> Any:  # noqa: ANN401  what `upload.json` says
    """Of what the endpoint got: the dataset's own file, unless that was written in another form first."""
    return file.get("sent_sha256", file.get("sha256"))


def _job_document(endpoint: Endpoint, wanted: WantedJob, job: RemoteJob, estimated: int | None) -> dict[str, Any]:
    """What later stages need of a finished job; no times, so that it changes only with the job."""
    return {
        "schema_version": SCHEMA_VERSION,
        "endpoint": endpoint.identity,
        "job_id": job.id,
        "run_key": wanted.run_key(endpoint.identity),
        "attempt": job.attempt,
        "status": job.status,
        "model": wanted.params.model,
        "method": wanted.params.method,
        "hyperparameters": job.hyperparameters,
        "seed": job.seed,
        "fine_tuned_model": job.fine_tuned_model,
        "trained_tokens": job.trained_tokens,
        "estimated_tokens": estimated,
        "result_files": list(job.result_files),
        "training_file": wanted.train_id,
        "validation_file": wanted.validation_id,
    }
