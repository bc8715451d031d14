"""What a repair is: its stable code, what it changes and why that is certain, an example, and where it may be needed.

A repair is data. Its file holds it together with the function that does it. `registry.py` lists them, `one_example.py`
runs them over a line, `over_tables.py` over the tables of a shard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tuneset.terms import Format

Example = dict[str, Any]
"""A line of a format, as `json` reads it."""


class Look(NamedTuple):
    """A cheap look at one column of the tables, for rows that a repair may change; it must miss none of them.

    Args:
        column: of `messages`, or of `examples` where it is `examples.NAME`.
        matches: a regular expression (Rust's syntax) that the value holds; any value where it is empty.
        unless: one that rows hold which need no repair.
        ends: what the text ends with, but for white space.
        role: one that the role of the message holds.
        without: a column of `messages` that must be empty.
        formats: the line formats in which it is asked; all where there are none.
    """

    column: str
    matches: str = ""
    unless: str = ""
    ends: str = ""
    role: str = ""
    without: str = ""
    formats: tuple[Format, ...] = ()


class Repair(NamedTuple):
    """One repair.

    Args:
        code: stable, `REP` and three digits.
        name: in kebab-case, as users write it in `clean.repair`.
        what: what it changes, one line.
        why: why that is certain.
        mends: codes of the rules that refuse what it repairs; `check --fix` runs it where one of them has found
            something.
        before: an example that it repairs, of the format sft.
        after: what that becomes.
        repair: changes an example in place, and says whether it did. A second run changes nothing.
        looks: where in the tables it may be needed; none where no raw row comes to the tables in need of it.
    """

    code: str
    name: str
    what: str
    why: str
    mends: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    repair: Callable[[Example, Format], bool]
    looks: tuple[Look, ...] = ()
