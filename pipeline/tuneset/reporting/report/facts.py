"""What a run left in its folder, read for the report. What an older version did not write is left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import polars as pl

from tuneset import artifacts
from tuneset import ledger as ledgers

_EMPTY: dict[str, Any] = {}
SHOWN_GROUPS, SHOWN_MEMBERS = 5, 3
LISTED = ("largest_wins", "largest_losses")
"""The keys of `evaluation.json` that list lines."""


class RunFacts(NamedTuple):
    """The documents and tables of one run; an empty one where there is none.

    Args:
        metrics: `metrics.json`.
        gate: `gate.json`.
        manifest: `manifest.json`.
        distributions: `distributions.json`.
        samples: `samples.json`.
        duplicates: of `duplicates.parquet` how many `groups, rows, dropped` each `kind` has.
        largest: the SHOWN_GROUPS largest groups of near duplicates: `rows, similarity`, the least to a
            representative, null where each row stands for itself, and `places` of the first SHOWN_MEMBERS.
        private: how many rows of each `source` held each `kind`, and how many finds: `rows, found`.
        places: `side, written_line, source, line` of the examples of `samples` that stay.
        steps: the step metrics of the job that was trained with it.
        evaluation: `evaluation.json`.
        answers: the lines of `evaluation.jsonl` that it lists.
    """

    metrics: dict[str, Any]
    gate: dict[str, Any]
    manifest: dict[str, Any]
    distributions: dict[str, Any]
    samples: dict[str, Any]
    duplicates: pl.DataFrame
    largest: pl.DataFrame
    private: pl.DataFrame
    places: pl.DataFrame
    steps: pl.DataFrame
    evaluation: dict[str, Any] = _EMPTY
    answers: Sequence[dict[str, Any]] = ()


def read(folder: Path, results: Path | None = None, evaluated: Path | None = None) -> RunFacts:
    """Read a folder of reports, the `step_metrics.csv` of a folder of results, and the evaluation in `evaluated`.

    Raises InputError where there is no `metrics.json`.
    """
    metrics: dict[str, Any] = artifacts.read_json(folder / "metrics.json")
    samples = _document(folder / "samples.json")
    groups = folder / "duplicates.parquet"
    evaluation = _EMPTY if evaluated is None else _document(evaluated / "evaluation.json")
    return RunFacts(
        metrics,
        _document(folder / "gate.json"),
        _document(folder / "manifest.json"),
        _document(folder / "distributions.json"),
        samples,
        *(of_groups(pl.scan_parquet(groups)) if groups.is_file() else (pl.DataFrame(), pl.DataFrame())),
        _private(folder / "private.parquet"),
        _places(folder / "ledger.parquet", samples),
        _steps(results / "step_metrics.csv") if results is not None else pl.DataFrame(),
        evaluation,
        [] if evaluated is None else _answers(evaluated / "evaluation.jsonl", evaluation),
    )


def _answers(path: Path, evaluation: dict[str, Any]) -> list[dict[str, Any]]:
    lines = {one["line"] for key in LISTED for one in evaluation.get(key, ())}
    if not lines or not path.is_file():
        return []
    with path.open("rb") as handle:
        return [row for row in map(orjson.loads, handle) if row["line"] in lines]


def _document(path: Path) -> dict[str, Any]:
    return artifacts.read_json(path) if path.is_file() else _EMPTY


def of_groups(rows: pl.LazyFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`duplicates` and `largest` of the rows of `duplicates.parquet`, of which those shown alone are held."""
    groups = (
        rows.group_by("kind", "group")
        .agg(pl.len().alias("rows"), (pl.col("outcome") == "dropped").sum().alias("dropped"))
        .collect(engine="streaming")
    )
    kinds = groups.group_by("kind").agg(pl.len().alias("groups"), pl.col("rows").sum(), pl.col("dropped").sum())
    near = groups.filter(pl.col("kind") == "near").sort("rows", "group", descending=[True, False])
    shown = near.head(SHOWN_GROUPS).select("group", "rows")
    members = (
        rows.filter((pl.col("kind") == "near") & pl.col("group").is_in(shown["group"].implode()))
        .select(
            "group",
            pl.when(pl.col("row_id") != pl.col("kept_row_id")).then("similarity"),
            pl.concat_str("source", pl.lit(":"), "line").alias("places"),
        )
        .collect(engine="streaming")
        .group_by("group", maintain_order=True)
        .agg(pl.col("similarity").min(), pl.col("places").head(SHOWN_MEMBERS))
    )
    largest = shown.join(members, on="group", how="left", maintain_order="left")
    return kinds.sort("kind"), largest.select("rows", "similarity", "places")


def _private(path: Path) -> pl.DataFrame:
    if not path.is_file():
        return pl.DataFrame()
    by_kind = pl.scan_parquet(path).group_by("source", "kind")
    counted = by_kind.agg(pl.len().alias("rows"), pl.col("count").sum().alias("found"))
    return counted.sort("kind", "source").collect(engine="streaming")


def _places(ledger: Path, samples: dict[str, Any]) -> pl.DataFrame:
    """Where the shown examples come from; nothing of ledgers that do not know the lines of written files."""
    shown = [(side, one["line"]) for side, kept in samples.get("kept", {}).items() for one in kept]
    if not shown or not ledger.is_file() or "written_line" not in ledgers.columns(ledger):
        return pl.DataFrame()
    wanted = pl.DataFrame(shown, schema={"side": pl.String, "written_line": pl.Int64}, orient="row")
    known = pl.scan_parquet(ledger).select(pl.col("outcome").alias("side"), "written_line", "source", "line")
    return known.join(wanted.lazy(), on=["side", "written_line"], how="semi").collect(engine="streaming")


def _steps(path: Path) -> pl.DataFrame:
    """The table of step metrics as numbers; an empty cell was not measured."""
    if not path.is_file():
        return pl.DataFrame()
    return pl.read_csv(path, infer_schema=False).select(pl.all().cast(pl.Float64, strict=False))
