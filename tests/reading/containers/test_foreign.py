"""Files that are not read are told by what they are, with what to do, and never as broken JSON."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import pytest

from tuneset.errors import InputError
from tuneset.reading.raw_shards import cut

MAIL = (
    b"Received: from a by b;\n Thu, 1 Jan 2026\nFrom: Ann <ann@a.b>\nTo: help@a.b\nSubject: Hours, please\n"
    b"Message-ID: <1@a.b>\n\nIs it open?\n"
)


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "<a/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"ORC\x11\0\0", "an ORC file"),
        (b"SQLite format 3\0\x10\0", "an SQLite database"),
        (b"%PDF-1.7\nsome text", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "__substg1.0_001A".encode("utf-16-le"), "a message of Outlook"),
        (b"!BDN\x12\x34SM\0\0", "a mailbox of Outlook (PST)"),
        (b"From ann@a.b Thu Jan  1 00:00:00 2026\n" + MAIL, "a mailbox"),
        (MAIL.replace(b"\n", b"\r\n"), "a mail"),
        (b"WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nIs it open?\n", "subtitles"),
        (b"1\n00:00:00,000 --> 00:00:04,000\nIs it open?\n", "subtitles"),
        (b'<?xml version="1.0"?>\n<posts>\n  <row Id="1" Body="?" />\n</posts>', "posts of Stack Exchange as XML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "an old spreadsheet or document of Office"),
        (pickle.dumps({"question": "a?"}), "a pickle of Python"),
        (b"<!DOCTYPE html>\n<html><body>[1]</body></html>", "an HTML page"),
        (b'\n<html lang="en"><p>Is it open?</p></html>', "an HTML page"),
        (b'<?xml version="1.0"?>\n<rows><row q="a?"/></rows>', "XML"),
        (zipped("[Content_Types].xml", "word/document.xml"), "a Word document"),
        (zipped("mimetype", "content.xml"), "an OpenDocument file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_of_a_kind_that_is_not_read_is_named(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "raw").write_bytes(data)
    with pytest.raises(InputError) as caught:
        cut([tmp_path / "raw"])
    assert caught.value.message.endswith(f"raw: is {what}, which is not read")
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        *("Q: What is it?\nA: It is this.\n", "user1:\nHello.\n\nuser2:\nHi.\n", "one\n", "# Title\n\n- a {b}\n"),
        *("3\n4\n", "Customer: Is it open?\nAgent: Yes.\nCustomer: Thanks.\n\n"),
        "From: me\nTo: you\nWhat: a letter\n\nHello.\n",
    ],
)
def test_plain_text_is_one_finding_and_no_line_of_it_is_called_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "raw.txt").write_text(text)
    with pytest.raises(InputError, match="is plain text, neither JSON nor a table with a header"):
        cut([tmp_path / "raw.txt"])
    (shard,) = cut([tmp_path / "raw.txt"], unreadable="skip")
    assert "is plain text" in shard.refusal
