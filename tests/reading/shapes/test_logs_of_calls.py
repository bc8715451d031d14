"""One call of a model as many logs keep it: each gives the same system text, tools, question, thought and answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.reading.shapes.reading import read, shape_name
from tuneset.json_text import dumps
from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.choose import taker
from tuneset.reading.unfinished import unfinished

Row = dict[str, Any]

SCHEMA = {"type": "object", "properties": {}}
TOOL = {"type": "function", "function": {"name": "hours", "parameters": SCHEMA}}
CONVERSE_TOOLS = {"tools": [{"toolSpec": {"name": "hours", "inputSchema": {"json": SCHEMA}}}]}
GEMINI_TOOLS = [{"functionDeclarations": [{"name": "hours", "parameters": {"type": "OBJECT", "properties": {}}}]}]
RESPONSES_TOOL = {"type": "function", "name": "hours", "parameters": SCHEMA}


def said(system: str, question: str) -> list[Row]:
    return [{"role": "system", "content": system}, {"role": "user", "content": question}]


def chosen(answer: str) -> Row:
    return {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}]}


def blocks(text: str) -> list[Row]:
    return [{"text": text}]


def output(answer: str) -> list[Row]:
    content = [{"type": "output_text", "text": answer}]
    return [{"type": "message", "role": "assistant", "status": "completed", "content": content}]


def converse(system: str, question: str, answer: str) -> Row:
    asked = {"system": blocks(system), "messages": [{"role": "user", "content": blocks(question)}]}
    answered = {"output": {"message": {"role": "assistant", "content": blocks(answer)}}, "stopReason": "end_turn"}
    return {
        "schemaType": "ModelInvocationLog",
        "operation": "Converse",
        "input": {"inputContentType": "application/json", "inputBodyJson": {**asked, "toolConfig": CONVERSE_TOOLS}},
        "output": {"outputContentType": "application/json", "outputBodyJson": answered},
    }


def invoked(system: str, question: str, answer: str) -> Row:
    asked = {"system": system, "messages": [{"role": "user", "content": question}]}
    named = {"name": "hours", "input_schema": SCHEMA}
    answered = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": answer}]}
    return {
        "operation": "InvokeModel",
        "input": {"inputBodyJson": {**asked, "tools": [named]}},
        "output": {"outputBodyJson": answered},
    }


def vertex(system: str, question: str, answer: str) -> Row:
    asked = {"systemInstruction": {"parts": blocks(system)}, "contents": [{"role": "user", "parts": blocks(question)}]}
    answered = {"candidates": [{"content": {"role": "model", "parts": blocks(answer)}, "finishReason": "STOP"}]}
    return {"full_request": {**asked, "tools": GEMINI_TOOLS}, "full_response": answered}


def responses(system: Any, question: str, answer: str) -> Row:  # noqa: ANN401  any JSON value
    return {"instructions": system, "tools": [RESPONSES_TOOL], "input": question, "output": output(answer)}


def from_a_stored_prompt(system: str, question: str, answer: str) -> Row:
    content = [{"type": "input_text", "text": system}]
    return responses([{"type": "message", "role": "system", "content": content}], question, answer)


def beside(**settings: Any) -> Callable[[str, str, str], Row]:  # noqa: ANN401  any JSON value
    return lambda system, question, answer: {
        "messages": said(system, question),
        "response": chosen(answer),
        **settings,
    }


LOGS: dict[str, Callable[[str, str, str], Row]] = {
    "Converse": converse,
    "InvokeModel": invoked,
    "Vertex": vertex,
    "Responses": responses,
    "Responses, from a stored prompt": from_a_stored_prompt,
    "model_parameters": beside(model_parameters={"temperature": 0, "tools": [TOOL]}),
    "modelParameters": beside(modelParameters={"tools": [TOOL]}),
    "metadata": beside(metadata={"model": "m", "tools": [TOOL]}),
    "extra.invocation_params": beside(extra={"invocation_params": {"tools": [TOOL]}}),
    "proxy_server_request": beside(proxy_server_request={"url": "/", "body": {"tools": [TOOL]}}),
    "proxy_server_request, as text": beside(proxy_server_request=dumps({"tools": [TOOL]})),
}
WORDS = st.text("abc ?", min_size=1, max_size=8).map(lambda text: f"x{text}x")


@pytest.mark.parametrize("log", LOGS)
@given(system=WORDS, question=WORDS, answer=WORDS)
def test_a_call_is_read_whole_whatever_logged_it(log: str, system: str, question: str, answer: str) -> None:
    row = LOGS[log](system, question, answer)
    example, _ = read(row)
    assert example["messages"] == [*said(system, question), {"role": "assistant", "content": answer}]
    assert example["tools"] == [TOOL]
    assert taker(None)(row)  # and so is not entered, as what wraps rows is


@pytest.mark.parametrize("key", ["settings", "metadata"])
def test_tools_of_something_else_are_none_of_the_call(key: str) -> None:
    held = {"settings": {"tools": [TOOL]}, "metadata": {"tools": "hammer"}}[key]
    assert "tools" not in read({"messages": said("Be brief.", "?"), "response": chosen("!"), key: held})[0]


@pytest.mark.parametrize("key", ["reasoning", "reasoning_content", "thinking"])
def test_a_thought_beside_the_text_of_an_answer_is_its_reasoning(key: str) -> None:
    row: Row = {"input": {"messages": said("Be brief.", "?")}, "output": {"completion": "!", key: "Hm."}}
    assert read(row)[0]["messages"][-1] == {"role": "assistant", "content": "!", "reasoning_content": "Hm."}
    row["output"][key] = None
    assert "reasoning_content" not in read(row)[0]["messages"][-1]


KEPT = [{"previous_response_id": "resp_1"}, {"conversation": "conv_1"}, {"conversation": {"id": "conv_1"}}]


@pytest.mark.parametrize("kept", KEPT)
def test_a_request_that_goes_on_from_what_only_the_api_keeps_is_told(kept: Row) -> None:
    for row in (
        {"input": "And Sunday?", "output": output("No."), **kept},
        {"request": {"input": "And Sunday?", **kept}, "response": {"output": output("No.")}},
    ):
        assert shape_name(row) is not None
        with pytest.raises(ShapeError, match="whose turns are not in the row"):
            read(row)


@pytest.mark.parametrize("kept", [*KEPT, {"previous_response_id": None}, {"conversation": "Hours"}])
def test_a_request_that_says_the_earlier_turns_itself_is_read(kept: Row) -> None:
    earlier = [*said("Be brief.", "Open?"), {"role": "assistant", "content": "Yes."}]
    asked = earlier[1:2] if "Hours" in kept.values() or None in kept.values() else earlier
    row = {"input": [*asked, {"role": "user", "content": "And Sunday?"}], "output": output("No."), **kept}
    assert [message["content"] for message in read(row)[0]["messages"][-2:]] == ["And Sunday?", "No."]


def test_a_logged_call_of_bedrock_that_was_cut_off_or_has_no_answer_is_told() -> None:
    row = converse("Be brief.", "?", "It is")
    assert unfinished(row) is None
    row["output"]["outputBodyJson"]["stopReason"] = "max_tokens"
    assert unfinished(row) == "output.outputBodyJson.stopReason says that the answer was cut off"
    del row["output"]
    assert taker(None)(row | {"requestId": "1"})  # as a row, whose request is no conversation by itself
    assert shape_name(row) is None


@given(begun=WORDS, answer=WORDS)
def test_the_beginning_of_an_answer_that_a_request_gives_is_part_of_it(begun: str, answer: str) -> None:
    assume(begun != answer)  # which would be there already
    asked = {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": begun}]}
    given_back: Row = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": answer}]}
    row = {"request": asked, "response": {**given_back, "stop_reason": "end_turn"}}
    assert read(row)[0]["messages"][1:] == [{"role": "assistant", "content": begun + answer}]
    other = {"request": asked, "response": chosen(answer)}  # of this API an answer of its own
    assert len(read(other)[0]["messages"]) == len(asked["messages"]) + 1
