"""What the key of an envelope says of the rows under it: `{"accepted": [...], "rejected": [...]}`.

A row under such a key gets a column that `verdicts` reads, so that it goes where a row goes that says so itself. Where
the other keys of the envelope are topics or classes, `deleted` may be one of these: then the column decides nothing,
and `undecided_marks` tells it. A row that holds good and bad answers is no envelope, and is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.verdict_places import plain_name
from tuneset.reading.verdicts import SAYS_BAD, SAYS_GOOD

Mark = tuple[str, JsonValue]
"""A column for rows, and what it holds."""

_OF_ROWS = frozenset(
    {
        "examples", "samples", "answers", "responses", "completions", "outputs", "rows", "demonstrations", "dialogues",
        "conversations", "generations", "pairs",
    }
)  # fmt: skip
"""What rows are called: `negative_examples` names no topic."""
_MAY_BE_A_TOPIC = frozenset({"items", "records", "data", "chats", "messages", "entries"})
_BAD_OF_ROWS = SAYS_BAD | {"negative"}
"""Alone, `negative` is a class of texts."""
_GOOD_OF_ROWS = SAYS_GOOD | {"positive", "chosen", "kept", "completed", "ok", "pending", "unreviewed"}
_OF_NO_TOPIC = _OF_ROWS | _MAY_BE_A_TOPIC | {
    *("instances", "results", "train", "training", "test", "validation", "dev", "eval", "all", "other", "gold"),
}  # fmt: skip
"""Keys beside it that are no topics either."""


def key_marks(envelope: Mapping[str, Any], *, by_name: bool = False) -> dict[str, Mark]:
    """The marks of the rows under each key of an envelope that says that they are bad.

    `by_name` says that each key names one row.

    >>> key_marks({"accepted": [{}], "rejected": [{}]})
    {'rejected': ('excluded (by the key rejected around the row)', True)}
    >>> key_marks({"shared": [{}], "deleted": [{}]})
    {'deleted': ('state by the key (around the row)', 'deleted')}
    """
    said = {key: plain for key in envelope if (plain := _bad(key))}
    if not said:
        return {}
    others = [key for key, value in envelope.items() if key not in said and (by_name or _may_hold_rows(value))]
    of_topics = not all(map(_judges, others))
    return {key: _mark(plain, of_topics=of_topics) for key, plain in said.items()}


def key_mark(key: str) -> Mark | None:
    """The mark of the rows under one key of an envelope of which the other keys are not known.

    >>> key_mark("Negative Examples"), key_mark("negative"), key_mark("errors")
    (('excluded (by the key negative_examples around the row)', True), None, None)
    """
    plain = _bad(key)
    return _mark(plain, of_topics=False) if plain else None


def marked(row: JsonValue, mark: Mark | None) -> JsonValue:
    """A row with its mark; as it is without one.

    >>> marked({"q": 1}, ("excluded", True)), marked({"q": 1}, None), marked("x", ("excluded", True))
    ({'q': 1, 'excluded': True}, {'q': 1}, 'x')
    """
    return row if mark is None or type(row) is not dict else {**row, mark[0]: mark[1]}


def _mark(plain: str, *, of_topics: bool) -> Mark:
    if of_topics and plain.rpartition("_")[2] not in _OF_ROWS:
        return "state by the key (around the row)", _parts(plain)[0]
    return f"excluded (by the key {plain} around the row)", True


def _bad(key: str) -> str:
    """The plain name of a key that says that rows are bad; else nothing.

    >>> _bad("Bad examples"), _bad("rejected"), _bad("examples")
    ('bad_examples', 'rejected', '')
    """
    plain = plain_name(key)
    word, noun = _parts(plain)
    return plain if word in (_BAD_OF_ROWS if noun else SAYS_BAD) else ""


def _judges(key: str) -> bool:
    """Whether a key beside one that says bad is no topic."""
    plain = plain_name(key)
    return plain in _OF_NO_TOPIC or _parts(plain)[0] in _GOOD_OF_ROWS


def _parts(plain: str) -> tuple[str, str]:
    """The word of a plain name and what rows are called in it.

    >>> _parts("low_quality_rows"), _parts("low_quality")
    (('low_quality', 'rows'), ('low_quality', ''))
    """
    word, _, noun = plain.rpartition("_")
    return (word, noun) if word and noun in _OF_ROWS | _MAY_BE_A_TOPIC else (plain, "")


def _may_hold_rows(value: JsonValue) -> bool:
    """Whether a value is a list of objects or lists, or an object of them.

    >>> _may_hold_rows([{}]), _may_hold_rows({"a": {}}), _may_hold_rows({"page": 1}), _may_hold_rows(["a"])
    (True, True, False, False)
    """
    inner = value if type(value) is list else value.values() if type(value) is dict else ()
    return any(type(each) in (dict, list) for each in inner)
