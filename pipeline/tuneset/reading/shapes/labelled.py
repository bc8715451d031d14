"""Unpaired preferences: a conversation in any shape of sft, and a column that says whether its answer is good.

Which columns those are, `verdicts` knows: `label`, `kto_tag`, `is_good`, a thumb and others.
"""

from __future__ import annotations

from functools import partial

from tuneset.reading.shapes.base import Record, Shape, Shaped, ShapeError
from tuneset.reading.verdicts import verdict


def labelled(shape: Shape) -> Shape:
    """The shape whose rows are those of an sft shape with a label."""
    raw = {**shape.raw, "label": True}
    example = {**shape.example, "label": True}
    return shape._replace(line_format="kto", read=partial(_read, shape=shape), raw=raw, example=example)


def _read(record: Record, shape: Shape) -> Shaped:
    """The example with its label; the column that held it belongs to no rest any more."""
    example, rest = shape.read(record)
    found = verdict(rest or {})
    if found is None:
        raise ShapeError("no column says whether the answer is good or bad, such as label: true", "SHP003")
    left = {name: value for name, value in (rest or {}).items() if name != found[0]}
    return {**example, "label": found[1]}, left or None
