"""The output and error files of batches, joined to the rows by `custom_id`: training lines, and the end of each row.

A row is `answered`, an `error` of the endpoint, `missing` from both files, or was `left_out` before; the first line of
an id counts. Answers stay in their files until their row comes, and their places on disk: nothing grows with the rows.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tuneset.artifacts import writing
from tuneset.disk_table import DiskTable
from tuneset.providers.batches.batch_requests import ROWS, prompt_of
from tuneset.providers.chat_models import ChatAnswer
from tuneset.providers.wire.answer import UnexpectedAnswer
from tuneset.providers.wire.chat_answer import parse_answer, reasoning_of

ANSWERS, LEDGER, UNANSWERED = "answers.jsonl", "batch_ledger.jsonl", "unanswered.jsonl"
OUTCOMES = ("answered", "error", "missing", "left_out")
_BAD_REQUEST = 400
_CALLED = ("name", "arguments")
_ENDED = {"max_output_tokens": "length", "content_filter": "content_filter"}
"""Why a response is not complete, by the words for it in a chat completion."""


@dataclasses.dataclass(frozen=True)
class Joined:
    """How many rows there are by outcome and, of those without an answer, by code; answers that were cut off.

    `strays` are lines of the files that are of no row, repeat one, or cannot be read.
    """

    rows: int
    outcomes: dict[str, int]
    codes: dict[str, int]
    cut_off: int
    strays: int


class _Place(NamedTuple):
    """Where the answer of a row stands."""

    path: Path
    start: int
    length: int


class _Places:
    """The places of first lines by `custom_id`, on disk."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._files = list(files)
        self._table = DiskTable()
        self.lines = 0
        """How many lines the files hold."""
        for number, path in enumerate(self._files):
            with path.open("rb") as handle:
                start = 0
                for line in handle:
                    if line.strip():
                        self.lines += 1
                        if isinstance(custom_id := _record(line).get("custom_id"), str):
                            self._table.add(custom_id, f"{number} {start} {len(line)}")
                    start += len(line)

    def get(self, custom_id: str) -> _Place | None:
        found = self._table.get(custom_id)
        if found is None:
            return None
        number, start, length = map(int, found.split())
        return _Place(self._files[number], start, length)


def join(folder: Path, files: Iterable[Path], missing: Sequence[str]) -> Joined:
    """Write ANSWERS, LEDGER and UNANSWERED from ROWS and the files that were fetched; every row is in the ledger once.

    Args:
        folder: where ROWS is, and the three files go.
        files: of answers, then of errors.
        missing: by part, the code of a row that is in none of the files.
    """
    places = _Places(files)
    outcomes, codes = Counter[str](), Counter[str]()
    rows = cut_off = used = 0
    with (
        (folder / ROWS).open("rb") as source,
        writing(folder / ANSWERS) as answers,
        writing(folder / LEDGER) as ledger,
        writing(folder / UNANSWERED) as rest,
    ):
        for kept in source:
            row = orjson.loads(kept)
            rows += 1
            entry: dict[str, Any] = {name: row[name] for name in ("row", "custom_id")}
            entry |= {"outcome": "left_out", "code": row["code"], "finish_reason": None}
            if row["code"] is None:
                place = places.get(row["custom_id"])
                used += place is not None
                training_line, found = _outcome(row["line"], place, missing[row["part"]])
                entry |= found
                if training_line is not None:
                    answers.write(orjson.dumps(training_line) + b"\n")
                else:
                    rest.write(orjson.dumps(row["line"]) + b"\n")
            ledger.write(orjson.dumps(entry) + b"\n")
            outcomes[entry["outcome"]] += 1
            codes.update([entry["code"]] if entry["code"] else [])
            cut_off += entry["finish_reason"] == "length"
    counts = {name: outcomes[name] for name in OUTCOMES}
    return Joined(rows, counts, dict(sorted(codes.items())), cut_off, places.lines - used)


def chat_answers(files: Iterable[Path]) -> Iterator[tuple[str, ChatAnswer | str]]:
    """Yield the `custom_id` of each line, and the answer of a chat completion or the code of why there is none."""
    for path in files:
        with path.open("rb") as handle:
            for line in handle:
                record = _record(line)
                if isinstance(custom_id := record.get("custom_id"), str):
                    yield custom_id, _chat_answer(record)


def _chat_answer(record: Mapping[str, Any]) -> ChatAnswer | str:
    if (code := _error_code(record)) is not None:
        return code
    try:
        return parse_answer(record["response"]["body"])
    except UnexpectedAnswer:
        return "no_answer"


