"""Private data that takes a closer look: by the detectors that redact it, over all texts of a range at once.

Optional rules, because this look takes longer than all others together: each line is parsed, and polars searches each
text some thirty times. The forms that `egress` knows are not looked for again. A value never gets into a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import orjson
import polars as pl

from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.kinds import Kind
from tuneset.cleaning.private_data.suspects import find_suspects
from tuneset.rules.accessors import Step
from tuneset.rules.context import Context
from tuneset.rules.families.egress import holds_secret
from tuneset.rules.families.private_text import REDACT_HINT, egress_texts
from tuneset.rules.issue import json_path
from tuneset.terms import Finding

_ISSUER_KINDS: frozenset[Kind] = frozenset({"api_key", "jwt", "private_key"})
"""Secrets by their own form; where `egress` has found one in the text, that has been said."""
_FOUND: Mapping[Kind, tuple[str, str]] = {
    "iban": ("EGR005", "an international bank account number"),
    "national_id": ("EGR005", "a national identity, social security or tax number"),
    "ip": ("EGR006", "a public IP address"),
    "url_credentials": ("EGR007", "a login or a key in a URL"),
    "connection_string": ("EGR007", "the login of a connection string"),
    "password": ("EGR007", "a password or key beside its name"),
    "api_key": ("EGR007", "an API key"),
    "jwt": ("EGR007", "a JSON web token"),
    "private_key": ("EGR007", "a private key"),
}


def closer_findings(lines: Sequence[bytes | None], context: Context) -> Iterator[Finding]:
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
        for path, text in egress_texts(example, context.format):
            places.append((number, examples, path))
            texts.append(text)
    suspects = find_suspects(pl.Series(texts, dtype=pl.String))
    for index in suspects.gt(0).arg_true():
        line, own, path = places[index]
        text = texts[index]
        for kind in dict.fromkeys(span.kind for span in find_private(text, groups=suspects[index])):
            code, words = _FOUND.get(kind, ("", ""))
            if context.on(code) and not (kind in _ISSUER_KINDS and holds_secret(text)):
                said = f"the text holds {words}"
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
