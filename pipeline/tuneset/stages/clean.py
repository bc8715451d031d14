"""clean: repair the text of every message, take private data out, and drop what is empty or not wanted.

What each step changed is counted, and traced where that is asked for. Shape is not judged here: validate does that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tuneset.cleaning import steps
from tuneset.cleaning.clean_trace import trace
from tuneset.cleaning.filtering.filters import unwanted
from tuneset.cleaning.filtering.score import scores
from tuneset.cleaning.private_data.kinds import Kind, Policy
from tuneset.cleaning.private_data.rules import rules_of
from tuneset.cleaning.private_data.table_redaction import count_hits, redact
from tuneset.cleaning.repair.empty_messages import hollow_examples
from tuneset.cleaning.repair.html_text import without_html
from tuneset.cleaning.repair.normalise import normalise
from tuneset.cleaning.steps import MessageStep
from tuneset.cleaning.user_map import map_examples
from tuneset.drop_reasons import EMPTY_MESSAGE, PRIVATE_DATA, REASONS
from tuneset.json_text import dumps, loads
from tuneset.model import StageResult, Tables, no_rejects, reject_frame
from tuneset.params import CleanParams, FilterParams, RedactParams
from tuneset.rules.repairs import registry as repairs
from tuneset.rules.repairs.over_tables import repair_tables

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


def clean(tables: Tables, params: CleanParams) -> StageResult:
    """Repair, redact, filter.

    Metrics: `changed.STEP` texts changed by each step, `repaired.CODE` examples changed by each repair,
    `changed.map` examples that the user's own function changed, `changed.null_keys` messages that lost keys,
    `removed.unanswered_turns` and `removed.system_messages` messages taken out of examples that stay,
    `lacking.clean.filters.score` examples without a number in the column that is asked for a score,
    `private.KIND.rows` and `private.KIND.found` examples that hold private data, and how often.
    Notes: `private` (PRIVATE_SCHEMA), and `trace` (`changes.TRACE_SCHEMA`) where `params.trace` is on.
    Raises UsageError where a function of the user's own cannot be used.
    """
    repaired, metrics = _repair(tables, params)
    if params.filters.score is not None:
        found = scores(repaired.examples["meta"], params.filters.score.column)
        metrics |= {"lacking.clean.filters.score": found.null_count()}
    full, hollow = _without_empty(repaired) if params.empty_messages else (repaired, no_rejects())
    redacted = redact(full, rules_of(params.redact))
    metrics |= count_hits(redacted.hits)
    kept, private = _without_private(redacted.tables, redacted.to_drop())
    wanted, unwanted_rows = _without_unwanted(kept, params.filters)
    report_tables = {"private": _located(redacted.hits, tables.examples)}
    if params.trace:
        report_tables["trace"] = trace(tables, [*states(tables, params), ("redact", redacted.tables)])
    if metrics.get("removed.system_messages"):
        wanted = _renumber(wanted)
    rejects = pl.concat([hollow, private, unwanted_rows])
    return StageResult(wanted, rejects, metrics, report_tables).check_conservation("clean", tables.examples.height)


# --- repairs -----------------------------------------------------------------------------------------------------


def _repair(tables: Tables, params: CleanParams) -> tuple[Tables, dict[str, int]]:
    """All steps that change messages but drop no example. Messages keep their turns, with gaps where some are gone."""
    metrics = {}
    for name, state, count in _asked_for(tables, params):
        tables = state
        metrics[f"changed.{name}"] = count
    wanted = steps.switched_on(steps.TEXT_STEPS, params)
    texts, rows = _texts(tables.messages)
    texts, changed = normalise(texts, wanted, rows)
    messages = _with_texts(tables.messages, texts)
    metrics |= {f"changed.{step.name}": changed.get(step.name, 0) for step in steps.TEXT_STEPS}
    repaired = Tables(tables.examples, messages)
    for step, state, count in _message_steps(repaired, params, first=True):
        repaired = state
        metrics[step.metric] = count
    repaired, counts = repair_tables(repaired, repairs.wanted(params.repair))
    metrics |= {f"repaired.{code}": count for code, count in counts.items()}
    for step, state, count in _message_steps(repaired, params, first=False):
        repaired = state
        metrics[step.metric] = count
    return repaired, metrics


def states(tables: Tables, params: CleanParams) -> Iterator[tuple[str, Tables]]:
    """The tables after each step by itself, for a trace; `_repair` comes to the same with fewer passes.

    What redaction makes of the last of them is not among them. The text steps follow each other until none finds
    anything, because one repair can uncover another.
    """
    for name, changed, _ in _asked_for(tables, params):
        tables = changed
        yield name, tables
    wanted = steps.switched_on(steps.TEXT_STEPS, params)
    texts, rows = _texts(tables.messages)
    said, before = texts, None
    while before is None or not texts.equals(before):
        before = texts
        for step in wanted:
            texts, _ = normalise(texts, [step], rows, said)
            yield step.name, Tables(tables.examples, _with_texts(tables.messages, texts))
    state = Tables(tables.examples, _with_texts(tables.messages, texts))
    for message_step, changed, _ in _message_steps(state, params, first=True):
        state = changed
        yield message_step.traced, state
    for repair in repairs.wanted(params.repair):
        state, _ = repair_tables(state, [repair])
        yield repair.code, state
    for message_step, changed, _ in _message_steps(state, params, first=False):
        yield message_step.traced, changed


def hide_private(tables: Tables, params: RedactParams) -> Tables:
    """The tables with placeholders for private data of every kind that is looked for, to be shown."""
    rules = rules_of(params)
    shown: dict[Kind, Policy] = {
        kind: "off" if policy == "off" else "redact" for kind, policy in rules.policies.items()
    }
    return redact(tables, dataclasses.replace(rules, policies=shown)).tables


def _asked_for(tables: Tables, params: CleanParams) -> Iterator[tuple[str, Tables, int]]:
    """What is off by default and comes first, once: the user's own map, HTML to text. How much each changed."""
    if params.map is not None:
        tables, count = map_examples(tables, params.map)
        yield "map", tables, count
    if params.html != "off":
        texts, _ = _texts(tables.messages)
        changed = without_html(texts, params.html)
        messages = _with_texts(tables.messages, changed)
        yield "html", Tables(tables.examples, messages), int(texts.ne_missing(changed).sum())


