"""dedup: one representative of each group of examples with the same normalised content.

Two steps, because only the second needs to see all rows: `with_keys` gives each example its keys, row by row;
`find_exact` decides over the keys of all examples which are duplicates, and `dedup` drops those from the tables.
Near duplicates are found beside `find_exact`, and dropped by the same `dedup`.
"""

from __future__ import annotations

from typing import Literal

import polars as pl
import xxhash

from pipeline.codes import EXACT_DUPLICATE, REASONS
from pipeline.model import StageResult, Tables, reject_frame
from pipeline.text.folding import fold

KEY_COLUMNS = {"messages": "messages_key", "prompt": "prompt_key"}
_FIELD, _MESSAGE = b"\x1f", b"\x1e"  # separators that cleaned text does not contain
_NOTHING_ELSE = [None] * 4


def with_keys(tables: Tables) -> Tables:
    """Add `messages_key` and `prompt_key` to the examples: 32 hex digits of the normalised content.

    Normalised means lower case with white space folded. `messages_key` covers all messages and the tools.
    `prompt_key` covers what comes before the last assistant message, without system messages, so that one question
    under two system prompts counts as the same question.
    """
    columns = ("row_id", "branch", "role", "content", "parts", "tool_calls", "name", "extra")
    texts: dict[str, list[bytes]] = {}
    asked: dict[str, list[bytes]] = {}
    asked_before_answer: dict[str, int] = {}
    for row_id, branch, role, content, *rest in tables.messages.select(columns).iter_rows():
        fields = [branch.encode(), (role or "").encode(), fold(content) if content else b""]
        if rest != _NOTHING_ELSE:
            fields += [(value or "").encode() for value in rest]
        message = _FIELD.join(fields)
        texts.setdefault(row_id, []).append(message)
        if branch != "prompt":
            continue
        # An answer belongs to the prompt only where another answer follows it.
        if role == "assistant":
            asked_before_answer[row_id] = len(asked.setdefault(row_id, []))
        if role not in ("system", "developer"):
            asked.setdefault(row_id, []).append(message)
    messages_keys, prompt_keys = [], []
    for row_id, form, tools in tables.examples.select("row_id", "format", "tools").iter_rows():
        everything = texts.get(row_id, [])
        prompt = asked.get(row_id, [])[: asked_before_answer.get(row_id) if form == "sft" else None]
        messages_keys.append(_key([(tools or "").encode(), *everything]))
        prompt_keys.append(_key(prompt or everything))
    return Tables(
        tables.examples.with_columns(
            pl.Series("messages_key", messages_keys, pl.String), pl.Series("prompt_key", prompt_keys, pl.String)
        ),
        tables.messages,
    )


def find_exact(keys: pl.DataFrame, key: Literal["messages", "prompt"]) -> pl.DataFrame:
    """Which examples repeat an earlier one.

    Takes `row_id, messages_key, prompt_key` of all examples in their order; gives `row_id, kept_row_id` of the
    duplicates alone. The first of a group is kept.
    """
    column = KEY_COLUMNS[key]
    return (
        keys.lazy()
        .with_columns(pl.col("row_id").first().over(column).alias("kept_row_id"))
        .filter(pl.col("row_id") != pl.col("kept_row_id"))
        .select("row_id", "kept_row_id")
        .collect()
    )


def dedup(tables: Tables, duplicates: pl.DataFrame) -> StageResult:
    """Drop the duplicates (`row_id, kept_row_id`) from the tables; each reject names its representative."""
    rows_in = tables.examples.height
    marked = tables.examples.join(duplicates, on="row_id", how="left", maintain_order="left")
    repeated = marked["kept_row_id"].is_not_null()
    rejects = reject_frame(marked.filter(repeated), "dedup", EXACT_DUPLICATE, REASONS[EXACT_DUPLICATE].summary)
    kept = tables.keep(~repeated) if repeated.any() else tables
    return StageResult(kept, rejects, {"duplicates.exact": rejects.height}).check_conservation("dedup", rows_in)


def _key(texts: list[bytes]) -> str:
    return xxhash.xxh3_128_hexdigest(_MESSAGE.join(texts))
