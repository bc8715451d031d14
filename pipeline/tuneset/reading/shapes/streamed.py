"""Answers that were logged as they were streamed: chunks of chat completions, events of Anthropic and of Responses.

A log has them as a list, or as the text that came over the wire (`data: {...}`). They are put together to the answer
that they were, in the form that the API gives where it does not stream. Source: OpenAI and Anthropic API references
(as of 2026-11).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from types import NoneType
from typing import Any

import orjson

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ShapeError

_CHUNK = "chat.completion.chunk"
_WHOLE_RESPONSE = ("response.completed", "response.incomplete", "response.failed")
_DONE = "[DONE]"
_NO_END = "interrupted"
_TEXTS = ("text", "thinking")
_Pieces = tuple[list[str], list[str], list[str]]
"""Of a call its ids, and the pieces of its name and of its arguments."""
_LINE_END = re.compile(r"\r?\n")  # not the ends that only Unicode knows, which may stand in a text


def is_stream(value: JsonValue) -> bool:
    """Whether a value is the log of a stream, as a list of events or as text.

    >>> is_stream('data: {"object": "chat.completion.chunk", "choices": []}'), is_stream("data: see below")
    (True, False)
    """
    if type(value) is list:
        return bool(value) and all(type(one) is dict for one in value) and _is_event(value[0])
    if type(value) is not str or not value.lstrip().startswith(("data:", "event:")):
        return False
    events = _events(value)
    return bool(events) and _is_event(events[0])


def whole(value: JsonValue) -> dict[str, Any]:
    """The answer that a stream gave, as the API gives it whole; one without its end has `interrupted` for its reason.

    Raises ShapeError where nothing of it can be read.

    >>> chunks = [{"object": "chat.completion.chunk", "choices": [{"delta": {"content": text}}]} for text in "ab"]
    >>> end = {"object": "chat.completion.chunk", "choices": [{"delta": {}, "finish_reason": "stop"}]}
    >>> whole([*chunks, end])["choices"][0]["message"]
    {'role': 'assistant', 'content': 'ab'}
    """
    events: Sequence[Any] = value if type(value) is list else _events(str(value))
    if events[0].get("object") == _CHUNK:
        return _of_chunks(events)
    if str(events[0].get("type")).startswith("response."):
        last = next((one for one in reversed(events) if one.get("type") in _WHOLE_RESPONSE), None)
        if last is not None and type(last.get("response")) is dict:
            response: dict[str, Any] = last["response"]
            return response
        items = [one.get("item") for one in events if one.get("type") == "response.output_item.done"]
        if not items:
            raise _broken()
        return {"object": "response", "status": "incomplete", "output": items}
    return _of_blocks(events)


def _broken() -> ShapeError:
    return ShapeError("a stream has no end: the answer is not whole", "LBL001")


def _is_event(value: JsonValue) -> bool:
    if type(value) is not dict:
        return False
    kind = value.get("type")
    return value.get("object") == _CHUNK or (
        type(kind) is str and (kind == "message_start" or kind in ("response.created", "response.in_progress"))
    )


def _events(text: str) -> list[dict[str, Any]]:
    """The events of a text as it came over the wire; none where one of them is no object."""
    found = []
    for line in _LINE_END.split(text):
        name, _, data = line.partition(":")
        if name != "data" or data.strip() == _DONE:
            continue
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            return []
        if type(event) is not dict:
            return []
        found.append(event)
    return found


def _of_chunks(chunks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The first choice of a chat completion; calls grow piece by piece under their index."""
    said: dict[str, list[str]] = {"content": []}
    calls: dict[int, _Pieces] = {}
    reason = None
    for chunk in chunks:
        choices = chunk.get("choices")
        choice = choices[0] if type(choices) is list and choices else {}
        if type(choice) is not dict or choice.get("index", 0) != 0:
            continue
        reason = choice.get("finish_reason") or reason
        delta = choice.get("delta")
        for key, piece in (delta if type(delta) is dict else {}).items():
            if key == "tool_calls":
                _add_calls(calls, piece)
            elif key != "role" and type(piece) is str:
                said.setdefault(key, []).append(piece)
    message: dict[str, Any] = {"role": "assistant", **{key: "".join(pieces) for key, pieces in said.items()}}
    if calls:
        message["tool_calls"] = [_call(*calls[index]) for index in sorted(calls)]
    if not (calls or any(map(str.strip, (text for pieces in said.values() for text in pieces)))) or (
        calls and reason is None
    ):
        raise _broken()
    return {"choices": [{"message": message, "finish_reason": reason or _NO_END}]}


def _add_calls(calls: dict[int, _Pieces], pieces: JsonValue) -> None:
    for piece in pieces if type(pieces) is list else []:
        index = piece.get("index", 0) if type(piece) is dict else None
        function = piece.get("function") if type(piece) is dict else None
        if type(index) is not int or type(function) is not dict:
            raise ShapeError("a stream has a call that is no function", "TOL005")
        given = (piece.get("id"), function.get("name"), function.get("arguments"))
        if any(type(each) not in (str, NoneType) for each in given):
            raise ShapeError("a stream has a call whose id, name or arguments are no text", "TOL005")
        for held, each in zip(calls.setdefault(index, ([], [], [])), given, strict=True):
            held.append(each or "")


def _call(ids: Sequence[str], names: Sequence[str], arguments: Sequence[str]) -> dict[str, Any]:
    """A call from its pieces; its id may come with each of them.

    >>> _call(["a", ""], ["op", "en"], ["{", "}"])
    {'id': 'a', 'type': 'function', 'function': {'name': 'open', 'arguments': '{}'}}
    """
    id_ = next((each for each in reversed(ids) if each), None)
    return {"id": id_, "type": "function", "function": {"name": "".join(names), "arguments": "".join(arguments)}}


def _of_blocks(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A message of Anthropic's: blocks that begin, grow and end."""
    blocks: dict[int, dict[str, Any]] = {}
    pieces: dict[tuple[int, str], list[str]] = {}
    reason = None
    for event in events:
        kind, index, delta = event.get("type"), event.get("index"), event.get("delta")
        if kind == "content_block_start" and type(event.get("content_block")) is dict and type(index) is int:
            blocks[index] = dict(event["content_block"])
            for key in _TEXTS:
                if type(blocks[index].get(key)) is str:
                    pieces[index, key] = [blocks[index][key]]
        elif kind == "content_block_delta" and type(delta) is dict and type(index) is int and index in blocks:
            for key in (*_TEXTS, "partial_json"):
                if type(delta.get(key)) is str:
                    pieces.setdefault((index, key), []).append(delta[key])
        elif kind == "message_delta" and type(delta) is dict:
            reason = delta.get("stop_reason") or reason
    has_end = reason is not None or any(event.get("type") == "message_stop" for event in events)
    for (index, key), held in pieces.items():
        text = "".join(held)
        if key != "partial_json":
            blocks[index][key] = text
            continue
        try:
            blocks[index]["input"] = json.loads(text) if text.strip() else {}
        except (ValueError, RecursionError):
            raise _broken() from None
    if not blocks:
        raise _broken()
    content = [blocks[index] for index in sorted(blocks)]
    return {"role": "assistant", "content": content, "stop_reason": reason if has_end else _NO_END}
