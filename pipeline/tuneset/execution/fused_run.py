"""prepare: ingest to gate in one process and one folder, the same functions as stage by stage, fewer passes.

Rows are written to disk twice on their way (before and after dedup, the only point that needs to see all of them),
under `.work` in the output folder. A run that was killed or failed leaves it, and the next one goes on from there; it
goes when all is done, unless the caller keeps it, so that the next run reads only raw files that are new.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuneset import artifacts, stage_table
from tuneset.dataset_folder import SIDES, prepared
from tuneset.errors import UsageError
from tuneset.execution import folder_lock, target_files
from tuneset.execution.executor import open_engine
from tuneset.execution.progress import Progress
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import Location, RemotePath
from tuneset.params import Params
from tuneset.reading.rows_file import Raw, RowsFile

if TYPE_CHECKING:
    from tuneset.stages.gate import Gate, Measured

WORK_FOLDER = ".work"
SIDE_FILES = tuple(f"{side}.jsonl" for side in SIDES)
HOW = ("workers", "run")
"""Params that say how a run is done, and nothing of what it makes."""


@dataclasses.dataclass(frozen=True)
class RunOutcome:
    """What one run made: the document of `metrics.json`, how the gates stand, and what they were held against."""

    metrics: dict[str, Any]
    gates: list[Gate]
    measured: Measured


def prepare(
    raw: Sequence[Raw | RemotePath],
    out: Path | RemotePath,
    params: Params,
    progress: Progress,
    *,
    keep_work: bool = False,
    reports: Path | None = None,
) -> RunOutcome:
    """Turn raw files or rows into `train.jsonl`, `validation.jsonl`, `ledger.parquet`, `metrics.json`, `manifest.json`.

    Where `out` lies in a store, all but the sides is written into the local folder `reports`, for the caller to store.

    Raises InputError where nothing can be read, CheckFailedError where `tokenize.over_length: error` finds a row,
    UsageError where another run is at work in `out`, `out` lies in the raw data, or params name what is not there. A
    gate that does not hold is no error here: the caller decides.
    """
    paths = [given.path if isinstance(given, RowsFile) else given for given in raw]
    for path in paths:
        if _lies_in(out, path):
            raise UsageError(
                f"{out}: lies in the raw data {path}", hint="name a folder outside, or its files are read next time"
            )
    if isinstance(out, Path) and out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file", allowed="the name of a folder, which is made where there is none")
    here = out if isinstance(out, Path) else reports
    assert here is not None, "what lies in a store needs a local folder for its reports"
    target_files.make_ready(params.target)
    work = out / WORK_FOLDER
    before, after, split = work / "before-dedup", work / "after-dedup", work / "split"
    with folder_lock.locked(work, word(raw, params) if isinstance(out, RemotePath) else ""):
        with open_engine(params, progress) as executor:
            found = (
                file
                for path in paths
                if isinstance(path, Path)
                for file in (path.rglob("*") if path.is_dir() else [path])
                if file.is_file()
            )
            executor.broadcast("tuneset.execution.shard_tasks", size=sum(file.stat().st_size for file in found))
            # They take a second to load it, and so does this process, which begins when they have begun.
            from tuneset.execution import params_named, stage_runner  # noqa: PLC0415  as above
            from tuneset.execution.accounts import report_run  # noqa: PLC0415  as above
            from tuneset.execution.gate import measurement, record  # noqa: PLC0415  as above

            params_named.require(params, stage_table.names())
            stage_runner.run_ingest(
                raw, before, params, executor, then=(*stage_table.row_wise_after("ingest"), "bands")
            )
            stage_runner.run_dedup(
                before, after, params, executor, then=(*stage_table.row_wise_after("dedup"), "render")
            )
            stage_runner.run_split(after, split, out, params, executor, spend=not keep_work)
            # The report is made in this process, while the gate has its workers look at the training file.
            folders = {"clean": before, "review": before, "dedup": after, "split": split}
            elsewhere = executor.repeats and isinstance(out, RemotePath)  # workers read the store themselves
            with (
                contextlib.nullcontext(out) if elsewhere else local_copies.to_read(out, SIDE_FILES) as written,
                concurrent.futures.ThreadPoolExecutor(1) as beside,
            ):
                files = (written / "train.jsonl", written / "validation.jsonl")
                scratch = (work if elsewhere or isinstance(work, Path) else written / WORK_FOLDER) / "gate"
                made: list[concurrent.futures.Future[dict[str, Any]]] = []

                def report() -> None:
                    made.append(beside.submit(report_run.have_report, folders, written, here, params, executor))

                measured = measurement.measure(*files, params.dedup.near, executor, work=scratch, indexed=report)
                (metrics,) = (one.result() for one in made)
            about: dict[str, dict[str, str]] = artifacts.read_json(here / "manifest.json")["files"]
            sha256 = {name: file["sha256"] for name, file in about.items()}
            gates = record.write(measured, metrics, prepared(here), params, sha256)
        if not keep_work:
            folder_lock.clear(work)
    return RunOutcome(metrics, gates, measured)


def _lies_in(out: Location, raw: Location) -> bool:
    if isinstance(out, Path) and isinstance(raw, Path):
        return out.resolve().is_relative_to(raw.resolve())
    return f"{out}/".startswith(f"{raw}/")


def word(raw: Sequence[Raw | RemotePath], params: Params) -> str:
    """A word for the work of a run, which another one of the same raw data, params and code has too."""
    from tuneset.execution import fingerprint  # noqa: PLC0415  it loads much, which workers are not kept waiting for

    document = {name: value for name, value in params.as_document().items() if name not in HOW}
    return fingerprint.digest(fingerprint.code(), document, [str(given) for given in raw])
