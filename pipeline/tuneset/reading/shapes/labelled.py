"""Unpaired preferences: a conversation in any shape of sft, and a column that says whether its answer is good.

Which columns those are, `verdicts` knows: `label`, `kto_tag`, `is_good`, a thumb and others. Whether the numbers in one
are verdicts, the whole file tells: a column that has a 2 somewhere holds classes, and its 0 and 1 are none either.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from tuneset.reading.shapes.base import Record, Shape, Shaped, ShapeError
from tuneset.reading.verdicts import verdict

_NUMBER = re.compile(r"\s*-?\d+(?:\.\d*)?\s*")


def labelled(shape: Shape, classes: Collection[str] = ()) -> Shape:
    """The shape whose rows are those of an sft shape with a label; the numbers in columns of `classes` are none."""
    raw = {**shape.raw, "label": True}
    example = {**shape.example, "label": True}
    return shape._replace(
        line_format="kto", read=partial(_read, shape=shape, classes=classes), raw=raw, example=example
    )


def _read(record: Record, shape: Shape, classes: Collection[str]) -> Shaped:
    """The example with its label; the column that held it belongs to no rest any more."""
    example, rest = shape.read(record)
    found = verdict(rest or {}, classes=classes)
    if found is None and (name := _number_in(rest or {}, classes)) is not None:
        raise ShapeError(
            f"{name} holds other values than 0 and 1 in this file, so it is a class or a scale and no label; write "
            "true or false there for a good and a bad answer, and leave out rows that are neither",
            "SHP003",
        )
    if found is None:
        raise ShapeError("no column says whether the answer is good or bad, such as label: true", "SHP003")
    left = {name: value for name, value in (rest or {}).items() if name != found[0]}
    return {**example, "label": found[1]}, left or None


def _number_in(rest: Mapping[str, Any], classes: Collection[str]) -> str | None:
    """The first column of classes in which a row has a number.

    >>> _number_in({"status": "shipped", "label": "2"}, {"status", "label"}), _number_in({"label": 1}, ())
    ('label', None)
    """
    return next((name for name, value in rest.items() if name in classes and _NUMBER.fullmatch(str(value))), None)
