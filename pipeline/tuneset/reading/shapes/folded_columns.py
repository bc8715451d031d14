"""Columns whose names are written in other capitals than a shape has them: `Question`, `ANSWER`, `Input `.

Only the names that shapes and companions know are folded, and only where no column has the folded name already: every
other column keeps the name by which params name it.
"""

from __future__ import annotations

from collections.abc import Iterable

from tuneset.reading.shapes.base import Record, Shape, Shaped
from tuneset.reading.shapes.companions import COMPANIONS

BESIDE = COMPANIONS | {"input"}
"""Columns that belong to a row of any shape."""
_MARK = "\ufeff"


def folded(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """The names that are known once white space and capitals are left aside, by what they are written as.

    >>> folded(("Question", "id", "ANSWER ", "Input", "input"), ("question", "answer"))
    {'Question': 'question', 'ANSWER ': 'answer'}
    """
    written = list(names)
    wanted = BESIDE.union(known)
    found: dict[str, str] = {}
    for name in written:
        plain = name.removeprefix(_MARK).strip().casefold()
        if plain != name and plain in wanted and plain not in written and plain not in found.values():
            found[name] = plain
    return found


def renamed(shape: Shape, names: dict[str, str]) -> Shape:
    """The shape as it reads records whose columns are to be called otherwise."""

    def called(record: Record) -> Record:
        return {names.get(name, name): value for name, value in record.items()}

    def read(record: Record) -> Shaped:
        return shape.read(called(record))

    fits = shape.fits
    return shape._replace(read=read, fits=None if fits is None else lambda record: fits(called(record)))
