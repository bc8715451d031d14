"""One run of one stage, as DVC calls it: from the folder of the stage before it into its own.

The fused run in `fused_run.py` uses the same functions over fewer folders, and ends with the same bytes. Which stages
there are is said in the stage table.
"""

from __future__ import annotations

import concurrent.futures
import functools
import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import orjson
import polars as pl

from tuneset import artifacts, stage_table
from tuneset.errors import InputError, panics_told
from tuneset.execution import (
    dataset_files,
    evaluation_files,
    fingerprint,
    raw_columns,
    raw_files,
    row_steps,
    shard_store,
    shard_tasks,
    sides,
    storage,
)
from tuneset.execution.duplicates import decide, decide_parts, decisions
from tuneset.execution.executor import Executor
from tuneset.execution.layout import DUPLICATE_SAMPLE_FILE, FILES_FILE, PLACES_FILE, Layout
from tuneset.execution.stores import raw_objects
from tuneset.execution.stores.location import Location, RemotePath, location
from tuneset.execution.whole_files import shards_again
from tuneset.params import Params
from tuneset.reading.raw_shards import cut, numbered
from tuneset.reading.read import columns_of
from tuneset.reading.rows_file import Raw
from tuneset.reading.shapes import mapped

_log = logging.getLogger(__name__)


def run_alone(name: str, layout: Layout, params: Params, executor: Executor) -> None:
    """Run one stage of the table, from the folder of the stage before it into its own."""
    row = stage_table.stage(name)
    if row.scope == "row":
        run_step(name, layout.work(stage_table.before(name)), layout.work(name), params, executor)
    else:
        stage_table.load(row.run)(layout, params, executor)


def ingest_stage(layout: Layout, params: Params, executor: Executor) -> None:
    """The stage ingest alone: the raw files that params name."""
    run_ingest([location(path) for path in params.ingest.paths], layout.work("ingest"), params, executor)


def dedup_stage(layout: Layout, params: Params, executor: Executor) -> None:
    """The stage dedup alone."""
    run_dedup(layout.work(stage_table.before("dedup")), layout.work("dedup"), params, executor)


def split_stage(layout: Layout, params: Params, executor: Executor) -> None:
    """The stage split alone."""
    run_split(layout.work(stage_table.before("split")), layout.work("split"), layout.dataset, params, executor)


def run_ingest(
    raw: Sequence[Raw | RemotePath], folder: Location, params: Params, executor: Executor, then: Sequence[str] = ()
) -> None:
    """Read all raw files into `folder`; `then` names row-wise stages to run on each shard while it is in memory."""
    here = [given for given in raw if not isinstance(given, RemotePath)]
    stored = [given for given in raw if isinstance(given, RemotePath)]
    # One machine numbers the lines of a file while its workers read the shards before.
    cut_here = raw_files.cut(here, params, executor) if executor.repeats else None
    shards = cut_here or cut(here, params.ingest.encoding, params.ingest.unreadable)
    of_objects = raw_objects.cut(stored, params, executor)
    count = len(shards) + len(of_objects)
    _log.debug("ingest: %d shards of %d paths into %s", count, len(raw), folder)
    shard_store.begin(folder)
    function = functools.partial(raw_objects.ingest, folder=folder, params=params, then=tuple(then))
    size = sum(path.stat().st_size for path in {shard.path for shard in shards if not shard.refusal})
    size += sum(one.size for one in {one for task in of_objects for one in task.objects})
    label = " + ".join(("ingest", *then))
    tasks: list[shards_again.Task] = []
    given = shards_again.noted(itertools.chain(cut_here or numbered(shards), of_objects), tasks)
    done = list(executor.map(function, given, label=label, size=size, count=count))
    again = functools.partial(raw_objects.ingest_again, folder=folder, params=params, then=tuple(then))
    done = shards_again.settled(tasks, done, again, executor, label)
    names = [shard_tasks.shard_name(shard) for shard in (*shards, *(task.shard for task in of_objects))]
    stats = shard_store.complete(folder, [*names, *map(shard_tasks.TOLD.format, names)], done)
    if not stats.get("ingest", {}).get("rows_in"):
        raise InputError(
            f"{', '.join(map(str, raw))}: no rows in any file", hint="name a file or folder that holds examples"
        )

    def columns() -> set[str]:
        return columns_of(shards) | raw_objects.columns(of_objects)

    mapped.check_use(params.ingest.mapping, row_steps.line_format(params), stats["ingest"], columns)
    raw_columns.require_score(params, stats.get("clean", {}), _raw_columns(folder, shard_store.shards(folder)))


def run_step(stage: str, source: Location, folder: Location, params: Params, executor: Executor) -> None:
    """Run a row-wise stage over all shards of `source`."""
    shards = list(shard_store.shards(source).items())
    _log.debug("%s: %d shards of %s into %s", stage, len(shards), source, folder)
    shard_store.begin(folder)
    function = functools.partial(shard_tasks.step_shard, source=source, folder=folder, params=params, stage=stage)
    done = list(executor.map(function, shards, label=stage, size=shard_store.size(source)))
    stats = shard_store.complete(folder, (), done, shard_store.read_stats(source))
    if stage == "clean":
        raw_columns.require_score(params, stats["clean"], _raw_columns(folder, shard_store.shards(folder)))


