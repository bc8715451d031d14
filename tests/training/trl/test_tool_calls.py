"""What is no call is handed on as it was written, however it was cut into pieces; calls are read where tools are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.training.generator import Call, Piece
from tuneset.training.trl.piece_bytes import bytes_of, is_byte_level
from tuneset.training.trl.tool_calls import CallReader

LOOK = '{"name": "look", "arguments": {"a": 1}}'


def read(parts: Sequence[str], names: Sequence[str] = ("look",)) -> tuple[str, list[Call]]:
    reader = CallReader(names)
    answers = [one for part in parts for one in reader.feed(Piece(part.encode(), -1.0))]
    answers += reader.finish()
    text = b"".join(one.data for one in answers if isinstance(one, Piece)).decode()
    return text, [one for one in answers if isinstance(one, Call)]


@given(
    st.lists(st.sampled_from(["<", "<tool", "_call>", "</tool_call>", "{", '{"name"', "a", " ", "\n", "é"]), max_size=8)
)
def test_a_text_without_a_call_is_not_changed(parts: list[str]) -> None:
    assert read(parts) == ("".join(parts), [])
    assert read([LOOK], names=[]) == (LOOK, [])


@pytest.mark.parametrize("size", [1, 3, 100])
def test_calls_are_read_whole_and_the_text_around_them_stays(size: int) -> None:
    written = (
        f'Let me see. <tool_call>\n{LOOK}\n</tool_call>\n<tool_call>{{"name": "look", "arguments": {{}}}}</tool_call>'
    )
    text, calls = read([written[start : start + size] for start in range(0, len(written), size)])
    assert text.strip() == "Let me see."
    assert [(call.name, call.arguments) for call in calls] == [("look", '{"a": 1}'), ("look", "{}")]


def test_an_answer_that_is_json_alone_is_a_call_of_a_tool_that_there_is() -> None:
    assert read(["\n", LOOK])[1] == [Call("look", '{"a": 1}', 2)]
    assert read([LOOK.replace("look", "run")]) == (LOOK.replace("look", "run"), [])
    assert read(["It is ", LOOK]) == (f"It is {LOOK}", [])


def test_tokens_are_the_bytes_that_their_decoder_makes() -> None:
    assert is_byte_level({"type": "Sequence", "decoders": [{"type": "Strip"}, {"type": "ByteLevel"}]})
    assert not is_byte_level({"type": "Sequence", "decoders": [{"type": "ByteFallback"}]})
    assert bytes_of("日", byte_level=True) == "日".encode()
