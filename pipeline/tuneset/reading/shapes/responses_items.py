"""Items of OpenAI's Responses API: `input`, a text or items, and `output`, items.

Source: OpenAI API reference, Responses (as of 2026-11). A reasoning item is kept where its text or summary is readable.
"""

from __future__ import annotations

from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, ShapeError, json_of, others
from tuneset.reading.shapes.blocks import (
    Block,
    Call,
    Given,
    Image,
    Text,
    Thought,
    Turn,
    messages_from,
    named,
    objects,
    text_in,
    tool_from,
)

ITEMS = ("message", "reasoning", "function_call", "function_call_output")
_TEXTS = ("input_text", "output_text", "text", "summary_text", "reasoning_text", "refusal")


def turns_of(value: JsonValue, where: str) -> list[Turn]:
    """The turns of items; a text alone is the user's. Raises ShapeError on an item that no chat message can hold."""
    found = json_of(value)
    if type(found) is str:
        return [("user", [Text(found)])]
    return [_turn(item) for item in objects(found, where)]


def _turn(item: dict[str, Any]) -> Turn:
    kind = item.get("type", "message")
    if kind == "message":
        content = item.get("content")
        parts = [{"type": "text", "text": content}] if type(content) is str else objects(content, "a message's content")
        return named(item, "role", "a message"), [_part(part) for part in parts]
    if kind == "reasoning":
        texts = objects(item.get("content") or item.get("summary") or [], "a reasoning item")
        return "assistant", [Thought(named(text, "text", "a reasoning item")) for text in texts]
    if kind == "function_call":
        call = Call(
            item.get("call_id") or item.get("id"), named(item, "name", "a function_call"), item.get("arguments")
        )
        return "assistant", [call]
    if kind == "function_call_output":
        return "tool", [Given(item.get("call_id"), text_in(item.get("output")))]
    raise ShapeError("an item is of a type that no chat message can hold")


def _part(part: dict[str, Any]) -> Block:
    if part.get("type") in _TEXTS:
        return Text(named(part, "refusal" if part["type"] == "refusal" else "text", "a part"))
    if part.get("type") == "input_image" and type(part.get("image_url")) is str:
        return Image(part["image_url"])
    raise ShapeError("a part is of a type that no chat message can hold")


def tools_of(value: JsonValue) -> list[Message]:
    """Function tools as the chat format has them."""
    return [
        tool if "function" in tool else tool_from(tool.get("name"), tool.get("description"), tool.get("parameters"))
        for tool in objects(value, "tools")
    ]


def read_response(record: Record) -> Shaped:
    """What was put in and what came out, with the instructions, a text or items, as system text."""
    asked = turns_of(record["input"], "input")
    refuse_half(record, messages_from(asked))
    turns = [*asked, *turns_of(record["output"], "output")]
    instructions = record.get("instructions")
    if type(instructions) is str and instructions:
        turns = [("system", [Text(instructions)]), *turns]
    elif type(instructions) is list:
        turns = [*turns_of(instructions, "instructions"), *turns]
    example: dict[str, Any] = {"messages": messages_from(turns)}
    if record.get("tools"):
        example["tools"] = tools_of(record["tools"])
    return example, others(record, ("input", "output", "instructions", "tools"))


def refuse_half(request: dict[str, Any], messages: list[Message]) -> None:
    """Raise ShapeError where a request goes on from a response or conversation that the API keeps, and says no more.

    >>> refuse_half({"previous_response_id": None}, [{"role": "user", "content": "?"}])
    """
    conversation = request.get("conversation")
    kept = conversation.get("id") if type(conversation) is dict else conversation
    goes_on = request.get("previous_response_id") or (type(kept) is str and kept.startswith("conv_"))
    if goes_on and not any(message.get("role") == "assistant" for message in messages):
        raise ShapeError(
            "the request goes on from a response whose turns are not in the row; put them into its input, before what "
            "was asked last"
        )


def is_input(value: JsonValue) -> bool:
    """Whether a value is a list of items that are messages of their own, as instructions from a stored prompt are.

    >>> is_input([{"type": "message", "role": "developer", "content": []}]), is_input([{"type": "text", "text": "?"}])
    (True, False)
    """
    return (
        type(value) is list
        and bool(value)
        and all(type(item) is dict and item.get("type") == "message" for item in value)
    )


def is_output(value: JsonValue) -> bool:
    """Whether a value is a list of items that a response gave: each has a type that items have.

    >>> is_output([{"type": "message", "role": "assistant", "content": []}]), is_output([{"role": "assistant"}])
    (True, False)
    """
    found = json_of(value)
    return (
        type(found) is list and bool(found) and all(type(item) is dict and item.get("type") in ITEMS for item in found)
    )


def _fits(record: Record) -> bool:
    return is_output(record["output"]) and type(json_of(record["input"])) in (str, list)


RESPONSES = Shape(
    "responses",
    "sft",
    frozenset(("input", "output")),
    read_response,
    raw={
        "input": [{"role": "user", "content": [{"type": "input_text", "text": ASK["content"]}]}],
        "output": [
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": REPLY["content"]}],
            }
        ],
    },
    example={"messages": [ASK, REPLY]},
    fits=_fits,
)
