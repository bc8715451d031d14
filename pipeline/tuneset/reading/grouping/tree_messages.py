"""Messages of trees, one a row, each with the id of the message that it answers: OASST's flat files.

They are put together to the tree that they were, of which `shapes/message_tree.py` reads the branch ranked best.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuneset.reading.grouping.base import Grouping, Record

_KEYS = frozenset(("message_id", "parent_id", "message_tree_id", "role", "text"))


def _fits(record: Record) -> bool:
    return record.keys() >= _KEYS and type(record["message_id"]) is str and type(record["message_tree_id"]) is str


def _key(record: Record) -> str | None:
    return record["message_tree_id"] if _fits(record) else None


def _whole(records: Sequence[Record]) -> Record:
    """The tree; messages whose question is missing are in no branch."""
    nodes: dict[str, dict[str, Any]] = {record["message_id"]: {**record, "replies": []} for record in records}
    first = next((node for node in nodes.values() if node["parent_id"] is None), None)
    for node in nodes.values():
        above = nodes.get(str(node["parent_id"]))
        if above is not None and node is not first:
            above["replies"].append(node)
    return {"message_tree_id": records[0]["message_tree_id"], **({} if first is None else {"prompt": first})}


TREE_MESSAGES = Grouping(
    "tree_messages",
    _fits,
    _key,
    _whole,
    raw=(
        {"message_id": "1", "parent_id": None, "message_tree_id": "1", "role": "prompter", "text": "Is it open?"},
        {"message_id": "2", "parent_id": "1", "message_tree_id": "1", "role": "assistant", "text": "Yes.", "rank": 0},
    ),
)
