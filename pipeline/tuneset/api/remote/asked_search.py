"""What models are to be asked is searched for what must not leave, before any of it is sent."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from tuneset.api.remote import preflight
from tuneset.disk_table import DiskTable
from tuneset.json_text import dump_line
from tuneset.params import Params
from tuneset.providers.batches.batch_answers import asked_of
from tuneset.providers.batches.batch_requests import lines_of


def require(params: Params, asked: Iterable[tuple[str, Mapping[str, Any]]], say: Callable[[str], None]) -> None:
    """Search chat lines, each with the place that it comes from. Raises CheckFailedError, which names the places."""
    places, count = DiskTable(), 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "asked.jsonl"
        with path.open("wb") as handle:
            for place, line in asked:
                handle.write(dump_line(dict(line)))
                count += 1
                places.put(str(count), place)
        if count:

            def place_of(line: int) -> str:
                return places.get(str(line)) or ""

            preflight.require(iter([preflight.egress(params, path, "sft", place_of)]), say)


def of_batch(source: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what a file of chat lines or batch lines asks, with its places; what asks nothing is not sent."""
    for number, line in lines_of(source):
        said = _said(line)
        if said is not None:
            yield f"{source}:{number}", said


def _said(line: bytes) -> dict[str, Any] | None:
    """What a row asks, as a chat line; None where it asks nothing.

    >>> _said(b'{"custom_id": "1", "body": {"prompt": "Why?"}}')
    {'messages': [{'role': 'user', 'content': 'Why?'}]}
    """
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    messages = asked_of(found) if isinstance(found, dict) else None
    if not messages:
        return None
    body = found["body"] if isinstance(found.get("body"), dict) else found
    return {"messages": messages, **({"tools": body["tools"]} if body.get("tools") else {})}
