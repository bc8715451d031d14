"""What the filters share: their interface, and the texts of the examples that they judge."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

import polars as pl

from tuneset.model import Tables
from tuneset.params import FilterParams

Verdict = tuple[pl.Series, pl.Expr]
"""One Boolean an example, and what to say of those that are true: the measure, its value and the limit, never text."""


class Filter(NamedTuple):
    """One reason for which an example is not wanted.

    Args:
        code: of `drop_reasons.py`.
        is_on: whether the params ask for it.
        judge: its verdicts on all examples, in their order; asked only where it is on.
    """

    code: str
    is_on: Callable[[FilterParams], bool]
    judge: Callable[[Judged, FilterParams], Iterator[Verdict]]


@dataclasses.dataclass
class Judged:
    """The examples that are judged. What the model is to learn, the assistant's messages, is the "answer".

    Args:
        tables: the examples and their messages.
        open: one Boolean an example: whether no filter before has dropped it.
    """

    tables: Tables
    open: pl.Series

    @functools.cached_property
    def texts(self) -> pl.DataFrame:
        """One row an example: `row_id`, `text` and `answer` (messages joined by newlines), `turns`, `calls`.

        `turns` counts user and assistant messages; `calls` says whether a tool is called.
        """
        text = pl.col("text")
        is_answer = pl.col("role") == "assistant"
        sums = (
            self.tables.messages.select("row_id", "role", "tool_calls", text=message_texts(self.tables.messages))
            .group_by("row_id", maintain_order=True)
            .agg(
                text=text.drop_nulls().str.join("\n"),
                answer=text.filter(is_answer).drop_nulls().str.join("\n"),
                turns=(is_answer | (pl.col("role") == "user")).sum(),
                calls=pl.col("tool_calls").is_not_null().any(),
            )
        )
        return (
            self.tables.examples.select("row_id")
            .join(sums, on="row_id", how="left", maintain_order="left")
            .with_columns(
                pl.col("text", "answer").fill_null(""),
                pl.col("turns").fill_null(0),
                pl.col("calls").fill_null(value=False),
            )
        )


def message_texts(messages: pl.DataFrame) -> pl.Series:
    """The text of each message: its content, or its text parts joined by newlines; null where there is none."""
    parts = messages["parts"]
    if parts.null_count() == messages.height:
        return messages["content"]
    joined = [None if text is None else "\n".join(_part_texts(json.loads(text))) for text in parts]
    return pl.select(pl.coalesce(messages["content"], pl.Series(joined, dtype=pl.String))).to_series()


def _part_texts(parts: object) -> Iterator[str]:
    """The texts of content parts.

    >>> list(_part_texts([{"type": "text", "text": "a"}, {"type": "image_url"}]))
    ['a']
    """
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]
