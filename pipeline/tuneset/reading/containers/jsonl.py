"""JSON lines: one value a line, and what goes wrong with it told line by line.

The usual line is parsed by orjson and nothing else is done to it. Only a line that orjson refuses, or one that is
no object, is looked at closely: a list or several values on one line are unrolled, and what is no JSON is rejected
with its reason, as is an object that has a key twice with different values. A list of messages, or of pairs, on a line
is one row; an envelope gives the rows that it holds. Lines end at a line feed only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import orjson

from tuneset.json_text import JsonValue
from tuneset.long_numbers import lines_with_long_numbers
from tuneset.reading import decode
from tuneset.reading.containers.base import Container, Head, Shard, Takes
from tuneset.reading.containers.envelopes import as_row, rows_of, unwrapped
from tuneset.reading.containers.json_value import MAX_ROW_BYTES, check_value, decode_relaxed, explain
from tuneset.reading.containers.relaxed_json import skip_between
from tuneset.reading.containers.repeated_keys import lose_nothing, repeated
from tuneset.reading.records import RawReject, Records
from tuneset.reading.shapes.chatbot_pairs import are_pairs

BATCH_BYTES = 16 << 20
"""How much of a stream is parsed at once; the same as a shard of a file that can be cut."""

_MARK = "\ufeff"
_BEGINNINGS = (b"{", b"[", b'"')
_NO_VALUE = b" \t\r\f\v\x1e\xef\xbb\xbf,"  # what may stand before a value


def parse_lines(data: bytes, first_line: int, takes: Takes | None = None, *, whole: bool = False) -> Records:
    """Parse whole lines of JSON. `first_line` is the physical line at the start of `data`; `takes` tells a row.

    `whole` says that this is all that the file holds, so that its only value may be a table by columns.
    """
    records = Records()
    lines, values = records.lines, records.values
    rounded = {first_line + index for index in lines_with_long_numbers(data)}  # what orjson would change
    loads = orjson.loads
    raws = data.split(b"\n")
    for line, raw in enumerate(raws, first_line):
        try:
            value = loads(raw)
        except orjson.JSONDecodeError:
            _parse_odd_line(raw, line, records, takes)
            continue
        if type(value) is dict and line not in rounded:
            lines.append(line)
            values.append(value)
            records.items.append(0)
        else:
            _parse_odd_line(raw, line, records, takes)
    if not lose_nothing(data, values):
        records = _without_repeated_keys(records, raws, first_line)
    return unwrapped(records, takes, sole=whole) if takes else records


def _without_repeated_keys(records: Records, raws: Sequence[bytes], first_line: int) -> Records:
    """The records, in which one that has a key twice, with different values, is a reject."""
    kept = Records(rejects=records.rejects, beside=records.beside)
    for line, item, value in zip(records.lines, records.items, records.values, strict=True):
        raw = raws[line - first_line]
        alone = item == 0  # what stands beside another on its line was looked at by itself
        reject = repeated(raw.decode(), value) if alone and not lose_nothing(raw, [value]) else None
        if reject is None:
            kept.add(line, item, value)
        else:
            kept.rejects.append(RawReject(line, item, *reject))
    return kept


def parse_stream(
    pieces: Iterable[bytes], first_line: int = 1, takes: Takes | None = None, *, whole: bool = True
) -> Iterator[Records]:
    """Parse JSON lines that arrive in pieces of any size, in batches of about BATCH_BYTES.

    `whole` says that the pieces are all that the file holds.
    """
    line, waiting, size = first_line, list[bytes](), 0
    source = iter(pieces)
    for piece in source:
        waiting.append(piece)
        size += len(piece)
        if size < BATCH_BYTES or (b"\n" not in piece and size <= MAX_ROW_BYTES):
            continue
        head, newline, tail = b"".join(waiting).rpartition(b"\n")
        if newline:
            yield parse_lines(head, line, takes)
            line += head.count(b"\n") + 1
        if len(tail) > MAX_ROW_BYTES:
            detail = f"the line is longer than {MAX_ROW_BYTES:,} bytes"
            yield Records(rejects=[RawReject(line, 0, "FIL005", detail)])
            line += 1
            tail = _after_line_end(source)
        waiting, size = [tail], len(tail)
    if size:
        yield parse_lines(b"".join(waiting), line, takes, whole=whole and line == first_line)


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


def _parse_odd_line(raw: bytes, line: int, records: Records, takes: Takes | None) -> None:
    """Parse a line that holds no single object of plain JSON, or say why it cannot be read."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        detail = f"byte {error.start + 1} of the line is not UTF-8"
        records.rejects.append(RawReject(line, 0, "FIL002", detail))
        return
    text = text.removeprefix(_MARK).rstrip(" \t\r\f\v\x1e")
    item, position = 0, skip_between(text, 0)
    while position < len(text):
        start = position
        try:
            value, position = decode_relaxed(text, start)
        except (ValueError, RecursionError) as error:
            records.rejects.append(RawReject(line, item, *explain(error, text)))
            return
        if (told := repeated(text[start:position], value)) is not None:
            records.rejects.append(RawReject(line, item, *told))
            item, position = item + 1, skip_between(text, position)
            continue
        for single in _singles(value, takes, records):
            reject = check_value(single)
            if reject is None:
                records.add(line, item, single)
            else:
                records.rejects.append(RawReject(line, item, *reject))
            item += 1
        position = skip_between(text, position)


def _singles(value: JsonValue, takes: Takes | None, records: Records) -> Iterable[JsonValue]:
    """The rows that a line holds: of a list those in it, but for one that is a conversation in pairs."""
    if type(value) is not list:
        return [value]
    return [as_row(value)] if are_pairs(value) else rows_of(value, takes or bool, records.beside)


def _recognise(head: Head) -> bool:
    """Any text with a line that begins as JSON does: what is no row is then told line by line."""
    return head.is_text and any(line.lstrip(_NO_VALUE)[:1] in _BEGINNINGS for line in head.lines)


def _read(shard: Shard, takes: Takes) -> Iterator[Records]:
    """A part comes as one batch unless a single line is much larger than a part should be."""
    if shard.end is None:
        yield from parse_stream(decode.text_pieces(shard.path, shard.content), 1, takes)
    elif shard.end - shard.start > 2 * BATCH_BYTES:
        yield from parse_stream(_pieces(shard, shard.end), shard.line, takes, whole=shard.whole)
    else:
        yield parse_lines(b"".join(_pieces(shard, shard.end)), shard.line, takes, whole=shard.whole)


def _pieces(shard: Shard, end: int) -> Iterator[bytes]:
    """The bytes of a part that is a range of its file, at most BATCH_BYTES at a time."""
    with decode.reading(shard.path), shard.path.open("rb") as handle:
        handle.seek(shard.start)
        while piece := handle.read(min(BATCH_BYTES, end - handle.tell())):
            yield piece


JSON_LINES = Container("jsonl", "JSON lines", _recognise, _read, b'{"question": "?", "answer": "!"}\n', splits=True)
