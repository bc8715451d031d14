"""What the requests of a batch say is searched for what must not leave, before the file is sent."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import orjson

from tuneset.api.remote import preflight
from tuneset.json_text import dump_line
from tuneset.params import Params
from tuneset.providers.batches.batch_answers import asked_of
from tuneset.providers.batches.batch_requests import lines_of


def require(params: Params, source: Path, say: Callable[[str], None]) -> None:
    """Search all that a file of chat lines or batch lines asks. Raises CheckFailedError, which names its lines.

    What is no JSON object is not sent, and not searched.
    """
    places = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "asked.jsonl"
        with path.open("wb") as handle:
            for number, line in lines_of(source):
                said = _said(line)
                if said is not None:
                    handle.write(dump_line(said))
                    places.append(f"{source}:{number}")
        if places:
            preflight.require(iter([preflight.egress(params, path, "sft", places)]), say)


def _said(line: bytes) -> dict[str, object] | None:
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
