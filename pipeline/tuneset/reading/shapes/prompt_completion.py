"""One text in, one text out: prompt and completion, question and answer.

A prompt or completion may also be a list of messages, as TRL has it, or the JSON of messages or of an API's answer, as
a table of logged calls has them. Other texts are taken as they are: the separators and leading blanks that completion
models wanted stay in.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tuneset.example_tables import REASONING
from tuneset.reading.shapes.base import (
    ASK,
    REPLY,
    Message,
    Record,
    Shape,
    Shaped,
    conversation,
    json_of,
    messages_of,
    optional_text,
    others,
    text_of,
)
from tuneset.reading.shapes.logged_sides import answered
from tuneset.roles import CHAT_ROLES

_ANSWER_ROLES = frozenset(("assistant", "tool"))
_MESSAGE_KEYS = frozenset(
    (
        "role", "content", "name", "refusal", "tool_calls", "tool_call_id", "function_call", "annotations", "audio",
        REASONING, "reasoning", "reasoning_details", "provider_specific_fields",
    )
)  # fmt: skip
"""What messages of chat APIs and of their gateways hold."""


def read_pair(record: Record, asked: str, given: str) -> Shaped:
    """A row of two columns, that in which is asked and that in which an answer is `given`."""
    used = (asked, given)
    messages = [*prompt_of(record, asked), *answer_of(record, given)]
    return {"messages": messages}, others(record, used)


def prompt_of(record: Record, column: str) -> list[Message]:
    """The prompt: a text, or messages, or one message."""
    return _said(record, column, "user")


def answer_of(record: Record, column: str) -> list[Message]:
    """The assistant's messages in a column of text or messages, or one message."""
    return _said(record, column, "assistant")


def _said(record: Record, column: str, role: str) -> list[Message]:
    """What a column says. A number is taken as it is: that it is no text is repaired or told later."""
    value = record[column]
    if type(value) is str and (written := _written(value, role)) is not None:
        return written
    if type(value) is list:
        return messages_of(value, column)
    if type(value) is dict and type(value.get("role")) is str and "content" in value:
        return [value]
    return [{"role": role, "content": value if type(value) in (int, float) else text_of(record, column)}]


def _written(text: str, role: str) -> list[Message] | None:
    """The messages that a text is the JSON of, where it is one of messages for certain; None for any other text.

    An answer may be a task's own JSON: only messages of the assistant and its tools are an answer in messages.

    >>> text = '[{"role": "user", "content": "?"}]'
    >>> _written(text, "user"), _written(text, "assistant")
    ([{'role': 'user', 'content': '?'}], None)
    >>> _written('{"choices": [{"message": {"role": "assistant", "content": "!"}}]}', "assistant")
    [{'role': 'assistant', 'content': '!'}]
    """
    found = json_of(text)
    if type(found) is dict and role == "assistant" and _is_completion(found):
        return answered(found)
    listed = [found] if type(found) is dict else found
    if type(listed) is not list or not listed:
        return None
    of_side = _ANSWER_ROLES if role == "assistant" else CHAT_ROLES
    are_messages = all(
        type(each) is dict and {"role", "content"} <= each.keys() <= _MESSAGE_KEYS and each["role"] in of_side
        for each in listed
    )
    return listed if are_messages else None


def _is_completion(value: dict[str, Any]) -> bool:
    """Whether an object is what a chat API answers: choices, each with its message."""
    choices = value.get("choices")
    return (
        type(choices) is list
        and bool(choices)
        and all(type(each) is dict and type(each.get("message")) is dict for each in choices)
    )


def _pair(asked: str, given: str) -> Shape:
    return Shape(
        f"{asked}_{given}",
        "sft",
        frozenset((asked, given)),
        partial(read_pair, asked=asked, given=given),
        raw={asked: ASK["content"], given: REPLY["content"]},
        example={"messages": [ASK, REPLY]},
        asks=True,
    )


def _task(asked: str) -> Shape:
    def read(record: Record) -> Shaped:
        system = conversation(optional_text(record, "system"), [])
        rest = others(record, (asked, "system")) or {}
        return {**rest, "messages": [*system, *prompt_of(record, asked)]}, None

    return Shape(
        f"{asked}_task",
        "rft",
        frozenset((asked,)),
        read,
        raw={asked: ASK["content"], "reference": "yes"},
        example={"messages": [ASK], "reference": "yes"},
    )


PAIRS = (
    _pair("prompt", "completion"),
    _pair("prompt", "response"),
    _pair("question", "answer"),
)
TASKS = (_task("prompt"), _task("question"))
