"""The interface to a kind of file in which several records make one conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Record = dict[str, Any]


class Grouping(NamedTuple):
    """A way in which several records that stand together say one conversation.

    Args:
        name: how pages call it.
        fits: whether a record is one of the kind; one of the first records of a file decides for the file.
        key: what the records of one conversation share; empty for one that belongs to whatever conversation is being
            read, None for one that stands alone.
        whole: the record that they make together, of a shape that is read as it stands; None where each stays a record.
        raw: some records of the kind, that make one conversation.
        begins: whether a record begins another conversation than the one before it, where no key tells.
    """

    name: str
    fits: Callable[[Record], bool]
    key: Callable[[Record], str | None]
    whole: Callable[[Sequence[Record]], Record | None]
    raw: tuple[Record, ...]
    begins: Callable[[Record, Record], bool] | None = None


_MISSING = frozenset(("", "null", "none", "nil", "nan", "n/a", "na", "undefined", "\\n", "<na>"))


def names_nothing(key: str) -> bool:
    r"""Whether the id of a conversation is none: empty, what tables and programs write for it, or nothing but zeros.

    Rows with such an id are of many conversations; as one they would be a muddle of all.

    >>> [names_nothing(each) for each in (" ", "NULL", "\\N", "00000000-0000-0000-0000-000000000000", "0", "c1")]
    [True, True, True, True, False, False]
    """
    plain = key.strip().casefold()
    return plain in _MISSING or (len(plain) > 1 and not plain.strip("0-"))
