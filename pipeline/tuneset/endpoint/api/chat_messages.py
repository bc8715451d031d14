"""Messages as clients send them, made into those that a generator takes, or refused by their place.

`developer` is another name of `system`. Keys that clients send back from an answer and that say nothing are dropped.
The items of a response's `input` become the messages that they stand for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.training.chat_lines import message_fault

Message = dict[str, Any]

_ECHOED = ("annotations", "audio", "reasoning_content", "reasoning", "parsed")
"""Keys of an answer that a client may send back with it."""

_TEXTS = ("input_text", "output_text", "text")


def read_messages(messages: Iterable[Mapping[str, Any]], param: str = "messages") -> list[Message]:
    """Valid messages. Raises ApiError 400 at the first that is none, with its place as `param`."""
    found = []
    for number, sent in enumerate(messages):
        message = {key: value for key, value in sent.items() if key not in _ECHOED and value is not None}
        if not message.get("tool_calls", True):
            del message["tool_calls"]
        if "content" in sent:
            message["content"] = sent["content"]
        if message.get("role") == "developer":
            message["role"] = "system"
        fault = message_fault(message)
        if fault is not None:
            place = f"{param}[{number}]"
            raise ApiError(400, f"Invalid '{place}': the message {fault}", param=place, code="invalid_value")
        found.append(message)
    return found


def messages_of_input(sent: str | Iterable[Mapping[str, Any]]) -> list[Message]:
    """The messages that the `input` of a response stands for; pictures are `image_url` by now.

    Raises ApiError 400 for an item that is neither text nor a picture.
    """
    if isinstance(sent, str):
        return [{"role": "user", "content": sent}]
    found: list[Message] = []
    for number, item in enumerate(sent):
        kind = item.get("type", "message")
        if kind == "message":
            found.append({"role": item.get("role"), "content": _content(item.get("content"), number)})
        elif kind == "function_call":
            function = {"name": item.get("name"), "arguments": item.get("arguments")}
            call = {"id": item.get("call_id"), "type": "function", "function": function}
            found.append({"role": "assistant", "content": None, "tool_calls": [call]})
        elif kind == "function_call_output":
            found.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": item.get("output")})
        elif kind not in ("reasoning", "file_search_call"):  # of an earlier answer, which no model here reads
            raise _no_text(f"input[{number}]", kind)
    return read_messages(found, "input")


def _content(content: object, number: int) -> object:
    """The text of a message's parts; where there are pictures among them, the parts as chat has them."""
    if not isinstance(content, list):
        return content
    parts = []
    for place, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "image_url":
            parts.append(part)
        elif kind in _TEXTS and isinstance(part.get("text"), str):
            parts.append({"type": "text", "text": part["text"]})
        else:
            raise _no_text(f"input[{number}].content[{place}]", kind)
    if any(part["type"] == "image_url" for part in parts):
        return parts
    return "".join(part["text"] for part in parts)


def _no_text(param: str, kind: object) -> ApiError:
    found = f"'{kind[:32]}' is" if isinstance(kind, str) else "what was sent is"
    message = f"Invalid '{param}': {found} not available at this endpoint, whose models read text."
    return ApiError(400, message, param=param, code="invalid_value")
