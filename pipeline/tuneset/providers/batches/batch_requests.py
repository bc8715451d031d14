"""A file of chat lines or of batch lines -> the requests of batches, in files that an endpoint takes.

Every row of the file gets a line in ROWS, with its `custom_id` and its part, or the code of why it is not sent.
Nothing is asked for here, and no value of a row is in a message.
"""

from __future__ import annotations

import codecs
import contextlib
import dataclasses
import hashlib
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import orjson

from tuneset.artifacts import read_error, writing
from tuneset.disk_table import DiskTable
from tuneset.errors import InputError, UsageError

ROWS = "rows.jsonl"
CHAT = "/v1/chat/completions"
LEFT_OUT = {
    "invalid_json": "it is no JSON object",
    "no_prompt": "it has no messages before an answer",
    "chat_line_elsewhere": f"a chat line can be asked at {CHAT} alone",
    "no_custom_id": "it is a batch line without a custom_id of text",
    "duplicate_custom_id": "its custom_id stands in an earlier line",
    "no_model": "its body names no model",
    "other_model": "its body names another model than the batch",
    "other_url": "it goes to another route than the batch",
    "too_large": "it is larger than a file may be",
}
"""Why a row is not sent, by code."""
_NOT_SENT_IN_MESSAGES = frozenset({"weight"})
"""Keys of a message that are for training alone."""
_SENT_OF_LINE = ("tools", "parallel_tool_calls", "functions")
"""Keys of a chat line, beside its messages, that a request has too."""


@dataclasses.dataclass(frozen=True)
class Part:
    """One file of requests: its place, how many it holds, and its digest."""

    path: Path
    requests: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class PreparedRequests:
    """All requests of a file: in parts, with the model that they name, its rows, and those left out by code."""

    parts: tuple[Part, ...]
    model: str
    rows: int
    left_out: dict[str, int]


@dataclasses.dataclass
class _Open:
    """The part that is being written."""

    path: Path
    handle: IO[bytes]
    digest: Any
    requests: int = 0
    bytes: int = 0


def write_requests(
    source: Path, folder: Path, *, model: str | None, url: str, most_requests: float | None, most_bytes: float | None
) -> PreparedRequests:
    """Write `requests-0001.jsonl` and so on, and ROWS, into a folder; the same bytes whenever the input is the same.

    A row's request has the bytes of its line where that is a batch line, which names its own model. Raises InputError
    where the file cannot be read or no row can be asked, UsageError where chat lines come without a model.
    """
    most_requests, most_bytes = most_requests or math.inf, most_bytes or math.inf
    named, seen, left_out = model, DiskTable(), Counter[str]()
    parts: list[Part] = []
    now: _Open | None = None
    rows = 0
    with writing(folder / ROWS) as account, contextlib.ExitStack() as stack:
        for number, line in lines_of(source):
            rows += 1
            custom_id, request, code, named = _request(number, line, url, named, seen)
            if request is not None and len(request) > most_bytes:
                request, code = None, "too_large"
            if request is None:
                left_out[str(code)] += 1
            elif now is None or now.requests >= most_requests or now.bytes + len(request) > most_bytes:
                stack.close()  # the part before appears, whole
                parts += [_part(now)] if now else []
                path = folder / f"requests-{len(parts) + 1:04}.jsonl"
                now = _Open(path, stack.enter_context(writing(path)), hashlib.sha256())
            part = None if request is None else len(parts)
            known = None if code == "invalid_json" else orjson.Fragment(line)
            kept = {"row": number, "custom_id": custom_id, "code": code, "part": part, "line": known}
            account.write(orjson.dumps(kept) + b"\n")
            if request is None or now is None:
                continue
            now.handle.write(request)
            now.digest.update(request)
            now.requests += 1
            now.bytes += len(request)
        parts += [_part(now)] if now else []
    if not parts or named is None:
        found = ", ".join(f"{count:,} {code} ({LEFT_OUT[code]})" for code, count in sorted(left_out.items()))
        raise InputError(
            f"{source}: holds no row that can be asked" + (f": {found}" if found else ""),
            allowed="chat lines with messages, or lines of the Batch API, one JSON object each",
        )
    return PreparedRequests(tuple(parts), named, rows, dict(sorted(left_out.items())))


def prompt_of(messages: object) -> list[Any] | None:
    """What stands before the last answer, or all of it where the last turn asks; None where that is nothing.

    >>> user, answer = {"role": "user"}, {"role": "assistant"}
    >>> prompt_of([user, answer]) == prompt_of([user]) == [user], prompt_of([answer]), prompt_of("x")
    (True, None, None)
    """
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        return None
    roles = [one.get("role") for one in messages]
    if roles[-1:] == ["assistant"]:
        return messages[:-1] or None
    return messages if roles[-1:] and roles[-1] in ("user", "tool", "function") else None


def _part(now: _Open) -> Part:
    return Part(now.path, now.requests, now.digest.hexdigest())


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, each with its number from 1. Raises InputError."""
    try:
        with path.open("rb") as handle:
            for number, line in enumerate(handle, 1):
                held = (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip()
                if held:
                    yield number, held
    except OSError as error:
        raise read_error(path, error) from error


_Request = tuple[str | None, bytes | None, str | None, str | None]
"""The `custom_id`, the request, the code of why there is none, and the model of the batch as it is known now."""


def _request(number: int, line: bytes, url: str, model: str | None, seen: DiskTable) -> _Request:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        return None, None, "invalid_json", model
    if "body" in found or "custom_id" in found:
        return _of_batch_line(found, line, url, model, seen)
    prompt = prompt_of(found.get("messages"))
    if prompt is None:
        return None, None, "no_prompt", model
    if url != CHAT:
        return None, None, "chat_line_elsewhere", model
    if model is None:
        raise UsageError("the file holds chat lines, which name no model", hint="name it with --model")
    messages = [{key: one[key] for key in one if key not in _NOT_SENT_IN_MESSAGES} for one in prompt]
    sent = {key: found[key] for key in _SENT_OF_LINE if found.get(key) is not None}
    custom_id = f"row-{number}-{hashlib.sha256(line).hexdigest()[:16]}"
    body = {"model": model, "messages": messages, **sent}
    request = {"custom_id": custom_id, "method": "POST", "url": url, "body": body}
    return custom_id, orjson.dumps(request) + b"\n", None, model


def _of_batch_line(found: dict[str, Any], line: bytes, url: str, model: str | None, seen: DiskTable) -> _Request:
    custom_id, body = found.get("custom_id"), found.get("body")
    if not isinstance(custom_id, str) or not custom_id:
        return None, None, "no_custom_id", model
    named = body.get("model") if isinstance(body, dict) else None
    code = None
    if custom_id in seen:
        code = "duplicate_custom_id"
    elif not isinstance(named, str) or not named:
        code = "no_model"
    elif found.get("url") != url:
        code = "other_url"
    elif model is not None and named != model:
        code = "other_model"
    if code is not None:
        return custom_id, None, code, model
    seen.add(custom_id)
    return custom_id, line + b"\n", None, named
