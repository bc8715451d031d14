"""The optional rules on private data: the detectors that redact it, over all texts of a range at once.

A pass of its own, because it takes longer than all others together: each line is parsed, and polars
searches each text some thirty times. What the other rules speak of is not told again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson
import polars as pl

from tuneset.cleaning.private_data.suspects import find_suspects
from tuneset.rules.accessors import Step
from tuneset.rules.context import Context
from tuneset.rules.families.private_data import OPTIONAL_CODES, REDACT_HINT, private_texts, said_of
from tuneset.rules.issue import json_path
from tuneset.terms import Finding


def private_findings(lines: Sequence[bytes | None], context: Context) -> Iterator[Finding]:
    """Yield what the optional rules on private data find in the lines of a range, each kind once a text.

    Line and example numbers count from 1. Lines that hold no object are passed over.
    """
    places: list[tuple[int, int, Step]] = []
    texts: list[str] = []
    examples = 0
    for number, raw in enumerate(lines, start=1):
        example = _object(raw)
        if example is None:
            continue
        examples += 1
        for path, text in private_texts(example, context.format):
            places.append((number, examples, path))
            texts.append(text)
    suspects = find_suspects(pl.Series(texts, dtype=pl.String))
    for index in suspects.gt(0).arg_true():
        line, own, path = places[index]
        for code, said in said_of(texts[index], path, suspects[index]):
            if code in OPTIONAL_CODES and context.on(code):
                yield Finding(line, own, code, context.severity[code], json_path(path), said, REDACT_HINT)


def _object(raw: bytes | None) -> dict[str, object] | None:
    """The object of a line, None where it holds none.

    >>> _object(b'{"a": 1}'), _object(b"[1]"), _object(b"{"), _object(None)
    ({'a': 1}, None, None, None)
    """
    if raw is None:
        return None
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
