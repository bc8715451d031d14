"""Which rows are wanted, and in which order: read from names and values, as an address or a command line gives them.

Nothing is read here; `search` finds the rows.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from tuneset.errors import UsageError
from tuneset.review_marks import ACTIONS
from tuneset.viewing.facts import FLAGS


class Range(NamedTuple):
    """From so many to so many, both included; None where it is open."""

    least: int | None
    most: int | None


ORDERS = ("file", "tokens", "characters", "turns", "random")
"""`file` is source by source and line by line. A minus before a name turns it around."""
SIDES = ("train", "validation", "test", "dropped", "row")
MARKS = (*ACTIONS, "none", "any")
_LISTS = ("source", "side", "stage", "code", "shape", "language", "holds", "lacks", "marked", "tagged", "id")
_RANGES = ("tokens", "characters", "turns", "line")
_KNOWN = (*_LISTS, *_RANGES, "text", "regex", "column", "sort", "sample", "seed")
_RANGE = re.compile(r"(\d{1,9})?(\.\.|-)?(\d{1,9})?")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which rows are wanted: all of these hold; of several values of one name any.

    Args:
        lists: by name one or more values. `holds` and `lacks` are of FLAGS, `marked` of MARKS, `id` row ids; a code may
            be the beginning of codes, as `DUP`.
        ranges: by name of what is counted.
        text: stands somewhere in a text of the row, whatever its case.
        regex: matches somewhere in a text of the row (Rust's syntax, which takes linear time).
        columns: top-level keys of the row and what they hold, as JSON or as text.
        sort: one of ORDERS, with a minus to turn it around.
        sample: so many rows, chosen by a hash of their ids and `seed`.
    """

    lists: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    ranges: Mapping[str, Range] = dataclasses.field(default_factory=dict)
    text: str = ""
    regex: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    sort: str = "file"
    sample: int | None = None
    seed: int = 0

    def __hash__(self) -> int:
        return hash((tuple(sorted(self.lists)), self.text, self.regex, self.columns, self.sort, self.sample, self.seed))

    @property
    def reads_text(self) -> bool:
        """Whether rows are to be read to know whether they are wanted."""
        return bool(self.text or self.regex or self.columns)


def wanted(given: Iterable[tuple[str, str]]) -> Wanted:
    """What pairs of names and values ask for; empty values ask for nothing.

    Raises UsageError where a name is unknown or a value is none.

    >>> wanted([("code", "DUP"), ("tokens", "100..200"), ("sort", "-tokens")]).ranges
    {'tokens': Range(least=100, most=200)}
    """
    found: dict[str, list[str]] = {}
    for name, value in given:
        if name not in _KNOWN:
            raise UsageError(f"{name}: there is no such filter", allowed=", ".join(_KNOWN))
        if value:
            found.setdefault(name, []).append(value)
    lists = {name: tuple(dict.fromkeys(found[name])) for name in _LISTS if name in found}
    for name, known in (("side", SIDES), ("holds", FLAGS), ("lacks", FLAGS), ("marked", MARKS)):
        for value in lists.get(name, ()):
            if value not in known:
                raise UsageError(f"{name}={_shown(value)}: is not known", allowed=", ".join(known))
    for value in lists.get("id", ()):
        if not re.fullmatch(r"[0-9a-f]{16}", value):
            raise UsageError(f"id={_shown(value)}: is no row id", allowed="16 hex digits, as the ledger has them")
    sort = _one(found, "sort") or "file"
    if sort.removeprefix("-") not in ORDERS:
        raise UsageError(f"sort={_shown(sort)}: is not known", allowed=", ".join(ORDERS) + "; -tokens and such")
    regex = _one(found, "regex")
    check_regex(regex)
    sample = _one(found, "sample")
    return Wanted(
        lists=lists,
        ranges={name: _range(name, _one(found, name)) for name in _RANGES if name in found},
        text=_one(found, "text"),
        regex=regex,
        columns=tuple(_column(value) for value in found.get("column", ())),
        sort=sort,
        sample=_whole("sample", sample) if sample else None,
        seed=_whole("seed", _one(found, "seed") or "0"),
    )


def check_regex(pattern: str) -> None:
    """Raise UsageError where a pattern is none, or too large to be run in linear time."""
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError as error:
        said = str(error).split("error:")[-1].strip().splitlines()
        raise UsageError(
            f"regex: cannot be used: {said[0] if said else 'no regular expression'}",
            allowed="Rust's syntax: no look-around, no back-references; (?i) for any case",
        ) from None


def _one(found: Mapping[str, Sequence[str]], name: str) -> str:
    values = found.get(name, ())
    if len(values) > 1:
        raise UsageError(f"{name}: is given {len(values)} times", allowed="once")
    return values[0] if values else ""


def _range(name: str, value: str) -> Range:
    """A range as it is written.

    >>> _range("tokens", "10.."), _range("tokens", "..9"), _range("tokens", "7"), _range("tokens", "1-2")
    (Range(least=10, most=None), Range(least=None, most=9), Range(least=7, most=7), Range(least=1, most=2))
    """
    match = _RANGE.fullmatch(value.strip())
    if match is None or (match[1] is None and match[3] is None):
        raise UsageError(f"{name}={_shown(value)}: is no range", allowed="a number, 100.., ..200 or 100..200")
    least = None if match[1] is None else int(match[1])
    if match[2] is None:
        return Range(least, least)
    return Range(least, None if match[3] is None else int(match[3]))


def _whole(name: str, value: str) -> int:
    if not value.isdecimal() or len(value) > 15:
        raise UsageError(f"{name}={_shown(value)}: is no whole number", allowed="0, 1, 2, ...")
    return int(value)


def _column(value: str) -> tuple[str, str]:
    """A column and what it holds.

    >>> _column("rating=5")
    ('rating', '5')
    """
    name, equals, held = value.partition("=")
    if not equals or not name:
        raise UsageError(f"column={_shown(value)}: is not understood", allowed="NAME=VALUE, such as rating=5")
    return name, held


def _shown(value: str) -> str:
    return value if len(value) <= 40 else value[:40] + "..."
