"""What is said of a row of no known shape: the names of its keys, never their values, and what to try."""

from __future__ import annotations

import functools

from tuneset import params
from tuneset.json_text import shown_key
from tuneset.model import Format
from tuneset.reading.shapes import mapped
from tuneset.reading.shapes.base import Record, ShapeError
from tuneset.reading.shapes.choose import KnownShapes, choose, possible_shapes, shapes_of
from tuneset.reading.shapes.known_records import known_record
from tuneset.reading.shapes.mapping_guess import guess, written

_KEYS_SHOWN = 12
_ADVISED: dict[Format, str] = {"sft": "supervised", "dpo": "dpo"}  # rft takes nearly anything that has a prompt


def unknown(record: Record, line_format: Format) -> str:
    """One sentence on a row of no known shape, with the mapping to try where one is likely and reads it.

    It depends on nothing but the row, so that it is the same wherever a file is cut.

    >>> unknown({"foo": 1}, "sft")
    'no known shape of sft has the keys foo'
    >>> unknown({"prompt": "?", "chosen": "!", "rejected": "-"}, "sft")
    'no known shape of sft has the keys chosen, prompt, rejected; they are a shape of dpo (tune.method: dpo)'
    >>> unknown({"frage": "Offen?", "antwort": "Ja."}, "sft")
    'no known shape of sft has the keys antwort, frage; try ingest.mapping: {user: frage, assistant: antwort}'
    """
    return _said(record, line_format) + _advice(record, line_format)


def _said(record: Record, line_format: Format) -> str:
    names = sorted(record)
    if not names:
        return "the row has no keys"
    shown = [shown_key(name) for name in names[:_KEYS_SHOWN]] + ["..."][: len(names) > _KEYS_SHOWN]
    return f"no known shape of {line_format} has the keys {', '.join(shown)}"


def _advice(record: Record, line_format: Format) -> str:
    """What to try, as the end of a sentence; nothing where nothing is likely."""
    if not record:
        return ""
    for name, method in _ADVISED.items():
        if name != line_format and _is_read(record, _possible(tuple(record), name)):
            return f"; they are a shape of {name} (tune.method: {method})"
    if (known := known_record(record)) is not None:
        return f"; {known}"
    if {name.casefold() for name in record} == {"text"}:
        return "; a plain text has no question and no answer to train on"
    mapping = guess(record, line_format)
    if mapping is None:
        return ""
    # Who the speakers are that it does not know, a person says.
    named = {name: value for name, value in mapping.items() if name != "roles"}
    shapes = _mapped(tuple(named.items()), line_format)
    if not _is_read(record, shapes):
        return ""
    if line_format == "sft" and "messages" in mapping and "roles" not in mapping:
        messages = shapes[0].read(record)[0]["messages"]
        if messages and messages[-1].get("role") == "user":
            return (
                f"; ingest.mapping: {written(mapping)} reads what was asked, and its answer stands elsewhere in the row"
            )
    by_place = ", where the first of them is the better one" if mapping.get("chosen", "").endswith(".0") else ""
    return f"; try ingest.mapping: {written(mapping)}{by_place}"


@functools.lru_cache(maxsize=4096)
def _possible(keys: tuple[str, ...], line_format: Format) -> KnownShapes:
    return possible_shapes(keys, shapes_of(line_format))


@functools.lru_cache(maxsize=4096)
def _mapped(mapping: tuple[tuple[str, str], ...], line_format: Format) -> KnownShapes:
    return mapped.shapes(params.Mapping.model_validate(dict(mapping)), line_format, None)


def _is_read(record: Record, shapes: KnownShapes) -> bool:
    """Whether one of the shapes reads a row."""
    shape = choose(record, shapes)
    if shape is None:
        return False
    try:
        shape.read(record)
    except ShapeError:
        return False
    return True
