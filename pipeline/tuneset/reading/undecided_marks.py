"""Words beside an answer that may say that it is bad, in columns of which nobody can be certain: they decide nothing.

`decision: rejected` may be what a reviewer said of the row or what a bank said to somebody, `status: draft` the state
of the row or of an article. Such a row is trained, and told, so that nobody trains on what a team has set aside without
a word. What is certain, `verdicts` and `moderation_marks` know.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Iterable, Mapping
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.metric_names import metric_name
from tuneset.reading.verdict_places import plain_name
from tuneset.reading.verdicts import VERDICT_COLUMNS, truth

_SET_ASIDE = frozenset(
    {
        "rejected", "reject", "discard", "discarded", "exclude", "excluded", "do_not_use", "do_not_train", "unusable",
        "hallucination", "hallucinated", "low_quality", "needs_fix", "needs_work", "needs_review", "disapproved", "👎",
        "❌",
    }
)  # fmt: skip
"""Words that a reviewer says of a row, whatever the column is called."""
_BAD = frozenset(
    {"bad", "wrong", "incorrect", "failed", "fail", "remove", "removed", "drop", "delete", "declined", "no"}
)
"""Words that say so in a column of judgements, and anything else in others."""
_TOPICS = frozenset({"no", "drop", "remove", "delete"})
"""Of these what a label, a tag or a state may be as well: the answer to a question, a command, Norway."""
_UNREADY = frozenset({"draft", "pending", "incomplete", "in_progress", "cancelled", "canceled", "archived", "deleted"})
"""What a record that is not ready, or no longer counts, says in a column of states."""
_JUDGES = frozenset(
    {
        "decision", "review", "reviewer", "judge", "judgement", "judgment", "eval", "evaluation", "qa", "grade",
        "check", "verdict", "curation", "curator", "annotation", "annotator", "assessment", "disposition", "validation",
        "quality", "status", "state", "stage", "label", "labels", "tag", "tags", "flag", "flags", "issues",
    }
)  # fmt: skip
"""Words in the names of columns that judge."""
_OF_STATES = frozenset({"status", "state", "stage"})
"""Words in the names of columns of records."""
_OF_TOPICS = _OF_STATES | {
    *("label", "labels", "tag", "tags", "flag", "flags", "issues", "annotator", "reviewer", "curator"),
}
"""Words in the names of columns whose values are as often of a text as of its row."""
_TRUE_OF_BAD = frozenset(
    {
        "spam", "is_spam", "draft", "is_draft", "archived", "is_archived", "cancelled", "canceled", "is_cancelled",
        "needs_review", "needs_work", "to_review", "outdated", "is_outdated", "obsolete", "deprecated", "duplicate",
        "is_duplicate",
    }
)  # fmt: skip
_FALSE_OF_BAD = frozenset({"use", "train", "trainable", "reviewed", "is_reviewed", "verified", "is_verified", "ok"})
_TRUTHS = _TRUE_OF_BAD | _FALSE_OF_BAD
_MAY_BE_SOLUTIONS = frozenset({"correct", "valid", "good", "preferred"})
"""Columns whose `no` may be the solution of an exercise."""
_LONGEST = 32
"""Characters: no longer text is one of these words."""


def undecided(columns: Mapping[str, Any]) -> list[str]:
    """The columns of a row that may say that its answer is bad, and of which no other rule is certain.

    >>> undecided({"decision": "Rejected", "row_id": "bad", "topic": "bad", "tags": ["bad"], "use": "no"})
    ['decision', 'tags', 'use']
    >>> undecided({"sentiment": "negative", "status": "shipped", "verified": True, "rating": "bad", "tags": ["x"]})
    []
    """
    return [name for name, plain, parts in _asked(tuple(columns)) if _may_be_bad(plain, parts, columns[name])]


def counts(metas: Iterable[Mapping[str, Any] | None], source: str) -> dict[str, int]:
    """In how many rows of a file each such column may say so, as metrics `undecided:["SOURCE","COLUMN"]`."""
    found = collections.Counter(name for meta in metas if meta for name in undecided(meta))
    return {metric_name("undecided", source, name): count for name, count in sorted(found.items())}


@functools.lru_cache(maxsize=1024)
def _asked(names: tuple[str, ...]) -> tuple[tuple[str, str, frozenset[str]], ...]:
    """The columns that are looked at, each with its plain name and the words of it: an id says nothing."""
    plain = [(name, called, frozenset(called.split("_"))) for name in names for called in (plain_name(name),)]
    return tuple(
        each
        for each in plain
        if "id" not in each[2]
        and (each[1] not in VERDICT_COLUMNS or each[1] in _MAY_BE_SOLUTIONS or not _OF_STATES.isdisjoint(each[2]))
    )


def _may_be_bad(plain: str, parts: frozenset[str], value: JsonValue) -> bool:
    if plain in _TRUTHS and (said := truth(value)) is not None:
        return said == (plain in _TRUE_OF_BAD)
    if plain in _MAY_BE_SOLUTIONS:
        return type(value) is str and truth(value) is False
    words = value if type(value) is list and not _JUDGES.isdisjoint(parts) else [value]
    return any(type(word) is str and _says(word, parts) for word in words)


def _says(text: str, parts: frozenset[str]) -> bool:
    if len(text) > _LONGEST:
        return False
    word = text.strip(" \t\r\n.").casefold().replace(" ", "_").replace("-", "_")
    if word in _SET_ASIDE:
        return True
    if word in _TOPICS and not _OF_TOPICS.isdisjoint(parts):
        return False
    return (word in _BAD and not _JUDGES.isdisjoint(parts)) or (word in _UNREADY and not _OF_STATES.isdisjoint(parts))
