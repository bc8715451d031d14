"""What a text holds is told by its first bytes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tuneset.reading.containers import registry
from tuneset.reading.containers.base import Container, Head, Shard, Takes, is_binary
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.reading.records import Records


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"just some words\nand more\n", None),
        (b"Dear all, thanks\nfor coming, to, this\nparty. Yours\n", None),
        (b"Q: What is it?\nA: It is {a} [b].\n", None),
        (b'# exported, 2026\n{"a": 1, "b": 2}\n{"a": 1, "b": 2, "c": 3}\n{"a": 1, "b": [1, 2, 3]}', "jsonl"),
        (b'{"a": "x" "y"}\n{"a": 1}\n', "jsonl"),
        (b'{"a": 1}{"a": 2}\n', "jsonl"),
        (b'{"a": {"b": "cut by the end of the he', "jsonl"),
        (b'[{"a": 1}]\n[{"a": 2}]\n', "jsonl"),
        (b'[{"a": 1}, {"a": 2}]\n', "json"),
        (b'\n[\n{"a": 1},\n{"a": 2}\n]\n', "json"),
        (b'{\n  "a": 1\n}\n{\n  "a": 2\n}\n', "json"),
        (b'{"data": [{"a": 1}]}', "jsonl"),
        (b'// by hand\n[\n{"a": 1}, // one\n]', "json"),
        (b'{ // by hand\n"a": 1,\n}', "json"),
        (b'{"a": 1},\n{"a": 2},\n', "jsonl"),
        (b"question,answer\na,b\n", "csv"),
        (b"question\tanswer\r\na\tb, and c\r\n", "csv"),
        (b"question;answer", "csv"),
        (b',question,answer\n0,"{",b\n', "csv"),
        (b'question,answer\n"a\n{x\n[y",b\nc,d\n', "csv"),
    ],
)
def test_the_container_of_a_text(head: bytes, expected: str | None) -> None:
    found = registry.recognised(Head(head, head, whole=True))
    assert (None if found is None else found.name) == expected


def test_control_characters_make_a_file_binary_but_stray_nuls_in_json_do_not() -> None:
    assert is_binary(b"%PDF-1.7\n\x01\x02\x03\x04")
    assert is_binary(b"PK\x03\x04\x00")
    assert not is_binary(b'{"a": 1}\n\x00\x00\x00\x00')
    assert not is_binary("caf\u00e9\t\x1b[0m a long line".encode())


@pytest.mark.parametrize(
    "container", [each for each in registry.CONTAINERS if each.example and each.name not in ("whatsapp", "slack")]
)
def test_each_container_recognises_and_reads_its_example(tmp_path: Path, container: Container) -> None:
    (tmp_path / "a").write_bytes(container.example or b"")
    (shard,) = plan([tmp_path / "a"])
    assert shard.container == container.name
    assert [records.values for records in read_records(shard)] == [[{"question": "?", "answer": "!"}]]


def read_arrows(shard: Shard, _: Takes) -> Iterator[Records]:
    records = Records()
    for number, line in enumerate(shard.path.read_text().splitlines()[1:], 2):
        question, answer = line.split(" -> ")
        records.add(number, 0, {"question": question, "answer": answer})
    yield records


ARROWS = Container("arrows", "arrows", lambda head: head.text.startswith(b"#arrows"), read_arrows, b"#arrows\n? -> !\n")


def test_a_container_that_is_registered_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "CONTAINERS", (ARROWS, *registry.CONTAINERS))
    (tmp_path / "a").write_text("#arrows\nWho? -> I.\n")
    (shard,) = plan([tmp_path / "a"])
    assert [records.values for records in read_records(shard)] == [[{"question": "Who?", "answer": "I."}]]
