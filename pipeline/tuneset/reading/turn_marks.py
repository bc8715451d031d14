"""What a turn says of itself beside its text: that it was said aside (internal, deleted), or that it is a bad answer.

For shapes that read turns of many forms and leave out what else a turn holds: these marks must not be left out with
it. Chat messages keep their keys, and `validate` minds those that it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tuneset.reading.cut_off import REASONS, is_reason, reason_in
from tuneset.reading.shapes.base import Record
from tuneset.reading.verdict_places import plain_name
from tuneset.reading.verdicts import DELETED_AT, is_moment, truth, verdict

_ASIDE = frozenset(
    {
        "internal", "is_internal", "internal_note", "is_internal_note", "is_note", "is_private_note", "private_note",
        "deleted", "is_deleted", "superseded", "is_superseded",
    }
)  # fmt: skip
"""Keys that are true for what is no part of the conversation."""
_PRIVATE = frozenset({"private", "is_private"})
"""The same, but where all turns are private it is the conversation that is."""
_PUBLIC = frozenset({"public", "is_public", "jsd_public"})
_KINDS = frozenset({"visibility", "type", "kind", "part_type", "message_type", "comment_type"})
_NOTES = frozenset({"internal", "note", "internal_note", "private_note"})
_FAILED = frozenset(
    {
        "error", "is_error", "unfinished", "stopped", "is_stopped", "aborted", "is_aborted", "interrupted",
        "is_interrupted", "cancelled", "canceled", "incomplete", "is_incomplete", "truncated", "is_truncated",
    }
)  # fmt: skip
"""Keys that are true for an answer that is a message of an error, or has no end."""
_MORE = ("metadata", "response_metadata", "generation_info", "data", "kwargs", "additional_kwargs", "info")
"""Objects of a turn in which libraries keep why an answer ended."""
_STREAMING = ("streaming", "input-streaming")
"""States of a part that was stored while it was written (AI SDK)."""
_LEVELS = 2  # LangChain has `data.response_metadata`
SAID_ASIDE = " (said aside)"


def are_said(turns: Sequence[Any]) -> list[bool]:
    """Of each turn whether it is part of the conversation; what is no object says nothing against it.

    >>> are_said([{"text": "?"}, {"text": "He is rude.", "private": "true"}, {"text": "!", "public": True}])
    [True, False, True]
    >>> are_said([{"text": "?", "private": True}, {"text": "!", "private": True}, {"text": "-", "type": "note"}])
    [True, True, False]
    """
    marks = [_mark(turn) for turn in turns]
    all_private = all(mark is not None for mark in marks)
    return [mark is None or (all_private and mark == "private") for mark in marks]


def is_public(turn: Mapping[str, Any]) -> bool:
    """Whether a turn of a help desk is for the customer.

    >>> is_public({"public": "false"}), is_public({"private": 1}), is_public({"body": "Yes."})
    (False, False, True)
    """
    return _mark(turn) is None


def _mark(turn: Any) -> str | None:  # noqa: ANN401  any JSON value
    found = None
    for key, value in turn.items() if type(turn) is dict else ():
        name = plain_name(key)
        if (name in _ASIDE and truth(value) is True) or (name in DELETED_AT and is_moment(value)):
            return "aside"
        if name in _KINDS and type(value) is str and plain_name(value) in _NOTES:
            return "aside"
        if (name in _PRIVATE and truth(value) is True) or (name in _PUBLIC and truth(value) is False):
            found = "private"
    return found


def with_weight(message: dict[str, Any], turn: Mapping[str, Any]) -> dict[str, Any]:
    """The message, which is not learned where its turn says that it is a bad answer.

    Numbers are no verdicts here, but for -1: a label of each turn is mostly a class.

    >>> with_weight({"role": "assistant", "content": "!"}, {"text": "!", "feedback": {"rating": "thumbsDown"}})
    {'role': 'assistant', 'content': '!', 'weight': 0}
    >>> with_weight({"role": "assistant", "content": "!"}, {"text": "!", "label": 0})
    {'role': 'assistant', 'content': '!'}
    """
    if message.get("role") != "assistant" or "weight" in message:
        return message
    found = verdict(
        turn, str(message.get("content")), [name for name, value in turn.items() if value not in (-1, "-1")]
    )
    return {**message, "weight": 0} if is_stopped(turn) or (found is not None and not found[1]) else message


def is_stopped(turn: Mapping[str, Any], levels: int = _LEVELS) -> bool:
    """Whether a turn says of itself that it failed or has no end, also in an object that a library keeps beside it.

    >>> is_stopped({"text": "It", "stopped": True}), is_stopped({"text": "It", "metadata": {"finishReason": "length"}})
    (True, True)
    >>> is_stopped({"parts": [{"text": "It", "state": "streaming"}]}), is_stopped({"finish_reason": "stop"})
    (True, False)
    """
    for key, value in turn.items():
        name = plain_name(key)
        if name in _FAILED and truth(value) is True:
            return True
        if (name in REASONS or is_reason(key.casefold())) and reason_in(turn, (key,)):
            return True
        if levels and name in _MORE and type(value) is dict and is_stopped(value, levels - 1):
            return True
    parts = turn.get("parts")
    last = parts[-1] if type(parts) is list and parts else None
    return type(last) is dict and last.get("state") in _STREAMING


def with_asides(rest: Record | None, column: str, count: int) -> Record | None:
    """The columns that a shape leaves over, with one that tells how many turns of `column` were said aside.

    >>> with_asides({"id": 7}, "comments", 2), with_asides(None, "comments", 0)
    ({'id': 7, 'comments (said aside)': 2}, None)
    """
    return {**(rest or {}), f"{column}{SAID_ASIDE}": count} if count else rest
