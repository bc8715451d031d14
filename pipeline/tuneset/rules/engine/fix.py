"""`tuneset check --fix`: the repairs of `rules/repairs/` over a file, only where a rule has found something.

A line that needs no repair keeps its very bytes. Repairing twice changes nothing more.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Literal

from tuneset import artifacts
from tuneset.reading.containers.json_value import decode_unique
from tuneset.reading.line_ranges import file_lines
from tuneset.rules.context import Context
from tuneset.rules.engine.check_context import EXAMPLE_FAMILIES, Settings, context_of
from tuneset.rules.engine.file_check import Repaired, Source, read_head
from tuneset.rules.engine.line_format import detect_format
from tuneset.rules.families.json_line import bare_conversation, read_line, repeated_keys
from tuneset.rules.passes.example import check_example
from tuneset.rules.repairs.one_example import repair_example
from tuneset.rules.repairs.registry import BY_CODE, REPAIRS
from tuneset.rules.repairs.repair import Repair
from tuneset.terms import Format

MAX_DOCUMENT_BYTES = 512 << 20
"""A JSON document is held in memory while it is cut into lines; a larger one is left alone."""
ROUNDS = 8
"""A repair may uncover the next; an example that still changes after so many rounds is left as it then is."""


def fix_file(
    source: Source,
    target: Path,
    asked: Format | Literal["auto"],
    settings: Settings,
    wanted: Sequence[Repair] = REPAIRS,
) -> list[Repaired]:
    """Write a repaired copy of a file to `target`, whole or not at all; the list of what was repaired.

    `wanted` are the repairs that may be used, in their order.

    A file that cannot be read as JSON lines, nor as one JSON document, is not copied: the list is then empty and
    `target` does not come to be.
    """
    head = read_head(source, asked, settings)
    own = dataclasses.replace(settings, format=head.format or "sft", families=EXAMPLE_FAMILIES)
    if head.readable:
        context = context_of(own)
        with artifacts.writing(target) as out:
            return list(_fix_lines(source.path, head.first, context, out, wanted))
    if not any(issue.code == "JSN007" for issue in head.issues) or head.size > MAX_DOCUMENT_BYTES:
        return []
    try:
        entries = _entries(source.path.read_bytes())
    except (ValueError, RecursionError):
        return []
    found = detect_format(entries) or "sft" if asked == "auto" else asked
    context = context_of(dataclasses.replace(own, format=found))
    with artifacts.writing(target) as out:
        return list(_fix_entries(entries, context, out, wanted))


def fixed_path(path: Path) -> Path:
    """Where the repaired copy of a file goes.

    >>> fixed_path(Path("data/train.jsonl")).as_posix()
    'data/train.fixed.jsonl'
    """
    return path.with_name(f"{path.stem}.fixed.jsonl")


def _fix_lines(
    path: Path, first: int, context: Context, out: IO[bytes], wanted: Sequence[Repair]
) -> Iterator[Repaired]:
    """Write the repaired lines of a file to `out`; yield what was repaired.

    `first` is where the first line begins, after a byte order mark.
    """
    if first:
        yield Repaired(1, "FIL003")
    for number, raw in enumerate(file_lines(path, first), start=1):
        if raw is None:  # too long to be repaired, or to be kept
            continue
        if not raw.strip(b" \t\r"):
            yield Repaired(number, "FIL006")
            continue
        values, several = _values(raw)
        if several:
            yield Repaired(number, "JSN008")
        for line in values:
            fixed, codes = fix_line(line, context, wanted)
            out.write(fixed + b"\n")
            yield from (Repaired(number, *code) for code in codes)


def _entries(text: bytes) -> list[dict[str, Any]]:
    """The examples of a JSON array, or of pretty-printed objects. Raises ValueError where the text is not that.

    A list of messages is one example, never as many as it has messages.
    """
    found: list[dict[str, Any]] = []
    for value in _decode_all(text.decode("utf-8-sig")):
        whole = bare_conversation(value)
        entries = [whole] if whole is not None else value if isinstance(value, list) else [value]
        for entry in entries:
            example = entry if isinstance(entry, dict) else bare_conversation(entry)
            if example is None:
                raise ValueError("an entry is no object")
            found.append(example)
    return found


def _fix_entries(
    entries: list[dict[str, Any]], context: Context, out: IO[bytes], wanted: Sequence[Repair]
) -> Iterator[Repaired]:
    yield Repaired(1, "JSN007")
    for entry in entries:
        fixed, codes = fix_line(_dump(entry), context, wanted)
        out.write(fixed + b"\n")
        yield from (Repaired(1, *code) for code in codes)


def fix_line(raw: bytes, context: Context, wanted: Sequence[Repair] = REPAIRS) -> tuple[bytes, list[tuple[str, str]]]:
    """A line with everything repaired that can be: of each repair the code of the rule it mends, and its own."""
    done: list[tuple[str, str]] = []
    found = _issues(raw, context)
    if found is not None and "JSN009" in found:
        raw = _dump(bare_conversation(json.loads(raw)))
        done.append(("JSN009", ""))
        found = _issues(raw, context)
    for _ in range(ROUNDS):
        if found is None:
            break
        asked = [repair for repair in wanted if not found.isdisjoint(repair.mends)]
        # Python's own reader keeps integers of any size, which orjson would turn into floats.
        value = json.loads(raw)
        codes = repair_example(value, context.format, asked)
        if not codes:
            break
        raw = _dump(value)
        left = _issues(raw, context)
        for code in codes:
            mends = [rule for rule in BY_CODE[code].mends if rule in found]
            gone = [rule for rule in mends if left is not None and rule not in left]
            done += [(rule, code) for rule in gone or mends[:1]]
        found = left
    return raw, done


def _issues(raw: bytes, context: Context) -> set[str] | None:
    """The codes of what is wrong with a line; None where it is no line to be repaired."""
    example, issues = read_line(raw)
    if example is None or repeated_keys(raw, example):
        return None
    return {issue.code for issue in issues} | {issue.code for issue in check_example(example, context)}


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
    if not all(isinstance(value, dict) or bare_conversation(value) is not None for value in values):
        return [raw], False
    return [_dump(value) for value in values], True


def _decode_all(text: str) -> list[Any]:
    """All JSON values of a text, one after the other, with white space or commas between them.

    Raises ValueError at anything else, at NaN, Infinity and repeated keys, which no repair can be certain of.
    """
    values: list[Any] = []
    position = 0
    while True:
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        if position == len(text):
            return values
        value, position = decode_unique(text, position)
        values.append(value)


def _dump(value: Any) -> bytes:  # noqa: ANN401  any JSON value
    """A value as one line. A lone surrogate stays escaped, for its rule to find."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
