"""Messages, one a row: what each holds beside its text stays with it, and rows without an id are no conversation."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.conversations import whole
from tuneset.example_tables import to_examples
from tuneset.model import StageResult
from tuneset.params import IngestParams
from tuneset.reading.grouping.message_rows import MESSAGE_ROWS
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.reading.records import Records
from tuneset.stages.ingest import ingest

CALL = {"id": "c", "type": "function", "function": {"name": "hours", "arguments": "{}"}}


def row(role: str, text: str | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    return {"conversation_id": "c1", "role": role, "content": text, **more}


ASK, REPLY = row("user", "Is it open?"), row("assistant", "Yes.")


def read(path: Path, text: str) -> StageResult:
    path.write_text(text)
    (shard,) = plan([path])
    records = Records()
    for some in read_records(shard):
        records.lines += some.lines
        records.items += some.items
        records.values += some.values
        records.rejects += some.rejects
    return ingest(records, "raw", IngestParams(), "sft")


def messages(path: Path, rows: list[dict[str, Any]]) -> list[Any]:
    result = read(path, "".join(json.dumps(one) + "\n" for one in rows))
    return [example["messages"] for example in to_examples(result.tables)]


def test_calls_answers_of_tools_and_thoughts_go_with_their_message(tmp_path: Path) -> None:
    rows = [
        ASK,
        row("assistant", "I look.", tool_calls=[CALL], reasoning="Hm."),
        row("tool", "9 to 5", tool_call_id="c"),
        REPLY,
    ]
    (found,) = messages(tmp_path / "rows.jsonl", rows)
    assert found[1] == {
        "role": "assistant", "content": "I look.", "tool_calls": [CALL], "reasoning_content": "Hm.",
    }  # fmt: skip
    assert found[2] == {"role": "tool", "content": "9 to 5", "tool_call_id": "c"}
    assert found[3] == {"role": "assistant", "content": "Yes."}


def test_a_table_holds_calls_as_text_and_weights_as_numbers(tmp_path: Path) -> None:
    call = json.dumps([CALL]).replace('"', '""')
    text = (
        "conversation_id,role,content,tool_calls,tool_call_id,weight\n"
        f'c1,user,Is it open?,,,\nc1,assistant,,"{call}",,0\nc1,tool,9 to 5,,c,\nc1,assistant,Yes.,,,1\n'
    )
    (example,) = to_examples(read(tmp_path / "rows.csv", text).tables)
    assert [each.get("weight") for each in example["messages"]] == [None, 0, None, 1]
    assert example["messages"][1]["tool_calls"] == [CALL]


def test_a_column_that_only_later_rows_have_is_not_lost() -> None:
    made = whole(MESSAGE_ROWS, [ASK, row("assistant", "Yes.", note="It is closed on holidays, tell them so.")])
    assert made["note"] == [None, "It is closed on holidays, tell them so."]


@pytest.mark.parametrize("second", [{"session_id": "c1", "sender": "assistant", "text": "Yes."}])
def test_rows_that_name_their_columns_otherwise_are_read_alike(second: dict[str, Any], tmp_path: Path) -> None:
    (found,) = messages(tmp_path / "rows.jsonl", [ASK, second])
    assert [each["content"] for each in found] == ["Is it open?", "Yes."]


MISSING = st.sampled_from(["", " ", "NULL", "None", "nan", "\\N", "00000000-0000-0000-0000-000000000000"])


@given(MISSING)
def test_rows_without_an_id_are_never_joined(missing: str) -> None:
    assert MESSAGE_ROWS.key({**ASK, "conversation_id": missing}) is None
    assert MESSAGE_ROWS.key({**ASK, "conversation_id": f"{missing}7"}) is not None


def test_rows_without_an_id_are_told_and_no_conversation_takes_them_in(tmp_path: Path) -> None:
    text = "conversation_id,role,content\n,user,One?\n,assistant,One.\nc2,user,Two?\nc2,assistant,Two.\n,user,Three?\n"
    result = read(tmp_path / "rows.csv", text)
    (example,) = to_examples(result.tables)
    assert [each["content"] for each in example["messages"]] == ["Two?", "Two."]
    assert result.rejects["code"].to_list() == ["ING001", "ING001", "ING002", "ING001"]


def test_of_answers_to_one_message_the_branch_of_the_last_row_counts(tmp_path: Path) -> None:
    rows = [
        row("user", "Is it open?", id="1", parent_id=None),
        row("assistant", "No idea.", id="2", parent_id="1"),
        row("assistant", "Yes.", id="3", parent_id="1"),
        row("user", "Until when?", id="4", parent_id="3"),
        row("assistant", "Until six.", id="5", parent_id="4"),
    ]
    (found,) = messages(tmp_path / "rows.jsonl", rows)
    assert [each["content"] for each in found] == ["Is it open?", "Yes.", "Until when?", "Until six."]
    (found,) = messages(tmp_path / "line.jsonl", [rows[0], *rows[2:]])
    assert len(found) == len(rows) - 1


def test_a_message_that_was_edited_stands_aside(tmp_path: Path) -> None:
    (found,) = messages(tmp_path / "rows.jsonl", [row("user", "Is it opne?", superseded=True), ASK, REPLY])
    assert [each["content"] for each in found] == ["Is it open?", "Yes."]


@given(st.permutations(range(4)), st.lists(st.sampled_from([1, 1000, 10**6, 10**9]), min_size=4, max_size=4))
def test_times_are_an_order_whatever_parts_of_a_second_they_count(order: list[int], parts: list[int]) -> None:
    said = [
        row("user" if place % 2 == 0 else "assistant", str(place), created_at=(1767225600 + 60 * place) * parts[place])
        for place in range(4)
    ]
    made = whole(MESSAGE_ROWS, [said[place] for place in order])
    assert [each["content"] for each in made["messages"]] == ["0", "1", "2", "3"]
