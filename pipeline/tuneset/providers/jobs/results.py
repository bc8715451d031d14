"""A finished job's results, brought home: raw files, step metrics, checkpoints, final figures.

Figures come from the server's files alone. Ids differ from run to run and stay out of `results.json`, so that the
same data and seed give the same metrics.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tuneset.artifacts import sha256_file, write_bytes, write_json
from tuneset.errors import RemoteError
from tuneset.providers.calls import CANNOT_LOOK, pages
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files.remote_files import get_file, save_content
from tuneset.providers.jobs import step_metrics
from tuneset.providers.jobs.step_metrics import StepMetrics
from tuneset.providers.records import Checkpoint, RemoteJob

MOST_TABLE_BYTES = 64 << 20
"""A larger result file is kept raw and not taken for step metrics."""

SUMS = "SHA256SUMS"
"""Beside the files of a model, as `sha256sum --check` reads it."""
OF_JOB = "job_id"
"""Beside the results: whose they are, and then a line for each file below `raw/`, its id and its name."""
LONGEST_NAME = 100
"""Characters kept of a server's name for a file, from its end; file systems take 255 bytes."""


@dataclasses.dataclass(frozen=True)
class Results:
    """What was brought home.

    Args:
        metrics: the content of `results.json`.
        raw_files: names below `raw/`, in the order of the job's `result_files`.
        model_files: names below `model/`, where the endpoint gives the files of its last checkpoint.
        left_out: what could not be brought home and why, one sentence each.
    """

    metrics: dict[str, Any]
    raw_files: list[str]
    left_out: list[str]
    model_files: list[str] = dataclasses.field(default_factory=list)


def fetch(endpoint: Endpoint, job: dict[str, Any], folder: Path) -> Results:
    """Save a finished job's results below `folder`.

    Writes `raw/NAME` for each id in the job's `result_files`, as sent; `step_metrics.csv`; `results.json`; and after
    the figures `checkpoints.json`, which is done without where it cannot be read. `job` is the document of `job.json`.
    Result files are never waited on: some servers leave them `uploaded` for good. What an earlier run has fetched of
    the same job stays where the endpoint does not give it any more. Raises RemoteError
    `results_missing` for ids that the endpoint does not know, or the error of a file that could not be fetched, after
    everything else was saved, and `results_unreadable` for step metrics that were cut short.
    """
    left_out: list[str] = []
    known = _names_at_home(folder, job["job_id"])
    if known is None:
        known = {}
        for name in ("raw", "model"):
            shutil.rmtree(folder / name, ignore_errors=True)
        _tell_job(folder, job["job_id"], known)
    ids = list(dict.fromkeys(job["result_files"]))
    given, missing, failed = _save_raw(endpoint, ids, folder / "raw", known)
    whole = not missing and failed is None
    known = given if whole else known | given
    _tell_job(folder, job["job_id"], known)
    kept = _at_home(folder / "raw", list(given.values()), whole=whole)
    if kept:
        left_out.append(f"{folder / 'raw'}: {', '.join(kept)} stay as an earlier run has fetched them")
    there = {*given.values(), *kept}
    names = [known[file_id] for file_id in ids if known.get(file_id) in there]
    names += [name for name in kept if name not in names]
    table = _first_table(folder / "raw", names)
    if table is None:
        left_out.append(f"job {job['job_id']} left no step metrics among its {len(names)} result files")
        table = step_metrics.NOTHING
    write_bytes(folder / "step_metrics.csv", table.csv())
    metrics = _metrics(job, table)
    write_json(folder / "results.json", metrics)
    found = _checkpoints(endpoint, job["job_id"], left_out)
    write_json(folder / "checkpoints.json", [_document(one) for one in found])
    model = _save_model(endpoint, found, folder, left_out)
    if failed is not None:
        raise failed
    if missing:
        raise RemoteError(
            f"job {job['job_id']} names result files that {endpoint.base_url} does not have: {', '.join(missing)}",
            code="results_missing",
            hint=f"everything else is in {folder}; results may have expired, or belong to another project's key",
        )
    return Results(metrics, names, left_out, model)


def facts_of(job: RemoteJob) -> dict[str, Any]:
    """What `fetch` needs to know of a job, from the job itself."""
    return {
        "job_id": job.id,
        "model": job.model,
        "trained_tokens": job.trained_tokens,
        "result_files": list(job.result_files),
    }


def _save_raw(
    endpoint: Endpoint, ids: list[str], folder: Path, known: Mapping[str, str]
) -> tuple[dict[str, str], list[str], RemoteError | None]:
    """Download the files; give their names here by id, the ids that the endpoint does not know, the first other error.

    A file whose name is `known` of an earlier run has it again: a further one of that name may be there no more.
    """
    names: dict[str, str] = {}
    missing: list[str] = []
    failed: RemoteError | None = None
    for file_id in ids:
        try:
            taken = [*known.values(), *names.values()]
            name = known.get(file_id) or _free_name(_remote_name(endpoint, file_id), taken)
            save_content(endpoint, file_id, folder / name)
        except RemoteError as error:
            if error.code == "not_found":
                missing.append(file_id)
            else:
                failed = failed or error
        else:
            names[file_id] = name
    return names, missing, failed


