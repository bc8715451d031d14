"""What a file says: text in its encoding, HTML without markup, JSON written out, PDF; or why it cannot be read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.endpoint.retrieval.files import pdf
from tuneset.endpoint.retrieval import readable as module
from tuneset.endpoint.retrieval.readable import readable
from tuneset.endpoint.retrieval.unreadable import UnreadableError


def text_of(tmp_path: Path, name: str, content: bytes) -> str:
    path = tmp_path / "blob"
    path.write_bytes(content)
    return readable(path, name)


@pytest.mark.parametrize(
    ("name", "content", "code", "text"),
    [
        ("a.txt", b"", "invalid_file", "it is empty"),
        ("a.txt", b" \n\t", "invalid_file", "it is empty"),
        ("a.html", b"<script>x</script>", "invalid_file", "it is empty"),
        ("a.bin", b"\0\1\2" * 50, "unsupported_file", "no text"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "unsupported_file", "no text"),
        ("a.docx", b"PK\x03\x04" + b"\0" * 40, "unsupported_file", "Office document"),
        ("a.gz", b"\x1f\x8b" + b"\0" * 40, "unsupported_file", "compressed"),
        ("a.pdf", b"%PDF-1.4\nnothing", "invalid_file", "damaged"),
        ("a.pdf", pdf([]), "invalid_file", "scan"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_code(
    tmp_path: Path, name: str, content: bytes, code: str, text: str
) -> None:
    with pytest.raises(UnreadableError) as caught:
        text_of(tmp_path, name, content)
    assert caught.value.code == code
    assert text in caught.value.message


def test_a_text_that_is_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    assert text_of(tmp_path, "a.txt", b"a" * 10) == "a" * 10
    with pytest.raises(UnreadableError, match="may have 10 bytes"):
        text_of(tmp_path, "a.txt", b"a" * 11)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_text_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    assert text_of(tmp_path, "a.txt", "Größe 東京".encode(encoding)) == "Größe 東京"


def test_a_text_in_an_older_encoding_is_told_by_its_bytes(tmp_path: Path) -> None:
    said = "Das Gerät läuft größer, schöner und überhaupt für alle Gäste. " * 4
    assert text_of(tmp_path, "a.txt", said.encode("cp1252")) == said
    said = "東京タワーは港区にある高さ三百三十三メートルの電波塔です。" * 4
    assert text_of(tmp_path, "a.txt", said.encode("cp932")) == said


@pytest.mark.parametrize("name", ["a.html", "a.txt"])
def test_html_is_read_without_its_markup(tmp_path: Path, name: str) -> None:
    page = b"<!DOCTYPE html><title>T</title><style>p{}</style><p>One &amp; two<p>three<!-- no --><table><tr><td>a<td>b"
    assert text_of(tmp_path, name, page) == "T\nOne & two\nthree\na\tb"


def test_json_is_read_with_its_characters_written_out(tmp_path: Path) -> None:
    assert text_of(tmp_path, "a.json", rb'{"a": "\u6771"}') == '{\n  "a": "東"\n}'
    assert text_of(tmp_path, "a.jsonl", b'{"a": "\\u6771"}\n\n[1]\n') == '{"a":"東"}\n[1]'
    assert text_of(tmp_path, "a.json", rb'{"a": \u6771') == r'{"a": \u6771'
    assert text_of(tmp_path, "a.json", b'{"a":  1}') == '{"a":  1}'


def test_a_pdf_is_read_page_by_page(tmp_path: Path) -> None:
    assert text_of(tmp_path, "a.pdf", pdf(["Refunds take two weeks.", "Ask."])) == "Refunds take two weeks.\nAsk."


def test_without_the_library_a_pdf_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(UnreadableError, match="pip install pypdfium2") as caught:
        text_of(tmp_path, "a.pdf", pdf(["a"]))
    assert caught.value.code == "unsupported_file"
