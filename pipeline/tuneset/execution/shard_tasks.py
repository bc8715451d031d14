"""What is done with one shard: the row-wise stages by name, alone or in a chain. Runs in worker processes.

Nothing here sees more than one shard. A shard that is finished already is not made again.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

from tuneset import stage_table
from tuneset.errors import DefectError, TunesetError, frames, is_panic
from tuneset.example_tables import render_lines
from tuneset.execution import evaluation_files, fingerprint, raw_columns, row_steps, shard_store
from tuneset.execution.samples import dropped_sample
from tuneset.execution.stores.location import Location
from tuneset.model import StageResult, Tables
from tuneset.params import Params
from tuneset.reading.containers.base import Shard
from tuneset.reading.read import read_records
from tuneset.similarity import minhash
from tuneset.source_counts import read_counts
from tuneset.stages import (
    decontaminate,
    dedup,
    example_groups,
    ingest,
    near_texts,
    row_owners,
    tokenize,
)

Step = Callable[[Tables, Params], StageResult]


class Chained(NamedTuple):
    """What a chain of steps made: what is left, rejects and samples of them by step, counts by stage, report tables."""

    tables: Tables
    rejects: list[pl.DataFrame]
    samples: list[pl.DataFrame]
    stats: dict[str, dict[str, int]]
    report_tables: dict[str, pl.DataFrame]

    def parts(self, before: pl.DataFrame, sample_before: pl.DataFrame) -> dict[str, shard_store.Part]:
        """What is written of a shard, by part, given the rejects before the chain and the sample of those."""
        return {
            "examples": self.tables.examples,
            "messages": self.tables.messages,
            "rejects": pl.concat([before, *self.rejects]),
            dropped_sample.PART: dropped_sample.merged([sample_before, *self.samples]),
            **self.report_tables,
        }


def run_chain(tables: Tables, chain: Sequence[tuple[str, Step]], params: Params) -> Chained:
    """Run steps one after the other.

    Raises DefectError that names the rows where a step fails on something that no stage expects.
    """
    rejects: list[pl.DataFrame] = []
    samples: list[pl.DataFrame] = []
    stats: dict[str, dict[str, int]] = {}
    report_tables: dict[str, pl.DataFrame] = {}
    for stage, step in chain:
        with _naming_rows(stage, tables):
            result = step(tables, params)
            samples.append(dropped_sample.sample(tables, result.rejects))
        rejects.append(result.rejects)
        stats[stage] = count(tables.examples.height, result)
        report_tables |= result.report_tables
        tables = result.tables
    return Chained(tables, rejects, samples, stats, report_tables)


def _steps(names: Sequence[str]) -> list[tuple[str, Step]]:
    """The row-wise stages among these names with their functions; the others are work that follows them."""
    known = {row.name: row.step for row in stage_table.STAGES if row.step}
    return [(name, stage_table.load(known[name])) for name in names if name in known]


@contextlib.contextmanager
def _naming_rows(stage: str, rows: Tables | str) -> Iterator[None]:
    """Turn what no stage expects into a DefectError that names the stage and the rows, panics of libraries too."""
    try:
        yield
    except (TunesetError, OSError, MemoryError):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):  # someone wants the run to end
            raise
        raise DefectError(
            f"{stage} failed on {rows if isinstance(rows, str) else _rows(rows)}: {type(error).__name__}",
            trace=frames(error),
            hint="everything before this shard is kept; repair or leave out those rows, then run it again",
        ) from error


def count(rows_in: int, result: StageResult) -> dict[str, int]:
    """The counts of one stage on one shard, its own metrics among them."""
    by_code = result.rejects.group_by("code").len().sort("code").iter_rows()
    return {
        "rows_in": rows_in,
        "rows_out": result.tables.examples.height,
        "dropped": result.rejects.height,
        **{f"dropped.{code}": n for code, n in by_code},
        **result.metrics,
    }


def _rows(tables: Tables) -> str:
    """Which rows a shard holds, for an error: `data/raw/a.jsonl, lines 1 to 700`."""
    examples = tables.examples
    if examples.is_empty():
        return "no rows"
    return f"{examples['source'][0]}, lines {examples['line'][0]} to {examples['line'][-1]}"


TOLD = "{}.told"  # the marker of what the first reading of a shard told of classes
SIGNED = "{}.signatures"  # the marker of a shard's signatures, beside the marker of the shard itself


def shard_name(shard: Shard) -> str:
    """The name of a raw shard: the same whatever other files there are."""
    return xxhash.xxh3_64_hexdigest(f"{shard.source}\0{shard.start}".encode())


def ingest_shard(shard: Shard, *, folder: Location, params: Params, then: Sequence[str]) -> shard_store.Done:
    """Read one raw shard, run the steps in `then` on what was read, and write the outcome, batch by batch.

    `then` may end with `bands`: then the signatures for near duplicates are made while the texts are in memory. Of a
    shard that an earlier run has read again with the classes of its file, what it told of them is all that is given.
    """
    name, made_from = shard_name(shard), fingerprint.of_shard(shard, ("ingest", *then), params)
    classes = shard.classes or ()
    if shard.classes is None:
        found = shard_store.finished(folder, TOLD.format(name), made_from)
    else:
        made_from = fingerprint.digest(made_from, *classes)
        found = None
    if found := found or shard_store.finished(folder, name, made_from):
        return found
    files: list[Location] = []
    stats: list[shard_store.Stats] = []
    shards: dict[str, str] = {}
    line_format = row_steps.line_format(params)
    for batch, records in enumerate(read_records(shard, params.ingest.mapping, line_format)):
        with _naming_rows("ingest", f"{shard.source}, from line {shard.line} on"):
            read = ingest.ingest(records, shard.source, params.ingest, line_format, classes)
        chained = run_chain(read.tables, _steps(then), params)
        parts = chained.parts(read.rejects, dropped_sample.sample(None, read.rejects))
        if "bands" in then and params.dedup.near.enabled:
            parts["bands"] = bands(chained.tables, params)
        part = f"{name}-{batch:05d}"
        files += shard_store.write_shard(folder, part, parts, brief=bool(then))
        shapes = {name.removeprefix("shape."): n for name, n in read.metrics.items() if name.startswith("shape.")}
        counted = count(records.rows, read) | read_counts(shard.source, shard.packed_container, shapes)
        stats.append({"ingest": counted, **chained.stats})
        shards[part] = fingerprint.digest(made_from, batch)
    return shard_store.finish(folder, name, made_from, shard_store.Done(shards, shard_store.add_stats(stats)), files)


def ingest_again(
    task: tuple[Shard, Mapping[str, int]], *, folder: Location, params: Params, then: Sequence[str]
) -> shard_store.Done:
    """`ingest_shard` with the classes of the whole file, of a shard that has left out rows without knowing them.

    `task` has beside the shard what its first reading told of classes; that stays in a marker, `NAME.told.done`, so
    that a later run need not read the shard twice.
    """
    shard, told = task
    first = dataclasses.replace(shard, classes=None)
    name, made_from = shard_name(shard), fingerprint.of_shard(first, ("ingest", *then), params)
    marker = TOLD.format(name)
    if not shard_store.finished(folder, marker, made_from):
        shard_store.finish(folder, marker, made_from, shard_store.Done({}, {"ingest": told}), [])
    return ingest_shard(shard, folder=folder, params=params, then=then)


def step_shard(
    task: tuple[str, str], *, source: Location, folder: Location, params: Params, stage: str
) -> shard_store.Done:
    """Run one row-wise stage on one shard (its name and fingerprint)."""
    name, made_from = task[0], fingerprint.of_step(task[1], (stage,), params)
    if found := shard_store.finished(folder, name, made_from):
        return found
    chained = run_chain(shard_store.read_tables(source, name), _steps([stage]), params)
    parts = chained.parts(*_rejects_before(source, name))
    files = shard_store.write_shard(folder, name, parts, brief=False)
    return shard_store.finish(folder, name, made_from, shard_store.Done({name: made_from}, chained.stats), files)


def sign_shard(task: tuple[str, str], *, source: Location, folder: Location, params: Params) -> None:
    """Write `NAME.bands`: the signatures of a shard (its name and fingerprint) for near duplicates."""
    name, made_from = task[0], fingerprint.of_step(task[1], ("bands",), params)
    marker = SIGNED.format(name)
    if not shard_store.finished(folder, marker, made_from):
        files = shard_store.write_shard(
            folder, name, {"bands": bands(shard_store.read_tables(source, name), params)}, brief=False
        )
        shard_store.finish(folder, marker, made_from, shard_store.Done({}, {}), files)


class DedupTask(NamedTuple):
    """One shard to be deduplicated.

    Args:
        name: of the shard.
        made_from: its fingerprint.
        decided: the digest of what was decided about its rows.
        tokens: of its examples, where they are known already.
    """

    name: str
    made_from: str
    decided: str
    tokens: npt.NDArray[np.int64] | None = None


def dedup_shard(
    task: DedupTask, *, source: Location, folder: Location, params: Params, then: Sequence[str]
) -> shard_store.Done:
    """Apply what was decided (`NAME.decisions`) on one shard.

    `then` names row-wise stages to run on what is left. It may end with `render`: then the lines are written instead of
    the tables.
    """
    name, made_from = task.name, fingerprint.of_step(task.made_from, ("dedup", *then), params, task.decided)
    if found := shard_store.finished(folder, name, made_from):
        return found

    def decide(tables: Tables, params: Params) -> StageResult:
        result = dedup.dedup(tables, shard_store.read_frame(folder / f"{name}.decisions"))
        for key, column in raw_columns.of_dedup(params).items():
            lacking = int(example_groups.lacks(tables.examples, column).sum())
            result = dataclasses.replace(result, metrics={**result.metrics, f"lacking.{key}": lacking})
        return _decontaminated(result, params) if params.dedup.evaluation.files else result

    chain = [("dedup", decide), *_steps(then)]
    tables = shard_store.read_tables(source, name)
    if task.tokens is not None:
        tables = Tables(tables.examples.with_columns(pl.Series("tokens", task.tokens)), tables.messages)
    chained = run_chain(tables, chain, params)
    parts = chained.parts(*_rejects_before(source, name))
    if "render" in then:
        tables_of = {part: parts[part] for part in parts if part not in ("examples", "messages")}
        parts = {**render(chained.tables, params), **tables_of}
    files = shard_store.write_shard(folder, name, parts, brief=bool(then))
    return shard_store.finish(folder, name, made_from, shard_store.Done({name: made_from}, chained.stats), files)


def _rejects_before(source: Location, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rejects of a shard of all stages before, and the sample of them."""
    sampled = shard_store.read_frame(source / f"{name}.{dropped_sample.PART}")
    return shard_store.read_rejects(source, name), sampled


