"""Reasoning in the forms that people write it, brought to the one that examples have: `reasoning_content`.

Forms: the keys `reasoning_content`, `reasoning`, `thinking`, `thought`; parts of the type `thinking` or `reasoning`;
and messages of the channel `analysis` before the one of the channel `final`, as gpt-oss has them. `<think>` within a
text stays there: it is text that some models are trained on. A `thought` with which the content begins, as SWE-agent
writes it, is part of what was said and not said again.
"""

from __future__ import annotations

from typing import Any

from tuneset.example_tables import REASONING, Example
from tuneset.json_text import JsonValue

_KEYS = ("reasoning", "thinking", "thought", "thoughts", "reasoning_text")
_PARTS = ("thinking", "reasoning")
_ANSWERS = ("preferred_output", "non_preferred_output")

Message = dict[str, Any]


def with_reasoning(example: Example) -> Example:
    """The example with reasoning under its one key; the same object where there is nothing to do.

    >>> with_reasoning({"messages": [{"role": "assistant", "content": "4", "thinking": "2 + 2"}]})
    {'messages': [{'role': 'assistant', 'content': '4', 'reasoning_content': '2 + 2'}]}
    """
    if "messages" in example:  # every other column of an rft line belongs to its grader
        settled = _settled(example["messages"])
        return example if settled is None else {**example, "messages": settled}
    changed = {name: settled for name in _ANSWERS if (settled := _settled(example[name])) is not None}
    asked = with_reasoning(example["input"])
    if asked is not example["input"]:
        changed["input"] = asked
    return {**example, **changed} if changed else example


def _settled(messages: list[Message]) -> JsonValue:
    """The messages with reasoning under its key, or None where they are so already."""
    found: list[Message] = []
    thoughts: list[str] = []
    for message in messages:
        if _is_analysis(message):
            thoughts.append(message["content"])
            continue
        found.append(_one(message, thoughts))
        thoughts = []
    if thoughts:  # an analysis without what it led to stays what it was
        return None
    return None if found == messages else found


def _is_analysis(message: Message) -> bool:
    return message.get("channel") == "analysis" and type(message.get("content")) is str


def _one(message: Message, before: list[str]) -> Message:
    """A message with its reasoning, and what was thought in messages before it."""
    if message.get("role") != "assistant":
        return message
    texts = [*before]
    rest = {key: value for key, value in message.items() if not (key == "channel" and value in ("final", "commentary"))}
    for key in (REASONING, *_KEYS):
        value = rest.get(key)
        if key in rest and (type(value) is str or value is None):
            del rest[key]
            is_said = key == "thought" and type(rest.get("content")) is str and rest["content"].startswith(value or "")
            if value and not is_said and value not in texts:
                texts.append(value)
    content = rest.get("content")
    if type(content) is list:
        thought = [part for part in content if _thought(part) is not None]
        if thought:
            texts += [text for part in thought if (text := _thought(part))]
            said = [part for part in content if _thought(part) is None]
            only_text = len(said) == 1 and type(said[0]) is dict and said[0].keys() == {"type", "text"}
            rest["content"] = said[0]["text"] if only_text else said
    return {**rest, REASONING: "\n".join(texts)} if texts else rest


def _thought(part: JsonValue) -> str | None:
    """The text of a part that holds a thought, or None for another part."""
    if type(part) is not dict or part.get("type") not in _PARTS:
        return None
    text = part.get(part["type"], part.get("text"))
    return text if type(text) is str else None
