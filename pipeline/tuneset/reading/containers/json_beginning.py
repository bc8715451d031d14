"""Whether a file that begins so holds JSON that is not one value a line: an array, an envelope, indented JSON."""

from __future__ import annotations

import json

import orjson

from tuneset.reading.containers.base import Head
from tuneset.reading.containers.envelopes import begins_envelope, is_message
from tuneset.reading.containers.relaxed_json import skip_between, without_comments


def is_json_values(head: Head) -> bool:
    """An array, an envelope, or a value that goes on after its first line; one value a line is JSON lines."""
    if not head.is_text:
        return False
    text = head.text.decode("utf-8", "replace")
    start = skip_between(text, 0)
    first, newline, rest = text[start:].partition("\n")
    if first[:1] not in ("{", "["):
        return False
    if text[:start].strip():
        return True  # a comment stands before it
    if first[0] == "[":
        return not (_is_json(first) and rest.strip())
    if _is_json(first):
        return False
    if not newline and not head.whole:
        return begins_envelope(text, start, lambda row: not is_message(row))
    return _spans_lines(text[start:])


def _is_json(line: str) -> bool:
    try:
        orjson.loads(line.rstrip(", \t\r"))
    except orjson.JSONDecodeError:
        return False
    return True


def _spans_lines(text: str) -> bool:
    r"""Whether the JSON value at the start goes on after the first line, as in indented JSON.

    >>> _spans_lines('{\n  "a": 1\n}'), _spans_lines('{"a": }\n{"a": 2}'), _spans_lines('{\n  "a": [')
    (True, False, True)
    """
    first_line = text.index("\n") if "\n" in text else len(text)
    try:
        _, end = json.JSONDecoder().raw_decode(without_comments(text))
    except json.JSONDecodeError as error:
        end = error.pos  # all before it is well-formed
    except RecursionError:
        return False
    return end > first_line
