"""Questions at the end of a conversation that nobody answers."""

from __future__ import annotations

import polars as pl

from tuneset.model import Tables


def without_unanswered_turns(tables: Tables) -> tuple[pl.DataFrame, int]:
    """Remove what follows the last answer of an sft example, where it only asks: nothing is learned from it.

    An example without any answer stays as it is, for validate to judge.
    """
    examples, messages = tables.examples, tables.messages
    asks = pl.col("role").is_in(["user", "system", "developer"])
    last = messages[messages["row_id"].rle().struct.field("len").cum_sum() - 1]
    asking = last.filter(asks)["row_id"]  # of one example the messages stand together, and those of most end otherwise
    sft = examples.filter((pl.col("format") == "sft") & pl.col("row_id").is_in(asking.implode()))["row_id"]
    if sft.is_empty():
        return messages, 0
    those = messages.filter(pl.col("row_id").is_in(sft.implode()))
    last_answer = (
        those.filter(pl.col("role") == "assistant").group_by("row_id").agg(pl.col("turn").max().alias("last_answer"))
    )
    last_other = those.filter(~asks).group_by("row_id").agg(pl.col("turn").max().alias("last_other"))
    marked = messages.join(last_answer, on="row_id", how="left", maintain_order="left").join(
        last_other, on="row_id", how="left", maintain_order="left"
    )
    idle = marked.select(
        (asks & (pl.col("last_answer") == pl.col("last_other")) & (pl.col("turn") > pl.col("last_answer"))).fill_null(
            value=False
        )
    ).to_series()
    return (messages.filter(~idle), int(idle.sum())) if idle.any() else (messages, 0)