def count_shard(name: str, *, source: Location, params: Params, expected: int) -> npt.NDArray[np.int64]:
    """Tokens of the examples of a shard; `expected` is how many characters this process will count at least."""
    target = row_steps.length(params).target
    target.tokenizer.expect(expected)
    return tokenize.count_tokens(shard_store.open_tables(source, name), target).to_numpy()


def _decontaminated(result: StageResult, params: Params) -> StageResult:
    """What is left when the examples that evaluation files hold go as well."""
    texts, sides = evaluation_files.held_against(params.dedup.evaluation, result.tables)
    found = decontaminate.decontaminate(result.tables, texts, sides)
    rejects = pl.concat([result.rejects, found.rejects])
    return StageResult(
        found.tables, rejects, {**result.metrics, **found.metrics}, {**result.report_tables, **found.report_tables}
    )


def render_shard(name: str, *, source: Location, folder: Location, params: Params) -> None:
    """Write `NAME.lines` and `NAME.text`, as `render` gives them."""
    shard_store.write_shard(folder, name, render(shard_store.read_tables(source, name), params), brief=True)


def bands(tables: Tables, params: Params) -> memoryview:
    """The band keys of each example, band by band, in the order of the examples, as `minhash.packed` has them."""
    near = params.dedup.near
    with _naming_rows("dedup", tables):
        texts = near_texts.said_pieces(tables, near.key)
        return minhash.packed(minhash.band_keys(texts, near_texts.likeness(near))).data


