"""What the records of one conversation become, where they do become one."""

from collections.abc import Sequence
from typing import Any

from tuneset.reading.grouping.base import Grouping


def whole(grouping: Grouping, records: Sequence[Any]) -> dict[str, Any]:
    """The one row that they become."""
    row = grouping.whole(list(records))
    assert row is not None
    return dict(row)