def _message_steps(tables: Tables, params: CleanParams, *, first: bool) -> Iterator[tuple[MessageStep, Tables, int]]:
    """Each step over messages before the repairs or after them, the tables then, and how many messages it changed."""
    for step in steps.switched_on(steps.MESSAGE_STEPS, params):
        if step.first != first:
            continue
        messages, count = step.change(tables)
        tables = Tables(tables.examples, messages)
        yield step, tables, count


def _texts(messages: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """The contents of messages and after them the text parts of contents, with the `row_id` of each."""
    rows, slots = messages["row_id"], _text_parts(_documents(messages))
    if not slots:
        return messages["content"], rows
    texts = pl.Series([slot["text"] for _, slot in slots], dtype=pl.String)
    return messages["content"].append(texts), rows.append(rows.gather([place for place, _ in slots]))


def _with_texts(messages: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """The messages with other texts in the places that `_texts` names."""
    changed = messages.with_columns(texts.head(messages.height).alias("content"))
    documents = _documents(messages)
    if not documents:
        return changed
    for (_, slot), text in zip(_text_parts(documents), texts.slice(messages.height), strict=True):
        slot["text"] = text
    dumped = pl.Series([dumps(parts) for parts in documents.values()], dtype=pl.String)
    return changed.with_columns(messages["parts"].clone().scatter(list(documents), dumped).alias("parts"))


def _documents(messages: pl.DataFrame) -> dict[int, Any]:
    """The contents that have parts, by the number of their message."""
    places = messages["parts"].is_not_null().arg_true()
    return {place: loads(text.encode()) for place, text in zip(places, messages["parts"].gather(places), strict=True)}


def _text_parts(documents: Mapping[int, Any]) -> list[tuple[int, dict[str, Any]]]:
    return [
        (place, part)
        for place, parts in documents.items()
        for part in (parts if isinstance(parts, list) else ())
        if isinstance(part, dict) and isinstance(part.get("text"), str)
    ]


def _renumber(tables: Tables) -> Tables:
    """Number the turns of each branch from 0 again."""
    turn = pl.int_range(pl.len(), dtype=pl.Int64).over("row_id", "branch")
    return Tables(tables.examples, tables.messages.with_columns(turn.alias("turn")))


# --- drops -------------------------------------------------------------------------------------------------------


def _without_empty(tables: Tables) -> tuple[Tables, pl.DataFrame]:
    """Drop examples in which a user or assistant message says nothing."""
    return _dropped(tables, hollow_examples(tables.messages), EMPTY_MESSAGE)


def _without_private(tables: Tables, rows: pl.Series) -> tuple[Tables, pl.DataFrame]:
    """Drop examples that hold a kind of private data whose policy is drop."""
    return _dropped(tables, rows, PRIVATE_DATA)


def _without_unwanted(tables: Tables, params: FilterParams) -> tuple[Tables, pl.DataFrame]:
    """Drop examples that a filter does not want."""
    found = unwanted(tables, params)
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


def _located(hits: pl.DataFrame, examples: pl.DataFrame) -> pl.DataFrame:
    """Where private data was found: PRIVATE_SCHEMA, never a value."""
    places = examples.select("row_id", "source", "line", "item")
    return hits.join(places, on="row_id", how="left", maintain_order="left").select(PRIVATE_SCHEMA.names())
