"""Reasoning in any of its forms comes to stand under one key, and what is no reasoning stays as it was."""

from typing import Any

import pytest

from tuneset.reading.reasoning import with_reasoning

ASK = {"role": "user", "content": "6 times 7?"}
THOUGHT = {"role": "assistant", "content": "42", "reasoning_content": "Seven sixes."}


def answer(**keys: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    return {"role": "assistant", "content": "42", **keys}


@pytest.mark.parametrize(
    "messages",
    [
        [ASK, answer()],
        [{**ASK, "thinking": "Seven sixes."}, answer()],
        [ASK, answer(content="<think>Seven sixes.</think>42")],
        [ASK, answer(reasoning={"tokens": 3})],
        [ASK, answer(content=[{"type": "text", "text": "42"}])],
        [ASK, answer(channel="analysis")],
        [ASK, THOUGHT],
    ],
)
def test_what_is_no_reasoning_or_stands_there_already_is_the_same_object(messages: list[Any]) -> None:
    example = {"messages": messages}
    assert with_reasoning(example) is example


@pytest.mark.parametrize(
    "said",
    [
        [answer(reasoning="Seven sixes.")],
        [answer(thinking="Seven sixes.")],
        [answer(thought="Seven sixes.", reasoning=None)],
        [answer(reasoning="Seven sixes.", reasoning_content="Seven sixes.")],
        [answer(content=[{"type": "thinking", "thinking": "Seven sixes."}, {"type": "text", "text": "42"}])],
        [answer(content=[{"type": "reasoning", "text": "Seven sixes."}, {"type": "text", "text": "42"}])],
        [answer(channel="analysis", content="Seven sixes."), answer(channel="final")],
    ],
)
def test_each_form_comes_under_one_key(said: list[Any]) -> None:
    assert with_reasoning({"messages": [ASK, *said]}) == {"messages": [ASK, THOUGHT]}
    pair = {"input": {"messages": [ASK, *said, ASK]}, "preferred_output": said, "non_preferred_output": [answer()]}
    assert with_reasoning(pair) == {
        "input": {"messages": [ASK, THOUGHT, ASK]},
        "preferred_output": [THOUGHT],
        "non_preferred_output": [answer()],
    }


@pytest.mark.parametrize(("thought", "is_said"), [("Seven", False), ("I look.", True), ("look.", False)])
def test_a_thought_with_which_the_content_begins_is_not_said_again(thought: str, is_said: bool) -> None:
    said = {"role": "assistant", "content": "I look.\nls"}
    expected = said if is_said else {**said, "reasoning_content": thought}
    assert with_reasoning({"messages": [ASK, {**said, "thought": thought}]}) == {"messages": [ASK, expected]}
