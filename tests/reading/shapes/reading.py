"""What the tests of shapes share: a row read as ingest reads it."""

from __future__ import annotations

from typing import Any

from tuneset.model import Format
from tuneset.reading.shapes.choose import choose, known_shapes, possible_shapes
from tuneset.reading.shapes.companions import read_row
from tuneset.reading.shapes.unused_columns import unused


def shape_name(record: dict[str, Any], line_format: Format = "sft") -> str | None:
    """The name of the shape that takes a row, or None."""
    shape = choose(record, possible_shapes(record, known_shapes(line_format, None)))
    return None if shape is None else shape.name


def read(record: dict[str, Any], line_format: Format = "sft") -> tuple[Any, list[str]]:
    """The example that a row makes, and its columns that no example says."""
    shape = choose(record, possible_shapes(record, known_shapes(line_format, None)))
    assert shape is not None
    shaped = read_row(shape, record)
    return shaped[0], unused(shaped)


def said(record: dict[str, Any]) -> list[tuple[str, Any]]:
    """The roles and contents of a row's conversation."""
    return [(message["role"], message.get("content")) for message in read(record)[0]["messages"]]
