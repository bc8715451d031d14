"""Messages as Anthropic's API has them: contents of blocks (`text`, `tool_use`, `tool_result`, `thinking`, `image`).

A row whose contents are plain text only is a chat line as well, and `chat` reads it. Source: Anthropic Messages API
(as of 2026-11).
"""

from __future__ import annotations

from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, Message, Record, Shape, Shaped, ShapeError, json_of, messages_of, others
from tuneset.reading.shapes.blocks import (
    Block,
    Call,
    Given,
    Image,
    Text,
    Thought,
    messages_from,
    named,
    text_in,
    tool_from,
)

OWN_BLOCKS = ("tool_use", "tool_result", "thinking", "redacted_thinking")


def turns_of(messages: list[Message]) -> list[tuple[str, list[Block]]]:
    """The turns of Anthropic's messages. Raises ShapeError on a block that says something in a form not known."""
    return [(_role(message), blocks_of(message.get("content"))) for message in messages]


def _role(message: Message) -> str:
    role = message.get("role")
    if role not in ("user", "assistant", "system"):
        raise ShapeError("messages: a message has no role that Anthropic's format knows", "CNV001")
    return str(role)


def blocks_of(content: JsonValue) -> list[Block]:
    """The blocks of one content, which may be a text.

    >>> blocks_of([{"type": "thinking", "thinking": "Hm", "signature": "x"}, {"type": "text", "text": "Ho"}])
    [Thought(text='Hm'), Text(text='Ho')]
    """
    if type(content) is str:
        return [Text(content)]
    if type(content) is not list:
        raise ShapeError("a content is neither text nor a list of blocks")
    found = [_block(block) for block in content]
    return [block for block in found if block is not None]


def _block(block: Any) -> Block | None:  # noqa: ANN401  any JSON value
    kind = block.get("type") if type(block) is dict else None
    if kind == "text":
        return Text(named(block, "text", "a block of text"))
    if kind == "thinking":
        return Thought(named(block, "thinking", "a block of thinking"))
    if kind == "redacted_thinking":
        return None
    if kind == "tool_use":
        return Call(named(block, "id", "a tool_use"), named(block, "name", "a tool_use"), block.get("input"))
    if kind == "tool_result":
        return Given(named(block, "tool_use_id", "a tool_result"), text_in(block.get("content")))
    if kind == "image_url":
        return Image(named(block.get("image_url"), "url", "an image"))
    if kind == "image" and type(block.get("source")) is dict:
        source = block["source"]
        if source.get("type") == "url":
            return Image(named(source, "url", "an image"))
        return Image(f"data:{named(source, 'media_type', 'an image')};base64,{named(source, 'data', 'an image')}")
    raise ShapeError("a content has a block of a type that no chat message can hold")


def tools_of(value: JsonValue) -> list[Message]:
    """Anthropic's tools as the chat format has them; those in that format already stay as they are."""
    return [
        tool_from(tool.get("name"), tool.get("description"), tool["input_schema"]) if "input_schema" in tool else tool
        for tool in messages_of(value, "tools")
    ]


def read_anthropic(record: Record) -> Shaped:
    """The messages; a system text beside them is placed as for every row."""
    example: dict[str, Any] = {"messages": messages_from(turns_of(messages_of(record["messages"], "messages")))}
    if record.get("tools"):
        example["tools"] = tools_of(record["tools"])
        return example, others(record, ("messages", "tools"))
    return example, others(record, ("messages",))


def _fits(record: Record) -> bool:
    if any(type(tool) is dict and "input_schema" in tool for tool in _listed(record.get("tools"))):
        return True
    for message in _listed(record["messages"]):
        content = message.get("content") if type(message) is dict else None
        if type(content) is list and any(type(block) is dict and _is_own(block) for block in content):
            return True
    return False


def _is_own(block: dict[str, Any]) -> bool:
    return block.get("type") in OWN_BLOCKS or (block.get("type") == "image" and "source" in block)


def _listed(value: JsonValue) -> list[Any]:
    found = json_of(value)
    return found if type(found) is list else []


_CALL = {"type": "tool_use", "id": "toolu_1", "name": "hours", "input": {"day": "today"}}
ANTHROPIC = Shape(
    "anthropic",
    "sft",
    frozenset(("messages",)),
    read_anthropic,
    raw={
        "messages": [
            ASK,
            {"role": "assistant", "content": [{"type": "text", "text": "I look."}, _CALL]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "9 to 5"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Yes."}]},
        ]
    },
    example={
        "messages": [
            ASK,
            {
                "role": "assistant",
                "content": "I look.",
                "tool_calls": [
                    {
                        "id": "toolu_1",
                        "type": "function",
                        "function": {"name": "hours", "arguments": '{"day":"today"}'},
                    }
                ],
            },
            {"role": "tool", "content": "9 to 5", "tool_call_id": "toolu_1"},
            {"role": "assistant", "content": "Yes."},
        ]
    },
    fits=_fits,
)
