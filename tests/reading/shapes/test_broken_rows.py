"""Whatever part of a row is another value than it should be, the row is an example or a reject, and never a defect."""

import copy
from typing import Any

import pytest

from tests.amounts import cases
from tests.reading.shapes import test_exports, test_provider_shapes
from tests.reading.shapes.test_registry import JUNK, places
from tuneset.params import IngestParams
from tuneset.reading.grouping.gather import gathered
from tuneset.reading.grouping.registry import GROUPINGS
from tuneset.reading.records import Records
from tuneset.stages.ingest import ingest

EXPORTS: list[Any] = [
    {"mapping": test_exports.TREE, "current_node": "new"},
    test_exports.claude(attachments=[{"extracted_content": "a"}], content=[{"type": "text", "text": "x"}]),
    {"messages": test_exports.DISCORD},
    {"messages": test_exports.TELEGRAM},
]
ASK = {"role": "user", "content": "Is it open?"}
CALL = {"index": 0, "id": "t1", "function": {"name": "hours", "arguments": "{}"}}
ANSWERS: list[Any] = [
    [
        {
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": {"content": "Yes", "tool_calls": [CALL]}}],
        },
        {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ],
    [
        {"type": "message_start", "message": {}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Yes."}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
    ],
    [{"type": "response.created"}, {"type": "response.completed", "response": {"output": []}}],
]
STREAMS = [{"request": {"messages": [ASK]}, "response": answer} for answer in ANSWERS]
TREES = [
    {
        "messages": [
            {"id": "a", "parentId": None, **ASK},
            *({"id": x, "parentId": "a", "role": "assistant"} for x in "bc"),
        ]
    },
    {"currentId": "b", "messages": [{"id": x, "parentId": y, **ASK} for x, y in ("a0", "ba", "ca")]},
]
MESSAGES: list[Any] = [
    {"role": "user", "content": "?", "parts": [{"type": "step-start"}], "experimental_attachments": [{"url": "data:"}]},
    {"role": "assistant", "blocks": [{"block_type": "text", "text": "!"}], "additional_kwargs": {"tool_calls": [CALL]}},
    {"type": "ai", "data": {"content": "!", "tool_calls": [{"name": "f", "args": {}}], "additional_kwargs": {}}},
]
DIALECTS = [{"messages": [ASK, message]} for message in MESSAGES]
SPANS: list[Any] = [
    {"attributes": {"gen_ai.input.messages": "[]", "gen_ai.output.messages": "[]", "gen_ai.tool.definitions": "[]"}},
    {"attributes": {"llm": {"input_messages": {"0": {"message.content": "?"}}, "output_messages": [{"content": "!"}]}}},
]
TURNS = cases(4, 1)
"""In how many turns the values are put into places: each place gets every so manieth, and the next place others."""
CALLS = [[row] for row in test_provider_shapes.LOGGED]
WHOLE = [[row] for row in (*test_provider_shapes.WITH_A_CALL, *EXPORTS, *STREAMS, *TREES, *DIALECTS, *SPANS)]
GROUPED = [list(grouping.raw) for grouping in GROUPINGS]


@pytest.mark.slow
@pytest.mark.parametrize("rows", [*WHOLE, *CALLS, *GROUPED])
def test_a_broken_row_is_an_example_or_a_reject(rows: list[Any]) -> None:
    for number, place in enumerate(places(rows)):
        for junk in JUNK[number % TURNS :: TURNS]:
            broken: Any = copy.deepcopy(rows)
            holder = broken
            for key in place[:-1]:
                holder = holder[key]
            if len(place) > 1 or type(junk) is dict:
                holder[place[-1]] = junk
            raw = Records(list(range(1, len(rows) + 1)), [0] * len(rows), broken)
            for records in gathered([raw].__iter__, lambda _: False):
                ingest(records, "a", IngestParams(), "sft")


DEEP = "[" * 100_000
DIGITS = "9" * 5000


@pytest.mark.parametrize(
    "row",
    [
        {
            "request": {"messages": [ASK]},
            "response": [
                *ANSWERS[1][:1],
                *(
                    {**ANSWERS[1][1], "content_block": {"type": "tool_use"}},
                    {**ANSWERS[1][2], "delta": {"partial_json": DEEP}},
                ),
                ANSWERS[1][3],
            ],
        },
        {"attributes": {f"llm.input_messages.{DIGITS}.message.content": "?", "llm.output_messages.0.content": "!"}},
        {"attributes": {"gen_ai.input.messages": '[{"role": "us', "gen_ai.output.messages": []}},
        {"system": 'Use [{"name": "f"}]', "conversations": [{"from": "gpt", "value": f"[f(x={DEEP})]"}]},
        {"system": 'Use [{"name": "f"}]', "conversations": [{"from": "gpt", "value": f"[f(x={DIGITS})]"}]},
    ],
    ids=["deep input", "many digits", "broken list", "deep argument", "long argument"],
)
def test_what_no_reader_of_json_can_hold_is_a_reject(row: dict[str, Any]) -> None:
    assert ingest(Records([1], [0], [row]), "a", IngestParams(), "sft").rejects.height == 1
