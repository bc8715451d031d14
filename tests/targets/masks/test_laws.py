"""What holds for every template and conversation: the tokens that transformers makes of it, and right masks."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.targets.local_models.tiny_models import STYLES, tiny_model
from tests.targets.masks.conversations import Messages, called, plain, reasoned
from tuneset.targets.local_models.chat_model import ChatModel, open_model
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.targets.local_models.rendering import RenderError
from tuneset.targets.masks.mask import IGNORED_LABEL, mask_messages
from tuneset.targets.masks.recipes import RECIPES
from tuneset.targets.masks.turns import by_one_rendering, by_prefixes, locate

ANSWERS = RECIPES["answers"]
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]
styles = pytest.mark.parametrize("style", sorted(STYLES))
conversations = st.one_of(plain(), reasoned(), called())


def model_of(style: str) -> ChatModel:
    return open_model(ModelPlace(str(tiny_model(style))))


@functools.cache
def reference(folder: Path) -> Any:  # noqa: ANN401  the library is untyped
    """The same model as transformers loads it."""
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415  seconds that other tests do without

    return PreTrainedTokenizerFast.from_pretrained(str(folder))


@styles
@settings(max_examples=drawn(25), deadline=None)
@given(messages=conversations, tools=st.sampled_from([None, TOOLS]), prompt=st.booleans())
def test_text_and_tokens_are_those_of_transformers(
    style: str, messages: Messages, tools: list[Any] | None, *, prompt: bool
) -> None:
    model = model_of(style)
    ours: list[int] | None
    try:
        text = model.render(messages, tools, generation_prompt=prompt).text
        ours = model.vocabulary.encode(text).ids.tolist()
    except RenderError:
        ours = None
    theirs: list[int] | None
    try:
        theirs = reference(tiny_model(style)).apply_chat_template(
            messages, tools=tools, add_generation_prompt=prompt, return_dict=False
        )
    except Exception:  # noqa: BLE001  whatever Jinja and Python raise
        theirs = None
    assert ours == theirs


@styles
@settings(max_examples=drawn(25), deadline=None)
@given(messages=plain())
def test_generation_blocks_are_those_of_transformers(style: str, messages: Messages) -> None:
    if not model_of(style).template().has_generation:
        return
    mask = mask_messages(model_of(style), messages, None, RECIPES["trl"])
    theirs = reference(tiny_model(style)).apply_chat_template(
        messages, return_assistant_tokens_mask=True, return_dict=True
    )
    assert [int(label != IGNORED_LABEL) for label in mask.labels()] == theirs["assistant_masks"]


@styles
@settings(max_examples=drawn(25), deadline=None)
@given(messages=conversations)
def test_segments_are_together_the_whole(style: str, messages: Messages) -> None:
    try:
        mask = mask_messages(model_of(style), messages, TOOLS, ANSWERS)
    except RenderError:
        return
    assert "".join(mask.text[one.start : one.end] for one in mask.segments) == mask.text
    assert mask.tokens.ends[-1] == len(mask.text)


@styles
@settings(max_examples=drawn(25), deadline=None)
@given(messages=conversations)
def test_what_is_trained_of_a_stable_turn_continues_the_very_prompt_of_inference(
    style: str, messages: Messages
) -> None:
    model = model_of(style)
    try:
        located = locate(model, messages)
    except RenderError:
        return
    for number, (message, turn) in enumerate(zip(messages, located.turns, strict=True)):
        if message["role"] != "assistant":
            continue
        assert turn.body is not None
        try:
            asked = model.render(messages[:number], generation_prompt=True).text
        except RenderError:
            continue
        assert turn.stable == located.text.startswith(asked)
        if turn.stable:
            assert located.text[: turn.body] == asked


@styles
@settings(max_examples=drawn(25), deadline=None)
@given(messages=st.one_of(plain(), reasoned()))
def test_an_answer_is_unstable_where_a_prompt_or_the_answer_itself_is_shown_otherwise_later(
    style: str, messages: Messages
) -> None:
    model = model_of(style)
    try:
        mask = mask_messages(model, messages, None, ANSWERS)
        wholes = [model.render(messages[: n + 1]).text.rstrip() for n in range(len(messages))]
        asked = [model.render(messages[:n], generation_prompt=True).text if n else "" for n in range(len(messages))]
    except RenderError:
        return
    expected = []
    for number, message in enumerate(messages):
        alone = wholes[number]
        for end in model.ends_of_turn:
            alone = alone.removesuffix(end)
        later = number < len(messages) - 1 and not mask.text.startswith(alone.rstrip())
        if message["role"] == "assistant" and (later or not mask.text.startswith(asked[number])):
            expected.append(number)
    assert mask.unstable == expected


@styles
@settings(max_examples=drawn(25), deadline=None)
@given(messages=plain())
def test_every_answer_is_trained_with_its_end_and_nothing_else(style: str, messages: Messages) -> None:
    model = model_of(style)
    try:
        mask = mask_messages(model, messages, None, ANSWERS)
    except RenderError:
        return
    answers = [message["content"].strip() for message in messages if message["role"] == "assistant"]
    trained = [mask.text[start:end] for start, end in mask.trained]
    assert len(trained) == len(answers)
    for text, answer in zip(trained, answers, strict=True):
        assert answer in text
        assert any(text.endswith(end) for end in model.ends_of_turn)
    assert mask.trained_count == sum(label != IGNORED_LABEL for label in mask.labels())


@styles
@settings(max_examples=drawn(40), deadline=None)
@given(messages=plain())
def test_one_rendering_finds_the_turns_that_prefixes_find(style: str, messages: Messages) -> None:
    model = model_of(style)
    try:
        fast, slow = by_one_rendering(model, messages), by_prefixes(model, messages)
    except RenderError:
        return
    if fast is None:
        return
    assert fast.text == slow.text
    for message, one, other in zip(messages, fast.turns, slow.turns, strict=True):
        if message["role"] == "assistant" and other.stable:
            assert (one.start, one.body, one.end) == (other.start, other.body, other.end)


@settings(max_examples=drawn(40), deadline=None)
@given(messages=plain(), switched=st.lists(st.sampled_from([0, 1]), min_size=4, max_size=4))
def test_an_answer_of_weight_0_is_not_trained(messages: Messages, switched: list[int]) -> None:
    answers = [message for message in messages if message["role"] == "assistant"]
    for message, weight in zip(answers, switched, strict=False):
        message["weight"] = weight
    mask = mask_messages(model_of("chatml"), messages, None, ANSWERS)
    wanted = [message["content"] + "<|im_end|>" for message in answers if message["weight"]]
    assert [mask.text[start:end] for start, end in mask.trained] == wanted
    ignoring = mask_messages(model_of("chatml"), messages, None, RECIPES["unsloth"])
    assert len(ignoring.trained) == len(answers)
