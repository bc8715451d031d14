"""Messages that say nothing. A system message goes; an example whose question or answer is empty is dropped whole."""

from __future__ import annotations

import polars as pl

from tuneset.model import Tables
from tuneset.roles import SYSTEM_ROLES

_HAS_SUBSTANCE = (
    pl.col("content").fill_null("").str.len_bytes().gt(0)
    | pl.col("parts").is_not_null()
    | pl.col("tool_calls").is_not_null()
    | pl.col("reasoning").is_not_null()
    | pl.col("extra").is_not_null()
)


def without_empty_system_messages(tables: Tables) -> tuple[pl.DataFrame, int]:
    """Remove system messages that say nothing."""
    messages = tables.messages
    idle = messages.select(~_HAS_SUBSTANCE & pl.col("role").is_in(SYSTEM_ROLES)).to_series()
    idle = idle.fill_null(value=False)
    return (messages.filter(~idle), int(idle.sum())) if idle.any() else (messages, 0)


def hollow_examples(messages: pl.DataFrame) -> pl.Series:
    """The `row_id`s of the examples in which a user or assistant message says nothing."""
    return messages.filter(~_HAS_SUBSTANCE & pl.col("role").is_in(["user", "assistant"]))["row_id"].unique()
