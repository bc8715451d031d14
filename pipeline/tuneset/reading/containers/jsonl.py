"""JSON lines: one value a line, and what goes wrong with it told line by line.

The usual line is parsed by orjson and nothing else is done to it. Only a line that orjson refuses, or one that is
no object, is looked at closely: a list or several values on one line are unrolled, the rest is rejected with its
reason, and reading goes on. Lines end at a line feed only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import NoReturn

import orjson

from tuneset.json_text import JsonValue
from tuneset.long_numbers import lines_with_long_numbers
from tuneset.reading import decode
from tuneset.reading.containers.base import Container, Head, Shard
from tuneset.reading.records import RawReject, Records

MAX_LINE_BYTES = 256 << 20
"""A longer line is rejected: ours, so that a file without line ends cannot fill the memory. Ten images of 10 MB
in base64, the most that OpenAI takes in one example, come to 134 MB."""

BATCH_BYTES = 16 << 20
"""How much of a stream is parsed at once; the same as a shard of a file that can be cut."""

MAX_DEPTH = 254
"""Levels of nesting: what orjson 3.13 writes."""

TOO_DEEP = ("JSN001", f"the row is nested deeper than {MAX_DEPTH} levels")

_MARK = "\ufeff"
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_lines(data: bytes, first_line: int) -> Records:
    """Parse whole lines of JSON. `first_line` is the physical line at the start of `data`."""
    records = Records()
    lines, values = records.lines, records.values
    rounded = {first_line + index for index in lines_with_long_numbers(data)}  # what orjson would change
    loads = orjson.loads
    for line, raw in enumerate(data.split(b"\n"), first_line):
        try:
            value = loads(raw)
        except orjson.JSONDecodeError:
            _parse_odd_line(raw, line, records)
            continue
        if type(value) is dict and line not in rounded:
            lines.append(line)
            values.append(value)
            records.items.append(0)
        else:
            _parse_odd_line(raw, line, records)
    return records


def parse_stream(pieces: Iterable[bytes], first_line: int = 1) -> Iterator[Records]:
    """Parse JSON lines that arrive in pieces of any size, in batches of about BATCH_BYTES."""
    line, waiting, size = first_line, list[bytes](), 0
    source = iter(pieces)
    for piece in source:
        waiting.append(piece)
        size += len(piece)
        if size < BATCH_BYTES or (b"\n" not in piece and size <= MAX_LINE_BYTES):
            continue
        head, newline, tail = b"".join(waiting).rpartition(b"\n")
        if newline:
            yield parse_lines(head, line)
            line += head.count(b"\n") + 1
        if len(tail) > MAX_LINE_BYTES:
            detail = f"the line is longer than {MAX_LINE_BYTES:,} bytes"
            yield Records(rejects=[RawReject(line, 0, "JSN001", detail)])
            line += 1
            tail = _after_line_end(source)
        waiting, size = [tail], len(tail)
    if size:
        yield parse_lines(b"".join(waiting), line)


def _after_line_end(pieces: Iterator[bytes]) -> bytes:
    r"""Pass over pieces up to a line feed; what follows it in the same piece.

    >>> _after_line_end(iter([b"abc", b"d\nef"]))
    b'ef'
    """
    for piece in pieces:
        _, newline, rest = piece.partition(b"\n")
        if newline:
            return rest
    return b""


def _parse_odd_line(raw: bytes, line: int, records: Records) -> None:
    """Parse a line that holds no single object of plain JSON, or say why it cannot be read."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        detail = f"byte {error.start + 1} of the line is not UTF-8"
        records.rejects.append(RawReject(line, 0, "FIL002", detail))
        return
    text = text.removeprefix(_MARK).strip(" \t\r\f\v\x1e")
    if not text:
        return
    item, position = 0, 0
    while position < len(text):
        try:
            value, position = decode_value(text, position)
        except (ValueError, RecursionError) as error:
            records.rejects.append(RawReject(line, item, *explain(error, text)))
            return
        for single in value if type(value) is list and value else [value]:
            reject = check_value(single)
            if reject is None:
                records.add(line, item, single)
            else:
                records.rejects.append(RawReject(line, item, *reject))
            item += 1
        position = skip_space(text, position)


def skip_space(text: str, position: int) -> int:
    """The next position that holds no JSON white space.

    >>> skip_space("{} {}", 2)
    3
    """
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def decode_value(text: str, position: int) -> tuple[JsonValue, int]:
    """The JSON value that starts at a position, and the position after it; integers keep every digit.

    Raises JSONDecodeError where it is no JSON, ValueError where a number in it is NaN, infinite or too large, and
    RecursionError; `explain` puts them in words.
    """
    return _DECODER.raw_decode(text, position)


def explain(error: Exception, text: str) -> tuple[str, str]:
    """Code and one sentence for what `decode_value` raised; columns count from 1 within the physical line."""
    if isinstance(error, RecursionError):
        return TOO_DEEP
    if not isinstance(error, json.JSONDecodeError):
        return "JSN003", "the row holds NaN, Infinity or a number too large for JSON readers"
    if "\0" in text:
        return "JSN006", "the row holds a NUL character"
    return "JSN001", f"invalid JSON at column {error.colno}: {_reason(error)}"


def _reason(error: json.JSONDecodeError) -> str:
    """The parser's reason in a sentence: `Expecting ',' delimiter` becomes `expecting ',' delimiter`."""
    reason = error.msg.removesuffix(" at")
    return reason[:1].lower() + reason[1:]


def check_value(value: JsonValue) -> tuple[str, str] | None:
    """Code and sentence where a value that `decode_value` gave is no record that can be written, else None.

    >>> check_value([1])
    ('JSN002', 'the row is a list; a JSON object is needed')
    """
    if type(value) is not dict:
        return "JSN002", f"the row is {_kind(value)}; a JSON object is needed"
    level: list[JsonValue] = [value]
    for _ in range(MAX_DEPTH):
        below: list[JsonValue] = []
        for single in level:
            if type(single) is dict:
                below += single.keys()
                below += single.values()
            elif type(single) is list:
                below += single
            elif type(single) is str and _SURROGATE.search(single):
                return "JSN005", "the row holds half of a surrogate pair, which is no character"
        if not below:
            return None
        level = below
    return TOO_DEEP


def _kind(value: JsonValue) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _recognise(head: Head) -> bool:
    """Any text that nothing before has recognised: what is no row is told line by line."""
    return head.is_text


def _read(shard: Shard) -> Iterator[Records]:
    """A part comes as one batch unless a single line is much larger than a part should be."""
    if shard.end is None:
        yield from parse_stream(decode.text_pieces(shard.path, shard.content))
    elif shard.end - shard.start > 2 * BATCH_BYTES:
        yield from parse_stream(_pieces(shard, shard.end), shard.line)
    else:
        yield parse_lines(b"".join(_pieces(shard, shard.end)), shard.line)


def _pieces(shard: Shard, end: int) -> Iterator[bytes]:
    """The bytes of a part that is a range of its file, at most BATCH_BYTES at a time."""
    with decode.reading(shard.path), shard.path.open("rb") as handle:
        handle.seek(shard.start)
        while piece := handle.read(min(BATCH_BYTES, end - handle.tell())):
            yield piece


JSON_LINES = Container("jsonl", "JSON lines", _recognise, _read, b'{"question": "?", "answer": "!"}\n', splits=True)
