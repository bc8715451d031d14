"""Messages as Bedrock's Converse API and its fine-tuning lines have them: blocks without a type, `{"text": "..."}`.

Source: Amazon Bedrock, Converse API and `bedrock-conversation-2024` (as of 2026-11).
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
from tuneset.reading.shapes.blocks import (
    Block,
    Call,
    Given,
    Image,
    Text,
    Thought,
    messages_from,
    named,
    objects,
    text_in,
    tool_from,
)

_ROLES = ("user", "assistant", "system")
_OWN = ("text", "toolUse", "toolResult", "reasoningContent", "image")


def turns_of(messages: list[Message]) -> list[tuple[str, list[Block]]]:
    """The turns of Converse messages. Raises ShapeError on a block that no chat message can hold."""
    turns = []
    for message in messages:
        role, content = message.get("role"), message.get("content")
        if role not in _ROLES:
            raise ShapeError("messages: a message has no role that Converse knows", "CNV001")
        parts = [{"text": content}] if type(content) is str else content
        if type(parts) is not list:
            raise ShapeError("messages: a content is neither text nor a list of blocks")
        turns.append((str(role), [_block(part) for part in parts]))
    return turns


def _block(block: Any) -> Block:  # noqa: ANN401  any JSON value
    own = next((key for key in _OWN if key in block), None) if type(block) is dict else None
    if own == "text":
        return Text(named(block, "text", "a block"))
    if own == "toolUse":
        call = block[own]
        return Call(named(call, "toolUseId", "a toolUse"), named(call, "name", "a toolUse"), call.get("input"))
    if own == "toolResult":
        given = block[own]
        return Given(named(given, "toolUseId", "a toolResult"), _given(given.get("content")))
    if own == "reasoningContent" and type(block[own]) is dict:
        thought = block[own].get("reasoningText")
        return Thought(named(thought, "text", "a reasoningText") if thought else "")
    if own == "image" and type(block[own]) is dict:
        source = block[own].get("source")
        stored = source.get("s3Location") if type(source) is dict else None
        if type(stored) is dict:
            return Image(named(stored, "uri", "an s3Location"))
        return Image(f"data:image/{block[own].get('format')};base64,{named(source, 'bytes', 'an image')}")
    raise ShapeError("a content has a block that no chat message can hold")


def _given(content: JsonValue) -> str:
    """What a tool gave: `[{"text": "..."}]`, or `[{"json": {...}}]`."""
    parts = content if type(content) is list else [content]
    return "\n".join(text_in(part.get("json", [part])) if type(part) is dict else text_in(part) for part in parts)


def read_bedrock(record: Record) -> Shaped:
    """The messages, with the tools of `toolConfig`; the system text beside them is placed as for every row."""
    example: dict[str, Any] = {"messages": messages_from(turns_of(messages_of(record["messages"], "messages")))}
    tools = tools_of(record.get("toolConfig"))
    if tools:
        example["tools"] = tools
    return example, others(record, ("messages", "toolConfig", "schemaVersion"))


def tools_of(config: JsonValue) -> list[Message]:
    """The tools of a `toolConfig` as the chat format has them."""
    listed = objects(_of(config, "tools") or [], "toolConfig.tools")
    specs = objects([tool["toolSpec"] for tool in listed if "toolSpec" in tool], "toolConfig.tools")
    return [tool_from(s.get("name"), s.get("description"), _of(s.get("inputSchema"), "json")) for s in specs]


def is_blocks(content: JsonValue) -> bool:
    """Whether a content is a list of blocks that are named by a key and have no type.

    >>> is_blocks([{"text": "?"}]), is_blocks([{"type": "text", "text": "?"}]), is_blocks([])
    (True, False, False)
    """
    return (
        type(content) is list
        and bool(content)
        and all(type(one) is dict and "type" not in one and any(key in one for key in _OWN) for one in content)
    )


def is_converse(messages: JsonValue) -> bool:
    """Whether contents are lists of blocks that are named by a key and have no type, and all roles are Converse's."""
    found = False
    for message in _listed(messages):
        if type(message) is dict and message.get("role", "user") not in _ROLES:
            return False
        content = message.get("content") if type(message) is dict else None
        if type(content) is list and content:
            if not is_blocks(content):
                return False
            found = True
    return found


def _fits(record: Record) -> bool:
    return is_converse(record["messages"])


def _listed(value: JsonValue) -> list[Any]:
    found = json_of(value)
    return found if type(found) is list else []


def _of(value: JsonValue, key: str) -> JsonValue:
    return value.get(key) if type(value) is dict else None


BEDROCK = Shape(
    "bedrock",
    "sft",
    frozenset(("messages",)),
    read_bedrock,
    raw={
        "schemaVersion": "bedrock-conversation-2024",
        "messages": [{**turn, "content": [{"text": turn["content"]}]} for turn in (ASK, REPLY)],
    },
    example={"messages": [ASK, REPLY]},
    fits=_fits,
)
