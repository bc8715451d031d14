"""Glaive's text with functions: turns, calls and what came of them."""

import pytest

from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.glaive import GLAIVE, read_glaive

SYSTEM = (
    'SYSTEM: Use them if required -\n{\n "name": "rate",\n "parameters": {"type": "object"}\n}\n\n{"name": "hours"}\n'
)
CALL = '<functioncall> {"name": "rate", "arguments": \'{"of": "it\\\'s"}\'} <|endoftext|>'


@pytest.mark.parametrize(
    "record",
    [
        {"system": "SYSTEM: You are kind.", "chat": "USER: ?\n\nASSISTANT: ! <|endoftext|>"},
        {"system": SYSTEM, "chat": "Hello."},
        {"system": None, "chat": f"USER: ?\nASSISTANT: {CALL}"},
        {"system": SYSTEM, "chat": [{"role": "user", "content": "?"}]},
    ],
)
def test_other_texts_are_left_to_other_shapes(record: dict[str, object]) -> None:
    assert GLAIVE.fits is not None
    assert not GLAIVE.fits(record)


def test_functions_calls_and_responses_are_read() -> None:
    chat = (
        f"USER: ?\n\n\nASSISTANT: Wait. {CALL}\n\n\nFUNCTION RESPONSE: {{}}\n\n\nASSISTANT: ! <|endoftext|>\nUSER: Ok"
    )
    example, rest = read_glaive({"system": SYSTEM, "chat": chat, "id": 1})
    messages = example["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert messages[0]["content"] == "Use them if required -"
    assert messages[2]["content"] == "Wait."
    assert messages[2]["tool_calls"][0]["function"] == {"name": "rate", "arguments": '{"of": "it\'s"}'}
    assert messages[3]["tool_call_id"] == messages[2]["tool_calls"][0]["id"]
    assert [tool["function"]["name"] for tool in example["tools"]] == ["rate", "hours"]
    assert rest == {"id": 1}


def test_the_first_turn_may_stand_behind_spaces() -> None:
    example, _ = read_glaive({"system": SYSTEM, "chat": "\n  USER: ?\n\nASSISTANT: !"})
    assert [message["content"] for message in example["messages"][1:]] == ["?", "!"]


@pytest.mark.parametrize(
    ("chat", "code"),
    [
        ("USER: ?\nASSISTANT: <functioncall> rate(1)", "TOL005"),
        ('USER: ?\nASSISTANT: <functioncall> {"name": "f", "arguments": \'{of}\'}', "TOL005"),
        ("USER: ?\nFUNCTION RESPONSE: 1", "TOL012"),
    ],
)
def test_a_call_that_is_none_is_told(chat: str, code: str) -> None:
    with pytest.raises(ShapeError) as caught:
        read_glaive({"system": SYSTEM, "chat": chat})
    assert caught.value.code == code
