"""Turns under other keys than `role` and `content` are read where every speaker is known."""

from typing import Any

import pytest

from tests.reading.shapes.reading import read, said, shape_name
from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.choose import taker

TURNS = [("user", "Is it far?"), ("assistant", "No.")]


@pytest.mark.parametrize(
    "record",
    [
        {"dialogue": [{"speaker": "Ann", "text": "Is it far?"}, {"speaker": "Bob", "text": "No."}]},
        {"dialogue": [{"speaker": "Human", "text": "Is it far?"}, {"speaker": "Bob", "text": "No."}]},
        {"dialogue": [{"speaker": "Human", "text": "Is it far?"}, {"speaker": "AI"}]},
        {"turns": ["Is it far?", "No."]},
        {"history": [["Ann", "Is it far?"], ["Bob", "No."]]},
        {"items": [{"type": "model", "price": 3}]},
        {"dialogue": [{"Ann": "Is it far?"}, {"Bob": "No."}]},
        {"dialogue": [["Ann", "Is it far?"], ["Bob", "No."]]},
        {"dialogue": [{"user": "Is it far?"}, {"assistant": None}]},
        {"dialogue": [{"is_user": True}, {"is_user": False, "text": "No."}]},
        {"items": []},
    ],
)
def test_lists_with_an_unknown_speaker_or_without_text_are_no_turns(record: dict[str, Any]) -> None:
    assert shape_name(record) is None


@pytest.mark.parametrize("column", ["messages", "conversation", "chat"])
@pytest.mark.parametrize(
    "turns",
    [
        [{"user": "Is it far?"}, {"assistant": "No."}],
        [["Human:", "Is it far?"], ["AI:", "No."]],
        [{"user": "Is it far?", "assistant": "No."}],
        [{"is_user": True, "text": "Is it far?"}, {"is_user": False, "text": "No."}],
    ],
)
def test_turns_and_exchanges_of_other_forms_are_read(column: str, turns: list[Any]) -> None:
    assert said({column: turns}) == TURNS


def test_exchanges_under_a_name_for_one_conversation_stay_together_and_others_are_rows() -> None:
    exchanges = [{"user": "Is it far?", "assistant": "No."}, {"user": "How far?", "assistant": "A mile."}]
    takes = taker(None)
    assert takes({"messages": exchanges})
    assert takes({"dialogue": exchanges})
    assert not takes({"conversations": exchanges})
    assert not takes({"messages": [{"question": "Is it far?", "answer": "No."}]})
    assert said({"chat": [{"q": "Is it far?", "a": "No."}]}) == TURNS
    assert [text for _, text in said({"messages": exchanges})] == ["Is it far?", "No.", "How far?", "A mile."]


@pytest.mark.parametrize("column", ["dialogue", "messages", "conversation", "transcript", "Turns"])
@pytest.mark.parametrize(
    ("speaker", "text", "names"),
    [
        ("speaker", "text", ("Human", "AI")),
        ("sender", "message", ("user", "bot")),
        ("role", "text", ("USER", "Assistant ")),
        ("type", "content", ("human", "ai")),
    ],
)
def test_turns_of_known_speakers_are_read(column: str, speaker: str, text: str, names: tuple[str, str]) -> None:
    turns = [{speaker: name, text: line, "id": 1} for name, line in zip(names, ("Is it far?", "No."), strict=True)]
    assert said({column: turns}) == TURNS


@pytest.mark.parametrize(
    "column", ["dialogue", "dialog", "conversation", "chat", "data", "items", "history", "transcript"]
)
def test_a_list_of_messages_is_read_whatever_its_column(column: str) -> None:
    assert said({column: [{"role": "user", "content": "Is it far?"}, {"role": "assistant", "content": "No."}]}) == TURNS
    assert said({column: [{"from": "human", "value": "Is it far?"}, {"from": "gpt", "value": "No."}]}) == TURNS


@pytest.mark.parametrize("names", [("Human", "GPT"), ("HUMAN ", "ai"), ("prompter", "Assistant"), ("user", "model")])
def test_speakers_are_known_in_any_capitals(names: tuple[str, str]) -> None:
    turns = [{"from": name, "value": text} for name, text in zip(names, ("Is it far?", "No."), strict=True)]
    assert said({"conversations": turns}) == TURNS


@pytest.mark.parametrize(
    ("speaker", "shown"), [("narator", "unknown speaker (narator)"), ("Ann Lee", "speaker; known")]
)
def test_an_unknown_speaker_is_named_unless_it_may_be_a_person(speaker: str, shown: str) -> None:
    with pytest.raises(ShapeError, match=shown.replace("(", r"\(").replace(")", r"\)")):
        said({"conversations": [{"from": speaker, "value": "Hi"}]})


@pytest.mark.parametrize("beside", ["bot", "assistant", "supervisor", None])
def test_an_agent_beside_another_who_answers_is_nobody_that_is_known(beside: str | None) -> None:
    speakers = ["customer", "agent", beside] if beside else ["agent", "agent"]
    row = {"transcript": [{"speaker": speaker, "text": "Is it open?"} for speaker in speakers]}
    assert shape_name(row) is None
    with pytest.raises(ShapeError, match="unknown speaker"):
        read({"conversations": [{"from": speaker, "value": "Is it open?"} for speaker in speakers]})


@pytest.mark.parametrize("asks", ["user", "Customer", "visitor", "client", "Caller:"])
def test_an_agent_is_the_assistant_where_beside_it_only_users_speak(asks: str) -> None:
    turns = [(asks, "Is it open?"), ("Agent", "Yes.")]
    expected = [("user", "Is it open?"), ("assistant", "Yes.")]
    assert said({"transcript": [{"speaker": who, "text": text} for who, text in turns]}) == expected
    assert said({"conversations": [{"from": who, "value": text} for who, text in turns]}) == expected