def render(tables: Tables, params: Params) -> dict[str, shard_store.Part]:
    """Of each example its place, group, stratum, tokens and size as `lines`, and as `text` the JSON lines they become.

    `bytes` counts a line with its end, `characters` without.
    """
    with _naming_rows("split", tables):
        return _render(tables, params)


def _render(tables: Tables, params: Params) -> dict[str, shard_store.Part]:
    text = render_lines(tables)
    columns = ("row_id", "source", "line", "item", "tokens", "trained_tokens", "exact", "prompt_key", "component")
    derived = {"derived_from": pl.String, "answer": pl.Int64}
    sizes = [(len(line), (len(line) if line.isascii() else len(line.decode())) - 1) for line in text]
    lines = tables.examples.select(
        *columns,
        *(
            name if name in tables.examples.columns else pl.lit(None, dtype).alias(name)
            for name, dtype in derived.items()
        ),
    ).with_columns(
        example_groups.positions(example_groups.group_keys(tables.examples, params.split.group_by), params.split.salt),
        example_groups.strata(tables.examples, params.split.stratify_by),
        example_groups.tied_groups(tables.examples, params.split.group_by, params.split.salt),
        pl.Series("bytes", [size for size, _ in sizes], pl.Int64),
        pl.Series("characters", [characters for _, characters in sizes], pl.Int64),
        *(
            example_groups.lacks(tables.examples, column).alias(key)
            for key, column in raw_columns.of_split(params).items()
        ),
        *row_owners.columns(tables.examples["meta"], params.split.group_by),
    )
    return {"lines": lines, "text": b"".join(text)}
