"""OpenAI chat lines: `{"messages": [...], "tools"?, "parallel_tool_calls"?, "functions"?}`, for sft and rft.

Messages are taken as they are, with whatever keys they have; whether an endpoint takes them is for `validate` to say.
"""

from __future__ import annotations

from typing import Any

from tuneset.reading.shapes.base import ASK, REPLY, Record, Shape, Shaped, json_of, messages_of, others

_OPTIONAL_KEYS = ("tools", "parallel_tool_calls", "functions")
CHAT_KEYS = ("messages", *_OPTIONAL_KEYS)
"""What OpenAI's schema of a chat line knows (as of 2025-05-20)."""


def read_chat(record: Record) -> Shaped:
    """An sft line: keys that the format does not know are columns of the row, not of the example."""
    messages = messages_of(record["messages"], "messages")
    if len(record) == 1 and messages is record["messages"]:
        return record, None
    example: dict[str, Any] = {"messages": messages}
    for key in _OPTIONAL_KEYS:
        if key in record:
            example[key] = json_of(record[key])
    return example, others(record, CHAT_KEYS)


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