@panics_told("dedup, over all rows")
def run_dedup(source: Location, folder: Location, params: Params, executor: Executor, then: Sequence[str] = ()) -> None:
    """Decide over the keys of all examples which are duplicates, then drop them shard by shard."""
    shards = shard_store.shards(source)
    _log.debug("dedup: %d shards of %s into %s", len(shards), source, folder)
    # In a fused run these are the last rows whose raw columns are still known.
    named = {**raw_columns.of_dedup(params), **(raw_columns.of_split(params) if "render" in then else {})}
    raw_columns.require(named, _raw_columns(source, shards))
    raw_columns.require_sources(params, shard_store.read_stats(source).get("ingest", {}))
    shard_store.begin(folder)
    size = shard_store.size(source)
    count = functools.partial(shard_tasks.count_shard, source=source, params=params, expected=size // executor.workers)
    # A model whose files are at hand counts and masks at once, in the stage itself.
    ahead = "tokenize" in then and row_steps.length(params).target.place is None
    # Workers have little to do while duplicates are decided over.
    with executor.ahead(count, shards if ahead else (), size=size) as tokens:
        # Ranges are for many machines; one that has all keys at hand need not write them.
        over_all = decide_parts.decide if executor.repeats else decide.decide
        decided = over_all(source, folder, params, executor)
    write = functools.partial(decisions.write_sample, source=source, near=params.dedup.near)
    least = (decided.least, decided.shown, folder / DUPLICATE_SAMPLE_FILE)
    function = functools.partial(shard_tasks.dedup_shard, source=source, folder=folder, params=params, then=tuple(then))
    evaluated = fingerprint.digest(evaluation_files.digest(params.dedup.evaluation))
    tasks = [
        shard_tasks.DedupTask(name, made_from, decided.digests[name] + evaluated, tokens.get(name))
        for name, made_from in shards.items()
    ]
    # What the report shows of the groups is written by this process, which has nothing to do while workers drop rows.
    with concurrent.futures.ThreadPoolExecutor(1) as beside:
        written = beside.submit(list, executor.map(write, [least], label="dedup: groups", size=0))
        done = list(executor.map(function, tasks, label=" + ".join(("dedup", *then)), size=size))
        written.result()
    kept = [shard_tasks.SIGNED.format(name) for name in shards]
    shard_store.complete(folder, [*kept, Path(DUPLICATE_SAMPLE_FILE).stem], done, shard_store.read_stats(source))


@panics_told("split, over all rows")
def run_split(
    source: Location, folder: Location, target: Location, params: Params, executor: Executor, *, spend: bool = False
) -> None:
    """Divide the examples of `source`; write the files into `target`, and into `folder` where each row went.

    With `spend` the lines in `source` are used up: a run that is killed meanwhile makes those again that are gone.
    """
    shards = shard_store.shards(source)
    _log.debug("split: %d shards of %s into %s", len(shards), source, target)
    storage.remove_folder(folder)
    shard_store.begin(folder)
    storage.make_folder(target)
    names = list(shards)
    lines = source
    if not all((source / f"{name}.lines").is_file() for name in names):
        lines = folder
        raw_columns.require(raw_columns.of_split(params), _raw_columns(source, shards))
        render = functools.partial(shard_tasks.render_shard, source=source, folder=folder, params=params)
        for _ in executor.map(render, names, label="split", size=shard_store.size(source)):
            pass
    decided = sides.decide(lines, folder, names, params, executor, shard_store.size(source))
    spend = (spend or lines == folder) and not executor.repeats
    account = dataset_files.Account(source, folder)
    files = dataset_files.write_files(lines, names, decided, params, target, account, executor, spend=spend)
    if lines == folder:
        for name in names:
            for part in ("lines", "text"):
                (folder / f"{name}.{part}").unlink(missing_ok=True)
    if not isinstance(decided.moved, pl.DataFrame):
        decided.moved.unlink(missing_ok=True)
    storage.write_whole(folder / FILES_FILE, artifacts.json_bytes(files.about))
    storage.write_whole(folder / PLACES_FILE, orjson.dumps(files.places))
    counts = {f"rows_{name.removesuffix('.jsonl')}": int(file["examples"]) for name, file in files.about.items()}
    rows = sum(counts.values())
    joined = {"joined_to_another_side": int(decided.sums["joined"].sum())}
    stats: shard_store.Stats = {
        "split": {
            "rows_in": rows,
            "rows_out": rows,
            "dropped": 0,
            **counts,
            **joined,
            **{f"lacking.{key}": files.lacking.get(key, 0) for key in raw_columns.of_split(params)},
            **files.owners,
        }
    }
    done = shard_store.Done(shards, stats)
    shard_store.complete(
        folder, [Path(name).stem for name in (FILES_FILE, PLACES_FILE)], [done], shard_store.read_stats(source)
    )


def _raw_columns(source: Location, shards: Iterable[str]) -> Iterator[pl.Series]:
    """The raw columns of all rows of a folder, as JSON, shard by shard."""
    return (shard_store.read_meta(source, name) for name in shards)
