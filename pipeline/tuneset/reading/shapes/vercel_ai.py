"""Messages of the Vercel AI SDK: `UIMessage` as apps store chats (versions 4 to 6), and `ModelMessage` (`CoreMessage`).

A UIMessage has `parts`: texts, reasoning, calls of tools with what they gave, files; in version 4 also `content`, which
says the texts again, and `toolInvocations`. One message may have several steps: each is an answer of its own with the
outputs of its tools after it. Sources and parts with data of the app (`data-NAME`) say nothing in the text: they are
left out, and told with the columns that are in no example. Source: AI SDK reference, UIMessage, ModelMessage (as of
2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tuneset.json_text import JsonValue, dumps
from tuneset.reading.shapes.base import ASK, Message, ShapeError
from tuneset.reading.shapes.blocks import Block, Call, Given, Image, Stopped, Text, Thought, Turn, named, objects
from tuneset.reading.shapes.dialects import dialect, parts_of
from tuneset.reading.turn_marks import is_stopped
from tuneset.roles import speaker_role

_UI_PARTS = (
    "step-start",
    "reasoning",
    "tool-invocation",
    "dynamic-tool",
    "file",
    "source",
    "source-url",
    "source-document",
)
_SOURCES = ("source", "source-url", "source-document")
_MODEL_PARTS = ("tool-call", "tool-result")
_ADDRESSES = ("http://", "https://", "data:")
_BEGINNINGS = ("iVBORw0KGgo", "/9j/", "R0lGOD", "UklGR")
"""How PNG, JPEG, GIF and WebP begin as base64."""
_LONGER_THAN_PATHS = 256  # characters: ours, an image has more
_BASE64 = re.compile(r"[A-Za-z0-9+/_\s-]+={0,2}")
_DONE = ("result", "output-available", "output-error")
_OPEN = ("call", "partial-call", "input-available", "input-streaming", "approval-requested")


def turns_of(messages: Sequence[Message]) -> list[Turn]:
    """The turns of such messages. Raises ShapeError on what no chat message can hold."""
    turns: list[Turn] = []
    for message in messages:
        role = speaker_role(message.get("role"))
        if role is None:
            raise ShapeError("messages: a message has no role that the AI SDK knows", "CNV001")
        said = _turns(role, [part for part in _parts(message) if not _is_beside(part)])
        if is_stopped(message):
            said = [(by, [*blocks, Stopped()]) for by, blocks in said]
        turns += said
    return turns


def left_out(messages: Sequence[Message]) -> dict[str, int]:
    """How many parts of messages are sources, and how many hold data of the app; neither is in the text."""
    kinds = [str(part.get("type")) for message in messages for part in _parts(message) if _is_beside(part)]
    counts = {" (sources)": sum(kind in _SOURCES for kind in kinds)}
    counts[" (data of the app)"] = len(kinds) - counts[" (sources)"]
    return {name: count for name, count in counts.items() if count}


def _is_beside(part: dict[str, Any]) -> bool:
    kind = part.get("type")
    return type(kind) is str and (kind in _SOURCES or kind.startswith("data-"))


def _parts(message: Message) -> list[dict[str, Any]]:
    """The parts of a message, with what version 4 has beside them where the parts do not say it."""
    parts = parts_of(message.get("parts"), "parts") or _beside(message)
    content = message.get("content")
    if type(content) is list:
        return [*parts_of(content, "content"), *parts]
    if type(content) is str and content and not any(part.get("type") == "text" for part in parts):
        parts = [*parts, {"type": "text", "text": content}]
    files = message.get("experimental_attachments")
    return [
        *parts,
        *({"type": "file", **file} for file in (objects(files, "experimental_attachments") if files else ())),
    ]


def _beside(message: Message) -> list[dict[str, Any]]:
    """What a message of version 4 without parts has beside its content, in the form of parts."""
    found: list[dict[str, Any]] = []
    if type(message.get("reasoning")) is str:
        found.append({"type": "reasoning", "reasoning": message["reasoning"]})
    invocations = message.get("toolInvocations")
    listed = invocations if type(invocations) is list else []
    return [*found, *({"type": "tool-invocation", "toolInvocation": each} for each in listed)]


def _turns(role: str, parts: Sequence[dict[str, Any]]) -> list[Turn]:
    """A turn for each step of a message, and one for what the tools of a step gave."""
    turns: list[Turn] = []
    said: list[Block] = []
    given: list[Block] = []

    def close() -> None:
        turns.extend(turn for turn in ((role, [*said]), ("tool", [*given])) if turn[1])
        said.clear()
        given.clear()

    for part in parts:
        blocks = _blocks(part)
        if part.get("type") == "step-start" or (given and any(not isinstance(each, Call | Given) for each in blocks)):
            close()
        said += [each for each in blocks if not isinstance(each, Given)]
        given += [each for each in blocks if isinstance(each, Given)]
    close()
    return turns or [(role, [Text("")])]


def _blocks(part: dict[str, Any]) -> list[Block]:
    kind = part.get("type")
    if kind == "step-start":
        return []
    if kind == "text":
        return [Text(named(part, "text", "a part"))]
    if kind == "reasoning":
        text = part.get("text", part.get("reasoning"))
        return [Thought(text)] if type(text) is str else []
    if kind in ("file", "image"):
        return [Image(_address(part))]
    if kind == "tool-invocation":
        call = part.get("toolInvocation")
        return _tool(named(call, "toolName", "a call"), call) if type(call) is dict else _refused()
    if kind == "dynamic-tool":
        return _tool(named(part, "toolName", "a call"), part)
    if kind == "tool-call":
        return [_call(named(part, "toolName", "a call"), part)]
    if kind == "tool-result":
        return [Given(named(part, "toolCallId", "a tool-result"), _output(part.get("output", part.get("result"))))]
    if type(kind) is str and kind.startswith("tool-") and "toolCallId" in part:
        return _tool(kind.removeprefix("tool-"), part)
    return _refused()


def _refused() -> list[Block]:
    raise ShapeError("a part is of a type that no chat message can hold")


def _tool(name: str, part: dict[str, Any]) -> list[Block]:
    """A call with what its tool gave, where that is there."""
    state = part.get("state")
    if state in _OPEN:
        return [_call(name, part)]
    if state not in _DONE:
        raise ShapeError("a call of a tool is in a state without an output")
    if state == "output-error":
        return [_call(name, part), Given(named(part, "toolCallId", "a call"), named(part, "errorText", "a call"))]
    output = part.get("output", part.get("result"))
    return [
        _call(name, part),
        Given(named(part, "toolCallId", "a call"), output if type(output) is str else dumps(output)),
    ]


def _call(name: str, part: dict[str, Any]) -> Call:
    return Call(named(part, "toolCallId", "a call"), name, part.get("input", part.get("args")))


def _output(value: JsonValue) -> str:
    """What a tool gave, as a ModelMessage has it: an object with its kind in version 5, a value of any kind before.

    >>> _output({"type": "text", "value": "9 to 5"}), _output({"type": "json", "value": {"open": True}}), _output([1])
    ('9 to 5', '{"open":true}', '[1]')
    """
    if type(value) is dict and value.keys() >= {"type", "value"}:
        value = value["value"]
    return value if type(value) is str else dumps(value)


def _address(part: dict[str, Any]) -> str:
    """The address of an image, which may hold it. Raises ShapeError for another file."""
    media = part.get("mediaType", part.get("mimeType", part.get("contentType", "image/*" if "image" in part else "")))
    held = next((part[key] for key in ("url", "image", "data") if type(part.get(key)) is str), None)
    if type(media) is not str or not media.startswith("image") or held is None:
        raise ShapeError("a file is no image, and no chat message can hold it")
    is_address = held.startswith(_ADDRESSES)
    if not is_address and _BASE64.fullmatch(held) is None:
        raise ShapeError("an image lies in a file that is not in the export")
    return held if is_address else f"data:{media if media != 'image/*' else 'image/png'};base64,{held}"


def _holds_image(value: JsonValue) -> bool:
    """Whether a text is the address of an image, or the image itself as base64; a path in a folder is neither.

    >>> _holds_image("data:image/png;base64,"), _holds_image("iVBORw0KGgo="), _holds_image("images/1")
    (True, True, False)
    """
    if type(value) is not str:
        return False
    may_be_image = value.startswith(_BEGINNINGS) or len(value) >= _LONGER_THAN_PATHS
    return value.startswith(_ADDRESSES) or (may_be_image and _BASE64.fullmatch(value) is not None)


def _is_own(message: Message) -> bool:
    """Whether a message has parts, calls or contents that only the AI SDK's have."""
    if type(message.get("toolInvocations")) is list:
        return True
    content = message.get("content")
    if type(content) is list and any(type(part) is dict and _is_model_part(part) for part in content):
        return True
    parts = message.get("parts")
    if type(parts) is not list or "role" not in message:
        return False
    return any(type(part) is dict and _is_ui_part(part, alone="content" not in message) for part in parts)


