"""clean: repair the text of every message, and drop examples of which nothing is left.

What each step changed is counted. Shape is not judged here: that is validate's work.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.codes import EMPTY_MESSAGE, REASONS
from pipeline.formats.json_text import dumps, loads
from pipeline.model import StageResult, Tables, no_rejects, reject_frame
from pipeline.params import CleanParams
from pipeline.text.normalise import STEPS, normalise

# Keys of a chat completion's answer that exports carry along though they say nothing when empty.
RESPONSE_KEYS = frozenset({"annotations", "audio", "function_call", "refusal", "tool_calls", "name", "tool_call_id"})
_HAS_SUBSTANCE = (
    pl.col("content").fill_null("").str.len_bytes().gt(0)
    | pl.col("parts").is_not_null()
    | pl.col("tool_calls").is_not_null()
    | pl.col("extra").is_not_null()
)


def clean(tables: Tables, params: CleanParams) -> StageResult:
    """Normalise the text of all messages; drop examples with an empty message; remove empty system messages.

    Metrics: `changed.STEP` texts changed by each step, `changed.null_keys` messages that lost keys without a value,
    `removed.unanswered_turns` and `removed.system_messages` messages taken out of examples that stay.
    """
    rows_in = tables.examples.height
    messages, metrics = _normalise_messages(tables.messages, params)
    if params.null_keys:
        messages, metrics["changed.null_keys"] = _without_null_keys(messages)
    rejects = no_rejects()
    examples = tables.examples
    if params.unanswered_turns:
        messages, metrics["removed.unanswered_turns"] = _without_unanswered(examples, messages)
    if params.empty_messages:
        empty = ~_HAS_SUBSTANCE
        idle = messages.select(empty & pl.col("role").is_in(["system", "developer"])).to_series()
        metrics["removed.system_messages"] = int(idle.sum())
        if idle.any():
            messages = _renumber(messages.filter(~idle))
        hollow = messages.filter(empty & pl.col("role").is_in(["user", "assistant"]))["row_id"].unique()
        dropped = examples["row_id"].is_in(hollow.implode())
        rejects = reject_frame(examples.filter(dropped), "clean", EMPTY_MESSAGE, REASONS[EMPTY_MESSAGE].summary)
        kept = Tables(examples, messages).keep(~dropped) if dropped.any() else Tables(examples, messages)
    else:
        kept = Tables(examples, messages)
    return StageResult(kept, rejects, metrics).check_conservation("clean", rows_in)


def _normalise_messages(messages: pl.DataFrame, params: CleanParams) -> tuple[pl.DataFrame, dict[str, int]]:
    """Run the text steps over contents and over the text parts of contents."""
    content, changed = normalise(messages["content"], params)
    messages = messages.with_columns(content.alias("content"))
    metrics = {f"changed.{step}": changed[step] for step in STEPS}
    rows = messages["parts"].is_not_null().arg_true()
    if rows.is_empty():
        return messages, metrics
    documents: list[Any] = [loads(text.encode()) for text in messages["parts"].gather(rows)]
    slots = [
        part
        for parts in documents
        for part in (parts if isinstance(parts, list) else ())
        if isinstance(part, dict) and isinstance(part.get("text"), str)
    ]
    texts, changed = normalise(pl.Series([slot["text"] for slot in slots], dtype=pl.String), params)
    for slot, text in zip(slots, texts, strict=True):
        slot["text"] = text
    dumped = pl.Series([dumps(parts) for parts in documents], dtype=pl.String)
    messages = messages.with_columns(messages["parts"].clone().scatter(rows, dumped).alias("parts"))
    return messages, {name: count + changed[name.removeprefix("changed.")] for name, count in metrics.items()}


def _without_null_keys(messages: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Remove response keys whose value is null or an empty list; `content: null` says something and stays."""
    no_calls = (messages["tool_calls"] == "[]").fill_null(value=False)
    if no_calls.any():
        messages = messages.with_columns(pl.when(no_calls).then(None).otherwise("tool_calls").alias("tool_calls"))
    rows = messages["extra"].str.contains(r":(?:null|\[\])").fill_null(value=False).arg_true()
    if rows.is_empty():
        return messages, int(no_calls.sum())
    before = messages["extra"].gather(rows)
    after = []
    for text in before:
        extra = loads(text.encode())
        kept = {k: v for k, v in extra.items() if k not in RESPONSE_KEYS or v not in (None, [])}
        after.append(dumps(kept) if kept else None)
    changed = pl.Series(after, dtype=pl.String)
    lost = no_calls.clone().scatter(rows, before.ne_missing(changed) | no_calls.gather(rows))
    return messages.with_columns(messages["extra"].clone().scatter(rows, changed).alias("extra")), int(lost.sum())


def _without_unanswered(examples: pl.DataFrame, messages: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Remove what follows the last answer of an sft example, where it only asks: nothing is learned from it.

    An example without any answer stays as it is, for validate to judge.
    """
    asks = pl.col("role").is_in(["user", "system", "developer"])
    sft = examples.filter(pl.col("format") == "sft")["row_id"]
    last_answer = (
        messages.filter((pl.col("role") == "assistant") & pl.col("row_id").is_in(sft.implode()))
        .group_by("row_id")
        .agg(pl.col("turn").max().alias("last_answer"))
    )
    last_other = messages.filter(~asks).group_by("row_id").agg(pl.col("turn").max().alias("last_other"))
    marked = messages.join(last_answer, on="row_id", how="left", maintain_order="left").join(
        last_other, on="row_id", how="left", maintain_order="left"
    )
    idle = marked.select(
        (asks & (pl.col("last_answer") == pl.col("last_other")) & (pl.col("turn") > pl.col("last_answer"))).fill_null(
            value=False
        )
    ).to_series()
    return (messages.filter(~idle), int(idle.sum())) if idle.any() else (messages, 0)


def _renumber(messages: pl.DataFrame) -> pl.DataFrame:
    """Number the turns of each branch from 0 again."""
    turn = pl.int_range(pl.len(), dtype=pl.Int64).over("row_id", "branch")
    return messages.with_columns(turn.alias("turn"))