def _record(line: bytes) -> dict[str, Any]:
    """A line of an answer file, empty where it cannot be read."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _outcome(line: dict[str, Any], place: _Place | None, missing: str) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The training line of a row, if it was answered, and what the ledger says of it."""
    if place is None:
        return None, {"outcome": "missing", "code": missing}
    with place.path.open("rb") as handle:
        handle.seek(place.start)
        record = _record(handle.read(place.length))
    code = _error_code(record)
    if code is not None:
        return None, {"outcome": "error", "code": code}
    body = record["response"]["body"]
    message, reason = answer_of(body)
    messages = asked_of(line)
    if message is None or messages is None:
        code = "no_answer" if message is None else "no_training_line"
        return None, {"outcome": "error", "code": code, "finish_reason": reason}
    own = line if "body" not in line else {"tools": line["body"]["tools"]} if line["body"].get("tools") else {}
    return {**own, "messages": [*messages, message]}, {"outcome": "answered", "finish_reason": reason}


def _error_code(record: Mapping[str, Any]) -> str | None:
    """Why a record holds no answer; None where it does."""
    error, response = record.get("error"), record.get("response")
    if isinstance(error, dict):
        return str(error.get("code") or "error")
    if not isinstance(response, dict):
        return "no_answer"
    status, body = response.get("status_code"), response.get("body")
    if isinstance(status, int) and status >= _BAD_REQUEST:
        told = body.get("error") if isinstance(body, dict) else None
        return str((told.get("code") if isinstance(told, dict) else None) or f"http_{status}")
    return None if isinstance(body, dict) else "no_answer"


def answer_of(body: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
    """The assistant message of a chat completion, a completion or a response, and why it ended.

    None where it says nothing and calls nothing, such as a refusal.

    >>> answer_of({"choices": [{"message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}]})
    ({'role': 'assistant', 'content': 'Yes.'}, 'stop')
    >>> answer_of({"output": [{"type": "message", "content": [{"type": "output_text", "text": "Yes."}]}]})
    ({'role': 'assistant', 'content': 'Yes.'}, None)
    >>> answer_of({"output": [], "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}})
    (None, 'length')
    >>> answer_of({"choices": [{"message": {"content": None, "refusal": "No."}, "finish_reason": "stop"}]})
    (None, 'stop')
    """
    choice = next(_dicts(body.get("choices")), {})
    message = choice["message"] if isinstance(choice.get("message"), dict) else {}
    if not choice:
        return _of_response(body)
    found: dict[str, Any] = {"role": "assistant"}
    if text := message.get("content") or choice.get("text"):
        found["content"] = text
    if message.get("tool_calls"):
        found["tool_calls"] = message["tool_calls"]
    says = len(found) > 1
    if thought := reasoning_of(message):
        found["reasoning_content"] = thought
    reason = choice.get("finish_reason")
    return (found if says else None), (reason if isinstance(reason, str) else None)


def _of_response(body: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
    """The same of a response, in the words of a chat completion.

    >>> call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    >>> answer_of({"output": [call], "status": "completed"})[0]["tool_calls"]
    [{'id': 'c1', 'type': 'function', 'function': {'name': 'f', 'arguments': '{}'}}]
    """
    items = list(_dicts(body.get("output")))
    parts = [part for item in items for part in _dicts(item.get("content"))]
    text = "".join(str(part["text"]) for part in parts if part.get("type") == "output_text" and part.get("text"))
    calls = [
        {"id": item.get("call_id"), "type": "function", "function": {key: item.get(key) for key in _CALLED}}
        for item in items
        if item.get("type") == "function_call"
    ]
    told = {"content": text, "tool_calls": calls}
    found = {"role": "assistant", **{name: value for name, value in told.items() if value}}
    details = body.get("incomplete_details")
    reason = _ENDED.get(str(details.get("reason"))) if isinstance(details, dict) else None
    return (found if len(found) > 1 else None), reason or ("stop" if body.get("status") == "completed" else None)


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def asked_of(line: Mapping[str, Any]) -> list[Any] | None:
    """The messages that a chat line or a batch line asks; None where a request is of no form that a chat line has."""
    if "body" not in line:
        return prompt_of(line.get("messages"))
    body = line["body"]
    if not isinstance(body, dict):
        return None
    asked = body.get("messages", body.get("input", body.get("prompt")))
    if isinstance(asked, str):
        asked = [{"role": "user", "content": asked}]
    if not isinstance(asked, list) or not all(isinstance(one, dict) and "role" in one for one in asked):
        return None
    said = body.get("instructions")
    return [*([{"role": "system", "content": said}] if isinstance(said, str) else []), *asked]
