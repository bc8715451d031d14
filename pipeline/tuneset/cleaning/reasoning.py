"""What becomes of what was thought before it was said: kept, dropped, or kept for the last answer only.

Reasoning stands in a column of its own. A text that begins with `<think>...</think>`, or with a thought between other
marks, is valid in every chat format and is what some models are trained on: it is taken apart only where it is asked
for to drop it.
"""

from __future__ import annotations

import re
from typing import Literal

import polars as pl

from tuneset.model import Tables

Policy = Literal["auto", "keep", "drop", "last"]

_MARKS = (
    *((f"<{name}>", f"</{name}>") for name in ("think", "thinking", "thought", "thoughts", "reasoning")),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("[THINK]", "[/THINK]"),
)
"""Between what thoughts stand: DeepSeek, Qwen (think), prompts for reasoning, OpenThoughts, Mistral; seen 2026-11."""
_THOUGHT = rf"(?s)\A\s*(?:{'|'.join(f'{re.escape(begin)}.*?{re.escape(end)}' for begin, end in _MARKS)})\s*"
_SOLUTION = r"(?s)\A<\|begin_of_solution\|>\s*(.*?)\s*<\|end_of_solution\|>\s*\z"
"""What stands after a thought of OpenThoughts: without the thought its marks are about nothing."""


def settle_reasoning(tables: Tables, policy: Policy, *, kept_by_default: bool) -> tuple[Tables, int]:
    """The tables with only the reasoning that is wanted, and from how many messages some was taken.

    `auto` keeps reasoning where `kept_by_default` says so; else it drops the column and leaves texts as they are.
    The last answer is the assistant's last message of each branch.
    """
    messages = tables.messages
    if policy == "keep" or (policy == "auto" and kept_by_default) or messages.is_empty():
        return tables, 0
    goes = _goes(messages, policy)
    changed = pl.when(goes).then(None).otherwise(pl.col("reasoning")).alias("reasoning")
    columns = [changed]
    touched = goes & messages["reasoning"].is_not_null()
    if policy != "auto":
        thought = goes & (messages["role"] == "assistant").fill_null(value=False)
        thought &= messages["content"].str.contains(_THOUGHT).fill_null(value=False)
        if thought.any():
            rest = pl.col("content").str.replace(_THOUGHT, "").str.replace(_SOLUTION, "${1}")
            without = pl.when(thought).then(rest).otherwise(pl.col("content"))
            columns.append(without.alias("content"))
            touched |= thought
    count = int(touched.sum())
    return (Tables(tables.examples, messages.with_columns(columns)), count) if count else (tables, 0)


def ends_in_thought(text: str) -> bool:
    """Whether a text begins with a thought and ends within it.

    >>> [ends_in_thought(text) for text in ("<think>so", "<think>so</think>", "Say <think> first")]
    [True, False, False]
    """
    begun = text.lstrip()
    return any(begun.startswith(begin) and end not in begun for begin, end in _MARKS)


def _goes(messages: pl.DataFrame, policy: Policy) -> pl.Series:
    """Of which messages the reasoning goes."""
    if policy != "last":
        return pl.repeat(value=True, n=messages.height, dtype=pl.Boolean, eager=True)
    answers = pl.when(pl.col("role") == "assistant").then(pl.col("turn"))
    last = answers.max().over("row_id", "branch")
    return messages.select((pl.col("turn") != last).fill_null(value=True)).to_series()
