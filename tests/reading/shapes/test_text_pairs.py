"""Two columns of text are a question and its answer under the names that people use, in any capitals."""

from typing import Any

import pytest

from tests.reading.shapes.reading import read, said, shape_name

ASKED = {"role": "user", "content": "Why is it late?"}
ANSWERED = {"role": "assistant", "content": "Snow."}
TURNS = [("user", "Why is it late?"), ("assistant", "Snow.")]


@pytest.mark.parametrize(
    "record",
    [
        {"user": "anna", "answer": "Snow.", "when": "today"},
        {"prompt": "Why?", "model": "small-1"},
        {"input": {"city": "Bern"}, "output": "Snow."},
        {"input": "Why?", "output": {"score": 1}},
        {"input": ["Why?"], "output": "Snow."},
        {"question": "Why?"},
        {"Query": "Why?", "note": "Snow."},
    ],
)
def test_what_may_hold_something_else_is_no_pair(record: dict[str, Any]) -> None:
    assert shape_name(record) is None


@pytest.mark.parametrize(
    "names",
    [
        ("query", "response"),
        ("Query", "Answer"),
        ("QUESTION", "ANSWER"),
        ("Prompt", "Completion"),
        (" question", "answer "),
        ("input", "output"),
        ("instruction", "answer"),
        ("Instruction", "Response"),
        ("user", "assistant"),
        ("human", "assistant"),
        ("q", "a"),
        ("prompt", "output"),
        ("problem", "solution"),
        ("input", "ideal"),
    ],
)
def test_pairs_of_many_names_are_read(names: tuple[str, str]) -> None:
    assert said(dict(zip(names, ("Why is it late?", "Snow."), strict=True))) == TURNS


def test_a_pair_may_be_given_as_messages() -> None:
    assert said({"input": [ASKED], "output": ANSWERED}) == TURNS
    assert said({"input": ASKED, "output": "Snow."}) == TURNS


def test_capitals_reach_what_stands_beside_and_leave_other_names_alone() -> None:
    row = {"Query": "Why?", "Response": "Snow.", "History": [["Late?", "Yes."]], "Author Note": "keep it short please"}
    example, told = read(row)
    assert [message["content"] for message in example["messages"]] == ["Late?", "Yes.", "Why?", "Snow."]
    assert told == ["Author Note"]


def test_an_exact_name_goes_before_one_in_capitals() -> None:
    assert said({"question": "Why?", "Question": "When?", "answer": "Snow."})[0] == ("user", "Why?")
