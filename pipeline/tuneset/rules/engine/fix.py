"""Repairs for `tuneset check --fix`: only where the repair is certain, and only what a rule has found.

A line that needs no repair keeps its very bytes. Repairing twice changes nothing more.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Literal

from tuneset import artifacts
from tuneset.reading.line_ranges import file_lines
from tuneset.rules.context import Context
from tuneset.rules.engine.check_context import EXAMPLE_FAMILIES, Settings, context_of
from tuneset.rules.engine.file_check import Source, read_head
from tuneset.rules.engine.line_format import detect_format
from tuneset.rules.families.json_line import read_line, repeated_keys
from tuneset.rules.families.shape import WRONG_OUTPUT_KEYS
from tuneset.rules.families.tool_calls import is_object_text
from tuneset.rules.issue import Issue
from tuneset.rules.passes.example import check_example
from tuneset.terms import Format

MAX_DOCUMENT_BYTES = 512 << 20
"""A JSON document is held in memory while it is cut into lines; a larger one is left alone."""
ROUNDS = 8
"""A repair may uncover the next; an example that still changes after so many rounds is left as it then is."""

Repair = tuple[int, str]
"""Physical line, code of the rule that was repaired."""


def fix_file(source: Source, target: Path, asked: Format | Literal["auto"], settings: Settings) -> list[Repair]:
    """Write a repaired copy of a file to `target`, whole or not at all; the list of what was repaired.

    A file that cannot be read as JSON lines, nor as one JSON document, is not copied: the list is then empty and
    `target` does not come to be.
    """
    head = read_head(source, asked, settings)
    own = dataclasses.replace(settings, format=head.format or "sft", families=EXAMPLE_FAMILIES)
    if head.readable:
        context = context_of(own)
        with artifacts.writing(target) as out:
            return list(_fix_lines(source.path, head.first, context, out))
    if not any(issue.code == "JSN007" for issue in head.issues) or head.size > MAX_DOCUMENT_BYTES:
        return []
    try:
        entries = _entries(source.path.read_bytes())
    except (ValueError, RecursionError):
        return []
    found = detect_format(entries) or "sft" if asked == "auto" else asked
    context = context_of(dataclasses.replace(own, format=found))
    with artifacts.writing(target) as out:
        return list(_fix_entries(entries, context, out))


def fixed_path(path: Path) -> Path:
    """Where the repaired copy of a file goes.

    >>> fixed_path(Path("data/train.jsonl")).as_posix()
    'data/train.fixed.jsonl'
    """
    return path.with_name(f"{path.stem}.fixed.jsonl")


def _fix_lines(path: Path, first: int, context: Context, out: IO[bytes]) -> Iterator[Repair]:
    """Write the repaired lines of a file to `out`; yield what was repaired.

    `first` is where the first line begins, after a byte order mark.
    """
    if first:
        yield 1, "FIL003"
    for number, raw in enumerate(file_lines(path, first), start=1):
        if raw is None:  # too long to be repaired, or to be kept
            continue
        if not raw.strip(b" \t\r"):
            yield number, "FIL006"
            continue
        values, several = _values(raw)
        if several:
            yield number, "JSN008"
        for line in values:
            fixed, codes = fix_line(line, context)
            out.write(fixed + b"\n")
            yield from ((number, code) for code in codes)


def _entries(text: bytes) -> list[dict[str, Any]]:
    """The examples of a JSON array, or of pretty-printed objects. Raises ValueError where the text is not that."""
    values = _decode_all(text.decode("utf-8-sig"))
    entries = [entry for value in values for entry in (value if isinstance(value, list) else [value])]
    if not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("an entry is no object")
    return entries


def _fix_entries(entries: list[dict[str, Any]], context: Context, out: IO[bytes]) -> Iterator[Repair]:
    yield 1, "JSN007"
    for entry in entries:
        fixed, codes = fix_line(_dump(entry), context)
        out.write(fixed + b"\n")
        yield from ((1, code) for code in codes)


def fix_line(raw: bytes, context: Context) -> tuple[bytes, list[str]]:
    """A line with everything repaired that can be, and the codes of what was."""
    repaired: list[str] = []
    for _ in range(ROUNDS):
        example, issues = read_line(raw)
        if example is None or repeated_keys(raw, example):
            break
        issues += check_example(example, context)
        # Python's own reader keeps integers of any size, which orjson would turn into floats.
        value = json.loads(raw)
        codes = [issue.code for issue in issues if issue.code in _REPAIRS and _apply(value, issue)]
        if not codes:
            break
        repaired += codes
        raw = _dump(value)
    return raw, repaired


def _apply(value: Any, issue: Issue) -> bool:  # noqa: ANN401  any JSON value
    """Repair one place; whether anything was changed."""
    *parents, key = issue.parts
    holder = value
    try:
        for part in parents:
            holder = holder[part]
        return _REPAIRS[issue.code](holder, key)
    except (KeyError, IndexError, TypeError):  # an earlier repair has taken the place away
        return False


# --- repairs: each is given what holds the value, and its key there ------------------------------------------------


def _remove(holder: Any, key: str | int) -> bool:  # noqa: ANN401  any JSON value
    del holder[key]
    return True


def _remove_nul(holder: Any, key: str | int) -> bool:  # noqa: ANN401
    if not isinstance(holder[key], str) or "\0" not in holder[key]:
        return False
    holder[key] = holder[key].replace("\0", "")
    return True


def _whole_weight(holder: Any, key: str | int) -> bool:  # noqa: ANN401
    if holder[key] not in (0, 1) or type(holder[key]) is int:
        return False
    holder[key] = int(holder[key])
    return True


def _decode_once(holder: Any, key: str | int) -> bool:  # noqa: ANN401
    inner = json.loads(holder[key])
    if not isinstance(inner, str) or not is_object_text(inner):
        return False
    holder[key] = inner
    return True


def _as_text(holder: Any, key: str | int) -> bool:  # noqa: ANN401
    if not isinstance(holder[key], dict):
        return False
    holder[key] = json.dumps(holder[key], ensure_ascii=False)
    return True


def _rename_output(holder: Any, key: str | int) -> bool:  # noqa: ANN401
    right = WRONG_OUTPUT_KEYS[str(key)]
    if right in holder:
        return False
    renamed = {right if name == key else name: child for name, child in holder.items()}
    holder.clear()
    holder.update(renamed)
    return True


_REPAIRS: dict[str, Callable[[Any, str | int], bool]] = {
    "JSN006": _remove_nul,
    "SHP006": _remove,
    "CNV006": _whole_weight,
    "CNV007": _remove,
    "TOL007": _decode_once,
    "TOL008": _as_text,
    "PRF001": _rename_output,
}


def _values(raw: bytes) -> tuple[list[bytes], bool]:
    """A line as the lines that it should have been: several, where it holds several objects.

    >>> _values(b'{"a": 1} {"b": 2}')
    ([b'{"a":1}', b'{"b":2}'], True)
    """
    _, issues = read_line(raw)
    if [issue.code for issue in issues] != ["JSN008"]:
        return [raw], False
    try:
        values = _decode_all(raw.decode())
    except (ValueError, RecursionError):
        return [raw], False
    if not all(isinstance(value, dict) for value in values):
        return [raw], False
    return [_dump(value) for value in values], True


def _decode_all(text: str) -> list[Any]:
    """All JSON values of a text, one after the other, with white space or commas between them.

    Raises ValueError at anything else, and at NaN, Infinity and repeated keys, which no repair can be certain of.
    """
    decoder = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_unique)
    values: list[Any] = []
    position = 0
    while True:
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        if position == len(text):
            return values
        value, position = decoder.raw_decode(text, position)
        values.append(value)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is there twice")
    return value


def _dump(value: Any) -> bytes:  # noqa: ANN401  any JSON value
    """A value as one line. A lone surrogate stays escaped, for its rule to find."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
