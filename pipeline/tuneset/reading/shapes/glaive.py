"""Glaive's conversations with functions: a text in `chat`, the functions as JSON objects in the text of `system`.

`USER:`, `ASSISTANT:` and `FUNCTION RESPONSE:` begin the turns, `<functioncall>` a call, whose arguments stand as JSON
within single quotes. glaiveai/glaive-function-calling-v2, seen 2026-11. Such texts without functions are read as chat
templates (`chat_templates`).
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, ShapeError, others
from tuneset.reading.shapes.companions import arguments_of, tool_of
from tuneset.reading.written_values import objects_in

_TURN = re.compile(r"^(USER|ASSISTANT|FUNCTION RESPONSE):", re.MULTILINE)
_CALL = "<functioncall>"
_END = "<|endoftext|>"
_QUOTED = re.compile(r"(\"arguments\"\s*:\s*)'(.*)'\s*\}\s*\Z", re.DOTALL)
_USED = ("chat", "system")


def read_glaive(record: Record) -> Shaped:
    """The conversation, its calls tied to what they gave by ids made from their places."""
    messages: list[Message] = []
    open_call = ""
    _, *rest = _TURN.split(record["chat"].lstrip())
    for number, (speaker, text) in enumerate(zip(rest[::2], rest[1::2], strict=True), 1):
        said = text.strip().removesuffix(_END).rstrip()
        if speaker == "USER":
            messages.append({"role": "user", "content": said})
        elif speaker == "FUNCTION RESPONSE":
            if not open_call:
                raise ShapeError(f"chat: turn {number} answers a call, and there is none before it", "TOL012")
            messages.append({"role": "tool", "content": said, "tool_call_id": open_call})
            open_call = ""
        elif _CALL in said:
            before, _, written = said.partition(_CALL)
            open_call = f"call_{number}"
            spoken = {"content": before.strip()} if before.strip() else {}
            messages.append({"role": "assistant", **spoken, "tool_calls": [_call(written, open_call, number)]})
        else:
            messages.append({"role": "assistant", "content": said})
    system, tools = _system(record["system"])
    opening: list[Message] = [{"role": "system", "content": system}] if system else []
    example: dict[str, Any] = {"messages": [*opening, *messages], **({"tools": tools} if tools else {})}
    return example, others(record, _USED)


def _call(written: str, call_id: str, number: int) -> Message:
    """One call; its arguments are JSON, or JSON within single quotes.

    >>> _call(''' {"name": "f", "arguments": '{"a": 1}'} ''', "c", 1)["function"]
    {'name': 'f', 'arguments': '{"a": 1}'}
    """
    text = written.strip()
    quoted = _QUOTED.search(text)
    arguments = quoted.group(2).replace("\\'", "'") if quoted else None
    if quoted:
        text = f"{text[: quoted.start()]}{quoted.group(1)}{{}}}}"
    try:
        found = orjson.loads(text)
        if arguments is not None:
            orjson.loads(arguments)
    except orjson.JSONDecodeError:
        found = None
    if type(found) is not dict or type(found.get("name")) is not str:
        raise ShapeError(f"chat: turn {number} is a call, but not JSON with a `name` and `arguments`", "TOL005")
    function = {"name": found["name"], "arguments": arguments_of(found) if arguments is None else arguments}
    return {"id": call_id, "type": "function", "function": function}


def _system(text: str) -> tuple[str, list[Any]]:
    r"""The system text up to the functions, and the functions; text behind them stays part of it.

    >>> _system('SYSTEM: Use these -\n{"name": "f", "parameters": {}}')
    ('Use these -', [{'type': 'function', 'function': {'name': 'f', 'parameters': {}}}])
    """
    found = [one for one in objects_in(text) if type(one.value.get("name")) is str]
    rest = text
    for one in reversed(found):
        rest = rest[: one.start] + rest[one.end :]
    return rest.strip().removeprefix("SYSTEM:").strip(), [tool_of(one.value) for one in found]


def _fits(record: Record) -> bool:
    """Whether it is a conversation of turns with a call, or with functions; others are chat templates."""
    chat, system = record["chat"], record["system"]
    if type(chat) is not str or type(system) is not str or not chat.lstrip().startswith("USER:"):
        return False
    return _CALL in chat or (system.startswith("SYSTEM:") and '"name"' in system)


GLAIVE = Shape(
    "glaive",
    "sft",
    frozenset(_USED),
    read_glaive,
    raw={
        "system": 'SYSTEM: Use these functions -\n{"name": "hours", "parameters": {}}',
        "chat": f'USER: {ASK["content"]}\n\n\nASSISTANT: <functioncall> {{"name": "hours", "arguments": \'{{}}\'}}'
        f' {_END}\n\n\nFUNCTION RESPONSE: {{"open": true}}\n\n\nASSISTANT: {REPLY["content"]} {_END}\n\n\n',
    },
    example={
        "messages": [
            {"role": "system", "content": "Use these functions -"},
            ASK,
            {
                "role": "assistant",
                "tool_calls": [{"id": "call_2", "type": "function", "function": {"name": "hours", "arguments": "{}"}}],
            },
            {"role": "tool", "content": '{"open": true}', "tool_call_id": "call_2"},
            REPLY,
        ],
        "tools": [{"type": "function", "function": {"name": "hours", "parameters": {}}}],
    },
    fits=_fits,
)
