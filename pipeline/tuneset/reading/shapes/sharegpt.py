"""ShareGPT rows: `{"conversations": [{"from": "human", "value": "..."}, ...]}`.

Speakers are translated by the closed list of `roles`: one that is unknown makes the row a reject. Turns with `role`
and `content` are taken as they are.
"""

from __future__ import annotations

import re

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
    kind,
    messages_of,
    others,
)
from tuneset.reading.shapes.companions import arguments_of
from tuneset.roles import AGENTS, SPEAKERS, agents_answer, plain_name, speaker_role

_CALLS = ("function_call", "tool_call")
_USED = ("conversations",)
_ONE_WORD = re.compile(r"[A-Za-z0-9_-]{1,24}")
_BETWEEN = "\n</tool_response>\n<tool_response>\n"
"""Between the answers of several tools in one turn. LLaMA-Factory 0.9.5, `data/converter.py`."""


def read_sharegpt(record: Record) -> Shaped:
    """The turns in order; a call and the observation that answers it are tied by an id made from their place."""
    turns = messages_of(record["conversations"], "conversations")
    if agents_answer(turn.get("from") for turn in turns):
        turns = [{**turn, "from": "assistant"} if _is_agent(turn.get("from")) else turn for turn in turns]
    messages: list[Message] = []
    open_calls: list[str] = []
    for number, turn in enumerate(turns, 1):
        messages += _answers(_message(turn, number, open_calls), open_calls)
    return {"messages": messages}, others(record, _USED)


def _is_agent(speaker: JsonValue) -> bool:
    return type(speaker) is str and plain_name(speaker) in AGENTS


def _answers(message: Message, open_calls: list[str]) -> list[Message]:
    """What several tools gave in one turn, as LLaMA-Factory joins it, as a message each; another message as it is."""
    content = message.get("content")
    if message["role"] != "tool" or not open_calls or type(content) is not str or _BETWEEN not in content:
        return [message]
    parts = content.split(_BETWEEN)
    if len(parts) != len(open_calls) + 1:
        return [message]
    ids = [message["tool_call_id"], *open_calls]
    open_calls.clear()
    return [{**message, "content": part, "tool_call_id": call} for part, call in zip(parts, ids, strict=True)]


def _message(turn: Message, number: int, open_calls: list[str]) -> Message:
    """One turn as a chat message. `open_calls` holds the ids of calls not yet answered, and is kept up to date."""
    if "from" not in turn:
        if "role" in turn:
            return turn
        raise ShapeError(f"conversations: message {number} has neither `from` nor `role`", "SHP003")
    speaker, value = turn["from"], turn.get("value")
    role = speaker_role(speaker)
    if role is None:
        who, known = _unknown(speaker), ", ".join(SPEAKERS)
        label = speaker if _is_label(speaker) else "NAME"
        raise ShapeError(
            f"conversations: message {number} is from {who}; known are {known}; say who it is with ingest.mapping: "
            f"{{messages: conversations, role_key: from, content_key: value, roles: {{{label}: assistant}}}}",
            "CNV001",
        )
    if type(value) is not str:
        raise ShapeError(f"conversations: message {number}: value is {kind(value)}; text is needed")
    rest = {key: inner for key, inner in turn.items() if key not in ("from", "value")}
    if plain_name(speaker) in _CALLS:
        calls = _calls(value, number)
        open_calls[:] = [call["id"] for call in calls]
        return {"role": role, "tool_calls": calls, **rest}
    if role == "tool" and open_calls:
        return {"role": role, "content": value, "tool_call_id": open_calls.pop(0), **rest}
    return {"role": role, "content": value, **rest}


def _unknown(speaker: JsonValue) -> str:
    """What is said of a speaker: its label where it is one word, as a label is and a person's full name is not.

    >>> _unknown("narrator"), _unknown("Anna Example")
    ('an unknown speaker (narrator)', 'an unknown speaker')
    """
    return f"an unknown speaker ({speaker})" if _is_label(speaker) else "an unknown speaker"


def _is_label(speaker: JsonValue) -> bool:
    return type(speaker) is str and _ONE_WORD.fullmatch(speaker) is not None


def _calls(value: str, number: int) -> list[Message]:
    """The calls that a turn holds as JSON text: one, or a list of them."""
    found = json_of(value)
    calls = found if type(found) is list else [found]
    if not calls or any(type(call) is not dict or type(call.get("name")) is not str for call in calls):
        raise ShapeError(
            f"conversations: message {number} is a call, but not JSON with a `name` and `arguments`", "TOL005"
        )
    return [
        {
            "id": f"call_{number}_{place}",
            "type": "function",
            "function": {"name": call["name"], "arguments": arguments_of(call)},
        }
        for place, call in enumerate(calls, 1)
    ]


SHARE_GPT = Shape(
    "sharegpt",
    "sft",
    frozenset(("conversations",)),
    read_sharegpt,
    raw={
        "conversations": [
            {"from": "human", "value": ASK["content"]},
            {"from": "gpt", "value": REPLY["content"]},
        ]
    },
    example={"messages": [ASK, REPLY]},
)
