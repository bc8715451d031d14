"""clean: repair the text of every message, take private data out, and drop what is empty or not wanted.

What each step changed is counted, and traced where that is asked for. Shape is not judged here: validate does that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from tuneset.cleaning.clean_trace import trace
from tuneset.cleaning.filtering.filters import Filters, unwanted
from tuneset.cleaning.private_data.kinds import KINDS, Rules
from tuneset.cleaning.private_data.table_redaction import count_hits, redact
from tuneset.cleaning.repair.normalise import STEPS, normalise
from tuneset.drop_reasons import EMPTY_MESSAGE, PRIVATE_DATA, REASONS
from tuneset.json_text import dumps, loads
from tuneset.model import StageResult, Tables, no_rejects, reject_frame
from tuneset.params import CleanParams, FilterParams, RedactParams

# Keys of a chat completion's answer that exports carry along though they say nothing when empty.
RESPONSE_KEYS = frozenset({"annotations", "audio", "function_call", "refusal", "tool_calls", "name", "tool_call_id"})
PRIVATE_SCHEMA = pl.Schema(
    {
        "source": pl.String,
        "line": pl.Int64,
        "item": pl.Int64,
        "row_id": pl.String,
        "kind": pl.String,
        "policy": pl.String,
        "count": pl.Int64,
    }
)
_ONLY = {step: {name: name == step for name in STEPS} for step in STEPS}
_HAS_SUBSTANCE = (
    pl.col("content").fill_null("").str.len_bytes().gt(0)
    | pl.col("parts").is_not_null()
    | pl.col("tool_calls").is_not_null()
    | pl.col("extra").is_not_null()
)


def clean(tables: Tables, params: CleanParams) -> StageResult:
    """Repair, redact, filter.

    Metrics: `changed.STEP` texts changed by each step, `changed.null_keys` messages that lost keys without a value,
    `removed.unanswered_turns` and `removed.system_messages` messages taken out of examples that stay,
    `private.KIND.rows` and `private.KIND.found` examples that hold private data, and how often.
    Notes: `private` (PRIVATE_SCHEMA), and `trace` (`changes.TRACE_SCHEMA`) where `params.trace` is on.
    Raises UsageError where a filter of the user's own cannot be used.
    """
    repaired, metrics = _repair(tables, params)
    full, hollow = _without_empty(repaired) if params.empty_messages else (repaired, no_rejects())
    redacted = redact(full, _rules(params.redact))
    metrics |= count_hits(redacted.hits)
    kept, private = _without_private(redacted.tables, redacted.to_drop())
    wanted, unwanted_rows = _without_unwanted(kept, params.filters)
    notes = {"private": _located(redacted.hits, tables.examples)}
    if params.trace:
        notes["trace"] = trace(tables, _states(tables, redacted.tables, params))
    if metrics.get("removed.system_messages"):
        wanted = _renumber(wanted)
    rejects = pl.concat([hollow, private, unwanted_rows])
    return StageResult(wanted, rejects, metrics, notes).check_conservation("clean", tables.examples.height)


# --- repairs -----------------------------------------------------------------------------------------------------


def _repair(tables: Tables, params: CleanParams) -> tuple[Tables, dict[str, int]]:
    """All steps that change messages but drop no example. Messages keep their turns, with gaps where some are gone."""
    messages, metrics = _normalise_messages(tables.messages, params)
    if params.null_keys:
        messages, metrics["changed.null_keys"] = _without_null_keys(messages)
    if params.unanswered_turns:
        messages, metrics["removed.unanswered_turns"] = _without_unanswered(tables.examples, messages)
    if params.empty_messages:
        messages, metrics["removed.system_messages"] = _without_idle(messages)
    return Tables(tables.examples, messages), metrics


def _states(tables: Tables, redacted: Tables, params: CleanParams) -> Iterator[tuple[str, Tables]]:
    """The tables after each step by itself, for the trace; `_repair` comes to the same with fewer passes.

    The text steps follow each other until none finds anything, because one repair can uncover another.
    """
    messages = tables.messages
    before = None
    while before is None or not messages.equals(before):
        before = messages
        for step in STEPS:
            if getattr(params, step):
                messages, _ = _normalise_messages(messages, params.model_copy(update=_ONLY[step]))
                yield step, Tables(tables.examples, messages)
    if params.null_keys:
        messages, _ = _without_null_keys(messages)
        yield "null_keys", Tables(tables.examples, messages)
    if params.unanswered_turns:
        messages, _ = _without_unanswered(tables.examples, messages)
    if params.empty_messages:
        messages, _ = _without_idle(messages)
    yield "removed", Tables(tables.examples, messages)
    yield "redact", redacted


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
    if messages["extra"].null_count() == messages.height:
        return messages, int(no_calls.sum())
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


def _without_idle(messages: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Remove system messages that say nothing."""
    idle = messages.select(~_HAS_SUBSTANCE & pl.col("role").is_in(["system", "developer"])).to_series()
    idle = idle.fill_null(value=False)
    return (messages.filter(~idle), int(idle.sum())) if idle.any() else (messages, 0)


def _renumber(tables: Tables) -> Tables:
    """Number the turns of each branch from 0 again."""
    turn = pl.int_range(pl.len(), dtype=pl.Int64).over("row_id", "branch")
    return Tables(tables.examples, tables.messages.with_columns(turn.alias("turn")))


# --- drops -------------------------------------------------------------------------------------------------------


def _without_empty(tables: Tables) -> tuple[Tables, pl.DataFrame]:
    """Drop examples in which a user or assistant message says nothing."""
    hollow = tables.messages.filter(~_HAS_SUBSTANCE & pl.col("role").is_in(["user", "assistant"]))["row_id"].unique()
    return _dropped(tables, hollow, EMPTY_MESSAGE)


def _without_private(tables: Tables, rows: pl.Series) -> tuple[Tables, pl.DataFrame]:
    """Drop examples that hold a kind of private data whose policy is drop."""
    return _dropped(tables, rows, PRIVATE_DATA)


def _without_unwanted(tables: Tables, params: FilterParams) -> tuple[Tables, pl.DataFrame]:
    """Drop examples that a filter does not want."""
    options: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in params.model_dump().items()}
    found = unwanted(tables, Filters(**options))
    if found.is_empty():
        return tables, no_rejects()
    marked = tables.examples.join(found, on="row_id", how="left", maintain_order="left")
    goes = marked["code"].is_not_null()
    return tables.keep(~goes), reject_frame(marked.filter(goes), "clean", pl.col("code"), pl.col("detail"))


def _dropped(tables: Tables, rows: pl.Series, code: str) -> tuple[Tables, pl.DataFrame]:
    if rows.is_empty():
        return tables, no_rejects()
    goes = tables.examples["row_id"].is_in(rows.implode())
    return tables.keep(~goes), reject_frame(tables.examples.filter(goes), "clean", code, REASONS[code].summary)


def _rules(params: RedactParams) -> Rules:
    return Rules({kind: getattr(params, kind) for kind in KINDS}, tuple(params.regions))


def _located(hits: pl.DataFrame, examples: pl.DataFrame) -> pl.DataFrame:
    """Where private data was found: PRIVATE_SCHEMA, never a value."""
    places = examples.select("row_id", "source", "line", "item")
    return hits.join(places, on="row_id", how="left", maintain_order="left").select(PRIVATE_SCHEMA.names())