def _names_at_home(folder: Path, job_id: str) -> dict[str, str] | None:
    """The names below `raw/` by the ids of their files; None where nothing says that the folder is of this job."""
    try:
        whose, *files = (folder / OF_JOB).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    if whose != job_id:
        return None
    pairs = (line.partition("\t") for line in files)
    # A name that leads elsewhere was not written here.
    return {file_id: name for file_id, _, name in pairs if name and Path(name).name == name}


def _tell_job(folder: Path, job_id: str, names: Mapping[str, str]) -> None:
    lines = [job_id, *(f"{file_id}\t{name}" for file_id, name in names.items())]
    write_bytes(folder / OF_JOB, "".join(f"{line}\n" for line in lines).encode())


def _at_home(folder: Path, names: list[str], *, whole: bool) -> list[str]:
    """Files of the same job beside those that were fetched; none where all were, and then they are removed."""
    others = sorted(path.name for path in folder.iterdir() if path.name not in names) if folder.is_dir() else []
    for name in others if whole else ():
        (folder / name).unlink()
    return [] if whole else others


def _remote_name(endpoint: Endpoint, file_id: str) -> str:
    """What the server calls the file; its id where it has content but no description of use."""
    try:
        return get_file(endpoint, file_id).filename or file_id
    except RemoteError as error:
        if error.code not in {"unexpected_answer", *CANNOT_LOOK}:
            raise
        return file_id


def _free_name(name: str, taken: list[str]) -> str:
    """A name that is safe in any folder and not taken yet.

    >>> _free_name("dir/../step metrics.csv", ["step_metrics.csv"])
    '2-step_metrics.csv'
    """
    plain = re.sub(r"[^\w.-]", "_", name.replace("\\", "/").rpartition("/")[2]).lstrip(".")[-LONGEST_NAME:] or "file"
    candidate, number = plain, 1
    while candidate in taken:
        number += 1
        candidate = f"{number}-{plain}"
    return candidate


def _first_table(folder: Path, names: list[str]) -> StepMetrics | None:
    for name in names:
        path = folder / name
        if path.stat().st_size <= MOST_TABLE_BYTES and (text := step_metrics.text_of(path.read_bytes())) is not None:
            return step_metrics.parse(text, str(path))
    return None


def _checkpoints(endpoint: Endpoint, job_id: str, left_out: list[str]) -> list[Checkpoint]:
    """The job's checkpoints; none where they are not offered or cannot be read, which is told in `left_out`."""
    if not endpoint.provider.capabilities.checkpoints:
        return []
    try:
        return by_step(endpoint, job_id)
    except RemoteError as error:
        if error.code in CANNOT_LOOK:
            left_out.append(f"{endpoint.base_url} offers no checkpoints")
        else:
            left_out.append(f"checkpoints cannot be read: {error.message}")
    return []


def checkpoints(endpoint: Endpoint, job_id: str) -> list[dict[str, Any]]:
    """A job's checkpoints by step, with the metrics that were measured. Raises RemoteError."""
    return [_document(one) for one in by_step(endpoint, job_id)]


def by_step(endpoint: Endpoint, job_id: str) -> list[Checkpoint]:
    """A job's checkpoints by step. Raises RemoteError."""
    what = f"listing the checkpoints of job {job_id}"
    found = pages(endpoint, what, lambda provider, after: provider.jobs.checkpoints(job_id, after))
    return sorted(found, key=lambda one: one.step or 0)


def _document(one: Checkpoint) -> dict[str, Any]:
    return {"step": one.step, "model": one.model, "metrics": one.metrics}


def _save_model(endpoint: Endpoint, found: list[Checkpoint], folder: Path, left_out: list[str]) -> list[str]:
    """Save the files of the last checkpoint that has any, such as an adapter's, below `model/`; give their names.

    A file that cannot be fetched is told in `left_out`: the model stays at the endpoint.
    """
    last = next((one for one in reversed(found) if one.files), None)
    names: list[str] = []
    asked = last.files if last else ()
    for file_id in asked:
        try:
            name = _free_name(_remote_name(endpoint, file_id), names)
            save_content(endpoint, file_id, folder / "model" / name)
        except RemoteError as error:
            left_out.append(f"a file of the model is not fetched: {error.message}")
        else:
            names.append(name)
    names += _at_home(folder / "model", [*names, SUMS], whole=bool(asked) and len(names) == len(asked))
    if names:
        sums = "".join(f"{sha256_file(folder / 'model' / name)}  {name}\n" for name in names)
        write_bytes(folder / "model" / SUMS, sums.encode())
    return names


def _metrics(job: dict[str, Any], table: StepMetrics) -> dict[str, Any]:
    """The figures for `dvc metrics`: the last measured value of each column, and the first of each loss."""
    steps = table.measured("step")
    final = {name: values[-1] for name in table.columns[1:] if (values := table.measured(name))}
    first = {name: table.measured(name)[0] for name in final if name.endswith("_loss")}
    return {
        "model": job["model"],
        "trained_tokens": job.get("trained_tokens"),
        "steps": int(max(steps)) if steps else None,
        "first": first,
        "final": final,
    }
