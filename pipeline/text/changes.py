"""What cleaning changed, message by message: the step, the text before and the text after.

Made only where it is asked for: it runs each text step once more by itself over the texts that changed.
"""

from __future__ import annotations

import polars as pl

from pipeline.model import Tables
from pipeline.params import CleanParams
from pipeline.text.normalise import STEPS, normalise

TRACE_SCHEMA = pl.Schema(
    {
        "source": pl.String,
        "line": pl.Int64,
        "item": pl.Int64,
        "branch": pl.String,
        "turn": pl.Int64,  # of the message as it was read
        "step": pl.String,  # a text step, `removed` or `redact`
        "before": pl.String,
        "after": pl.String,  # null for a message that was removed
    }
)
_TEXT = pl.coalesce("content", "parts")
_PLACE = ("row_id", "branch", "turn")


def trace(read: Tables, repaired: Tables, redacted: Tables, params: CleanParams) -> pl.DataFrame:
    """All changes between three states of the same examples, as TRACE_SCHEMA in the order of the messages.

    A text that needed a step more than once is listed with what the steps came to.
    """
    first = _texts(read)
    steps = [
        *_text_steps(first, params),
        _removed(read, repaired),
        _changed(_texts(repaired), _texts(redacted), "redact"),
    ]
    places = read.examples.select("row_id", "source", "line", "item").with_row_index("order")
    return (
        pl.concat(steps)
        .with_row_index("number")
        .join(places, on="row_id", how="left")
        .sort("order", "branch", "turn", "number")
        .select(TRACE_SCHEMA.names())
    )


def _texts(tables: Tables) -> pl.DataFrame:
    return tables.messages.select(*_PLACE, _TEXT.alias("text"))


def _text_steps(texts: pl.DataFrame, params: CleanParams) -> list[pl.DataFrame]:
    """Each text step by itself, one after the other."""
    found = []
    for step in STEPS:
        alone = params.model_copy(update={name: name == step and getattr(params, name) for name in STEPS})
        after, changed = normalise(texts["text"], alone)
        if changed[step]:
            later = texts.with_columns(after.alias("text"))
            found.append(_changed(texts, later, step))
            texts = later
    return found


def _changed(before: pl.DataFrame, after: pl.DataFrame, step: str) -> pl.DataFrame:
    """The messages that are in both states with another text."""
    both = before.join(after, on=list(_PLACE), how="inner", suffix="_after", maintain_order="left")
    return both.filter(pl.col("text") != pl.col("text_after")).select(
        *_PLACE, pl.lit(step).alias("step"), pl.col("text").alias("before"), pl.col("text_after").alias("after")
    )


def _removed(before: Tables, after: Tables) -> pl.DataFrame:
    """The messages that are gone, of examples that are still there; told by how many messages of a role are left."""
    counts = after.messages.group_by("row_id", "branch").len("left")
    sizes = before.messages.group_by("row_id", "branch").len("had")
    shorter = sizes.join(counts, on=["row_id", "branch"], how="left").filter(
        pl.col("had") > pl.col("left").fill_null(0)
    )
    suspects = before.messages.join(shorter.select("row_id", "branch"), on=["row_id", "branch"], how="semi")
    empty_system = (pl.col("role").is_in(["system", "developer"])) & (_TEXT.fill_null("").str.strip_chars() == "")
    last_answer = pl.col("turn").filter(pl.col("role") == "assistant").max().over("row_id", "branch")
    gone = suspects.filter(empty_system | (pl.col("turn") > last_answer))
    return gone.select(
        *_PLACE,
        pl.lit("removed").alias("step"),
        _TEXT.fill_null("").alias("before"),
        pl.lit(None, pl.String).alias("after"),
    )
