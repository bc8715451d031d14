"""Cells that hold the JSON of messages, or of the answer of an API, are read as that; JSON of a task stays."""

import json
from typing import Any

import pytest

from tests.reading.shapes.reading import read, said
from tuneset.reading.unfinished import unfinished

SYSTEM, ASK = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Is it open?"}
REPLY = {"role": "assistant", "content": "Yes."}
COMPLETION = {"id": "x", "choices": [{"index": 0, "message": REPLY, "finish_reason": "stop"}]}
NAMES = [("prompt", "completion"), ("prompt", "response"), ("question", "answer")]


@pytest.mark.parametrize(("asked", "given"), NAMES)
@pytest.mark.parametrize("write", [json.dumps, str])
@pytest.mark.parametrize("answer", [REPLY, [REPLY], COMPLETION])
def test_both_sides_of_a_logged_call_are_read_from_their_text(asked: str, given: str, write: Any, answer: Any) -> None:  # noqa: ANN401  any JSON value
    row = {asked: write([SYSTEM, ASK]), given: write(answer)}
    assert said(row) == [("system", "Be brief."), ("user", "Is it open?"), ("assistant", "Yes.")]
    assert said({asked: "Is it open?", given: write(answer)}) == [("user", "Is it open?"), ("assistant", "Yes.")]


@pytest.mark.parametrize(("asked", "given"), NAMES)
def test_a_logged_answer_that_was_cut_off_says_so(asked: str, given: str) -> None:
    cut = {"choices": [{"message": REPLY, "finish_reason": "length"}]}
    assert unfinished({asked: "Is it open?", given: json.dumps(cut)}, "Yes.") is not None


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Ann", "age": 7}',
        '[{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]',  # a conversation to be written
        '{"role": "chef", "content": "Soup"}',
        '{"role": "assistant", "content": "Soup", "salary": 7}',
        '{"choices": ["red", "blue"]}',
        '{"choices": [{"text": "red"}]}',
        "[]",
        "{}",
        '[{"role": "assistant", "content": "!"}] is what it says.',
        "[1, 2]",
    ],
)
def test_json_that_a_task_asks_for_is_the_answer(text: str) -> None:
    assert said({"prompt": "Write it as JSON.", "completion": text})[-1] == ("assistant", text)


@pytest.mark.parametrize("text", ['{"a": 1}', '[{"title": "x", "content": "y"}]', '{"role": "user"}', "[x](y)"])
def test_json_that_is_asked_about_is_the_question(text: str) -> None:
    assert said({"prompt": text, "completion": "Yes."})[0] == ("user", text)


def test_calls_within_such_text_are_calls() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "hours", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call], "refusal": None}
    example, _ = read({"prompt": "Is it open?", "response": json.dumps({"choices": [{"message": message}]})})
    assert example["messages"][-1]["tool_calls"] == [call]
