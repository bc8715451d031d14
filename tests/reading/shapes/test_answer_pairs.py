"""Preference rows are read in the forms that published sets and trainers have, and never half."""

from typing import Any

import pytest

from tests.reading.shapes.reading import read, shape_name
from tuneset.reading.shapes.answer_pairs import dialogue_of
from tuneset.reading.shapes.base import ShapeError

ASK = {"role": "user", "content": "Which way?"}
GOOD = {"role": "assistant", "content": "Left."}
BAD = {"role": "assistant", "content": "Dunno."}
ASKED = "\n\nHuman: Which way?\n\n"
PAIR = {"input": {"messages": [ASK]}, "preferred_output": [GOOD], "non_preferred_output": [BAD]}


@pytest.mark.parametrize(
    "text",
    [
        "Human: Which way?",
        "He wrote\n\nHuman: Which way?\n\nAssistant: Left.",
        "\n\nHuman: Which way?\n\nHuman: Hello?",
        "\n\nAssistant: Left.\n\nHuman: Thanks.",
        "Left.",
    ],
)
def test_a_text_that_is_no_whole_dialogue_is_one_answer(text: str) -> None:
    turns = dialogue_of(text)
    assert turns is None or len(turns) == 1


@pytest.mark.parametrize(
    "record",
    [
        {"chosen_response": "Left.", "rejected_response": "Dunno."},
        {"query": "Which way?", "chosen": {"score": 1}, "rejected": {"score": 0}},
        {"query": "Which way?", "chosen": ["Left.", "Right."], "rejected": ["Dunno."]},
        {"messages": [ASK], "rejected": "Dunno."},
    ],
)
def test_rows_without_prompt_or_with_answers_of_another_form_are_not_taken(record: dict[str, Any]) -> None:
    assert shape_name(record, "dpo") != "answer_pair"


@pytest.mark.parametrize(
    "record",
    [
        {"chosen": ASKED + "Assistant: Left.", "rejected": ASKED + "Assistant: Dunno."},
        {"prompt": "\n\nHuman: Which way?\n\nAssistant:", "chosen": "Left.", "rejected": "Dunno."},
        {"prompt": "Which way?", "chosen": ["Left."], "rejected": ["Dunno."]},
        {"prompt": "Which way?", "chosen": GOOD, "rejected": BAD},
        {"chosen": {"messages": [ASK, GOOD]}, "rejected": {"messages": [ASK, BAD]}},
        {"conversations": [{"from": "human", "value": "Which way?"}], "chosen": {"from": "gpt", "value": "Left."},
         "rejected": {"from": "gpt", "value": "Dunno."}},
        {"messages": [ASK, GOOD], "rejected_response": "Dunno."},
        {"query": "Which way?", "response": "Left.", "rejected_response": "Dunno."},
        {"instruction": "Which way?", "input": "", "chosen": "Left.", "rejected": "Dunno."},
        {"Prompt": "Which way?", "Chosen": "Left.", "Rejected": "Dunno."},
        {"question": "Which way?", "response_j": "Left.", "response_k": "Dunno."},
        {"input": "Which way?", "preferred_output": "Left.", "non_preferred_output": "Dunno."},
    ],
)  # fmt: skip
def test_each_form_becomes_the_same_pair(record: dict[str, Any]) -> None:
    assert read(record, "dpo") == (PAIR, [])


def test_system_text_and_history_go_to_the_prompt() -> None:
    row = {"system": "Be brief.", "history": [["Hi?", "Yes?"]], "query": "Which way?"}
    example, told = read({**row, "response": "Left.", "rejected_response": "Dunno."}, "dpo")
    assert [message["content"] for message in example["input"]["messages"]] == [
        "Be brief.",
        "Hi?",
        "Yes?",
        "Which way?",
    ]
    assert told == []


def test_answers_to_different_prompts_are_no_pair() -> None:
    other = {"messages": [{"role": "user", "content": "Who?"}, BAD]}
    with pytest.raises(ShapeError) as caught:
        read({"chosen": {"messages": [ASK, GOOD]}, "rejected": other}, "dpo")
    assert caught.value.code == "SHP009"
