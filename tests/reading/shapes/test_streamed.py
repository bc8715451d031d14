"""Answers that were logged as they were streamed are whole answers, and one without an end is none."""

import itertools
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.shapes.reading import read
from tuneset.execution.whole_files.ingested import ingested
from tuneset.params import IngestParams, Params
from tuneset.reading.raw_shards import plan
from tuneset.reading.records import Records
from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.streamed import is_stream
from tuneset.stages.ingest import ingest

ASK = {"role": "user", "content": "Is it open?"}


def chunk(delta: dict[str, Any], reason: str | None = None, index: int = 0) -> dict[str, Any]:
    choices = [{"index": index, "delta": delta, "finish_reason": reason}]
    return {"id": "c", "object": "chat.completion.chunk", "choices": choices}


def wire(events: list[dict[str, Any]]) -> str:
    return "".join(f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events) + "data: [DONE]\n\n"


@pytest.mark.parametrize(
    "value",
    [
        "data: the first column",
        "data: {}",
        "event: late",
        "data: {broken",
        'data: {"object": "chat.completion"}',
        [],
        [{"type": "text", "text": "!"}],
        [{"role": "assistant", "content": "!"}],
        [chunk({}), "x"],
        {"object": "chat.completion.chunk"},
        None,
    ],
)
def test_what_is_no_log_of_a_stream_stays_what_it_is(value: Any) -> None:  # noqa: ANN401  any JSON value
    assert not is_stream(value)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)


@given(TEXT, st.lists(st.integers(0, 20), max_size=3), st.booleans())
def test_however_a_text_was_cut_into_chunks_it_is_whole(text: str, cuts: list[int], as_text: bool) -> None:
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[start:end] for start, end in itertools.pairwise(places)]
    events = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": piece}) for piece in pieces)]
    events += [chunk({"content": "second choice"}, index=1), chunk({}, "stop"), {**chunk({}), "choices": []}]
    row = {"request": {"messages": [ASK]}, "response": wire(events) if as_text else events}
    assert read(row)[0]["messages"] == [ASK, {"role": "assistant", "content": text}]


def test_calls_grow_piece_by_piece() -> None:
    def call(index: int, **function: str) -> dict[str, Any]:
        named = {"id": f"c{index}"} if "name" in function else {}
        return {"tool_calls": [{"index": index, **named, "function": function}]}

    events = [chunk(call(0, name="f", arguments="")), chunk(call(0, arguments='{"n"')), chunk(call(1, name="g"))]
    events += [chunk(call(0, arguments=": 1}")), chunk({}, "tool_calls")]
    answer = read({"request": {"messages": [ASK]}, "response": events})[0]["messages"][-1]
    found = [(one["id"], one["function"]["name"], one["function"]["arguments"]) for one in answer["tool_calls"]]
    assert found == [("c0", "f", '{"n": 1}'), ("c1", "g", "")]


BLOCKS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"role": "assistant", "content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "I "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "look."}},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "f"}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"n"'}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": ": 1}"}},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
    {"type": "message_stop"},
]


def test_blocks_of_anthropic_and_a_response_are_read() -> None:
    answer = read({"request": {"messages": [ASK]}, "response": BLOCKS})[0]["messages"][-1]
    assert (answer["content"], answer["tool_calls"][0]["function"]) == (
        "I look.",
        {"name": "f", "arguments": '{"n":1}'},
    )
    output = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes."}]}]
    events: list[dict[str, Any]] = [
        {"type": "response.created"},
        {"type": "response.completed", "response": {"output": output}},
    ]
    row = {"request": {"input": [ASK]}, "response": wire(events)}
    assert read(row)[0]["messages"][-1] == {"role": "assistant", "content": "Yes."}


@pytest.mark.parametrize(
    "events",
    [
        [chunk({})],
        [*BLOCKS[:7], *BLOCKS[-2:]],
        [{"type": "response.created"}],
    ],
)
def test_a_stream_of_which_nothing_can_be_read_is_no_answer(events: list[dict[str, Any]]) -> None:
    for logged in (events, wire(events)):
        with pytest.raises(ShapeError) as told:
            read({"request": {"messages": [ASK]}, "response": logged})
        assert told.value.code == "LBL001"


ITEM = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It is"}]}


@pytest.mark.parametrize(
    "events",
    [
        [chunk({"content": "It is"})],
        [chunk({"content": "It is"}), chunk({}, "length")],
        BLOCKS[:5],
        [*BLOCKS[:5], {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}}],
        [{"type": "response.created"}, {"type": "response.output_item.done", "item": ITEM}],
    ],
)
@pytest.mark.parametrize("sides", [("request", "response"), ("inputs", "outputs"), ("request_body", "response_body")])
def test_a_stream_without_an_end_is_dropped_as_such_and_kept_where_that_is_asked_for(
    events: list[dict[str, Any]], sides: tuple[str, str]
) -> None:
    for logged in (events, wire(events)):
        records = Records([1], [0], [dict(zip(sides, ({"messages": [ASK]}, logged), strict=True))])
        dropped = ingest(records, "a", IngestParams(), "sft")
        assert dropped.rejects["code"].to_list() == ["LBL001"]
        kept = ingest(records, "a", IngestParams(labelled_bad="keep"), "sft")
        assert kept.tables.messages["content"].to_list() in (["Is it open?", "It is"], ["Is it open?", "I look."])


BLOCKED = {"promptFeedback": {"blockReason": "SAFETY"}}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "Is it open?"}]}]}
LATE = {"error": "late", "status": "error", "run_type": "llm"}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"inputs": {"messages": [ASK]}, "outputs": None, **LATE}, "LBL001"),
        ({"inputs": {"messages": [ASK]}, **LATE}, "LBL001"),
        ({**CONTENTS, **BLOCKED}, "LBL001"),
        ({"request": CONTENTS, "response": BLOCKED}, "LBL001"),
        ({"request": CONTENTS, "response": {"candidates": [{"finishReason": "SAFETY"}]}}, "LBL001"),
        ({"request": {"messages": [ASK]}, "response": {}}, "ING001"),
        ({"inputs": {"messages": [ASK, {"role": "assistant", "content": "Yes."}]}, "outputs": None}, None),
    ],
)
def test_a_call_without_an_answer_is_told_as_what_it_is(tmp_path: Path, row: dict[str, Any], code: str | None) -> None:
    (tmp_path / "raw.jsonl").write_bytes(orjson.dumps(row))
    found = [result for _, result in ingested(plan([tmp_path / "raw.jsonl"]), Params(), "sft")]
    assert [each for result in found for each in result.rejects["code"]] == ([] if code is None else [code])
    assert sum(result.tables.examples.height for result in found) == (code is None)
