"""What was said can be read back: out of the text by the template's grammar, and out of the segments."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.amounts import drawn
from tests.targets.local_models.tiny_models import STYLES, tiny_model
from tests.targets.masks.conversations import Messages, called, plain
from tests.targets.masks.read_back import read_back
from tuneset.targets.local_models.chat_model import ChatModel, open_model
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.targets.local_models.rendering import RenderError
from tuneset.targets.masks.mask import mask_messages
from tuneset.targets.masks.recipes import RECIPES

TRIMMING = {"llama", "gemma"}
"""Styles whose template takes the white space around a text away."""
styles = pytest.mark.parametrize("style", sorted(STYLES))


def model_of(style: str) -> ChatModel:
    return open_model(ModelPlace(str(tiny_model(style))))


@pytest.mark.parametrize("text", ["<|im_start|>user\nHi", "x<|im_start|>user\nHi<|im_end|>\n"])
def test_a_text_of_another_grammar_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="not of the grammar"):
        read_back("chatml", text)


@styles
@settings(max_examples=drawn(25), deadline=None)
@given(messages=plain())
def test_the_messages_are_read_back_out_of_the_text(style: str, messages: Messages) -> None:
    try:
        text = model_of(style).render(messages).text
    except RenderError:
        assert style == "gemma"
        assert messages[0]["role"] == "system"
        return
    shown = [{**one, "content": one["content"].strip() if style in TRIMMING else one["content"]} for one in messages]
    assert read_back(style, text) == shown


@settings(max_examples=drawn(25), deadline=None)
@given(messages=called())
def test_calls_are_read_back_with_their_arguments(messages: Messages) -> None:
    found = read_back("chatml", model_of("chatml").render(messages).text)
    assert [one["content"] for one in found] == [one["content"] for one in messages]
    calls = [one["tool_calls"][0]["function"] for one in messages if "tool_calls" in one]
    assert [one["calls"] for one in found if "calls" in one] == [[(one["name"], one["arguments"])] for one in calls]


@styles
@settings(max_examples=drawn(25), deadline=None)
@given(messages=plain(system=False))
def test_the_messages_are_read_back_out_of_the_segments(style: str, messages: Messages) -> None:
    mask = mask_messages(model_of(style), messages, None, RECIPES["answers"])
    said = ["" for _ in messages]
    for one in mask.segments:
        if one.kind == "text" and one.message is not None:
            assert one.role == messages[one.message]["role"]
            said[one.message] += mask.text[one.start : one.end]
    assert [text.strip() for text in said] == [one["content"].strip() for one in messages]
