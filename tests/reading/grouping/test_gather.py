"""Records of one conversation become one, every record is accounted for, and half a conversation is never whole."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.example_tables import to_examples
from tuneset.model import StageResult
from tuneset.params import IngestParams, Mapping
from tuneset.reading.grouping import gather
from tuneset.reading.grouping.base import Grouping
from tuneset.reading.grouping.registry import GROUPINGS
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.reading.records import Records
from tuneset.stages.ingest import ingest

TWO = [{"role": "user", "content": "Is it open?"}, {"role": "assistant", "content": "Yes."}]


def row(of: Any, role: str, text: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    return {"conversation_id": of, "role": role, "content": text, **more}


def read(path: Path, rows: list[Any], mapping: Mapping | None = None) -> StageResult:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    (shard,) = plan([path])
    whole = Records()
    for records in read_records(shard, mapping):
        whole.lines += records.lines
        whole.items += records.items
        whole.values += records.values
        whole.rejects += records.rejects
    return ingest(whole, "raw.jsonl", IngestParams(mapping=mapping), "sft")


def texts(result: StageResult) -> list[list[str]]:
    return [[message["content"] for message in example["messages"]] for example in to_examples(result.tables)]


def test_messages_of_a_store_are_those_of_their_session_and_others_with_a_type_are_none(tmp_path: Path) -> None:
    def stored(of: str, kind: str, text: str) -> dict[str, Any]:
        return {"type": kind, "message_id": text, "data": {"content": text}, "session_id": of, "timestamp": 1.0}

    said = [stored("a", "human", "a?"), stored("b", "human", "b?"), stored("a", "ai", "a!"), stored("b", "ai", "b!")]
    none = [{**one, "type": "event"} for one in said]
    assert texts(read(tmp_path / "none.jsonl", none)) == []
    assert texts(read(tmp_path / "raw.jsonl", said)) == [["a?", "a!"], ["b?", "b!"]]


@pytest.mark.parametrize(
    "rows",
    [
        [{"role": "user", "content": "a?", "rating": 1}, {"role": "assistant", "content": "b", "rating": 1}],
        [{"role": "narrator", "content": "a?"}, {"role": "narrator", "content": "b"}],
        [{"conversation_id": 1, "messages": TWO}, {"conversation_id": 1, "messages": TWO}],
        [{"conversation_id": 1, "question": "a?", "answer": "b"}],
        [{"thread_id": 1, "role": "user"}],
    ],
)
def test_rows_without_an_id_or_that_are_whole_are_left_alone(tmp_path: Path, rows: list[Any]) -> None:
    result = read(tmp_path / "raw.jsonl", rows)
    assert "ING002" not in result.rejects["code"].to_list()
    assert result.metrics["rows.read"] == len(rows)


def test_messages_without_an_id_are_one_conversation_until_a_system_message_begins_another(tmp_path: Path) -> None:
    one = [{"role": "system", "content": "s"}, {"role": "user", "content": "a?"}, {"role": "assistant", "content": "b"}]
    result = read(tmp_path / "raw.jsonl", [*one, *one[1:], *one])
    assert texts(result) == [["s", "a?", "b", "a?", "b"], ["s", "a?", "b"]]
    assert result.rejects["code"].to_list() == ["ING002"] * 6


@pytest.mark.parametrize("kind", GROUPINGS, ids=lambda kind: kind.name)
def test_each_kind_makes_one_conversation_and_accounts_for_all_its_records(tmp_path: Path, kind: Grouping) -> None:
    result = read(tmp_path / "raw.jsonl", list(kind.raw))
    assert [(m["role"], _text(m["content"])) for m in to_examples(result.tables)[0]["messages"][:2]] == [
        ("user", "Is it open?"),
        ("assistant", "Yes."),
    ]
    assert result.metrics["rows.read"] == len(kind.raw)
    assert result.rejects["code"].to_list() == ["ING002"] * (len(kind.raw) - 1)
    assert set(result.rejects["kept_row_id"]) == set(result.tables.examples["row_id"])


def test_lines_of_the_program_are_no_part_of_a_chat(tmp_path: Path) -> None:
    rows = [
        {"user_name": "A", "character_name": "B", "chat_metadata": {}},
        {"name": "B", "is_user": False, "is_system": True, "mes": "A new chat begins."},
        {"name": "A", "is_user": True, "is_system": False, "mes": "Hm?"},
        {"name": "B", "is_user": False, "mes": "Ho."},
    ]
    assert texts(read(tmp_path / "raw.jsonl", rows)) == [["Hm?", "Ho."]]


def _text(content: Any) -> str:  # noqa: ANN401  any JSON value
    return content if type(content) is str else content[0]["text"]


def test_turns_are_put_in_order_and_shared_columns_kept(tmp_path: Path) -> None:
    rows = [
        row("a", "Agent", "Yes.", turn=2, product="lamp", note="said in a hurry"),
        row("a", "Customer", "Is it open?", turn=1, product="lamp", note="by phone this time"),
    ]
    for one in rows:
        one["role"] = {"Agent": "assistant", "Customer": "User "}[one["role"]]
    result = read(tmp_path / "raw.jsonl", rows)
    assert texts(result) == [["Is it open?", "Yes."]]
    assert json.loads(result.tables.examples["meta"][0])["product"] == "lamp"
    assert result.metrics['unused:["raw.jsonl","note"]'] == 1


TURNS = [row(1, "user", "a?"), row(2, "user", "b?"), row(1, "assistant", "c"), row(2, "assistant", "d")]


def test_of_more_rows_than_can_be_held_no_half_of_a_conversation_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "MOST_WAITING", 1)
    result = read(tmp_path / "raw.jsonl", [*TURNS, row(2, "user", "e?"), row(3, "user", "f?"), *TURNS[3:]])
    assert texts(result) == [["a?", "c"], ["f?"]]
    assert sorted(result.rejects.select("line", "code").rows()) == [
        *((line, "ING003") for line in (2,)),
        (3, "ING002"),
        *((line, "ING003") for line in (4, 5, 7)),
    ]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["user", "assistant", "user"])), max_size=12))
def test_conversations_whose_rows_stand_in_turn_are_those_of_the_rows_sorted(rows: list[tuple[int, str]]) -> None:
    values = [row(of, role, str(place)) for place, (of, role) in enumerate(rows)]

    def conversations(given: list[dict[str, Any]]) -> list[Any]:
        batch = Records(list(range(len(given))), [0] * len(given), given)
        found = list(gather.gathered(lambda: iter([batch]), lambda _: False))
        assert sum(one.rows for one in found) == len(given)
        assert {reject.code for one in found for reject in one.rejects} <= {"ING002"}
        return sorted((value["messages"] for one in found for value in one.values), key=str)

    assert conversations(values) == conversations(sorted(values, key=lambda one: one["conversation_id"]))


def test_an_unknown_speaker_is_told_and_not_guessed(tmp_path: Path) -> None:
    result = read(tmp_path / "raw.jsonl", [row(1, "user", "a?"), row(1, "clerk", "b")])
    assert result.rejects["code"].to_list() == ["CNV001", "ING002"]


def test_a_conversation_is_held_to_a_number_of_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "MOST_RECORDS", 2)
    result = read(tmp_path / "raw.jsonl", [row(1, "user", "a?"), row(1, "assistant", "b"), row(1, "user", "c?")])
    assert result.rejects["code"].to_list() == ["ING002", "ING004"]


def test_a_mapping_that_fits_goes_first(tmp_path: Path) -> None:
    rows = [row(1, "user", "a?"), row(1, "assistant", "b")]
    result = read(tmp_path / "raw.jsonl", rows, Mapping(user="role", assistant="content"))
    assert texts(result) == [["user", "a?"], ["assistant", "b"]]


def test_an_array_of_such_rows_is_not_one_long_conversation(tmp_path: Path) -> None:
    path = tmp_path / "raw.json"
    rows = [row(1, "user", "a?"), row(1, "assistant", "b"), row(2, "user", "c?"), row(2, "assistant", "d")]
    path.write_text(json.dumps(rows))
    found = [ingest(records, "raw.json", IngestParams(), "sft") for records in read_records(plan([path])[0])]
    assert [said for result in found for said in texts(result)] == [["a?", "b"], ["c?", "d"]]


@given(st.lists(st.tuples(st.integers(0, 3), st.text(max_size=3)), max_size=12), st.integers(1, 4))
def test_however_it_is_batched_every_row_is_accounted_for_once(rows: list[tuple[int, str]], size: int) -> None:
    values = [row(of, "user", text) for of, text in rows]
    batches = [
        Records(list(range(at + 1, at + 1 + len(part))), [0] * len(part), part)
        for at in range(0, len(values), size)
        if (part := values[at : at + size])
    ]
    found = list(gather.gathered(lambda: iter(batches), lambda _: False))
    lines = [line for one in found for line in [*one.lines, *(reject.line for reject in one.rejects)]]
    assert sorted(lines) == list(range(1, len(rows) + 1))
    at_once = [Records(list(range(1, len(rows) + 1)), [0] * len(rows), values)] if rows else []
    whole = list(gather.gathered(lambda: iter(at_once), lambda _: False))
    assert [value for one in found for value in one.values] == [value for one in whole for value in one.values]


def test_parts_of_the_ai_sdk_one_message_a_row_are_read_by_its_shape(tmp_path: Path) -> None:
    rows: list[Any] = [
        {"id": f"m{place}", "chatId": "k1", "role": said["role"], "parts": parts, "attachments": "[]"}
        for place, said in enumerate(TWO)
        for parts in [json.dumps([{"type": "text", "text": said["content"]}])]
    ]
    result = read(tmp_path / "a.jsonl", rows)
    assert to_examples(result.tables) == [{"messages": TWO}]
    assert read(tmp_path / "b.jsonl", [{**one, "parts": "no list"} for one in rows]).tables.examples.is_empty()


@pytest.mark.parametrize(
    "beside",
    [
        {"session_id": "s", "message": {"type": "human", "content": "Late"}},
        {"object": "thread.message", "thread_id": "t"},
    ],
)
def test_rows_that_hold_a_question_and_its_answer_are_no_messages(tmp_path: Path, beside: dict[str, Any]) -> None:
    rows = [{**beside, "question": f"Is number {number} open?", "answer": "Yes."} for number in range(2)]
    assert texts(read(tmp_path / "raw.jsonl", rows)) == [[f"Is number {number} open?", "Yes."] for number in range(2)]
