"""What is read of plain examples in one go is what is read of any example."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tuneset.execution.gate.examples import Texts, texts_of
from tuneset.execution.gate.exchanges import answers
from tuneset.execution.gate.texts import said
from tuneset.roles import SYSTEM_ROLES
from tuneset.stages.gate import asked_text

PARTS = [{"type": "text", "text": "part"}]
CONTENT = st.sampled_from(["", "a", "What?", "b\nc", "caf\u00e9"]) | st.none() | st.just(PARTS)
CALLS = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
MESSAGE = st.builds(
    lambda role, content, more: {"role": role, "content": content, **more},
    st.sampled_from(["system", "developer", "user", "assistant", "tool"]),
    CONTENT,
    st.sampled_from([{}, {}, {"weight": 0}, {"tool_calls": CALLS}]),
)
EXAMPLE = st.builds(
    lambda messages, more: {"messages": messages, **more},
    st.lists(MESSAGE, min_size=1, max_size=5),
    st.sampled_from([{}, {}, {"tools": [{"type": "function", "function": {"name": "f"}}]}]),
) | st.just(
    {
        "input": {"messages": [{"role": "user", "content": "q"}]},
        "preferred_output": [{"role": "assistant", "content": "a"}],
        "non_preferred_output": [{"role": "assistant", "content": "b"}],
    }
)


def plainly(examples: list[dict[str, Any]]) -> Texts:
    read = [said(one) for one in examples]
    beside = [number for one in read for number in one.beside]
    replies = [answers(one) for one in examples]
    sides = [(one.question, one.question if one.answer is None else one.answer) for one in read]
    others = [
        place
        for place, (one, said_last) in enumerate(zip(examples, replies, strict=True))
        if not "".join(sides[place]).isascii()
        or "preferred_output" in one
        or "tools" in one
        or any("tool_calls" in message or not isinstance(message["content"], str) for message in one["messages"])
        or sides[place] != (asked_text(one), said_last[-1] if said_last else None)
        or len(one["messages"]) == 1
        or one["messages"][-2]["role"] in SYSTEM_ROLES
    ]
    told = [of_one if place in others else of_one[:-1] for place, of_one in enumerate(replies)]
    return Texts(
        [side for both in sides for side in both],
        beside if any(beside) else None,
        [place for place, one in enumerate(read) if one.answer is None],
        others,
        [asked_text(examples[place]) for place in others],
        [reply for of_one in told for reply in of_one],
        [place for place, of_one in enumerate(told) for _ in of_one],
    )


@given(st.lists(EXAMPLE, max_size=4))
def test_the_texts_are_those_of_each_example(examples: list[dict[str, Any]]) -> None:
    assert texts_of(examples) == plainly(examples)
