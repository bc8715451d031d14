"""What a report is made of, whatever it is shown as: sections of tables, sentences, charts and conversations.

Plain records; texts are as they are and are escaped where they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple


class Cell(NamedTuple):
    """A cell that is more than its text.

    Args:
        text: what it says.
        tone: whether that is good or bad.
        to: the name of the section that has more of it.
        code: whether it is a path, a hash or a key.
    """

    text: str
    tone: Literal["", "good", "bad"] = ""
    to: str = ""
    code: bool = False


class Column(NamedTuple):
    """The head of a column; numbers stand to the right."""

    title: str
    number: bool = False


class Table(NamedTuple):
    """Rows under columns.

    Args:
        columns: their heads.
        rows: a cell a column.
        shares: of each row a share from 0 to 1, drawn as a bar; none for a table without bars.
        more: what the table leaves out, and where that is.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell | str]]
    shares: Sequence[float] = ()
    more: str = ""


class Text(NamedTuple):
    """A sentence or some; `warning` for one that wants to be read."""

    text: str
    warning: bool = False


class Histogram(NamedTuple):
    """Of each side the shares of what is counted by powers of two.

    Args:
        title: what is drawn.
        unit: of the axis.
        counted: what is counted, in the plural.
        sides: by side the counts from each power of two up to the next.
        quantiles: by side `p5`, `p50` ... and `max`.
    """

    title: str
    unit: str
    counted: str
    sides: Mapping[str, Mapping[int, int]]
    quantiles: Mapping[str, Mapping[str, float]]


class Lines(NamedTuple):
    """Curves over the same steps.

    Args:
        title: what is drawn.
        x: what the steps are.
        curves: by name the points, by step.
    """

    title: str
    x: str
    curves: Mapping[str, Sequence[tuple[float, float]]]


class ShownConversation(NamedTuple):
    """An example to read: where it stands, and role and text of its messages."""

    place: str
    messages: Sequence[tuple[str, str]]


class Conversations(NamedTuple):
    """Examples to read, and what they are examples of. For the page alone."""

    title: str
    each: Sequence[ShownConversation]


Chart = Histogram | Lines
Block = Table | Text | Histogram | Lines | Conversations


class Section(NamedTuple):
    """A part of the report; `name` is what links name it by."""

    name: str
    title: str
    blocks: Sequence[Block]


class Report(NamedTuple):
    """The whole.

    Args:
        passed: whether all gates hold; None where there are none.
        verdict: the same in words.
        figures: the numbers that are looked for first, with their names.
        warnings: what deserves a look.
        sections: in the order in which they are read.
    """

    passed: bool | None
    verdict: str
    figures: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    sections: Sequence[Section]
