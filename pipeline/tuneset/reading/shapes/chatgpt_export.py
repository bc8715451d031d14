"""Conversations as ChatGPT exports them: a tree of messages in `mapping`, and `current_node`, where a branch ends.

Read is that branch, the one that the user saw last. An answer without its end is not learned. A conversation in which
ChatGPT used tools of its own, or that holds images, is rejected: what the answer rests on is not in it. The
instructions of a GPT or a project are not either, which `gizmo_id` tells. Of what the page draws in place of marks in
the text, the names of things stay and citations go; seen 2026-11.
"""

from __future__ import annotations

import re
from typing import Any

from tuneset.example_tables import REASONING
from tuneset.json_text import JsonValue, loads
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, ShapeError, others
from tuneset.reading.turn_marks import with_asides

_CONTEXT = ("model_editable_context", "user_editable_context")
"""Contents that ChatGPT shows to nobody: its memory, and the user's custom instructions. Both are about one person, so
they are left out, and counted."""
_UNSAID = (*_CONTEXT, "reasoning_recap")
"""The same, and what only says how long it thought."""

_UNENDED = ("in_progress", "finished_partial_completion")
"""States of a message that is not whole."""
_STOPPED = ("interrupted", "max_tokens")
"""Ways in which an answer ended without its end."""

_MARK = re.compile(r"( ?)\ue200([^\ue200-\ue202]*)((?:\ue202[^\ue200-\ue202]*)*)\ue201")
"""What the page draws something for: its kind and what belongs to it, between characters of the private area."""
_NAMED = re.compile(r'\ue202\s*\["[^"]*",\s*"((?:[^"\\]|\\.)*)"')
"""The name of a thing: the second entry of a list as JSON."""


def branch_of(mapping: dict[str, Any], last: object) -> list[dict[str, Any]]:
    """The messages from the root to a node. Raises ShapeError where the tree has a hole or a ring.

    >>> branch_of({"a": {"parent": None}, "b": {"parent": "a", "message": {"id": "b"}}}, "b")
    [{'id': 'b'}]
    """
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    node = last
    while node is not None:
        if type(node) is not str or type(mapping.get(node)) is not dict or node in seen:
            raise ShapeError("mapping: the chosen branch does not lead to the root")
        seen.add(node)
        if type(mapping[node].get("message")) is dict:
            found.append(mapping[node]["message"])
        node = mapping[node].get("parent")
    return found[::-1]


def read_chatgpt(record: Record) -> Shaped:
    """The chosen branch as messages."""
    messages: list[Message] = []
    thought: list[str] = []
    asides = 0
    for message in branch_of(record["mapping"], record["current_node"]):
        role = _object(message.get("author")).get("role")
        content = _object(message.get("content"))
        kind = content.get("content_type")
        is_hidden = bool(_object(message.get("metadata")).get("is_visually_hidden_from_conversation"))
        asides += (kind in _CONTEXT or (is_hidden and kind not in _UNSAID)) and _says_something(content)
        if is_hidden or kind in _UNSAID:
            continue
        if kind == "thoughts":
            thought += [
                text for one in _list(content.get("thoughts")) if type(text := _object(one).get("content")) is str
            ]
            continue
        if (
            role not in ("system", "user", "assistant")
            or kind != "text"
            or message.get("recipient") not in (None, "all")
        ):
            raise ShapeError("mapping: the conversation uses a tool of ChatGPT's own or holds more than text")
        text = _as_drawn("".join(part for part in _list(content.get("parts")) if type(part) is str))
        if not text and role != "user":
            continue
        said: Message = {"role": role, "content": text}
        if thought and role == "assistant":
            said[REASONING] = "\n".join(thought)
            thought = []
        messages.append({**said, "weight": 0} if role == "assistant" and _was_stopped(message) else said)
    return {"messages": messages}, with_asides(others(record, ("mapping", "current_node")), "mapping", asides)


def _says_something(content: dict[str, Any]) -> bool:
    """Whether a content holds a text, in parts or under names of its own.

    >>> _says_something({"content_type": "text", "parts": ["Be brief."]}), _says_something({"content_type": "text"})
    (True, False)
    """
    held = [*_list(content.get("parts")), *(text for key, text in content.items() if key != "content_type")]
    return any(type(text) is str and text.strip() for text in held)


def _was_stopped(message: dict[str, Any]) -> bool:
    """Whether an answer lacks its end: the user stopped it, its connection broke, or it grew too long.

    >>> _was_stopped({"status": "in_progress"}), _was_stopped({"status": "finished_successfully"})
    (True, False)
    >>> _was_stopped({"metadata": {"finish_details": {"type": "interrupted"}}})
    True
    """
    ended = _object(_object(message.get("metadata")).get("finish_details")).get("type")
    return message.get("status") in _UNENDED or ended in _STOPPED


def _as_drawn(text: str) -> str:
    r"""A text without the marks of what the page draws: a thing by its name, a citation and all else as nothing.

    >>> _as_drawn('It is \ue200entity\ue202["city","Lyon","in France"]\ue201. \ue200cite\ue202turn0search1\ue201')
    'It is Lyon.'
    """
    return _MARK.sub(_drawn, text) if "\ue200" in text else text


def _drawn(mark: re.Match[str]) -> str:
    named = _NAMED.match(mark[3]) if mark[2] == "entity" else None
    return mark[1] + str(loads(b'"%b"' % named[1].encode())) if named else ""


def _object(value: JsonValue) -> dict[str, Any]:
    return value if type(value) is dict else {}


def _list(value: JsonValue) -> list[Any]:
    return value if type(value) is list else []


def _fits(record: Record) -> bool:
    last = record["current_node"]
    return type(record["mapping"]) is dict and type(last) is str and last in record["mapping"]


def _node(name: str, parent: str | None, said: Message | None) -> dict[str, Any]:
    content = said and {"content_type": "text", "parts": [said["content"]]}
    message = said and {"author": {"role": said["role"]}, "content": content, "recipient": "all"}
    return {"id": name, "parent": parent, "message": message}


CHATGPT = Shape(
    "chatgpt_export",
    "sft",
    frozenset(("mapping", "current_node")),
    read_chatgpt,
    raw={
        "title": "Hours",
        "mapping": {"root": _node("root", None, None), "a": _node("a", "root", ASK), "b": _node("b", "a", REPLY)},
        "current_node": "b",
    },
    example={"messages": [ASK, REPLY]},
    fits=_fits,
)
