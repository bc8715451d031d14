"""Calls that stand in the text of an answer, brought to the form that examples have: `tool_calls`.

`<tool_call>` around JSON is how Hermes, Qwen and the sets made for them write a call, and `<tool_response>` what came
of it. Read where the row itself speaks of tools: it has definitions, or a message of a tool. Elsewhere such text is
only text. What does not fit together, a call that is no JSON or has no end or an answer without a call, stays as it
was, and validation says what is wrong with it. So does text beside calls that the message has already.
"""

from __future__ import annotations

import re
from typing import Any

from tuneset.example_tables import Example
from tuneset.reading.shapes.base import json_of
from tuneset.reading.shapes.companions import arguments_of

_CALL = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
_RESPONSE = re.compile(r"<tool_response>\s*(.*?)\s*</tool_response>", re.DOTALL)
_ONLY_RESPONSES = re.compile(r"\s*(?:<tool_response>(?:(?!</tool_response>).)*</tool_response>\s*)+", re.DOTALL)

Message = dict[str, Any]


def with_calls(example: Example) -> Example:
    """The example with its written calls as `tool_calls`; the same object where there is nothing to do.

    >>> call = '<tool_call>{"name": "f", "arguments": {}}</tool_call>'
    >>> said = {"messages": [{"role": "assistant", "content": call}], "tools": []}
    >>> with_calls(said)["messages"][0]["tool_calls"][0]["function"]
    {'name': 'f', 'arguments': '{}'}
    """
    messages = example.get("messages")
    if type(messages) is not list or not any(map(_writes_call, messages)):
        return example
    if "tools" not in example and not any(message.get("role") == "tool" for message in messages):
        return example
    read: list[Message] = []
    open_ids: list[str] = []
    for number, message in enumerate(messages, 1):
        if _writes_call(message):
            calls = _calls(message["content"], number)
            if calls is None or open_ids:
                return example
            open_ids = [call["id"] for call in calls]
            said = _CALL.sub("", message["content"]).strip()
            rest = {key: value for key, value in message.items() if key != "content"}
            read.append({**rest, **({"content": said} if said else {}), "tool_calls": calls})
            continue
        answers = _answers(message) if open_ids else None
        if answers is None:
            if open_ids:  # what came of the calls is not told in a form that is known
                return example
            read.append(message)
            continue
        if len(answers) > len(open_ids):
            return example
        read += [{"role": "tool", "content": said, "tool_call_id": open_ids.pop(0)} for said in answers]
    return {**example, "messages": read}


def _writes_call(message: Message) -> bool:
    content = message.get("content")
    if message.get("role") != "assistant" or message.get("tool_calls"):
        return False
    return type(content) is str and "<tool_call>" in content


def _calls(text: str, number: int) -> list[Message] | None:
    """The calls in a text, with ids from their places; None where one is no call, or has no end.

    >>> _calls('<tool_call>{"name": 1}</tool_call>', 1) is None
    True
    """
    if "<tool_call>" in _CALL.sub("", text):
        return None
    found = []
    for place, written in enumerate(_CALL.findall(text), 1):
        call = json_of(written)  # some sets write Python's quotes
        if type(call) is not dict or type(call.get("name")) is not str:
            return None
        function = {"name": call["name"], "arguments": arguments_of(call)}
        found.append({"id": f"call_{number}_{place}", "type": "function", "function": function})
    return found or None


def _answers(message: Message) -> list[str] | None:
    """What tools gave, one text a call; None for a message of somebody else.

    >>> _answers({"role": "tool", "content": "<tool_response>1</tool_response><tool_response>2</tool_response>"})
    ['1', '2']
    """
    content = message.get("content")
    if type(content) is not str or "tool_call_id" in message:
        return None
    if _ONLY_RESPONSES.fullmatch(content):  # in some sets it is the user who gives them
        return _RESPONSE.findall(content)
    return [content] if message.get("role") == "tool" else None
