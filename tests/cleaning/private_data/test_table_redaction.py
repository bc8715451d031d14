"""Redaction over the tables: each conversation on its own, hits without values, clean rows untouched."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cleaning.private_data.test_suspects import PIECES
from tuneset.cleaning.private_data.detectors import kinds
from tuneset.cleaning.private_data.kinds import Rules
from tuneset.cleaning.private_data.table_redaction import HITS_SCHEMA, count_hits, redact
from tuneset.model import EXAMPLES_SCHEMA, MESSAGES_SCHEMA, Tables

Row = dict[str, str]


def tables_of(*conversations: list[Row], tools: str | None = None) -> Tables:
    examples = [
        {"row_id": f"{n:016x}", "source": "raw.jsonl", "line": n + 1, "item": 0, "format": "sft", "tools": tools}
        for n in range(len(conversations))
    ]
    messages = [
        {"row_id": f"{n:016x}", "branch": "prompt", "turn": turn, **row}
        for n, rows in enumerate(conversations)
        for turn, row in enumerate(rows)
    ]
    return Tables(
        pl.DataFrame(examples, schema=EXAMPLES_SCHEMA), pl.DataFrame(messages, schema=MESSAGES_SCHEMA),
    )  # fmt: skip


def test_clean_tables_come_back_as_they_are() -> None:
    tables = tables_of([{"role": "user", "content": "hello"}, {"role": "assistant", "parts": "[]"}])
    result = redact(tables, Rules())
    assert result.tables is tables
    assert result.hits.height == 0
    assert result.hits.schema == HITS_SCHEMA


def test_everything_off_looks_at_nothing() -> None:
    tables = tables_of([{"role": "user", "content": "ann@acme.org"}])
    assert redact(tables, Rules(dict.fromkeys(kinds(), "off"))).tables is tables


def test_every_column_that_is_written_is_redacted_and_consistent() -> None:
    call = json.dumps([{"id": "1", "function": {"name": "f", "arguments": '{"to":"ann@acme.org"}'}}])
    rows = [
        {"role": "user", "content": "I am Ann@acme.org"},
        {"role": "user", "parts": '[{"type":"text","text":"bo@acme.org"}]'},
        {"role": "assistant", "tool_calls": call},
        {"role": "assistant", "content": "ok", "extra": '{"note":"bo@acme.org"}'},
    ]
    result = redact(tables_of(rows, tools='[{"function":{"description":"asks cy@acme.org"}}]'), Rules())
    messages = result.tables.messages
    assert messages["content"].to_list() == ["I am <EMAIL_1>", None, None, "ok"]
    assert messages["parts"][1] == '[{"type":"text","text":"<EMAIL_2>"}]'
    assert json.loads(json.loads(messages["tool_calls"][2])[0]["function"]["arguments"]) == {"to": "<EMAIL_1>"}
    assert messages["extra"][3] == '{"note":"<EMAIL_2>"}'
    assert result.tables.examples["tools"][0] == '[{"function":{"description":"asks <EMAIL_3>"}}]'
    assert messages.schema == MESSAGES_SCHEMA
    assert result.hits.rows() == [("0" * 16, "email", "redact", 5)]


def test_each_conversation_counts_from_one() -> None:
    tables = tables_of([{"content": "ann@acme.org"}], [{"content": "hello"}], [{"content": "bo@acme.org"}])
    result = redact(tables, Rules())
    assert result.tables.messages["content"].to_list() == ["<EMAIL_1>", "hello", "<EMAIL_1>"]
    assert result.hits["row_id"].to_list() == ["0" * 16, "0" * 15 + "2"]


def test_a_placeholder_in_a_clean_message_of_the_conversation_is_not_reused() -> None:
    result = redact(tables_of([{"content": "<EMAIL_1> asks"}, {"content": "ann@acme.org"}]), Rules())
    assert result.tables.messages["content"].to_list() == ["<EMAIL_1> asks", "<EMAIL_2>"]


def test_rows_to_drop_are_named_and_not_dropped_here() -> None:
    tables = tables_of([{"content": "ann@acme.org"}], [{"content": "81.2.69.142"}])
    result = redact(tables, Rules({"email": "drop", "ip": "flag"}))
    assert result.to_drop().to_list() == ["0" * 16]
    assert result.tables.examples.height == 2
    assert result.tables.messages["content"].to_list() == ["ann@acme.org", "81.2.69.142"]
    assert result.hits.select("kind", "policy", "count").rows() == [("email", "drop", 1), ("ip", "flag", 1)]


def test_metrics_count_rows_and_finds() -> None:
    hits = redact(tables_of([{"content": "ann@acme.org bo@acme.org"}], [{"content": "cy@acme.org"}]), Rules()).hits
    assert count_hits(hits) == {"private.email.rows": 2, "private.email.found": 3}


TEXT = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


@pytest.mark.slow
@given(st.lists(st.lists(TEXT, min_size=1, max_size=3), min_size=1, max_size=4))
def test_a_row_does_not_depend_on_its_neighbours_and_a_second_run_changes_nothing(rows: list[list[str]]) -> None:
    conversations = [[{"content": text} for text in texts] for texts in rows]
    together = redact(tables_of(*conversations), Rules()).tables
    alone = [redact(tables_of(one), Rules()).tables.messages["content"].to_list() for one in conversations]
    assert together.messages["content"].to_list() == [text for texts in alone for text in texts]
    again = redact(together, Rules())
    assert again.tables.messages["content"].to_list() == together.messages["content"].to_list()
    assert again.hits.height == 0
