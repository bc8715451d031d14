"""The order of messages by the times at which they were said, as tables have them in a column of one of a few names.

A table may begin with the newest message; read as it stands, each answer would come before its question.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import math
from collections.abc import Sequence

from tuneset.json_text import JsonValue
from tuneset.reading.grouping.base import Record
from tuneset.reading.verdict_places import plain_name

_TIMES = (
    "created_at", "created", "timestamp", "time", "ts", "sent_at", "sent", "datetime", "date_time", "date",
)  # fmt: skip


def by_time(records: Sequence[Record]) -> list[Record]:
    """The rows by their times, where all have one that is certain; else as they stand.

    Rows of one time stay as they stand; in a table that begins with the newest message, the other way round.

    >>> [one["n"] for one in by_time([{"n": 1, "Sent at": "2026-01-02"}, {"n": 2, "Sent at": "2026-01-01"}])]
    [2, 1]
    >>> [one["n"] for one in by_time([{"n": 1, "date": "2/1/2026"}, {"n": 2, "date": "1/1/2026"}])]
    [1, 2]
    """
    for known in _TIMES:
        for name in records[0]:
            if plain_name(name) != known:
                continue
            times = [time for record in records if (time := _time(record.get(name))) is not None]
            if len(times) == len(records):
                return _sorted(times, records)
    return list(records)


def _sorted(times: list[float], records: Sequence[Record]) -> list[Record]:
    falls = times[-1] < times[0] and all(after <= before for before, after in itertools.pairwise(times))
    places = range(len(times))
    return [records[place] for place in sorted(reversed(places) if falls else places, key=times.__getitem__)]


def _time(value: JsonValue) -> float | None:
    """Seconds since 1970 of a time in ISO 8601 (without a zone, of UTC), or a number as it is; None for others.

    >>> _time("2026-01-01T00:00Z"), _time("1767225600"), _time("1/2/2026"), _time(True)
    (1767225600.0, 1767225600.0, None, None)
    """
    if type(value) not in (str, int, float):
        return None
    with contextlib.suppress(ValueError, OverflowError):
        number = float(value)
        return number if math.isfinite(number) else None
    with contextlib.suppress(ValueError):
        found = dt.datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).timestamp()
    return None
