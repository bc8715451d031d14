r"""Where a part of an example comes from, as `ingest.mapping` says it: a column, a path into one, or a template.

`question` is a column, `meta.question` and `turns.0.text` are paths (a column of that very name goes before a path),
`"{context}\n\n{question}"` is a template of columns and paths, and `{text: ...}` a text that is the same for all
rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tuneset.json_text import JsonValue
from tuneset.params import FixedText
from tuneset.reading.shapes.base import Record, ShapeError, json_of, kind

Field = str | FixedText

_PLACE = re.compile(r"\{([^{}]+)\}")


def places(field: Field) -> list[str]:
    """The columns and paths that a field names.

    >>> places("question"), places("{context}: {meta.question}"), places(FixedText(text="Be brief."))
    (['question'], ['context', 'meta.question'], [])
    """
    if isinstance(field, FixedText):
        return []
    return _PLACE.findall(field) or [field]


def has(record: Record, field: Field) -> bool:
    """Whether a record has all that a field names.

    >>> has({"meta": {"q": "?"}}, "meta.q"), has({"meta": {"q": "?"}}, "{meta.q} {context}")
    (True, False)
    """
    return all(_found(record, place)[0] for place in places(field))


def left_over(record: Record, used: Iterable[Field]) -> Record | None:
    """The columns that fields do not use; of an object into which a path leads, what does not lie on its way.

    >>> left_over({"id": 7, "q": "?", "conv": {"turns": [], "note": "Be brief."}}, ["q", "conv.turns"])
    {'id': 7, 'conv': {'note': 'Be brief.'}}
    """
    left = dict(record)
    for place in (place for field in used for place in places(field)):
        column, _, path = place.partition(".")
        inner = None if place in record else _without(left.get(column), path.split("."))
        if inner is None:
            left.pop(place if place in record else column, None)
        else:
            left[column] = inner
    return left or None


def _without(value: JsonValue, steps: Sequence[str]) -> JsonValue:
    """An object without what lies at a path in it; None where nothing is left, or for a list."""
    found = json_of(value)
    if type(found) is not dict:
        return None
    first, *others = steps
    inner = _without(found[first], others) if others and first in found else None
    left = {key: inner if key == first else held for key, held in found.items() if key != first or inner is not None}
    return left or None


def value(record: Record, field: str) -> JsonValue:
    """What a column or a path holds. The record has it."""
    return _found(record, field)[1]


def text(record: Record, field: Field) -> str:
    r"""The text of a field. Raises ShapeError where what it names is no text; in a template nothing stands for null.

    >>> text({"context": "Rome.", "n": 2, "q": None}, "{context}\n\n{n}{q}")
    'Rome.\n\n2'
    """
    if isinstance(field, FixedText):
        return field.text
    if not _PLACE.search(field):
        return _text(record, field, of_template=False)
    return _PLACE.sub(lambda place: _text(record, place[1], of_template=True), field).strip("\n")


def _text(record: Record, place: str, *, of_template: bool) -> str:
    found = value(record, place)
    if type(found) is str:
        return found
    if of_template and found is None:
        return ""
    if of_template and type(found) in (int, float):
        return str(found)
    raise ShapeError(f"{place} is {kind(found)}; text is needed")


def _found(record: Record, place: str) -> tuple[bool, JsonValue]:
    """Whether a record has a column or path, and what it holds. Columns of JSON text are looked into."""
    if place in record:
        return True, record[place]
    found: JsonValue = record
    for step in place.split("."):
        found = json_of(found)
        if type(found) is dict and step in found:
            found = found[step]
        elif type(found) is list and step.lstrip("-").isdecimal() and -len(found) <= int(step) < len(found):
            found = found[int(step)]
        else:
            return False, None
    return True, found
