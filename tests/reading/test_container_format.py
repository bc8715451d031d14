"""What a text holds is told by its first bytes."""

import pytest

from tuneset.reading.container_format import Container, container, delimiter, is_binary


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"just some words\nand more\n", "jsonl"),
        (b"Dear all, thanks\nfor coming, to, this\nparty. Yours\n", "jsonl"),
        (b'# exported, 2026\n{"a": 1, "b": 2}\n{"a": 1, "b": 2, "c": 3}\n{"a": 1, "b": [1, 2, 3]}', "jsonl"),
        (b'{"a": "x" "y"}\n{"a": 1}\n', "jsonl"),
        (b'{"a": 1}{"a": 2}\n', "jsonl"),
        (b'{"a": {"b": "cut by the end of the he', "jsonl"),
        (b'[{"a": 1}]\n[{"a": 2}]\n', "jsonl"),
        (b'[{"a": 1}, {"a": 2}]\n', "json"),
        (b'\n[\n{"a": 1},\n{"a": 2}\n]\n', "json"),
        (b'{\n  "a": 1\n}\n{\n  "a": 2\n}\n', "json"),
        (b'{"data": [{"a": 1}]}', "json"),
        (b"question,answer\na,b\n", "csv"),
        (b"question\tanswer\r\na\tb, and c\r\n", "csv"),
        (b"question;answer", "csv"),
        (b',question,answer\n0,"{",b\n', "csv"),
        (b'question,answer\n"a\n{x\n[y",b\nc,d\n', "csv"),
    ],
)
def test_the_container_of_a_text(head: bytes, expected: Container) -> None:
    assert container(head, whole=True) == expected


@pytest.mark.parametrize("header", [b"one", b"a,a", b",", b"a,b," + b"x" * 65, b"", b"a,,,b"])
def test_no_header(header: bytes) -> None:
    assert delimiter(header) is None


def test_control_characters_make_a_file_binary_but_stray_nuls_in_json_do_not() -> None:
    assert is_binary(b"%PDF-1.7\n\x01\x02\x03\x04")
    assert is_binary(b"PK\x03\x04\x00")
    assert not is_binary(b'{"a": 1}\n\x00\x00\x00\x00')
    assert not is_binary("caf\u00e9\t\x1b[0m a long line".encode())
