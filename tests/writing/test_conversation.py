"""The one form of a line: what has none is named without its value, what is spelled otherwise is noted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import chat, pair
from tuneset.writing.conversation import LeftOutError, conversation, method_of
from tuneset.writing.fitting import up_to_each_answer

ASK = {"role": "user", "content": "?"}
REPLY = {"role": "assistant", "content": "!"}
TOOL = {"type": "function", "function": {"name": "hours", "parameters": {"type": "object"}}}


def call(arguments: object = "{}", **beside: object) -> dict[str, Any]:
    function = {"name": "hours", "arguments": arguments}
    return {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": function}], **beside}


GIVEN = {"role": "tool", "tool_call_id": "c", "content": "9 to 5"}


@pytest.mark.parametrize(
    ("line", "code", "detail"),
    [
        ({"text": "secret"}, "EXP001", "neither a list of messages nor a preference pair"),
        ({"messages": ["secret"]}, "EXP001", "neither a list of messages nor a preference pair"),
        ({"messages": [{**ASK, "secret": 1}, REPLY]}, "EXP002", "$.messages[0]: a key that chat messages do not have"),
        ({"messages": [{"role": "secret"}, REPLY]}, "EXP002", "$.messages[0].role: is none that chat messages have"),
        ({"messages": [ASK, {**REPLY, "refusal": "secret"}]}, "EXP002", "$.messages[1].refusal"),
        ({"messages": [ASK, {**REPLY, "audio": {"id": "secret"}}]}, "EXP002", "$.messages[1].audio"),
        ({"messages": [ASK, {"role": "assistant", "content": None}]}, "EXP002", "$.messages[1]: says nothing"),
        ({"messages": [ASK, {**REPLY, "content": 7}]}, "EXP002", "$.messages[1].content: is neither text nor parts"),
        (
            {"messages": [{**ASK, "content": [{"type": "file", "file": "secret"}]}, REPLY]},
            "EXP002",
            "$.messages[0].content[0]: is neither text nor an image",
        ),
        (
            {"messages": [ASK, call("secret"), GIVEN, REPLY]},
            "EXP002",
            "$.messages[1].tool_calls[0].function.arguments: are no JSON object",
        ),
        (
            {"messages": [ASK, call("[1]"), GIVEN, REPLY]},
            "EXP002",
            "$.messages[1].tool_calls[0].function.arguments: are no JSON object",
        ),
        (
            {"messages": [ASK, call(), {**GIVEN, "tool_call_id": "secret"}, REPLY]},
            "EXP002",
            "$.messages[2]: answers no call that was made before it",
        ),
        ({"messages": [ASK, REPLY], "tools": [{"secret": 1}]}, "EXP002", "$.tools[0]: is no function with a name"),
        ({**pair("?", "!", "."), "preferred_output": []}, "EXP001", "$.preferred_output is no list of one message"),
        ({**pair("?", "!", "."), "preferred_output": [ASK]}, "EXP001", "$.preferred_output[0] is not the assistant's"),
    ],
)
def test_what_has_no_form_is_named_without_its_value(line: dict[str, Any], code: str, detail: str) -> None:
    with pytest.raises(LeftOutError) as caught:
        conversation(line)
    assert caught.value.code == code
    assert caught.value.detail.startswith(detail)
    assert "secret" not in str(caught.value)


def test_the_format_of_a_line_is_told_by_what_it_has() -> None:
    assert method_of({"messages": [ASK, REPLY]}) == "sft"
    assert method_of({"messages": [ASK, REPLY, ASK]}) == "sft"
    assert method_of({"messages": [ASK]}) == "rft"
    assert method_of({"messages": [ASK, REPLY], "answer": 1}) == "rft"
    assert method_of({"messages": [ASK, REPLY], "label": True}) == "kto"
    assert method_of({"messages": [ASK, REPLY], "label": "good"}) == "rft"
    assert method_of(pair("?", "!", ".")) == "dpo"
    assert method_of({"messages": "?"}) is None


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        (chat("?", "!"), set()),
        ({**chat("?", "!"), "parallel_tool_calls": True}, {"EXP109"}),
        ({"messages": [{"role": "developer", "content": "Be brief."}, ASK, REPLY]}, {"EXP103"}),
        ({"messages": [{**ASK, "content": [{"type": "text", "text": "?"}]}, REPLY]}, {"EXP110"}),
        ({"messages": [ASK, call({}, content=""), {**GIVEN, "name": "hours"}, REPLY], "tools": [TOOL]}, set()),
        (
            {"messages": [ASK, call("{}", content=None), GIVEN, REPLY], "tools": [TOOL]},
            {"EXP104", "EXP105", "EXP106"},
        ),
    ],
)
def test_what_is_spelled_otherwise_is_noted_and_nothing_else(line: dict[str, Any], changes: set[str]) -> None:
    assert conversation(line).changes == changes


def test_the_older_form_of_calls_becomes_the_newer_one() -> None:
    line = {
        "messages": [
            ASK,
            {"role": "assistant", "content": None, "function_call": {"name": "hours", "arguments": '{"day":1}'}},
            {"role": "function", "name": "hours", "content": "9 to 5"},
            REPLY,
        ],
        "functions": [TOOL["function"]],
    }
    whole = conversation(line)
    assert whole.tools == [TOOL]
    assert "EXP111" in whole.changes
    called, given = whole.messages[1].calls[0], whole.messages[2]
    assert (called.name, called.arguments) == ("hours", {"day": 1})
    assert (given.call_id, given.name) == (called.id, "hours")


def test_a_split_ends_in_each_answer_that_is_trained() -> None:
    silent = {**REPLY, "weight": 0}
    with pytest.raises(LeftOutError) as caught:
        up_to_each_answer(conversation({"messages": [ASK, silent]}))
    assert caught.value.code == "EXP003"
    whole = conversation({"messages": [ASK, silent, ASK, {**REPLY, "weight": 1}, ASK, REPLY, ASK]})
    assert [len(one.messages) for one in up_to_each_answer(whole)] == [4, 6]
    assert whole.changes == {"EXP101", "EXP102"}
