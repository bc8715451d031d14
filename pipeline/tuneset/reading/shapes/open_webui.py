"""Chats as Open WebUI exports them: a tree of messages in `chat.history`, and `currentId`, where its branch ends.

Answers that were made anew, or by several models at once, stand beside each other; read is the branch that the user
saw last. A message with files, or one that rests on sources or tools of the program, is told: they are not in the
export, or as a page shows them. What was thought stands in the text, and is read out of it. Source: Open WebUI 0.6,
export of chats (as of 2026-11).
"""

from __future__ import annotations

import html
import re
from typing import Any

from tuneset.example_tables import REASONING
from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, ShapeError, others
from tuneset.reading.turn_marks import with_weight
from tuneset.roles import speaker_role

_THOUGHT = re.compile(
    r'<details type="reasoning"[^>]*>\s*(?:<summary>[^<]*</summary>)?(.*?)</details>[ \t]*\n*', re.DOTALL
)
_PANEL = re.compile(r'<details type="(?:tool_calls|code_interpreter)"')
"""How a text holds what the page folds up: thoughts, and what tools and code were asked and gave."""


def read_chat(record: Record) -> Shaped:
    """The chosen branch, with the chat's own system text before it."""
    chat = record["chat"]
    tree, at = chat["history"]["messages"], chat["history"]["currentId"]
    branch: list[dict[str, Any]] = []
    seen: set[str] = set()
    while at is not None:
        node = tree.get(at) if type(at) is str and at not in seen else None
        if type(node) is not dict:
            raise ShapeError("chat: the chosen branch does not lead to its beginning")
        seen.add(at)
        branch.append(node)
        at = node.get("parentId")
    messages = [_message(node) for node in branch[::-1]]
    system = _system(chat)
    if system and messages[0]["role"] != "system":
        messages = [{"role": "system", "content": system}, *messages]
    return {"messages": messages}, others(record, ("chat",))


def _message(node: dict[str, Any]) -> Message:
    role, text = speaker_role(node.get("role")), node.get("content")
    if role is None or type(text) is not str:
        raise ShapeError("chat: a message has no role or no text", "CNV001")
    if node.get("files") or node.get("sources") or node.get("citations"):
        raise ShapeError("chat: a message has files or sources that are not in the export")
    marked = {**node, "error": bool(node.get("error")) or node.get("done") is False}
    said: Message = {"role": role, "content": text}
    if role == "assistant" and "<details type=" in text:
        thoughts = [_thought(found[1]) for found in _THOUGHT.finditer(text)]
        said["content"] = _THOUGHT.sub("", text)
        if _PANEL.search(said["content"]):
            raise ShapeError("chat: an answer rests on tools or code whose calls are in it as the page shows them")
        said |= {REASONING: "\n".join(thoughts)} if thoughts else {}
    return with_weight(said, marked)


def _thought(panel: str) -> str:
    r"""What was thought, of a panel that shows it as a quotation.

    >>> _thought("&gt; Nine\n&gt; to five.\n")
    'Nine\nto five.'
    """
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in html.unescape(panel).strip().splitlines())


def _system(chat: dict[str, Any]) -> str:
    params = chat.get("params")
    held = (chat.get("system"), params.get("system") if type(params) is dict else None)
    return next((text for text in held if type(text) is str and text.strip()), "")


def _fits(record: Record) -> bool:
    chat: JsonValue = record["chat"]
    history = chat.get("history") if type(chat) is dict else None
    return type(history) is dict and type(history.get("messages")) is dict and type(history.get("currentId")) is str


def _node(name: str, parent: str | None, said: Message) -> dict[str, Any]:
    return {"id": name, "parentId": parent, **said}


OPEN_WEBUI = Shape(
    "open_webui",
    "sft",
    frozenset(("chat",)),
    read_chat,
    raw={
        "title": "Hours",
        "chat": {"history": {"messages": {"a": _node("a", None, ASK), "b": _node("b", "a", REPLY)}, "currentId": "b"}},
    },
    example={"messages": [ASK, REPLY]},
    fits=_fits,
)
