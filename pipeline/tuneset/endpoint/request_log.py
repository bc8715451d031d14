"""The log of requests: a JSON object a line for each that was answered, without a word of what was asked.

It holds what `traffic` knows of a request. Bodies, headers, keys, ids and names of files are not in it. The
project is named where a server has several.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sys

import orjson

from tuneset.endpoint.state.objects import DEFAULT_PROJECT
from tuneset.endpoint.traffic import Answered


def log_request(answered: Answered) -> None:
    """Write a line to stderr. One that cannot be written is left out: the request was answered."""
    with contextlib.suppress(OSError):
        print(log_line(answered, dt.datetime.now(dt.UTC)), file=sys.stderr, flush=True)


def log_line(answered: Answered, now: dt.datetime) -> str:
    """The line of a request whose answer ended at `now`.

    >>> log_line(Answered("GET", "/v1/files", 200, 0.0123, 40, "req_1"), dt.datetime(2026, 11, 26, tzinfo=dt.UTC))[:74]
    '{"time":"2026-11-26T00:00:00.000+00:00","method":"GET","route":"/v1/files"'
    """
    line = {
        "time": now.isoformat(timespec="milliseconds"),
        "method": answered.method,
        "route": answered.route,
        "status": answered.status,
        "ms": round(answered.seconds * 1_000, 1),
        "bytes": answered.bytes,
        "request_id": answered.request_id,
    }
    if answered.project != DEFAULT_PROJECT:
        line["project"] = answered.project
    return orjson.dumps(line).decode()
