"""The names in the head of a part of a form, by the habits of clients in several languages.

The plain parameters are read by the parser's own function. RFC 7578 has file names in UTF-8; .NET sends them as an
encoded word of RFC 2047 beside a `filename*` of RFC 2231, others as Latin-1.
"""

from __future__ import annotations

import email.header
import re
import urllib.parse
from typing import NamedTuple

from python_multipart.multipart import parse_options_header

_EXTENDED = re.compile(r""";\s*filename\*\s*=\s*"?([\w.:-]+)'[^']*'([^;"\s]*)""", re.IGNORECASE)


class Names(NamedTuple):
    """The field of a part, and the name of its file where it is one."""

    field: str
    filename: str | None


def part_names(disposition: str) -> Names:
    """The names in a Content-Disposition, as it was read in Latin-1.

    >>> part_names('form-data; name="file"; filename="a%22b.jsonl"')
    Names(field='file', filename='a"b.jsonl')
    >>> part_names("form-data; name=file; filename*=utf-8''d%C3%A9j%C3%A0.jsonl").filename
    'déjà.jsonl'
    """
    _, options = parse_options_header(disposition)
    field, plain = _decoded(options.get(b"name", b"")), options.get(b"filename")
    extended = _EXTENDED.search(disposition)
    if extended is not None:
        try:
            return Names(field, urllib.parse.unquote(extended[2], extended[1], "strict"))
        except (LookupError, ValueError):  # the plain name has to do
            pass
    return Names(field, None if plain is None else _words(_decoded(plain)))


def _decoded(name: bytes) -> str:
    """A name as clients encode it: UTF-8, else Latin-1, with the three characters that would end it escaped."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        text = name.decode("latin-1")
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _words(name: str) -> str:
    """A name with its encoded words read, where it is made of such.

    >>> _words("=?utf-8?B?ZMOpasOgLmpzb25s?="), _words("=?a.jsonl")
    ('déjà.jsonl', '=?a.jsonl')
    """
    if not (name.startswith("=?") and name.endswith("?=")):
        return name
    try:
        return str(email.header.make_header(email.header.decode_header(name)))
    except (LookupError, ValueError, email.errors.HeaderParseError):
        return name
