"""A file's bytes before its lines are read: whether it can be read, its beginning, its name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import orjson

from tuneset.profile import Profile
from tuneset.rules.families.json_line import bare_conversation
from tuneset.rules.issue import Issue, issue
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import ANSWER, ASK, GOOD_CHAT, chat

_FILES_API = "OpenAI API reference, POST /files: one JSON object a line, UTF-8"
_SEEN = dt.date(2026, 11, 20)
_LINE = chat(ASK, ANSWER)

RULES = (
    Rule(
        "FIL001", "unreadable-file", "error", "The file cannot be read.",
        "A missing file, a folder or a permission stops the upload as well.",
        "the operating system", _SEEN,
        Sample(b"", line=0, name="no-such-folder/train.jsonl"), GOOD_CHAT,
    ),
    Rule(
        "FIL002", "not-utf8", "error", "The line holds bytes that are not UTF-8.",
        "The server decodes the file as UTF-8 and refuses the whole of it.",
        _FILES_API, _SEEN,
        Sample(_LINE.replace(b"Paris", b"Orl\xe9ans")), Sample(_LINE.replace(b"Paris", "Orléans".encode())),
    ),
    Rule(
        "FIL003", "byte-order-mark", "error", "The file begins with a byte order mark.",
        "OpenAI answers 'Line 1 is not a dictionary'; older Azure documentation asks for the mark.",
        "openai-python#426, OpenAI-API-dotnet#59", _SEEN,
        Sample(b"\xef\xbb\xbf" + _LINE), GOOD_CHAT, fixable=True,
    ),
    Rule(
        "FIL004", "empty-file", "error", "The file holds no example.",
        "There is nothing to train on; it is most often a mistyped path or a broken export.",
        "OpenAI supervised fine-tuning guide", _SEEN,
        Sample(b"\n", line=0), GOOD_CHAT,
    ),
    Rule(
        "FIL007", "not-named-jsonl", "warning", "The file's name does not end in .jsonl.",
        "The fine-tuning API supports .jsonl files only.",
        "OpenAI API specification, POST /files", dt.date(2026, 8, 21),
        Sample(_LINE, line=0, name="train.txt"), GOOD_CHAT,
    ),
    Rule(
        "FIL008", "not-json-lines", "error", "The file is of another kind than JSON lines, such as a table.",
        "The server reads a JSON object from each line and refuses the first that is none.",
        _FILES_API, _SEEN,
        Sample(b"question,answer\nIs it open?,Yes.\n", line=0), GOOD_CHAT,
    ),
    Rule(
        "JSN007", "json-array-not-jsonl", "error", "The file is one JSON array or pretty-printed JSON, not JSONL.",
        "The server reads it line by line and refuses the first.",
        "openai-python#415, #296", _SEEN,
        Sample(b"[\n  " + _LINE + b"\n]", line=0), GOOD_CHAT, fixable=True,
    ),
)  # fmt: skip


BOM = b"\xef\xbb\xbf"
UNREADABLE = frozenset({"FIL001", "FIL002", "FIL008", "JSN007"})
"""What keeps a file from being read line by line."""
_OTHER_KINDS = {
    b"\xff\xfe\0\0": "UTF-32 text",
    b"\0\0\xfe\xff": "UTF-32 text",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"\x1f\x8b": "gzip-compressed",
    b"\x28\xb5\x2f\xfd": "zstd-compressed",
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"Obj\x01": "an Avro file",
    b"BZh": "bzip2-compressed",
    b"\xfd7zXZ\0": "xz-compressed",
}
_PREPARED = "`tuneset prepare` reads it; a file to upload is plain UTF-8 text"
_HEAD_BYTES = 1 << 20
_LINES = ("jsonl", "json", "batch", "slack")  # containers of JSON, whose lines are looked at


def name_issues(name: str) -> Iterator[Issue]:
    """Yield what is wrong with the name of a file."""
    if not name.endswith(".jsonl"):
        yield issue("FIL007", None, "the file's name does not end in .jsonl", "rename it")


def beginning_issues(begin: bytes, profile: Profile) -> Iterator[Issue]:
    """Yield what is wrong with the first bytes of a file; one of `UNREADABLE` where its lines are no lines of JSON."""
    first = len(BOM) if begin.startswith(BOM) else 0
    if first and profile.bom == "forbidden":
        hint = "save the file without it: `tuneset check --fix` does"
        yield issue("FIL003", None, "the file begins with a byte order mark", hint)
    other = next((kind for magic, kind in _OTHER_KINDS.items() if begin.startswith(magic)), None)
    if other:
        yield issue("FIL002", None, f"the file is {other}", _PREPARED)
    elif _is_whole_document(begin[first:]):
        hint = "write one example a line: `tuneset check --fix` does"
        yield issue("JSN007", None, "the file is one JSON document over all its lines", hint)
    elif not _may_be_lines(begin[first:]):
        yield from _other_kind(begin, begin[first:])


def _may_be_lines(begin: bytes) -> bool:
    """Whether the first line that says anything begins as JSON does; nothing is said of a file of blank lines."""
    return begin.lstrip(b" \t\r\n\x1e,")[:1] in (b"", b"{", b"[", b'"')


def _other_kind(raw: bytes, text: bytes) -> Iterator[Issue]:
    """Yield what kind of file one is whose first line is no JSON; nothing where other lines may be."""
    # Few files come here, and readers of tables take their time to load.
    from tuneset.reading.containers.base import Head  # noqa: PLC0415  few files are of another kind
    from tuneset.reading.containers.foreign import refused  # noqa: PLC0415  few files are of another kind
    from tuneset.reading.containers.registry import recognised  # noqa: PLC0415  few files are of another kind

    head = Head(raw, text, whole=len(raw) < _HEAD_BYTES)
    container = recognised(head)
    if container is None:
        error = refused("the file", head)
        yield issue("FIL008", None, error.message.replace("the file: ", "the file "), error.hint)
    elif container.name not in _LINES:
        yield issue("FIL008", None, f"the file holds {container.title}", _PREPARED)


def _is_whole_document(begin: bytes) -> bool:
    r"""Whether a file that begins so is a JSON array, or a pretty-printed object, and not JSON lines.

    A first line that is a list of messages is one conversation: such a file is read line by line.

    >>> [_is_whole_document(begin) for begin in (b'[{"messages": []},', b'{\n  "messages"', b'{"messages": []}')]
    [True, True, False]
    """
    line = begin.lstrip(b" \t\r\n").partition(b"\n")[0].rstrip(b" \t\r")
    if line == b"{":
        return True
    if not line.startswith(b"["):
        return False
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return True
    if bare_conversation(value) is not None:
        return False
    return bool(value) and all(isinstance(entry, dict) or bare_conversation(entry) is not None for entry in value)