def _is_model_part(part: dict[str, Any]) -> bool:
    kind = part.get("type")
    return kind in _MODEL_PARTS or (
        kind in ("image", "file") and ("mediaType" in part or _holds_image(part.get("image")))
    )


def _is_ui_part(part: dict[str, Any], *, alone: bool) -> bool:
    kind = part.get("type")
    if kind == "text":
        return type(part.get("text")) is str and (alone or part.keys() <= {"type", "text", "state"})
    return type(kind) is str and (kind in _UI_PARTS or kind.startswith(("data-", "tool-")))


_CALL = {"id": "t1", "type": "function", "function": {"name": "hours", "arguments": '{"day":"today"}'}}
VERCEL_AI = dialect(
    "vercel_ai",
    _is_own,
    turns_of,
    left_out=left_out,
    raw=[
        {"id": "1", "role": "user", "parts": [{"type": "text", "text": ASK["content"]}]},
        {
            "id": "2",
            "role": "assistant",
            "parts": [
                {"type": "step-start"},
                {
                    "type": "tool-hours",
                    "toolCallId": "t1",
                    "state": "output-available",
                    "input": {"day": "today"},
                    "output": "9 to 5",
                },
                {"type": "step-start"},
                {"type": "text", "text": "Yes.", "state": "done"},
            ],
        },
    ],
    example={
        "messages": [
            ASK,
            {"role": "assistant", "tool_calls": [_CALL]},
            {"role": "tool", "content": "9 to 5", "tool_call_id": "t1"},
            {"role": "assistant", "content": "Yes."},
        ]
    },
)
