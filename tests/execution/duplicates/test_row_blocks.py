"""All rows by blocks of shards: what has no number is refused, before anything is made of it."""

from __future__ import annotations

import pytest

from tuneset.errors import InputError
from tuneset.execution.duplicates import row_blocks


def test_as_many_rows_as_there_are_numbers_are_taken() -> None:
    assert row_blocks.blocks("ab", [1 << 31, (1 << 31) - 1], 2).rows == row_blocks.MOST_ROWS


def test_more_rows_than_there_are_numbers_are_refused() -> None:
    with pytest.raises(InputError, match=r"^dedup: 4,294,967,296 rows are left after validation\n") as caught:
        row_blocks.blocks("ab", [1 << 31, 1 << 31], 2)
    assert caught.value.allowed == "at most 4,294,967,295"
