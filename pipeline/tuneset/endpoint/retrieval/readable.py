"""The text of a file: what a person who opens it would read, or why nobody can.

Plain text of any kind in UTF-8, UTF-16 or an older encoding that can be told; Markdown and code as they stand; JSON
with its characters written out; HTML without its markup; PDF by pdfium (extra `pdf`). Images, sound, archives and
Office documents hold no text that is read here.
"""

from __future__ import annotations

import codecs
from pathlib import Path

import orjson

from tuneset.endpoint.retrieval.html_text import html_text
from tuneset.endpoint.retrieval.pdf_text import is_pdf, pdf_text
from tuneset.endpoint.retrieval.unreadable import UnreadableError

MOST_BYTES = 64 << 20
"""Bytes of a text: more than a hundred books. A PDF, which is pictures and fonts for the most part, may be longer."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHERS = (
    (b"PK\x03\x04", "an archive or an Office document; save it as PDF or text"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document; save it as PDF or text"),
    (b"{\\rtf", "rich text; save it as PDF or text"),
    (b"\x1f\x8b", "compressed; send it unpacked"),
)
_EVIDENCE = 1 << 16
"""Bytes of a text by which its encoding is told."""


def readable(path: Path, filename: str) -> str:
    """The text of a file, not empty. Raises UnreadableError where there is none."""
    with path.open("rb") as handle:
        beginning = handle.read(1024)
        if is_pdf(beginning):
            return _not_empty(pdf_text(path), "no page of it has text: it may be a scan")
        for magic, what in _OTHERS:
            if beginning.startswith(magic):
                raise UnreadableError("unsupported_file", f"The file is {what}.")
        data = beginning + handle.read(MOST_BYTES + 1 - len(beginning))
    if len(data) > MOST_BYTES:
        raise UnreadableError("invalid_file", f"A text may have {MOST_BYTES} bytes; send it in several files.")
    text = _decoded(data)
    extension = filename.rpartition(".")[2].lower()
    if extension in {"html", "htm", "xhtml"} or text[:1024].lstrip().lower().startswith(("<!doctype html", "<html")):
        text = html_text(text)
    elif extension in {"json", "jsonl", "ndjson"} and "\\u" in text:
        text = _written_out(text)
    return _not_empty(text, "it is empty")


def _not_empty(text: str, why: str) -> str:
    if not text.strip():
        raise UnreadableError("invalid_file", f"The file holds no text: {why}.")
    return text


def _decoded(data: bytes) -> str:
    """A text by the mark at its beginning, as UTF-8, or by what its bytes look like."""
    name = next((name for bom, name in _BOMS if data.startswith(bom)), "utf-8")
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text[:_EVIDENCE]:
        return text
    if b"\0" not in data[:_EVIDENCE]:
        from charset_normalizer import from_bytes  # noqa: PLC0415  usual files do without

        match = from_bytes(data[:_EVIDENCE], enable_fallback=False).best()
        if match is not None:
            return data.decode(match.encoding, "replace")
    raise UnreadableError("unsupported_file", "The file is no text, HTML, JSON or PDF, or a text in no known encoding.")


def _written_out(text: str) -> str:
    r"""JSON, or JSON lines, with the characters that escapes stand for; what is neither as it stands.

    >>> _written_out('{"a": "\\u6771"}\n{"b": "\\u4eac"}')
    '{"a":"東"}\n{"b":"京"}'
    """
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        pass
    try:
        return "\n".join(orjson.dumps(orjson.loads(line)).decode() for line in text.splitlines() if line.strip())
    except orjson.JSONDecodeError:
        return text
