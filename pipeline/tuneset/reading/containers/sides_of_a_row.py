"""Objects whose values look like rows of their own and are sides of one row: a request, a good and a bad answer.

Taken for rows under names of their own, a rejected answer would be trained on like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tuneset.roles import speaker_role

_PARTS = frozenset(
    (
        "input",
        "inputs",
        "output",
        "outputs",
        "request",
        "response",
        "prompt",
        "completion",
        "chosen",
        "rejected",
        "body",
    )
)
_SIDES = frozenset(
    (
        "chosen", "rejected", "accepted", "refused", "preferred", "dispreferred", "nonpreferred", "good", "bad",
        "better", "worse", "best", "worst", "winner", "loser", "winning", "losing", "positive", "negative", "original",
        "rewritten", "revised", "edited", "corrected", "before", "after", "draft", "final", "left", "right", "history",
        "context", "question", "query", "answer", "reply", "response", "summary", "target", "reference", "candidate",
        "baseline", "teacher", "student", "safe", "unsafe",
    )
)  # fmt: skip
"""Words in the names of columns that hold what belongs together, or what was compared."""
_LETTERS = ("a", "b", "c", "d")
_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+")
_MOST_COMPARED = 8
"""Ours: where so few conversations all begin with one question, each is an answer to it, to be compared."""


def are_parts(names: Iterable[str]) -> bool:
    """Whether one of some names is that of a part of a row."""
    return not _PARTS.isdisjoint(names)


def are_sides(conversations: Mapping[str, Sequence[Mapping[str, Any]]]) -> bool:
    """Whether conversations under names are sides of one row, by their names or as all begin with one question.

    >>> said = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
    >>> are_sides({"ann": said}), are_sides({"good": said, "bad": said}), are_sides({"small": said, "large": said})
    (False, True, True)
    """
    if all(_is_side(name) for name in conversations):
        return True
    if not 1 < len(conversations) <= _MOST_COMPARED:
        return False
    return len({str(next(filter(_asks, each), None)) for each in conversations.values()}) == 1


def _is_side(name: str) -> bool:
    """Whether a name is that of a side.

    >>> _is_side("good_answer"), _is_side("conversationA"), _is_side("response-2"), _is_side("ann"), _is_side("b")
    (True, True, True, False, False)
    """
    words = [word.casefold() for word in _WORD.findall(name)]
    return not _SIDES.isdisjoint(words) or (len(words) > 1 and words[-1] in _LETTERS)


def _asks(message: Mapping[str, Any]) -> bool:
    return speaker_role(message.get("role", message.get("from", message.get("type")))) == "user"
