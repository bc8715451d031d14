"""Sessions of coding agents, one event a line: Claude Code, Codex and Cursor, as they keep them (as of 2026-11).

A session is one conversation. Events that say nothing in it (snapshots, summaries, counts, what a sub-agent said to
itself) are part of the session and not of the conversation. What Codex tells the model to be is the system text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuneset.reading.grouping.base import Grouping, Record
from tuneset.reading.turn_marks import with_asides

_ITEMS = {
    "message": "message",
    "reasoning": "reasoning",
    "function_call": "function_call",
    "function_call_output": "function_call_output",
    "custom_tool_call": "function_call",
    "custom_tool_call_output": "function_call_output",
}


_SUB_AGENT = "isSidechain"
"""True for what a sub-agent was asked and said, whose last word is what its tool gave."""
_CLAUDE_ASIDES = ("isMeta", "isApiErrorMessage")
"""What the program put in, and an error that it shows in the place of an answer."""


def _claude_fits(record: Record) -> bool:
    """A message of a session as it is kept, or as the SDK streams it."""
    message = record.get("message")
    is_kept = "sessionId" in record and "uuid" in record
    is_streamed = type(record.get("session_id")) is str and record.get("type") in ("user", "assistant")
    return (is_kept or is_streamed) and type(message) is dict and "role" in message


def _claude_key(record: Record) -> str | None:
    """An event without a session, such as a summary before the first message, belongs to the file's session."""
    return str(record.get("sessionId") or record.get("session_id") or "")


def _claude_whole(records: Sequence[Record]) -> Record:
    """The messages of the session; the pieces of one answer, which share its id, are put together again.

    What a sub-agent said is counted, so that it is told. A file of its own, as a sub-agent has, is a session.
    """
    messages: list[dict[str, Any]] = []
    last_id: object = None
    said = [each for each in records if _claude_fits(each) and not any(map(each.get, _CLAUDE_ASIDES))]
    of_others = [record for record in said if record.get(_SUB_AGENT)]
    is_own = len(of_others) < len(said)
    for record in said:
        if is_own and record.get(_SUB_AGENT):
            continue
        message = record["message"]
        own_id = message.get("id")
        content = message.get("content")
        if own_id is not None and own_id == last_id and type(content) is list and type(messages[-1]["content"]) is list:
            messages[-1]["content"] = [*messages[-1]["content"], *content]
        else:
            messages.append({"role": message["role"], "content": content})
        last_id = own_id
    return with_asides({"messages": messages}, _SUB_AGENT, len(of_others) if is_own else 0) or {}


def _codex_fits(record: Record) -> bool:
    return record.get("type") in ("response_item", "session_meta") and type(record.get("payload")) is dict


def _codex_key(record: Record) -> str | None:
    return "session" if "type" in record else None


def _codex_whole(records: Sequence[Record]) -> Record:
    """The items of the session, as the Responses format has them; tools of the agent's own become functions."""
    items: list[dict[str, Any]] = []
    instructions = ""
    for record in records:
        item = record.get("payload")
        if record.get("type") == "session_meta" and type(item) is dict and not instructions:
            instructions = _base_of(item)
        if record.get("type") == "response_item" and type(item) is dict and item.get("type") in tuple(_ITEMS):
            renamed = {**item, "type": _ITEMS[item["type"]]}
            if item["type"] == "custom_tool_call":
                renamed["arguments"] = {"input": item.get("input")}
            items.append(renamed)
    return {"instructions": instructions, "input": items[:1], "output": items[1:]}


def _base_of(meta: Record) -> str:
    """What the model was told to be, where the session says so; `instructions` are the user's, and said in the items.

    >>> _base_of({"base_instructions": {"text": "You code."}}), _base_of({"instructions": "Rhyme."})
    ('You code.', '')
    """
    base = meta.get("base_instructions")
    text = base.get("text") if type(base) is dict else base
    return text if type(text) is str else ""


def _bare_fits(record: Record) -> bool:
    """An item without an envelope, as the first versions of Codex kept them."""
    kind = record.get("type")
    if kind == "message":
        content = record.get("content")
        parts = content if type(content) is list else ()
        return any(type(part) is dict and part.get("type") in ("input_text", "output_text") for part in parts)
    return kind in ("function_call", "function_call_output") and "call_id" in record


def _bare_key(_: Record) -> str | None:
    """A file is one session, its first line and its states too."""
    return "session"


def _bare_whole(records: Sequence[Record]) -> Record:
    items = [record for record in records if record.get("type") in tuple(_ITEMS)]
    return {"input": items[:1], "output": items[1:]}


def _cursor_fits(record: Record) -> bool:
    message = record.get("message")
    return record.keys() == {"role", "message"} and type(message) is dict and type(message.get("content")) is list


def _cursor_whole(records: Sequence[Record]) -> Record:
    return {"messages": [{"role": one.get("role"), "content": one["message"]["content"]} for one in records]}


_SAID = {"type": "text", "text": "Is it open?"}, {"type": "text", "text": "Yes."}
CLAUDE_CODE = Grouping(
    "claude_code",
    _claude_fits,
    _claude_key,
    _claude_whole,
    raw=(
        {"type": "summary", "summary": "Hours"},
        {"type": "user", "uuid": "1", "sessionId": "s", "message": {"role": "user", "content": "Is it open?"}},
        {"type": "assistant", "uuid": "2", "sessionId": "s", "message": {"role": "assistant", "content": [_SAID[1]]}},
    ),
)
CODEX = Grouping(
    "codex",
    _codex_fits,
    _codex_key,
    _codex_whole,
    raw=(
        {"type": "session_meta", "payload": {"id": "s"}},
        {
            "type": "response_item",
            "payload": {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "Is it open?"}],
            },
        },
        {
            "type": "response_item",
            "payload": {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Yes."}],
            },
        },
    ),
)
CODEX_BARE = Grouping(
    "codex_bare",
    _bare_fits,
    _bare_key,
    _bare_whole,
    raw=(
        {"id": "s", "timestamp": "2025-05-07", "instructions": None},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Is it open?"}]},
        {"record_type": "state"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes."}]},
    ),
)
CURSOR = Grouping(
    "cursor",
    _cursor_fits,
    lambda record: "session" if _cursor_fits(record) else None,
    _cursor_whole,
    raw=(
        {"role": "user", "message": {"content": [_SAID[0]]}},
        {"role": "assistant", "message": {"content": [_SAID[1]]}},
    ),
)
