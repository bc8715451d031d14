"""One run of one stage, as DVC calls it: from the folder of the stage before it into its own.

`Layout` says where everything lies below a data folder. The fused run in `prepare.py` uses the same functions over
fewer folders, and ends with the same bytes.
"""

from __future__ import annotations

import dataclasses
import functools
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import __version__, artifacts
from pipeline.errors import InputError
from pipeline.flow import dataset, steps, store
from pipeline.flow.pool import Pool
from pipeline.formats.shards import plan
from pipeline.params import Params
from pipeline.stages import dedup, gate, report

DATASET_PARAMS = {"ingest", "clean", "validation", "dedup", "tokenize", "split"}
DUPLICATES_FILE = "duplicates.arrow"


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the stages keep what they make, below one data folder."""

    root: Path

    def work(self, stage: str) -> Path:
        """The folder of a stage's shards."""
        return self.root / "work" / stage

    @property
    def dataset(self) -> Path:
        """The folder of `train.jsonl` and `validation.jsonl`."""
        return self.root / "dataset"

    @property
    def reports(self) -> Path:
        """The folder of ledger, metrics, manifest, report and plots."""
        return self.root / "reports"


def run_ingest(raw: Sequence[Path], folder: Path, params: Params, pool: Pool, then: Sequence[str] = ()) -> None:
    """Read all raw files into `folder`; `then` names row-wise stages to run on each shard while it is in memory."""
    shards = list(enumerate(plan(raw)))
    with store.building(folder) as building:
        function = functools.partial(steps.ingest_shard, folder=building, params=params, then=tuple(then))
        size = sum(path.stat().st_size for path in {shard.path for _, shard in shards})
        stats = store.add_stats(list(pool.map(function, shards, label=" + ".join(("ingest", *then)), size=size)))
        if not stats.get("ingest", {}).get("rows_in"):
            raise InputError(
                f"{', '.join(map(str, raw))}: no rows in any file", hint="name a file or folder that holds examples"
            )
        store.write_stats(building, stats)


def run_step(stage: str, source: Path, folder: Path, params: Params, pool: Pool) -> None:
    """Run a row-wise stage over all shards of `source`."""
    names = store.shard_names(source)
    with store.building(folder) as building:
        function = functools.partial(steps.step_shard, source=source, folder=building, params=params, stage=stage)
        stats = pool.map(function, names, label=stage, size=store.size(source))
        store.write_stats(building, store.add_stats([store.read_stats(source), *stats]))


def run_dedup(source: Path, folder: Path, params: Params, pool: Pool, then: Sequence[str] = ()) -> None:
    """Decide over the keys of all examples which are duplicates, then drop them shard by shard."""
    names = store.shard_names(source)
    with store.building(folder) as building:
        keys = store.read_column_frame(source, ("row_id", "messages_key", "prompt_key"))
        duplicates = building / DUPLICATES_FILE
        store.write_frame(duplicates, dedup.find_exact(keys, params.dedup.key))
        function = functools.partial(
            steps.dedup_shard, source=source, folder=building, params=params, duplicates=duplicates, then=tuple(then)
        )
        stats = pool.map(function, names, label=" + ".join(("dedup", *then)), size=store.size(source))
        store.write_stats(building, store.add_stats([store.read_stats(source), *stats]))


def run_split(source: Path, folder: Path, target: Path, params: Params, pool: Pool) -> None:
    """Divide the examples of `source`; write the two files into `target`, and into `folder` where each row went."""
    names = store.shard_names(source)
    with store.building(folder) as building:
        render = functools.partial(steps.render_shard, source=source, folder=building, params=params)
        for _ in pool.map(render, names, label="split", size=store.size(source)):
            pass
        sides = dataset.assign(building, names, params)
        files = dataset.write_files(building, names, sides, target, building)
        for name in names:
            (building / f"{name}.lines").unlink()
            shutil.copyfile(source / f"{name}.rejects", building / f"{name}.rejects")
        artifacts.write_json(building / "files.json", files)
        counts = {f"rows_{side}": int(files[f"{side}.jsonl"]["examples"]) for side in dataset.SIDES}
        rows = sum(counts.values())
        stats = {"split": {"rows_in": rows, "rows_out": rows, "dropped": 0, **counts}}
        store.write_stats(building, store.add_stats([store.read_stats(source), stats]))


def run_report(account: Path, target: Path, params: Params) -> dict[str, Any]:
    """Write `ledger.parquet`, `metrics.json`, `manifest.json` and the histograms into `target`; give the metrics.

    `account` is the folder of the split stage, which holds the account of all rows.
    """
    names = store.shard_names(account, "placed")
    kept, stats = dataset.read_kept(account, names), store.read_stats(account)
    document = report.metrics(
        stats,
        kept,
        model=steps.model_entry(params),
        n_epochs=params.tune.n_epochs,
        encoding=steps.length(params).encoding,
        warn_share=params.dedup.warn_share,
        group_by=params.split.group_by,
    )
    dataset.write_ledger(account, names, target / "ledger.parquet")
    for column in ("tokens", "characters"):
        bars = report.histogram(kept, column)
        artifacts.write_bytes(target / "plots" / f"{column}.csv", bars.write_csv().encode())
    artifacts.write_json(target / "metrics.json", document)
    artifacts.write_json(target / "manifest.json", manifest(artifacts.read_json(account / "files.json"), params))
    return document


def run_gate(target: Path, metrics: dict[str, Any], reports: Path, params: Params) -> list[gate.Gate]:
    """Measure the written files and write `gate.json`. Gives all gates, passed or not."""
    train, validation = (target / f"{side}.jsonl" for side in dataset.SIDES)
    with train.open("rb") as train_lines, validation.open("rb") as validation_lines:
        measured = gate.measure(train_lines, validation_lines)
    gates = gate.evaluate(metrics, measured, params.gate)
    document = {
        "schema_version": 1,
        "passed": all(one.passed for one in gates),
        "gates": {one.name: {"value": one.value, "limit": one.limit, "passed": one.passed} for one in gates},
    }
    artifacts.write_json(reports / "gate.json", document)
    return gates


def manifest(files: dict[str, Any], params: Params) -> dict[str, Any]:
    """What was made, from which params of the stages up to the split, by which versions."""
    return {
        "schema_version": 1,
        "files": files,
        "params": params.model_dump(by_alias=True, mode="json", include=DATASET_PARAMS),
        "versions": {"tuneset": __version__, "polars": pl.__version__},
    }
