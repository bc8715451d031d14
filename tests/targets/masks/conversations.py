"""Conversations made by hypothesis: any texts, with and without system messages, tools and reasoning."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Messages = list[dict[str, Any]]

texts = st.text(st.characters(codec="utf-8", exclude_characters="<|>[]"), min_size=1, max_size=40).filter(
    lambda text: bool(text.strip())
)
"""Texts in which no token of a template stands."""


@st.composite
def plain(draw: st.DrawFn, *, system: bool | None = None) -> Messages:
    """Questions and answers in turns, perhaps with a system message."""
    turns = draw(st.integers(1, 4))
    with_system = draw(st.booleans()) if system is None else system
    messages: Messages = [{"role": "system", "content": draw(texts)}] if with_system else []
    for _ in range(turns):
        messages.append({"role": "user", "content": draw(texts)})
        messages.append({"role": "assistant", "content": draw(texts)})
    return messages


@st.composite
def reasoned(draw: st.DrawFn) -> Messages:
    """The same, where some answers have their reasoning beside them."""
    messages = draw(plain())
    for message in messages:
        if message["role"] == "assistant" and draw(st.booleans()):
            message["reasoning_content"] = draw(texts)
    return messages


@st.composite
def called(draw: st.DrawFn) -> Messages:
    """Questions that are answered by way of a tool."""
    messages: Messages = []
    for number in range(draw(st.integers(1, 3))):
        arguments = {"a": draw(texts)}
        call = {"id": f"call{number:05}", "type": "function", "function": {"name": "look", "arguments": arguments}}
        messages += [
            {"role": "user", "content": draw(texts)},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "name": "look", "content": draw(texts)},
            {"role": "assistant", "content": draw(texts)},
        ]
    return messages
