"""Files of known kinds that are not read: what each is, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Collection

from tuneset.errors import InputError
from tuneset.reading.containers.base import Head

_TEXT = "write its rows as JSON lines, or as CSV with a header"
_TABLE = "write it as Parquet, or as CSV with a header"
_PAPER = "leave it out, or write its questions and answers as a table"
_MAIL = (
    "write a row for each message, with its thread as `conversation_id`, its time as `created_at`, and a `role` and a "
    "`text`: who asked is the user, and who answers for you the assistant; leave quoted text and signatures out"
)
_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"ORC", "an ORC file", _TABLE),
    (b"SQLite format 3\0", "an SQLite database", "export its table as CSV"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old spreadsheet or document of Office", "save it as XLSX or CSV"),
    (b"%PDF-", "a PDF", _PAPER),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", _TABLE),
    (b"\x93NUMPY", "an array of NumPy", _TABLE),
    (b"\x89PNG", "a picture", "leave it out"),
    (b"\xff\xd8\xff", "a picture", "leave it out"),
    (b"GIF8", "a picture", "leave it out"),
    (b"!BDN", "a mailbox of Outlook (PST)", _MAIL),
    (b"{\\rtf", "a document in RTF", _PAPER),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"\x04\x22\x4d\x18", "packed by lz4", "unpack it first"),
    (b"\xff\x06\0\0sNaPpY", "packed by snappy", "unpack it first"),
)
_OUTLOOK = "__substg1.0_".encode("utf-16-le")
"""How the parts of a message are called in the files that Outlook saves, which are such as those of old Office."""
_HEADER = rb"(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*)"
_MAIL_HEADERS = re.compile(
    rb"^(?:message-id|mime-version|received|return-path|delivered-to|date):", re.IGNORECASE | re.MULTILINE
)
_FROM_OR_TO = re.compile(rb"^(?:from|to):", re.IGNORECASE | re.MULTILINE)
_HEADERS = re.compile(_HEADER + rb"{3,}\s*\n")
_MAILBOX_LINE = re.compile(rb"From \S+ [^\n]*\d{4}[^\n]*\n")
_SUBTITLES = re.compile(rb"(?:WEBVTT\b|(?:\d+\s*\n)?\d\d:\d\d:\d\d[,.]\d{3} --> )")
_STACK_EXCHANGE = re.compile(rb"(?:<\?xml[^>]*>\s*)?<posts>\s*<row ")
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_MARKUP = re.compile(
    rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(!doctype\s+)?(html|[a-z][\w:-]*)[\s>/]", re.IGNORECASE | re.DOTALL
)
_DOCUMENTS = (
    (b"word/document.xml", "a Word document"),
    (b"ppt/presentation.xml", "a presentation"),
    (b"content.xml", "an OpenDocument file"),
)


_LOOKED_AT = 1 << 16
"""Bytes in which the headers of a mail end. Ours: few mails have a tenth of it."""
_STREAM = "the log of one streamed answer"
_EVENT = re.compile(rb"(?:(?:event|id|retry):[^\n]*\n|:[^\n]*\n|\s)*data:\s*[{\[]")


def is_event_stream(text: bytes) -> bool:
    r"""Whether a text begins as server-sent events do (`data: {`): an answer as it came over the wire.

    >>> is_event_stream(b'event: ping\ndata: {"a": 1}'), is_event_stream(b"data: see below")
    (True, False)
    """
    return _EVENT.match(text) is not None


def not_read() -> list[str]:
    """What is known and not read, each kind once."""
    mail = ("a mail", "a mailbox", "a message of Outlook")
    texts = ("an HTML page", "XML", "posts of Stack Exchange as XML", "subtitles", _STREAM)
    found = [*(what for _, what, _ in _BEGINNINGS), *mail, "a pickle of Python", *texts]
    return list(dict.fromkeys([*found, *(what for _, what in _DOCUMENTS), "plain text"]))


def _kind_of_text(text: bytes) -> tuple[str, str] | None:
    r"""What a text is that is no data: mail, subtitles, posts; with what to do. None where it is not known.

    >>> _kind_of_text(b"From: a@b.c\nTo: d@e.f\nDate: today\n\nHello\n")[0], _kind_of_text(b"From: me\nTo: you\n")
    ('a mail', None)
    """
    mailbox = _MAILBOX_LINE.match(text)
    headers = _HEADERS.match(text.replace(b"\r\n", b"\n"), mailbox.end() if mailbox else 0)
    if headers and _MAIL_HEADERS.search(headers[0]) and _FROM_OR_TO.search(headers[0]):
        return ("a mailbox" if mailbox else "a mail"), _MAIL
    if _SUBTITLES.match(text):
        return "subtitles", "write a row for each question and its answer, as `question` and `answer`"
    if _STACK_EXCHANGE.match(text):
        return "posts of Stack Exchange as XML", (
            "write a row for each question that has an AcceptedAnswerId with that answer, as `question` and `answer`, "
            "and set clean.html: text"
        )
    return None


def refused(source: str, head: Head) -> InputError:
    """What is said of a file that no container reads, as far as its first bytes tell what it is."""
    if head.raw.startswith(b"\xd0\xcf\x11\xe0") and _OUTLOOK in head.raw:
        return InputError(f"{source}: is a message of Outlook, which is not read", hint=_MAIL)
    for beginning, what, remedy in _BEGINNINGS:
        if head.raw.startswith(beginning):
            return InputError(f"{source}: is {what}, which is not read", hint=remedy)
    if _PICKLE.match(head.raw):
        return InputError(f"{source}: is a pickle of Python, which is not read", hint=_TABLE)
    if not head.is_text:
        return InputError(
            f"{source}: is neither text nor Parquet",
            allowed="JSON lines, JSON, CSV, TSV, Parquet, Arrow, Avro or XLSX, "
            "plain or in gzip, zstd, bzip2, xz, zip or tar",
            hint="unpack or export it first",
        )
    if is_event_stream(head.text):
        remedy = "keep it in one row with its request, as `request` and `response`"
        return InputError(f"{source}: is {_STREAM} without what was asked, which is not read", hint=remedy)
    if known := _kind_of_text(head.text.lstrip()[:_LOOKED_AT]):
        return InputError(f"{source}: is {known[0]}, which is not read", hint=known[1])
    markup = _MARKUP.match(head.text.lstrip()[:1000])
    if markup:
        what = "an HTML page" if markup[1] or markup[2].lower() == b"html" else "XML"
        return InputError(f"{source}: is {what}, which is not read", hint=f"leave it out, or {_TEXT}")
    return InputError(f"{source}: is plain text, neither JSON nor a table with a header", hint=_TEXT)


def refuse_document(source: str, members: Collection[str]) -> None:
    """Raise InputError where the members of a zip archive are those of a document."""
    for member, what in _DOCUMENTS:
        if member.decode() in members:
            raise InputError(f"{source}: is {what}, which is not read", hint=_PAPER)
