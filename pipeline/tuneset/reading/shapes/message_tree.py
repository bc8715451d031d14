"""Conversations as trees, one a row: OASST's `prompt` with its `replies`, of which the branch ranked best is read.

A reply without a rank comes after those with one, in their order; what was deleted is no reply. The branch ends with
its last answer. Source: OpenAssistant oasst1 and oasst2, the files of trees (as of 2026-11).
"""

from __future__ import annotations

from typing import Any

from tuneset.reading.shapes.base import ASK, REPLY, Record, Shape, Shaped, ShapeError, conversation, kind, others
from tuneset.roles import speaker_role

_MOST_TURNS = 1000  # ours: a tree that is deeper than any conversation is damaged


def read_tree(record: Record) -> Shaped:
    """The best branch from the first question to the last answer on it."""
    turns: list[tuple[str, str]] = []
    node: Any = record["prompt"]
    while node is not None:
        role, text = speaker_role(node.get("role")), node.get("text")
        if role is None or type(text) is not str:
            raise ShapeError(f"prompt: message {len(turns) + 1} has no known role, or its text is {kind(text)}")
        turns.append((role, text))
        replies = node.get("replies")
        given = [each for each in replies if _is_reply(each)] if type(replies) is list else []
        node = min(given, key=_rank) if given and len(turns) < _MOST_TURNS else None
    while turns and turns[-1][0] != "assistant":
        turns.pop()
    if not turns:
        raise ShapeError("the prompt has no reply of an assistant", "CNV005")
    return {"messages": conversation("", turns)}, others(record, ("prompt",))


def _is_reply(node: Any) -> bool:  # noqa: ANN401  any JSON value
    return type(node) is dict and node.get("deleted") is not True


def _rank(node: dict[str, Any]) -> float:
    rank = node.get("rank")
    return float(rank) if isinstance(rank, int | float) else float("inf")


def _fits(record: Record) -> bool:
    root = record["prompt"]
    return type(root) is dict and type(root.get("text")) is str and type(root.get("replies")) is list


MESSAGE_TREE = Shape(
    "message_tree",
    "sft",
    frozenset(("prompt",)),
    read_tree,
    raw={
        "message_tree_id": "1",
        "prompt": {
            "text": ASK["content"],
            "role": "prompter",
            "replies": [{"text": REPLY["content"], "role": "assistant", "rank": 0, "replies": []}],
        },
    },
    example={"messages": [ASK, REPLY]},
    fits=_fits,
)
