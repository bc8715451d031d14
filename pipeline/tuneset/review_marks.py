"""What people decide about rows: marks, one JSON object a line in `review.jsonl`, appended and never changed.

A mark is about content: it names the row by its id, for people, and by a hash of what stood there when it was set. The
last mark of a kind wins. Which rows are dropped or replaced for it is the stage `review`'s to say.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import orjson
import xxhash

from tuneset.artifacts import read_error, write_error
from tuneset.errors import InputError, UsageError
from tuneset.json_text import dump_line, loads

Action = Literal["keep", "drop", "edit", "tag", "note"]
ACTIONS: tuple[Action, ...] = get_args(Action)
DECISIONS: frozenset[Action] = frozenset({"keep", "drop", "edit"})
"""What changes the dataset; tags and notes are for people."""

REVIEW_FILE = "review.jsonl"


@dataclasses.dataclass(frozen=True)
class Mark:
    """One decision about one row.

    Args:
        row_id: of the row that was looked at, 16 hex digits.
        content: `content_hash` of what was looked at.
        action: what is to become of it.
        value: of an edit the whole example that takes its place, of a tag its names, of a note its text; else None.
        by: who set it.
        at: when, in UTC, as RFC 3339.
    """

    row_id: str
    content: str
    action: Action
    value: Any
    by: str
    at: str


def content_hash(example: Mapping[str, Any]) -> str:
    """32 hex digits for an example as a line holds it, whatever the order of its keys.

    >>> content_hash({"a": 1, "b": [2]}) == content_hash({"b": [2], "a": 1})
    True
    """
    try:
        text = orjson.dumps(example, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits, or text that is no Unicode
        text = json.dumps(example, sort_keys=True, separators=(",", ":")).encode()
    return xxhash.xxh3_128_hexdigest(text)


def new_mark(row_id: str, content: str, action: str, value: Any, by: str) -> Mark:  # noqa: ANN401  as the action wants
    """A mark that is set now. Raises UsageError where the action or its value is none."""
    moment = dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return _mark({"row_id": row_id, "content": content, "action": action, "value": value, "by": by, "at": moment}, "")


def append(path: Path, marks: Iterable[Mark]) -> None:
    """Write marks at the end of the file, all at once."""
    text = b"".join(dump_line({k: v for k, v in dataclasses.asdict(mark).items() if v is not None}) for mark in marks)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as handle:
            handle.write(text)
    except OSError as error:
        raise write_error(path, error) from error


def read(path: Path) -> list[Mark]:
    """All marks of a file, in order; none where there is no file.

    Raises InputError where it cannot be read, or a line of it is no mark.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise read_error(path, error) from error
    return [_parsed(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]


def _parsed(line: bytes, place: str) -> Mark:
    try:
        return _mark(loads(line), place)
    except (orjson.JSONDecodeError, UsageError) as error:
        reason = error.message if isinstance(error, UsageError) else "is no JSON"
        raise InputError(
            f"{place}: no mark of a review: {reason.removeprefix(f'{place}: ')}",
            allowed='{"row_id": ..., "content": ..., "action": "keep|drop|edit|tag|note", "value": ..., "by", "at"}',
            hint="mend or remove the line; `tuneset view` appends such lines",
        ) from None


def _mark(found: Any, place: str) -> Mark:  # noqa: ANN401  any JSON value
    """The mark that an object is. Raises UsageError where it is none."""
    at = f"{place}: " if place else ""
    if not isinstance(found, dict):
        raise UsageError(f"{at}no JSON object")
    for name in ("row_id", "content", "action", "by", "at"):
        if not isinstance(found.get(name), str):
            raise UsageError(f"{at}{name} is no text")
    action, value = found["action"], found.get("value")
    if action not in ACTIONS:
        raise UsageError(f"{at}an action that is unknown", allowed=", ".join(ACTIONS))
    right = {
        "edit": isinstance(value, dict),
        "tag": isinstance(value, list) and all(isinstance(tag, str) for tag in value),
        "note": isinstance(value, str),
    }
    if not right.get(action, value is None):
        wanted = {"edit": "an example, as a line holds it", "tag": "a list of names", "note": "a text"}
        raise UsageError(f"{at}the value of {action} is of another kind", allowed=wanted.get(action, "no value"))
    return Mark(found["row_id"], found["content"], found["action"], value, found["by"], found["at"])


class Decision(NamedTuple):
    """What is to become of a content, and the place of its mark in the file, from 0."""

    number: int
    mark: Mark


def decisions(marks: Sequence[Mark]) -> dict[str, Decision]:
    """The last decision on each content, by its hash."""
    return {mark.content: Decision(n, mark) for n, mark in enumerate(marks) if mark.action in DECISIONS}


def settled(content: str, decided: Mapping[str, Decision]) -> list[Decision]:
    """The decisions that a content meets, one after the other: what an edit makes of it may have been decided on too.

    Only a later mark follows on an earlier one, as people saw them: an edit that is taken back ends where it began.
    """
    found: list[Decision] = []
    last = -1
    while (one := decided.get(content)) is not None and one.number > last:
        found.append(one)
        last = one.number
        if one.mark.action != "edit":
            break
        content = content_hash(one.mark.value)
    return found
