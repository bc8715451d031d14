"""The order of messages by the times at which they were said, as tables have them in a column of one of a few names.

A table may begin with the newest message; read as it stands, each answer would come before its question.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import math
from collections.abc import Sequence

from tuneset.example_tables import Example
from tuneset.json_text import JsonValue
from tuneset.reading.grouping.base import Record
from tuneset.reading.shapes.base import Message
from tuneset.reading.verdict_places import plain_name

_TIMES = (
    "created_at", "created", "timestamp", "time", "create_time", "ts", "sent_at", "sent", "datetime", "date_time",
    "date",
)  # fmt: skip
_SURELY_PARTS = 1e11
"""As seconds a time some 3,000 years from now; as thousandths one of 1973."""


def by_time(records: Sequence[Record]) -> list[Record]:
    """The rows by their times, where all have one that is certain; else as they stand.

    Rows of one time stay as they stand; in a table that begins with the newest message, the other way round.

    >>> [one["n"] for one in by_time([{"n": 1, "Sent at": "2026-01-02"}, {"n": 2, "Sent at": "2026-01-01"}])]
    [2, 1]
    >>> [one["n"] for one in by_time([{"n": 1, "date": "2/1/2026"}, {"n": 2, "date": "1/1/2026"}])]
    [1, 2]
    """
    times = _times(records)
    if not times:
        return list(records)
    places = range(len(times))
    return [records[place] for place in sorted(reversed(places) if _fall(times) else places, key=times.__getitem__)]


def begins_with_newest(turns: Sequence[JsonValue]) -> bool:
    """Whether a list of turns is sorted from the newest to the oldest, by the times that all of them have.

    >>> begins_with_newest([{"at": "?", "time": 2}, {"time": 1}]), begins_with_newest([{"time": 1}, {"time": 1}])
    (True, False)
    """
    return _fall(_times([turn for turn in turns if type(turn) is dict])) if _are_objects(turns) else False


def oldest_first(messages: list[Message], turns: Sequence[JsonValue]) -> list[Message]:
    """The messages that turns make, the other way round where these begin with the newest and with an answer.

    A conversation that begins with a question stays as it is: two clocks may have given its times.

    >>> oldest_first([{"role": "assistant"}, {"role": "user"}], [{"time": 2}, {"time": 1}])
    [{'role': 'user'}, {'role': 'assistant'}]
    >>> oldest_first([{"role": "user"}, {"role": "assistant"}], [{"time": 2}, {"time": 1}])
    [{'role': 'user'}, {'role': 'assistant'}]
    """
    ends = [message.get("role") for message in (*messages[:1], *messages[-1:])]
    if ends and ends[0] == "assistant" != ends[1] and begins_with_newest(turns):
        return messages[::-1]
    return messages


def in_order(example: Example) -> Example:
    """The example, whose messages have kept their times, with the oldest first."""
    messages = example.get("messages")
    return example if not messages else {**example, "messages": oldest_first(messages, messages)}


def _are_objects(turns: Sequence[JsonValue]) -> bool:
    return all(type(turn) is dict for turn in turns)


def _fall(times: Sequence[float]) -> bool:
    return bool(times) and times[-1] < times[0] and all(after <= before for before, after in itertools.pairwise(times))


def _times(records: Sequence[Record]) -> list[float]:
    """The times of all records, by the first column in which all have one; empty where there is none."""
    for known in _TIMES if records else ():
        for name in records[0]:
            if plain_name(name) != known:
                continue
            times = [time for record in records if (time := _time(record.get(name))) is not None]
            if len(times) == len(records):
                return times
    return []


def _seconds(number: float) -> float:
    """A time as a number in seconds, where programs count thousandths or smaller parts; a small number as it is.

    >>> _seconds(1767225600), _seconds(1767225600000), _seconds(7)
    (1767225600, 1767225600.0, 7)
    """
    while abs(number) >= _SURELY_PARTS:
        number /= 1000
    return number


def _time(value: JsonValue) -> float | None:
    """Seconds since 1970 of a time in ISO 8601 (without a zone, of UTC), or of a number; None for others.

    >>> _time("2026-01-01T00:00Z"), _time("1767225600000"), _time("1/2/2026"), _time(True)
    (1767225600.0, 1767225600.0, None, None)
    """
    if type(value) not in (str, int, float):
        return None
    with contextlib.suppress(ValueError, OverflowError):
        number = float(value)
        return _seconds(number) if math.isfinite(number) else None
    with contextlib.suppress(ValueError):
        found = dt.datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).timestamp()
    return None
