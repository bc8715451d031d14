"""OpenAI chat lines: `{"messages": [...], "tools"?, "parallel_tool_calls"?, "functions"?}`, for sft and rft.

Messages are taken as they are, with whatever keys they have; whether an endpoint takes them is for `validate` to say.
"""

from __future__ import annotations

from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import (
    ASK,
    REPLY,
    Message,
    Record,
    Shape,
    Shaped,
    ShapeError,
    json_of,
    messages_of,
    others,
)
from tuneset.roles import speaker_role

_OPTIONAL_KEYS = ("tools", "parallel_tool_calls", "functions")
CHAT_KEYS = ("messages", *_OPTIONAL_KEYS)
"""What OpenAI's schema of a chat line knows (as of 2025-05-20)."""


def read_chat(record: Record) -> Shaped:
    """An sft line: keys that the format does not know are columns of the row, not of the example."""
    messages = messages_of(record["messages"], "messages")
    if messages and "name" in messages[0]:
        _refuse_other_side(messages)
    if len(record) == 1 and messages is record["messages"]:
        return record, None
    example: dict[str, Any] = {"messages": messages}
    for key in _OPTIONAL_KEYS:
        if key in record:
            example[key] = json_of(record[key])
    return example, others(record, CHAT_KEYS)


def _refuse_other_side(messages: list[Message]) -> None:
    """Raise ShapeError where messages were kept from the other side: their names say the opposite of their roles.

    AutoGen keeps with each agent what it said as the assistant's, so that a proxy of the user has the user's questions
    as answers (`chat_history` of 0.2).
    """
    named = {(message.get("role"), _side(message.get("name"))) for message in messages}
    if ("assistant", "user") in named and named.isdisjoint((("user", "user"), ("assistant", "assistant"))):
        raise ShapeError(
            "messages: their names say the opposite of their roles, as where an agent kept what it was told; say who "
            "is who with ingest.mapping: {messages: messages, role_key: name, content_key: content, roles: {NAME: "
            "user, OTHER: assistant}}",
            "CNV001",
        )


def _side(name: JsonValue) -> str | None:
    """Which side a name is of for certain: a proxy of the user is the user.

    >>> _side("user_proxy"), _side("Assistant"), _side("Ann")
    ('user', 'assistant', None)
    """
    plain = name.strip().casefold().replace("_", "").replace(" ", "") if type(name) is str else ""
    return "user" if plain.startswith(("userproxy", "humanproxy")) else speaker_role(name)


def read_task(record: Record) -> Shaped:
    """An rft line: every other key belongs to the grader and stays in the example."""
    messages = messages_of(record["messages"], "messages")
    return {**record, "messages": messages}, None


CHAT = Shape(
    "chat",
    "sft",
    frozenset(("messages",)),
    read_chat,
    raw={"messages": [ASK, REPLY]},
    example={"messages": [ASK, REPLY]},
)
TASK = Shape(
    "task",
    "rft",
    frozenset(("messages",)),
    read_task,
    raw={"messages": [ASK], "reference": "yes"},
    example={"messages": [ASK], "reference": "yes"},
)
