"""Tables and examples for tests, made as the stages make them: through `tuneset.example_tables`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from tuneset.example_tables import Example, to_tables
from tuneset.model import Format, Tables
from tuneset.stages.example_groups import positions
from tuneset.stages.split import assign_sides


def chat(question: str, answer: str, *, system: str | None = None) -> Example:
    """One question and its answer."""
    before = [] if system is None else [{"role": "system", "content": system}]
    return {"messages": [*before, {"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def pair(question: str, preferred: str, other: str) -> Example:
    """A question, the answer that is preferred, and the other one."""
    return {
        "input": {"messages": [{"role": "user", "content": question}]},
        "preferred_output": [{"role": "assistant", "content": preferred}],
        "non_preferred_output": [{"role": "assistant", "content": other}],
    }


def row_id(number: int) -> str:
    """The row id of the example on a line, from 1."""
    return f"{number:016x}"


def tables_of(
    examples: Sequence[Example],
    *,
    line_format: Format = "sft",
    first_line: int = 1,
    metas: Sequence[Mapping[str, Any] | None] | None = None,
) -> Tables:
    """Tables of one raw file, one example a line."""
    lines = list(range(first_line, first_line + len(examples)))
    return to_tables(
        examples,
        row_ids=[row_id(line) for line in lines],
        source="raw.jsonl",
        lines=lines,
        items=[0] * len(examples),
        line_format=line_format,
        metas=metas or [None] * len(examples),
    )


def assigned_sides(groups: pl.DataFrame, validation: float, test: float, salt: str) -> pl.DataFrame:
    """The sides of rows whose groups are given by name, beside all other columns."""
    placed = groups.with_columns(positions(groups["group"], salt))
    return groups.drop("group", "component", "stratum").hstack(assign_sides(placed, validation, test))
