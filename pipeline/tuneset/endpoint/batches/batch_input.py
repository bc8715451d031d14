"""The input file of a batch: what is wrong with it, line by line, and its requests one after the other.

Codes and rules are those of OpenAI's guide to the Batch API (2026-11-20). What a body asks for is found out when it is
answered, by the route itself. No value of a line is repeated in a message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tuneset.endpoint.state.objects import Document

MAX_REQUESTS = 50_000
"""Of one file. OpenAI's guide to the Batch API (rate limits), 2026-11-20."""

MAX_FAULTS = 100
"""So many faults of a file are told; who has read these knows what is wrong."""


class Request(NamedTuple):
    """One request: the physical line that it stands in, from 1, the client's own id, and the body as JSON."""

    line: int
    custom_id: str
    body: bytes


class Checked(NamedTuple):
    """What the check of a file has found: how many requests there are, their model, and the faults."""

    total: int
    model: str | None
    faults: list[Document]


def check_input(path: Path, url: str, model_fault: Callable[[str], str | None]) -> Checked:
    """Check every line of a file whose requests all go to `url`; `model_fault` says why a model cannot be asked."""
    faults: list[Document] = []
    seen: set[bytes] = set()
    model: str | None = None
    total = 0
    for number, line in _lines(path):
        total += 1
        found, document = _fault(line, url)
        if found is None:
            digest = hashlib.blake2b(document["custom_id"].encode("utf-8", "surrogatepass"), digest_size=16).digest()
            if digest in seen:
                found = _DUPLICATE
            seen.add(digest)
        if found is None:
            named = document["body"]["model"]
            if model is None:
                model = named
                why = model_fault(named)
                found = None if why is None else ("model_not_found", why, "body.model")
            elif named != model:
                found = ("mismatched_model", "All requests of a batch must name the same model.", "body.model")
        if found is not None and len(faults) < MAX_FAULTS:
            code, message, param = found
            faults.append({"code": code, "line": number, "message": message, "param": param})
    if total == 0:
        faults.append({"code": "empty_file", "line": None, "message": "The input file is empty.", "param": None})
    if total > MAX_REQUESTS:
        message = f"The input file has {total} requests; a batch has at most {MAX_REQUESTS}."
        faults.insert(0, {"code": "too_many_tasks", "line": None, "message": message, "param": None})
    return Checked(total, model, faults)


def requests(path: Path) -> Iterator[Request]:
    """The requests of a file in which `check_input` has found no fault, in its order."""
    for number, line in _lines(path):
        document = orjson.loads(line)
        yield Request(number, document["custom_id"], orjson.dumps(document["body"]))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, each with its number."""
    with path.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            if line.strip():
                yield number, line


_Found = tuple[str, str, str | None]

_DUPLICATE: _Found = (
    "duplicate_custom_id",
    "The custom_id of this request is a duplicate of another request; it must be unique within a batch.",
    "custom_id",
)


def _fault(line: bytes, url: str) -> tuple[_Found | None, dict[str, Any]]:
    """What is wrong with one line by itself, and its document.

    >>> _fault(b'{"custom_id": "a", "method": "POST"}', "/v1/completions")[0]
    ('missing_required_parameter', "Missing required parameter: 'url'.", 'url')
    """
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        return ("invalid_json_line", "This line is not parseable as valid JSON.", None), {}
    if not isinstance(document, dict):
        return ("invalid_json_line", "This line is not a JSON object.", None), {}
    return _field_fault(document, url), document


def _field_fault(document: dict[str, Any], url: str) -> _Found | None:
    for name in ("custom_id", "method", "url", "body"):
        if document.get(name) is None:
            return "missing_required_parameter", f"Missing required parameter: '{name}'.", name
    if not isinstance(document["custom_id"], str) or not document["custom_id"]:
        return "invalid_custom_id", "The custom_id must be a string that is not empty.", "custom_id"
    if document["method"] != "POST":
        return "invalid_method", "The method of this request must be 'POST'.", "method"
    if document["url"] != url:
        return "invalid_url", "The URL of this request does not match the endpoint of the batch.", "url"
    body = document["body"]
    if not isinstance(body, dict):
        return "invalid_body", "The body of this request must be a JSON object.", "body"
    if not isinstance(body.get("model"), str) or not body["model"]:
        return "missing_required_parameter", "Missing required parameter: 'body.model'.", "body.model"
    if body.get("stream"):
        return "invalid_body", "Streaming is not available in a batch.", "body.stream"
    unknown = document.keys() - {"custom_id", "method", "url", "body"}
    if unknown:
        return "unknown_parameter", "This line has keys beside custom_id, method, url and body.", None
    return None
