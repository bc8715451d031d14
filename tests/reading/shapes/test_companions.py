"""Columns beside a conversation go where they belong, and what has no place is told; nothing is said twice."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.shapes.reading import read as read_with_told
from tuneset.model import Format
from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.choose import choose, known_shapes, possible_shapes
from tuneset.reading.shapes.companions import read_row
from tuneset.reading.shapes.unused_columns import unused

ASK = {"role": "user", "content": "Who?"}
REPLY = {"role": "assistant", "content": "He."}
RULE = {"role": "system", "content": "Be kind to all."}
TOOL = {"type": "function", "function": {"name": "f"}}
EARLIER = [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Yes."}]
PAIR = {"question": "Who?", "answer": "He."}


def read(record: dict[str, Any], line_format: Format = "sft") -> tuple[Any, Any, list[str]]:
    shape = choose(record, possible_shapes(record, known_shapes(line_format, None)))
    assert shape is not None
    shaped = read_row(shape, record)
    return shaped[0], shaped[1], unused(shaped)


@pytest.mark.parametrize(
    "record",
    [
        {**PAIR, "id": "a-1", "category": "open_qa", "score": 0.5, "when": "2026-11-26 10:00"},
        {**PAIR, "system": "", "context": "", "history": [], "tools": None, "choices": None, "images": []},
        {**PAIR, "context": None, "system_prompt": None},
        {"prompt": "Who are you then?", "messages": [{"role": "user", "content": "Who are you then?"}, REPLY]},
        {"system": "Be kind to all.", "messages": [RULE, ASK, REPLY]},
    ],
)
def test_ids_labels_empty_columns_and_what_is_said_already_are_not_told(record: dict[str, Any]) -> None:
    assert read(record)[2] == []


@pytest.mark.parametrize(
    "base",
    [
        {"messages": [ASK, REPLY]},
        {"conversations": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "He."}]},
        {"dialogue": [ASK, REPLY]},
        {"prompt": "Who?", "completion": "He."},
        {"prompt": [ASK], "completion": [REPLY]},
        {"prompt": "Who?", "response": "He."},
        PAIR,
        {"instruction": "Who?", "input": "", "output": "He."},
    ],
)
@pytest.mark.parametrize("column", ["system", "system_prompt", "system_message"])
@pytest.mark.parametrize("given_as", [str, lambda text: [{"text": text}], lambda text: json.dumps([{"text": text}])])
def test_a_system_text_goes_first_whatever_its_column_and_form(base: Any, column: str, given_as: Any) -> None:  # noqa: ANN401  any JSON value
    example, rest, told = read({**base, column: given_as("Be kind to all.")})
    assert example["messages"] == [RULE, ASK, REPLY]
    assert (rest, told) == (None, [])


def test_a_second_system_text_is_told_and_not_merged() -> None:
    example, rest, told = read({"system": "Speak like a pirate.", "messages": [RULE, ASK, REPLY]})
    assert example["messages"] == [RULE, ASK, REPLY]
    assert rest == {"system": "Speak like a pirate."}
    assert told == ["system"]


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ({"context": "He is Bob."}, "He is Bob.\n\nWho?"),
        ({"passage": "He is Bob."}, "He is Bob.\n\nWho?"),
        ({"choices": ["Bob", "Al"]}, "Who?\n\nA. Bob\nB. Al"),
        ({"options": {"x": "Bob", "y": "Al"}}, "Who?\n\nx. Bob\ny. Al"),
        ({"choices": {"text": ["Bob", "Al"], "label": ["1", "2"]}}, "Who?\n\n1. Bob\n2. Al"),
        ({"choices": ["A", "B"]}, "Who?\n\nA\nB"),
        ({"context": "He is Bob.", "choices": ["Bob"]}, "He is Bob.\n\nWho?\n\nA. Bob"),
        ({"context": "Who?"}, "Who?"),
    ],
)
def test_context_and_choices_belong_to_the_question(more: dict[str, Any], asked: str) -> None:
    example, rest, told = read({**PAIR, **more})
    assert example["messages"] == [{**ASK, "content": asked}, REPLY]
    assert (rest, told) == (None, [])
    pair = {"prompt": "Who?", "chosen": "He.", "rejected": "She.", **more}
    assert read(pair, "dpo")[0]["input"] == {"messages": [{**ASK, "content": asked}]}


def test_context_beside_a_conversation_has_no_certain_place_and_is_told() -> None:
    assert read({"messages": [ASK, REPLY], "context": "He is Bob."})[2] == ["context"]


@pytest.mark.parametrize("history", [[["Hi?", "Yes."]], '[["Hi?", "Yes."]]', EARLIER])
def test_earlier_turns_go_before_the_question(history: Any) -> None:  # noqa: ANN401  any JSON value
    said = [message["content"] for message in read({**PAIR, "history": history, "system": "s"})[0]["messages"]]
    assert said == ["s", "Hi?", "Yes.", "Who?", "He."]


def test_history_of_another_form_is_told() -> None:
    assert read({**PAIR, "history": ["Hi?"]})[2] == ["history"]


@pytest.mark.parametrize("tools", [[TOOL], json.dumps([TOOL]), [{"name": "f"}]])
def test_tools_go_to_the_example(tools: Any) -> None:  # noqa: ANN401  any JSON value
    for base in (PAIR, {"prompt": [ASK], "completion": [REPLY]}, {"instruction": "Who?", "output": "He."}):
        assert read({**base, "tools": tools})[0] == {"messages": [ASK, REPLY], "tools": [TOOL]}
    pair = {"prompt": "Who?", "chosen": "He.", "rejected": "She.", "tools": tools}
    assert read(pair, "dpo")[0]["input"] == {"messages": [ASK], "tools": [TOOL]}


def test_a_call_may_name_its_arguments_parameters() -> None:
    call = {"from": "function_call", "value": json.dumps({"name": "f", "parameters": {"n": 1}})}
    (message,) = read({"conversations": [call]})[0]["messages"]
    assert message["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"n":1}'}


def test_an_image_with_an_address_is_shown_and_one_without_is_told() -> None:
    url = "https://example.org/a.png"
    row = {"messages": [{**ASK, "content": "<image>Who?"}, REPLY]}
    assert read({**row, "images": [url]})[0]["messages"][0]["content"] == [
        {"type": "text", "text": "Who?"},
        {"type": "image_url", "image_url": {"url": url}},
    ]
    assert read({**row, "images": ["a.png"]})[2] == ["images"]


@pytest.mark.parametrize("name", ["suffix", "text", "note of the author"])
def test_text_without_a_place_is_told(name: str) -> None:
    assert read({**PAIR, name: "return x and y"})[2] == [name]


def test_every_column_of_a_task_belongs_to_its_grader() -> None:
    row = {"messages": [ASK], "context": "He is Bob.", "note": "one two three"}
    assert read(row, "rft") == (row, None, [])


COLUMNS = st.sampled_from(["system", "system_prompt", "context", "choices", "history", "tools", "images", "note", "id"])
VALUE = st.sampled_from(
    [
        None,
        "",
        7,
        "one two three",
        "[]",
        [],
        ["a b c"],
        {"a": "b c d"},
        [["q", "a"]],
        [{"text": "x y z"}],
        [[1]],
        [None],
    ]
)


@given(beside=st.dictionaries(COLUMNS, VALUE, max_size=4), line_format=st.sampled_from(["sft", "dpo"]))
def test_whatever_stands_beside_it_is_said_or_kept(beside: dict[str, Any], line_format: Format) -> None:
    base = PAIR if line_format == "sft" else {"prompt": "Who?", "chosen": "He.", "rejected": "She."}
    example, rest, told = read({**base, **beside}, line_format)
    whole = json.dumps(example)
    for name, value in beside.items():
        kept = (rest or {}).get(name) == value
        texts = [word for word in ("one two three", "a b c", "b c d", "x y z") if word in json.dumps(value)]
        assert kept or all(text in whole for text in texts), name
        assert not (kept and texts) or name in told or all(text in whole for text in texts)


@pytest.mark.parametrize(
    "beside",
    [
        {"a": "red", "b": "blue"},
        {"A": "red"},
        {"A": "red", "C": "blue"},
        {"A": "red", "B": ""},
        {"option1": "red", "option3": "blue"},
        {"A": ["red"], "B": ["blue"]},
    ],
)
def test_columns_that_are_no_row_of_choices_change_no_question(beside: dict[str, Any]) -> None:
    assert read({**PAIR, **beside})[0]["messages"][0] == ASK


@pytest.mark.parametrize(
    "names", [("A", "B"), ("option_a", "option_b"), ("opa", "opb"), ("choice1", "choice2"), ("Option A", "Option B")]
)
def test_choices_that_have_a_column_each_go_below_the_question(names: tuple[str, str]) -> None:
    example, rest, told = read({**PAIR, **dict(zip(names, ("red", "blue"), strict=True)), "id": 1})
    marks = ("1", "2") if names[0].endswith("1") else ("A", "B")
    assert example["messages"][0]["content"] == f"Who?\n\n{marks[0]}. red\n{marks[1]}. blue"
    assert (rest, told) == ({"id": 1}, [])


def test_choices_without_the_right_one_are_told_and_not_asked() -> None:
    example, _, told = read({**PAIR, "distractor1": "red", "distractor2": "blue"})
    assert example["messages"][0] == ASK
    assert told == ["distractor1", "distractor2"]


@pytest.mark.parametrize("column", ["available_tools", "tool_definitions", "tools_schema", "Tools"])
@pytest.mark.parametrize(
    "base", [{"messages": [ASK, REPLY]}, PAIR, {"conversations": [{"from": "gpt", "value": "He."}]}]
)
def test_tools_under_another_name_are_tools(base: dict[str, Any], column: str) -> None:
    example, rest, told = read({**base, column: json.dumps([TOOL])})
    assert (example["tools"], rest, told) == ([TOOL], None, [])


@pytest.mark.parametrize("column", ["System", "SYSTEM_PROMPT", "sys", "systemPrompt"])
def test_a_system_text_is_known_in_any_capitals_beside_columns_in_none(column: str) -> None:
    assert read({**PAIR, column: "Be kind to all."})[0]["messages"][0] == RULE


def test_several_contexts_go_one_below_the_other() -> None:
    example, _, _ = read({**PAIR, "contexts": ["Rome.", "Bern."]})
    assert example["messages"][0]["content"] == "Rome.\n\nBern.\n\nWho?"


BASES = st.sampled_from(
    [
        PAIR,
        {"messages": [ASK, REPLY]},
        {"prompt": "Who?", "completion": "He."},
        {"instruction": "Who?", "output": "He."},
    ]
)
NAMES = st.sampled_from(
    ["system", "Sys", "context", "Passage", "story", "choices", "options", "A", "B", "C", "option1", "option2",
     "history", "tools", "functions", "available_tools", "document", "persona", "instructions", "images", "suffix"]
)  # fmt: skip
WORDS = st.integers(0, 999).map(lambda number: f"mark{number:03}")
VALUES = st.one_of(
    WORDS,
    st.lists(WORDS, min_size=1, max_size=2),
    st.lists(st.fixed_dictionaries({"name": WORDS}), min_size=1, max_size=2),
    st.dictionaries(st.sampled_from(["A", "B", "text"]), WORDS, min_size=1),
    st.lists(st.tuples(WORDS, WORDS).map(list), min_size=1, max_size=2),
).flatmap(lambda value: st.sampled_from([value, json.dumps(value) if type(value) is not str else value]))


@given(BASES, st.dictionaries(NAMES, VALUES, max_size=4))
def test_every_text_beside_an_example_is_in_it_or_told(base: dict[str, Any], beside: dict[str, Any]) -> None:
    try:
        example, _, told = read({**base, **beside})
    except ShapeError:  # the row is rejected
        return
    said = json.dumps(example)
    for name, value in beside.items():
        marks = set(re.findall(r"mark\d{3}", json.dumps(value)))
        assert all(mark in said for mark in marks) or name in told or name.casefold() in told


@pytest.mark.parametrize("output", ["output", "outputs"])
def test_a_text_beside_the_question_of_a_logged_call_is_told(output: str) -> None:
    inputs = {"question": "When does it open?", "context": "The museum opens at nine, and closes at five.", "k": 3}
    example, told = read_with_told({"inputs": inputs, output: {"answer": "At nine."}})
    assert [message["content"] for message in example["messages"]] == ["When does it open?", "At nine."]
    assert told == ["inputs.context"]
    request = {"messages": [{"role": "user", "content": "When?"}], "system": "Be brief.", "model": "small"}
    assert read_with_told({"inputs": request, output: {"answer": "At nine."}})[1] == []
