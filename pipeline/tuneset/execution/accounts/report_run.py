"""What a run tells of itself: ledger, metrics, manifest and report, made of the account that split has left.

The rows are counted by this process, or by workers where machines share the folders; the files are the same.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from tuneset import __version__, artifacts, source_counts, stage_table
from tuneset.cleaning.private_data.coverage import coverage
from tuneset.cleaning.private_data.rules import rules_of
from tuneset.errors import panics_told
from tuneset.execution import fingerprint, row_steps, shard_store, storage, target_files
from tuneset.execution.accounts import account_counts, duplicates_file, report_tables
from tuneset.execution.executor import Executor
from tuneset.execution.layout import DUPLICATE_SAMPLE_FILE, FILES_FILE, PLACES_FILE
from tuneset.execution.samples import dataset_look
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import Location, RemotePath
from tuneset.params import Params
from tuneset.stages import report, report_warnings

_log = logging.getLogger(__name__)

COUNTS_FOLDER, GROUPS_FOLDER, REPORT_FOLDER = "report-counts", "report-groups", "report"


def have_report(
    folders: Mapping[str, Location], dataset: Location, target: Path, params: Params, executor: Executor
) -> dict[str, Any]:
    """As `run_report`, wherever the dataset lies; where machines share its folders, workers do it."""
    account = folders["split"]
    names = list(shard_store.shards(account))
    if not executor.repeats:
        counts, here = account_counts.here(account, names), duplicates_file.here(folders["dedup"], account, names)
        return run_report(folders, dataset, target, params, counts, here)
    scratch, groups = account / COUNTS_FOLDER, account / GROUPS_FOLDER
    rows = shard_store.read_stats(account)["ingest"]["rows_in"]
    there = account / REPORT_FOLDER if isinstance(account, RemotePath) else target
    try:
        counted = account_counts.by_workers(account, names, scratch, rows, executor)
        listed = duplicates_file.by_workers(folders["dedup"], account, names, groups, rows, executor)
        made = functools.partial(_report, params=params)
        ((metrics, files),) = executor.map(made, [(folders, dataset, there, counted, listed)], label="report", size=0)
        for name in files:
            local_copies.fetch(there / name, target / name)
    finally:
        for folder in (scratch, groups, account / REPORT_FOLDER):
            storage.remove_folder(folder)
    return metrics


def _report(
    task: tuple[Mapping[str, Location], Location, Location, account_counts.Counted, duplicates_file.Parts],
    *,
    params: Params,
) -> tuple[dict[str, Any], list[str]]:
    """Make the report in a worker; give the metrics, and the names of files in a store."""
    folders, dataset, target, counted, listed = task
    with local_copies.to_write(target) as here:
        metrics = run_report(folders, dataset, here, params, account_counts.read(counted), listed)
        made = () if here == target else here.rglob("*")
        return metrics, [path.relative_to(here).as_posix() for path in made if path.is_file()]


@panics_told("report, over all rows")
def run_report(
    folders: Mapping[str, Location],
    dataset: Location,
    target: Path,
    params: Params,
    counts: account_counts.ShardCounts,
    listed: pl.DataFrame | duplicates_file.Parts,
) -> dict[str, Any]:
    """Write ledger, duplicates, private data, metrics, manifest and distributions into `target`; give the metrics.

    `folders` holds those of the stages clean, review, dedup and split, by name; the last has the account of all
    rows, whose `counts` are given, with what is listed of duplicates. `dataset` is the folder of the written files.
    """
    _log.debug("report: into %s", target)
    for left in (target, target / "plots"):
        artifacts.remove_temporaries(left)
    account = folders["split"]
    names = list(shard_store.shards(account))
    kept, stats = counts.kept, shard_store.read_stats(account)
    target_model = row_steps.length(params).target
    scored = params.clean.filters.score.column if params.clean.filters.score else None
    used = [name for name in (params.split.group_by, params.split.stratify_by, params.dedup.prefer, scored) if name]
    unused = source_counts.unused_columns(stats["ingest"], used)
    document = report.metrics(
        stats,
        kept,
        model=row_steps.model_entry(params),
        n_epochs=params.tune.n_epochs,
        encoding=target_model.encoding,
        unused=unused,
        warnings=report_warnings.warnings(stats, kept, params, unused, used),
        target=target_model,
        sequence_length=params.target.sequence_length,
    )
    shard_store.put_together(account, [f"{name}.ledger" for name in names], target / "ledger.parquet")
    document["private_data"] = coverage(rules_of(params.clean.redact))
    document["sources"] = source_counts.account(stats["ingest"], counts.outcomes)
    artifacts.write_bytes(target / DUPLICATE_SAMPLE_FILE, (folders["dedup"] / DUPLICATE_SAMPLE_FILE).read_bytes())
    duplicates_file.write(listed, target / "duplicates.parquet")
    report_tables.write(folders["clean"], folders["review"], folders["dedup"], target)
    if params.review.file is not None:
        reviewed, said = report_tables.review_account(folders["review"], row_steps.decided(params))
        document["review"] = reviewed
        document["warnings"] += said
    for column in ("tokens", "characters"):
        bars = report.histogram(kept, column)
        artifacts.write_bytes(target / "plots" / f"{column}.csv", bars.write_csv().encode())
    dataset_look.write(dataset, counts, storage.read_json(account / PLACES_FILE), target)
    artifacts.write_json(target / "metrics.json", document)
    artifacts.write_json(target / "manifest.json", manifest(storage.read_json(account / FILES_FILE), params))
    return document


def manifest(files: dict[str, Any], params: Params) -> dict[str, Any]:
    """What was made, from which params of the stages up to the split, by which versions."""
    made_by = [row.name for row in stage_table.dataset_stages()]
    document = params.as_document()
    chosen = {name: document[name] for name in document if name in made_by}
    chosen["endpoint"] = {"profile": params.endpoint.profile}
    chosen["tune"] = {"method": params.tune.method, "model": params.tune.model}
    return {
        "schema_version": 1,
        "files": files,
        "params": chosen,
        **target_files.account(params.target),
        "versions": {"tuneset": __version__, **fingerprint.of_libraries(made_by)},
    }
