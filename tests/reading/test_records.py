"""Rows that are read as a stream are gathered into batches of bounded size."""

import pytest

from tuneset.reading import records
from tuneset.reading.records import RawReject, Row, in_batches


def test_a_batch_is_closed_by_its_rows_or_by_their_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "BATCH_RECORDS", 3)
    monkeypatch.setattr(records, "BATCH_CHARACTERS", 100)
    reject = RawReject(4, 0, "JSN001", "broken")
    rows: list[Row | RawReject] = [
        (1, 0, {}, 60),
        (2, 0, {}, 60),
        (3, 0, {}, 1),
        reject,
        (5, 0, {}, 1),
        (6, 0, {"last": 1}, 1),
    ]
    batches = list(in_batches(iter(rows)))
    assert [batch.rows for batch in batches] == [2, 3, 1]
    assert [batch.lines for batch in batches] == [[1, 2], [3, 5], [6]]
    assert batches[1].rejects == [reject]
    assert batches[2].values == [{"last": 1}]
