"""Which raw rows ask: those that are answered do not, and a row that only lacks its answer does, in every shape."""

from __future__ import annotations

from typing import Any

import pytest

from tuneset.labelling.prompts import Asked, Unasked, reader
from tuneset.labelling.rows import COLUMNS, labelled
from tuneset.params import LabelParams, Mappings
from tuneset.reading.shapes.base import REPLY, Shape
from tuneset.reading.shapes.choose import chooser, shapes_of
from tuneset.reading.shapes.companions import read_row
from tuneset.reading.shapes.registry import SHAPES

SFT = [shape for shape in SHAPES if shape.line_format == "sft"]
USER, ANSWER = {"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}
PAIR = {"prompt": "Why?", "chosen": "So.", "rejected": "No."}
MARK = {"model": "m", "endpoint": "e", "row": "a.jsonl:1"}


def read(record: dict[str, Any], mapping: Any = None) -> Any:  # noqa: ANN401  whatever a reader tells
    return reader(mapping, "a.jsonl")(record)


def mapping_of(document: object) -> Mappings:
    return LabelParams.model_validate({"mapping": document}).mapping


@pytest.mark.parametrize("shape", SFT, ids=lambda shape: shape.name)
def test_a_row_of_any_shape_that_has_its_answer_does_not_ask(shape: Shape):
    assert read(shape.raw) == "answered"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({}, "ING001"),
        ({"text": "A text by itself."}, "ING001"),
        (PAIR, "ING001"),
        ({"messages": 7}, "SHP004"),
        ({"messages": []}, "LAB001"),
        ({"messages": [{"role": "system", "content": "Be brief."}]}, "LAB001"),
        ({"messages": [USER | {"content": " "}]}, "LAB001"),
        ({"prompt": ""}, "ING001"),
    ],
)
def test_about_what_does_not_ask_nobody_is_asked(record: dict[str, Any], code: str):
    found = read(record)
    assert isinstance(found, Unasked)
    assert found.code == code
    assert "Why" not in found.detail


@pytest.mark.parametrize("answer", [ANSWER, {"role": "assistant", "tool_calls": [{"id": "1"}]}])
def test_an_answer_that_calls_a_tool_is_one(answer: dict[str, Any]):
    assert read({"messages": [USER, answer]}) == "answered"


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "Why?"},
        {"question": "Why?", "answer": None},
        {"question": "Why?", "answer": ""},
        {"Question": "Why?"},
        {"query": "Why?"},
        {"instruction": "Why?", "input": ""},
        {"instruction": "Why?", "output": " "},
        {"input": "Why?"},
        {"user": "Why?"},
        {"problem": "Why?", "solution": None},
        {"prompt": [USER]},
        {"messages": [USER]},
        {"messages": [USER, {"role": "assistant", "content": None}]},
        {"conversations": [{"from": "human", "value": "Why?"}]},
        {"contents": [{"role": "user", "parts": [{"text": "Why?"}]}]},
    ],
)
def test_a_row_that_lacks_its_answer_asks(record: dict[str, Any]):
    found = read(record)
    assert isinstance(found, Asked)
    assert found.example["messages"] == [USER]
    assert not found.rest


@pytest.mark.parametrize(
    "shape", [one for one in SFT if REPLY["content"] in one.raw.values()], ids=lambda one: one.name
)
def test_a_row_of_any_shape_with_a_column_for_its_answer_asks_where_that_is_empty_or_null(shape: Shape):
    column = next(name for name, value in shape.raw.items() if value == REPLY["content"])
    expected = shape.example["messages"][:-1]
    for empty in ("", " ", None):
        found = read({**shape.raw, column: empty})
        assert isinstance(found, Asked)
        assert found.example["messages"] == expected


@pytest.mark.parametrize(
    "record",
    [
        {"conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": None}]},
        {"conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt"}]},
        {"dialog": [{"role": "user", "content": "Why?"}, {"role": "assistant"}]},
        {"turns": [{"speaker": "Human", "text": "Why?"}, {"speaker": "AI", "text": None}]},
        {"messages": [{"speaker": "Human", "text": "Why?"}, {"speaker": "AI", "text": None}]},
        {"messages": [USER, {"role": "assistant", "content": [{"type": "text", "text": ""}]}]},
        {"contents": [{"role": "user", "parts": [{"text": "Why?"}]}, {"role": "model", "parts": [{"text": None}]}]},
        {"messages": '[{"role": "user", "content": "Why?"}, {"role": "assistant", "content": null}]'},
    ],
)
def test_a_last_turn_that_says_nothing_is_no_answer(record: dict[str, Any]):
    found = read(record)
    assert isinstance(found, Asked)
    assert found.example["messages"] == [USER]


def test_what_belongs_to_a_question_is_asked_with_it_and_the_rest_is_kept():
    found = read({"question": "Why?", "context": "It rains.", "system": "Be brief.", "id": 7})
    assert [one["role"] for one in found.example["messages"]] == ["system", "user"]
    assert "It rains." in found.example["messages"][1]["content"]
    assert found.rest == {"id": 7}


def test_the_last_turn_asks_after_answered_ones_and_so_does_what_a_tool_gave():
    tool = {"role": "tool", "tool_call_id": "1", "content": "4"}
    assert isinstance(read({"messages": [USER, ANSWER, USER]}), Asked)
    assert isinstance(read({"messages": [USER, {"role": "assistant", "tool_calls": [{"id": "1"}]}, tool]}), Asked)


@pytest.mark.parametrize("mapping", [{"user": "frage"}, {"user": "frage", "assistant": "antwort"}, [{"user": "frage"}]])
def test_a_mapping_names_the_column_that_asks(mapping: object):
    assert isinstance(read({"frage": "Warum?"}, mapping_of(mapping)), Asked)


def test_a_mapping_knows_answered_rows_by_their_column():
    mapping = mapping_of({"user": "frage", "assistant": "antwort"})
    assert read({"frage": "Warum?", "antwort": "Darum."}, mapping) == "answered"
    assert isinstance(read({"frage": "Warum?", "antwort": ""}, mapping), Asked)


@pytest.mark.parametrize(
    "rest",
    [{}, {"id": 7, "tags": ["a"]}, {"conversations": [{"from": "human", "value": "?"}]}, {"messages": []},
     {"system": 7}, {"labelled_by": "Ann"}, {"answers": ["a"]}, {"system": "Be brief."}, {"context": "It rains."}],
)  # fmt: skip
def test_a_labelled_row_is_read_as_the_example_that_it_is_whatever_its_other_columns(rest: dict[str, Any]):
    asked = Asked({"messages": [USER], "tools": [{"type": "function"}]}, rest)
    line = labelled(asked, ANSWER, MARK)
    shape = chooser(shapes_of("sft"))(line)
    assert shape is not None
    example, kept = read_row(shape, line)
    assert example["messages"] == [USER, ANSWER]
    assert kept is not None
    assert kept["labelled_by"] == MARK
    assert rest.items() <= kept.items() or kept[COLUMNS] == rest
