"""What is done with one shard: the row-wise stages by name, alone or in a chain. Runs in worker processes.

A step takes tables and the whole params; everything that a stage needs beyond its section (the profile, the model's
limit, the rules) is looked up here, once a process. Nothing here sees more than one shard.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.checks.examples import Context, make_context
from pipeline.flow import store
from pipeline.formats.read import read_records
from pipeline.formats.shards import Shard
from pipeline.model import METHOD_FORMAT, Format, StageResult, Tables
from pipeline.params import Params
from pipeline.provider import Model, Profile, load_profile
from pipeline.stages import clean, dedup, ingest, split, tokenize, validate
from pipeline.tokens.encodings import encoding_for

Step = Callable[[Tables, Params], StageResult]


def line_format(params: Params) -> Format:
    """The line format that the job's method takes."""
    return METHOD_FORMAT[params.tune.method]


def profile(params: Params) -> Profile:
    """The endpoint's profile."""
    return load_profile(params.endpoint.profile)


def model_entry(params: Params) -> Model | None:
    """The profile's entry for the model that will be trained; None where the profile does not know it."""
    return profile(params).model(params.tune.model)


def length(params: Params) -> tokenize.Length:
    """Encoding, limit and policy for the length of an example."""
    entry = model_entry(params)
    limit = params.tokenize.max_tokens or (entry.max_example_tokens.value if entry else None)
    encoding = params.tokenize.encoding or encoding_for(params.tune.model, profile(params))
    return tokenize.Length(encoding, None if limit is None else int(limit), params.tokenize.over_length)


@functools.cache
def _context(
    form: Format, profile_name: str, model: str, ignore: tuple[str, ...], severity: tuple[str, ...]
) -> Context:
    pairs = dict(pair.split("=", 1) for pair in severity)
    return make_context(form, load_profile(profile_name), model, ignore=ignore, severity=pairs)  # type: ignore[arg-type]  # params checked them


def _validate(tables: Tables, params: Params) -> StageResult:
    rules = params.validation
    severity = tuple(f"{code}={level}" for code, level in sorted(rules.severity.items()))
    context = _context(line_format(params), params.endpoint.profile, params.tune.model, tuple(rules.ignore), severity)
    result = validate.validate(tables, context)
    # The keys of what goes on are written here, so that dedup reads nothing but key columns.
    return StageResult(dedup.with_keys(result.tables), result.rejects, result.metrics)


STEPS: Mapping[str, Step] = {
    "clean": lambda tables, params: clean.clean(tables, params.clean),
    "validate": _validate,
    "tokenize": lambda tables, params: tokenize.tokenize(tables, length(params)),
}


def run_chain(
    tables: Tables, steps: Sequence[tuple[str, Step]], params: Params
) -> tuple[Tables, list[pl.DataFrame], store.Stats]:
    """Run steps one after the other; give what is left, the rejects of each, and the counts by stage."""
    rejects: list[pl.DataFrame] = []
    stats: dict[str, dict[str, int]] = {}
    for stage, step in steps:
        result = step(tables, params)
        rejects.append(result.rejects)
        stats[stage] = count(tables.examples.height, result)
        tables = result.tables
    return tables, rejects, stats


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


def ingest_shard(task: tuple[int, Shard], *, folder: Path, params: Params, then: Sequence[str]) -> store.Stats:
    """Read one raw shard, run the steps in `then` on what was read, and write the outcome, batch by batch."""
    number, shard = task
    stats: list[store.Stats] = []
    for batch, records in enumerate(read_records(shard)):
        read = ingest.ingest(records, shard.source, params.ingest, line_format(params))
        tables, rejects, counts = run_chain(read.tables, [(stage, STEPS[stage]) for stage in then], params)
        store.write_shard(folder, f"{number:05d}-{batch:05d}", tables, pl.concat([read.rejects, *rejects]))
        stats.append({"ingest": count(records.rows, read), **counts})
    return store.add_stats(stats)


def step_shard(name: str, *, source: Path, folder: Path, params: Params, stage: str) -> store.Stats:
    """Run one row-wise stage on one shard."""
    tables, rejects, stats = run_chain(store.read_tables(source, name), [(stage, STEPS[stage])], params)
    store.write_shard(folder, name, tables, pl.concat([store.read_rejects(source, name), *rejects]))
    return stats


def dedup_shard(
    name: str, *, source: Path, folder: Path, params: Params, duplicates: Path, then: Sequence[str] = ()
) -> store.Stats:
    """Drop the duplicates from one shard, and run the steps in `then` on what is left."""

    def drop(tables: Tables, params: Params) -> StageResult:  # noqa: ARG001  a step's signature
        return dedup.dedup(tables, store.read_frame(duplicates))

    steps = [("dedup", drop), *((stage, STEPS[stage]) for stage in then)]
    tables, rejects, stats = run_chain(store.read_tables(source, name), steps, params)
    store.write_shard(folder, name, tables, pl.concat([store.read_rejects(source, name), *rejects]))
    return stats


def render_shard(name: str, *, source: Path, folder: Path, params: Params) -> None:
    """Write `NAME.lines`: of each example its place, group, tokens and the JSON line it becomes."""
    tables = store.read_tables(source, name)
    text = split.render_lines(tables)
    lines = tables.examples.select("row_id", "source", "line", "item", "tokens", "prompt_key").with_columns(
        split.group_keys(tables.examples, params.split.group_by),
        text,
        text.str.len_chars().cast(pl.Int64).alias("characters"),
    )
    store.write_frame(folder / f"{name}.lines", lines)
