"""Calls that stand in a text become calls where the row speaks of tools, all of them or none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.json_text import dumps
from tuneset.reading.written_calls import with_calls

TOOLS = [{"type": "function", "function": {"name": "f"}}]
CALL = '<tool_call>\n{"name": "f", "arguments": {"n": 1}}\n</tool_call>'
ASK = {"role": "user", "content": "?"}


def said(*contents: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in contents]


@pytest.mark.parametrize(
    "example",
    [
        {"messages": [ASK, *said(("assistant", CALL))]},
        {"messages": [ASK, *said(("assistant", "<tool_call>f(1)</tool_call>"))], "tools": TOOLS},
        {"messages": [ASK, *said(("assistant", "<tool_call>"))], "tools": TOOLS},
        {"messages": [ASK, *said(("assistant", f'{CALL}<tool_call>{{"name": "f"'))], "tools": TOOLS},
        {"messages": [ASK, {"role": "assistant", "content": CALL, "tool_calls": [{"id": "1"}]}], "tools": TOOLS},
        {
            "messages": [
                ASK,
                # which of the marks belong together must not be tried in all ways: there are 2 ** 499
                *said(("assistant", CALL * 500), ("user", "<tool_response>1</tool_response>" * 500 + "And?")),
            ],
            "tools": TOOLS,
        },
        {"messages": said(("user", CALL)), "tools": TOOLS},
        {"messages": [ASK, *said(("assistant", CALL), ("user", "And?"))], "tools": TOOLS},
        {
            "messages": [
                ASK,
                *said(("assistant", CALL), ("tool", "1"), ("tool", "2"), ("assistant", CALL), ("user", "!")),
            ]
        },
        {"messages": [ASK, *said(("assistant", CALL), ("assistant", CALL))], "tools": TOOLS},
    ],
)
def test_what_is_text_or_does_not_fit_together_stays_as_it_was(example: dict[str, Any]) -> None:
    assert with_calls(example) is example


def test_calls_and_what_came_of_them_are_tied() -> None:
    messages = [
        ASK,
        *said(
            ("assistant", f"Let me look.\n{CALL}\n{CALL}"),
            ("tool", "<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response>"),
            ("assistant", "3"),
        ),
    ]
    read = with_calls({"messages": messages})["messages"]
    ids = [call["id"] for call in read[1]["tool_calls"]]
    assert read[1]["content"] == "Let me look."
    assert read[2:4] == [
        {"role": "tool", "content": content, "tool_call_id": call} for content, call in zip("12", ids, strict=True)
    ]
    assert read[4] == messages[3]


def test_answers_come_together_or_one_by_one_but_never_more_than_calls() -> None:
    asked = [ASK, *said(("assistant", f"{CALL}\n{CALL}"))]
    one_by_one = [*asked, *said(("tool", "1"), ("tool", "2"), ("assistant", "3"))]
    read = with_calls({"messages": one_by_one})["messages"]
    ids = [call["id"] for call in read[1]["tool_calls"]]
    assert [message.get("tool_call_id") for message in read[2:]] == [*ids, None]
    three = "".join(f"<tool_response>{number}</tool_response>" for number in "123")
    example = {"messages": [*asked, *said(("tool", three), ("assistant", "4"))]}
    assert with_calls(example) is example


@pytest.mark.parametrize("role", ["tool", "user"])
def test_python_quotes_and_responses_of_the_user_are_read(role: str) -> None:
    call = "<tool_call>{'name': 'f', 'arguments': {'n': 'it'}}</tool_call>"
    messages = [ASK, *said(("assistant", call), (role, "<tool_response>1</tool_response>"), ("assistant", "1"))]
    read = with_calls({"messages": messages, "tools": TOOLS})["messages"]
    assert [message["role"] for message in read] == ["user", "assistant", "tool", "assistant"]
    assert read[1]["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"n":"it"}'}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2)
)


@given(st.lists(st.dictionaries(st.text(max_size=3), json_values, max_size=2), min_size=1, max_size=3))
def test_every_written_call_is_read_with_its_arguments(arguments: list[dict[str, Any]]) -> None:
    written = [f"<tool_call>{dumps({'name': 'f', 'arguments': one})}</tool_call>" for one in arguments]
    if any("</tool_call>" in one[11:-12] for one in written):
        return
    read = with_calls({"messages": [ASK, *said(("assistant", "\n".join(written)))], "tools": TOOLS})["messages"]
    assert [call["function"]["arguments"] for call in read[1]["tool_calls"]] == [dumps(one) for one in arguments]
    assert "content" not in read[1]
