"""Rules on a file's bytes and on the JSON of its lines."""

from __future__ import annotations

import datetime as dt

from tuneset.rules.rule import ANSWER, ASK, GOOD_CHAT, Rule, Sample, chat

_FILES_API = "OpenAI API reference, POST /files: one JSON object a line, UTF-8"
_RFC = "RFC 8259 (JSON), sections 4, 6, 7 and 8.1"
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
        "FIL005", "line-too-long", "error", "The line is too long to be an example.",
        "Ten images of 10 MB in base64 make 133 MB; what is longer than 160 MiB is no line of text.",
        "OpenAI vision fine-tuning guide (10 images of 10 MB)", _SEEN,
        Sample(b"", name="a line of more than 160 MiB"), GOOD_CHAT,
    ),
    Rule(
        "FIL006", "blank-line", "warning", "The line is blank.",
        "Some loaders stop at it, and the server's example numbers no longer match line numbers.",
        "together-python utils/files.py; wandb/rai-toolkit#82", _SEEN,
        Sample(_LINE + b"\n\n" + _LINE.replace(b"France", b"Peru").replace(b"Paris", b"Lima"), line=2),
        Sample(_LINE + b"\n"), fixable=True,
    ),
    Rule(
        "FIL007", "not-named-jsonl", "warning", "The file's name does not end in .jsonl.",
        "The fine-tuning API supports .jsonl files only.",
        "OpenAI API specification, POST /files", dt.date(2026, 8, 21),
        Sample(_LINE, line=0, name="train.txt"), GOOD_CHAT,
    ),
    Rule(
        "JSN001", "invalid-json", "error", "The line is not JSON.",
        "The server stops at the first such line; unescaped quotes and bare keys are the usual causes.",
        _RFC, _SEEN,
        Sample(b'{"messages": [}'), GOOD_CHAT,
    ),
    Rule(
        "JSN002", "not-an-object", "error", "The line is JSON, but not an object.",
        "'Expected file to have JSONL format, where every line is a JSON dictionary.'",
        "OpenAI error text (OpenAI-API-dotnet#59)", _SEEN,
        Sample(b'"messages"'), GOOD_CHAT,
    ),
    Rule(
        "JSN003", "nan-or-infinity", "error", "The line holds NaN or Infinity, which JSON does not know.",
        "Python's json module writes them; strict readers refuse the line.",
        _RFC, _SEEN,
        Sample(b'{"messages":[{"role":"user","content":"Hi"}],"score":NaN}'), GOOD_CHAT,
    ),
    Rule(
        "JSN004", "duplicate-key", "error", "An object has the same key twice.",
        "Readers keep the first, the last or neither: what is trained on depends on the reader.",
        _RFC, _SEEN,
        Sample(
            _LINE.replace(b'"content":"Paris."', b'"content":"Lyon.","content":"Paris."'),
            path="$.messages[1].content",
        ),
        GOOD_CHAT,
    ),
    Rule(
        "JSN005", "lone-surrogate", "error", "A string holds half of a surrogate pair.",
        "It stands for no character and cannot be encoded as UTF-8; a cut emoji is the usual cause.",
        _RFC, _SEEN,
        Sample(_LINE.replace(b"Paris", rb"Paris \ud83d")), Sample(_LINE.replace(b"Paris", rb"Paris \ud83d\ude00")),
    ),
    Rule(
        "JSN006", "nul-character", "error", "The text holds the character U+0000.",
        "Databases and C libraries on the way cut the text there.",
        "PostgreSQL documentation, JSON types (\\u0000 is rejected)", _SEEN,
        Sample(_LINE.replace(b"Paris", rb"Paris\u0000"), path="$.messages[1].content"), GOOD_CHAT, fixable=True,
    ),
    Rule(
        "JSN007", "json-array-not-jsonl", "error", "The file is one JSON array or pretty-printed JSON, not JSONL.",
        "The server reads it line by line and refuses the first.",
        "openai-python#415, #296", _SEEN,
        Sample(b"[\n  " + _LINE + b"\n]", line=0), GOOD_CHAT, fixable=True,
    ),
    Rule(
        "JSN008", "several-values-on-one-line", "error", "The line holds several JSON values.",
        "A line is one example; a missing newline between two is the usual cause.",
        _RFC, _SEEN,
        Sample(_LINE + _LINE.replace(b"France", b"Peru").replace(b"Paris", b"Lima")), GOOD_CHAT, fixable=True,
    ),
)  # fmt: skip
