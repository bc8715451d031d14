"""The answers of a batch while it runs, one durable line each, and the two files that are made of them in the end.

    batches/BATCH_ID/input      the requests: a further name of the input file's bytes, so that they outlive it
    batches/BATCH_ID/answers    a line for each answer, appended as it comes and flushed before it counts

A line that a crash has cut short is no answer. The files are made by one walk over the requests, so that each request
has exactly one line in one of them, whatever was appended.
"""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson

from tuneset.endpoint.batches.batch_input import requests
from tuneset.endpoint.object_ids import new_id

BAD_REQUEST = 400
"""From this status on an answer belongs into the error file."""


class _Place(NamedTuple):
    start: int
    length: int
    failed: bool


class Answers:
    """The answers of one batch. Appending is done from any thread."""

    def __init__(self, path: Path) -> None:
        """Open the file of answers, or begin one; what a crash left half written at its end is cut off."""
        self._lock = threading.Lock()
        self._places: dict[int, _Place] = {}
        self._closed = False
        self._whole = True
        self._path = path
        self._handle = _opened(path)
        self._handle.seek(0)
        end = 0
        for line in self._handle:
            if not line.endswith(b"\n"):
                break
            try:
                entry = orjson.loads(line)
            except orjson.JSONDecodeError:  # blocks of a lost write; nothing behind them was acknowledged
                break
            self._places.setdefault(entry["line"], _Place(end, len(line), entry["failed"]))
            end += len(line)
        self._handle.truncate(end)
        self._end = end

    def close(self) -> None:
        """Close the file; what comes later is not kept."""
        with self._lock:
            self._closed = True
            self._handle.close()

    def __contains__(self, line: int) -> bool:
        return line in self._places

    def counts(self) -> dict[str, int]:
        """How many requests were answered well and how many badly."""
        with self._lock:
            failed = sum(place.failed for place in self._places.values())
            return {"completed": len(self._places) - failed, "failed": failed}

    def add(self, line: int, custom_id: str, response: dict[str, Any]) -> None:
        """Append the answer to the request of a line, unless there is one. It is on the disk when the call returns.

        Raises OSError where it cannot be written; what was before stays, and the call can be made again.
        """
        failed = response["status_code"] >= BAD_REQUEST
        record = {"id": new_id("batch_req_"), "custom_id": custom_id, "response": response, "error": None}
        data = orjson.dumps({"line": line, "failed": failed, "record": record}) + b"\n"
        with self._lock:
            if self._closed or line in self._places:
                return
            if not self._whole:
                self._reopen()
            self._whole = False
            self._handle.write(data)
            self._handle.flush()
            os.fsync(self._handle.fileno())
            self._whole = True
            self._places[line] = _Place(self._end, len(data), failed)
            self._end += len(data)

    def _reopen(self) -> None:
        """Cut off what a failed write has left, in the file and in the handle's own memory."""
        with contextlib.suppress(OSError):  # it tries to write once more
            self._handle.close()
        self._handle = _opened(self._path)
        self._handle.truncate(self._end)
        self._whole = True

    def write_files(self, source: Path, output: Path, errors: Path, unanswered: tuple[str, str]) -> dict[str, int]:
        """Write both files, in the order of the requests, and give how many lines each has.

        `unanswered` is the code and the message of the error that requests without an answer get.
        """
        code, message = unanswered
        counts = {"completed": 0, "failed": 0}
        with output.open("wb") as good, errors.open("wb") as bad, self._path.open("rb") as kept:
            for request in requests(source):
                place = self._places.get(request.line)
                if place is None:
                    record: Any = {"id": new_id("batch_req_"), "custom_id": request.custom_id, "response": None}
                    record["error"] = {"code": code, "message": message}
                else:
                    kept.seek(place.start)
                    record = orjson.loads(kept.read(place.length))["record"]
                well = place is not None and not place.failed
                (good if well else bad).write(orjson.dumps(record) + b"\n")
                counts["completed" if well else "failed"] += 1
            for handle in (good, bad):
                handle.flush()
                os.fsync(handle.fileno())
        return counts


def _opened(path: Path) -> BinaryIO:
    return path.open("a+b")
