"""What a row says of moderation and of redaction: that it was flagged, or that private data was taken out of it.

Neither says that an answer is bad: a refusal of a toxic question is what some train on, and a name that stands as
`NAME_1` does no harm in many sets. So such rows are told, and left out where a person asks for it. Numbers between 0
and 1 are scores and decide nothing here. Forms: columns of true and false (WildChat), results of a moderation API, one
a turn (LMSYS-Chat), and filters of Azure and Gemini.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.params import MarkKind
from tuneset.reading.shapes.base import json_of
from tuneset.reading.verdict_places import plain_name
from tuneset.reading.verdicts import truth

_FLAGS: Mapping[str, MarkKind] = {
    **dict.fromkeys(
        (
            "toxic",
            "is_toxic",
            "nsfw",
            "is_nsfw",
            "harmful",
            "is_harmful",
            "unsafe",
            "moderation_flagged",
            "is_moderated",
        ),
        "moderated",
    ),
    **dict.fromkeys(("redacted", "is_redacted", "pii_redacted", "has_pii", "contains_pii"), "redacted"),
}
"""Columns that are true for a row that is marked."""
_RESULTS = frozenset(
    {
        "openai_moderation", "moderation", "moderations", "moderation_result", "moderation_results",
        "moderation_response", "content_filter_results", "prompt_filter_results", "safety_ratings",
        "content_moderation",
    }
)  # fmt: skip
"""Columns that hold what a moderation API gave, whole or one a turn."""
_HIT = ("flagged", "filtered", "blocked")
_LEVELS = 5


def marks(columns: Mapping[str, Any]) -> Sequence[tuple[str, MarkKind]]:
    """The columns of a row that mark it, and as what.

    >>> marks({"toxic": True, "openai_moderation": [{"flagged": False}, {"flagged": True}], "redacted": False})
    [('toxic', 'moderated'), ('openai_moderation', 'moderated')]
    >>> marks({"toxic": 0.4, "moderation": "none", "is_toxic": None})
    []
    """
    marking = _marking(tuple(columns))
    if not marking:
        return ()
    return [
        (name, kind)
        for name, kind, of_results in marking
        if (_is_hit(json_of(columns[name]), _LEVELS) if of_results else truth(columns[name]) is True)
    ]


@functools.lru_cache(maxsize=1024)
def _marking(names: tuple[str, ...]) -> tuple[tuple[str, MarkKind, bool], ...]:
    """The columns that may mark a row, as what, and whether they hold results of an API."""
    plain = [(name, plain_name(name)) for name in names]
    return tuple(
        (name, _FLAGS.get(called, "moderated"), called in _RESULTS)
        for name, called in plain
        if called in _FLAGS or called in _RESULTS
    )


def _is_hit(value: JsonValue, levels: int) -> bool:
    """Whether some result says that something was flagged, also where a table has a list of what each turn was."""
    if type(value) is list and levels:
        return any(_is_hit(inner, levels - 1) for inner in value)
    if type(value) is not dict or not levels:
        return False
    said = [value[key] for key in _HIT if key in value]
    if any(truth(each) is True or (type(each) is list and True in each) for each in said):
        return True
    return any(_is_hit(inner, levels - 1) for inner in value.values() if type(inner) in (list, dict))
