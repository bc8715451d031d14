"""A part of dedup: examples that hold what an evaluation file asks or answers are dropped.

Questions are held against questions and answers against answers, each with a threshold of its own. Which texts those
are, and how files are read, is decided by the caller.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import polars as pl

from tuneset.drop_reasons import CONTAMINATED
from tuneset.model import StageResult, Tables, reject_frame, sentence
from tuneset.similarity.contamination import Evaluation, overlaps

CONTAMINATION_SCHEMA = pl.Schema(
    {
        "source": pl.String,
        "line": pl.Int64,
        "item": pl.Int64,
        "row_id": pl.String,
        "side": pl.String,  # question or answer
        "evaluation": pl.String,  # FILE:LINE of what was matched
        "share": pl.Float64,  # of the evaluation text, found in the training text
    }
)


@dataclasses.dataclass(frozen=True)
class EvaluationTexts:
    """The questions or the answers of all evaluation files.

    Args:
        name: question or answer.
        index: their n-grams.
        places: FILE:LINE of each text in the index.
        least_share: from which share of an evaluation text on a training text counts as contaminated.
    """

    name: str
    index: Evaluation
    places: Sequence[str]
    least_share: float


def decontaminate(tables: Tables, texts: Sequence[pl.Series], sides: Sequence[EvaluationTexts]) -> StageResult:
    """Drop the examples whose text overlaps with an evaluation text; `texts` holds one String column a side.

    Several sides may have one name, as those of several indices do. Metrics: `contaminated.SIDE` examples found by the
    sides of that name. Notes: `contamination` (CONTAMINATION_SCHEMA), an example once a name.
    """
    rows_in = tables.examples.height
    found = [_matches(tables.examples, text, side) for text, side in zip(texts, sides, strict=True)]
    matches = pl.concat([pl.DataFrame(schema=CONTAMINATION_SCHEMA), *found]).unique(
        ["row_id", "side"], keep="first", maintain_order=True
    )
    metrics = {f"contaminated.{side.name}": int((matches["side"] == side.name).sum()) for side in sides}
    first = matches.unique("row_id", keep="first", maintain_order=True).select("row_id", "side", "evaluation", "share")
    marked = tables.examples.join(first, on="row_id", how="left", maintain_order="left")
    goes = marked["share"].is_not_null()
    detail = sentence(
        "holds {} % of the {} at {}",
        (pl.col("share") * 100).round(0).cast(pl.Int64),
        pl.col("side"),
        pl.col("evaluation"),
    )
    rejects = reject_frame(marked.filter(goes), "dedup", CONTAMINATED, detail)
    kept = tables.keep(~goes) if goes.any() else tables
    return StageResult(kept, rejects, metrics, {"contamination": matches}).check_conservation("dedup", rows_in)


def _matches(examples: pl.DataFrame, texts: pl.Series, side: EvaluationTexts) -> pl.DataFrame:
    found = overlaps(texts, side.index, side.least_share)
    rows = examples.select("source", "line", "item", "row_id")[found["text"]]
    places = pl.Series("evaluation", [side.places[item] for item in found["item"]], pl.String)
    return rows.with_columns(pl.lit(side.name).alias("side"), places, found["share"]).select(
        CONTAMINATION_SCHEMA.names()
    )
