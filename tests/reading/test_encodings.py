"""A text that is not UTF-8 is refused as a whole with a suggestion, or read in the encoding that the user names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tuneset.errors import InputError
from tuneset.reading.encodings import likely
from tuneset.reading.raw_shards import cut, numbered
from tuneset.reading.read import read_records

GERMAN = "Ein schönes Café, größer als früher"
TEXTS = {
    "cp1252": GERMAN,
    "mac_roman": "Le café est fermé à Noël, désolé",
    "cp932": "東京の天気はどうですか",
    "gb18030": "请问您需要什么帮助",
    "cp1251": "Привет, как дела? Хорошо, спасибо.",
    "iso2022_jp": "何時に開きますか",
}


def table(text: str, plain_rows: int = 0) -> str:
    return "question,answer\n" + "What is it?,A plain answer\n" * plain_rows + f'What is it?,"{text}"\n'


def read(path: Path, encoding: str | None = None) -> tuple[list[dict[str, Any]], int]:
    values, rejected = [], 0
    for shard in numbered(cut([path], encoding)):
        for records in read_records(shard):
            values += records.values
            rejected += len(records.rejects)
    return values, rejected


@pytest.mark.parametrize("encoding", TEXTS)
def test_a_text_of_another_encoding_is_refused_with_the_likely_ones(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(table(TEXTS[encoding]).encode(encoding))
    with pytest.raises(InputError, match="is not UTF-8; it may be .*" + encoding) as caught:
        read(path)
    assert "ingest.encoding" in caught.value.hint


@pytest.mark.parametrize("encoding", TEXTS)
def test_a_named_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(table(TEXTS[encoding]).encode(encoding))
    assert read(path, encoding) == ([{"question": "What is it?", "answer": TEXTS[encoding]}], 0)


@pytest.mark.parametrize("encoding", TEXTS)
def test_auto_takes_the_likeliest(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(table(TEXTS[encoding]).encode(encoding))
    assert read(path, "auto") == ([{"question": "What is it?", "answer": TEXTS[encoding]}], 0)


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
@pytest.mark.parametrize("wanted", [None, "auto", "cp1252"])
def test_unicode_with_or_without_a_mark_is_read_whatever_is_wanted(
    tmp_path: Path, encoding: str, wanted: str | None
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(table(GERMAN).encode(encoding))
    assert read(path, wanted) == ([{"question": "What is it?", "answer": GERMAN}], 0)


def test_accents_far_behind_the_first_mebibyte_decide_as_well(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(table(GERMAN, plain_rows=60_000).encode("cp1252"))
    with pytest.raises(InputError, match="is not UTF-8; it may be cp1252"):
        read(path)
    assert read(path, "cp1252")[0][-1]["answer"] == GERMAN


def test_a_damaged_line_among_more_lines_of_utf_8_costs_that_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    fine = '{"question": "?", "answer": "schön"}\n'.encode()
    path.write_bytes(fine * 2 + b'{"question": "?", "answer": "caf\xe9"}\n')
    assert read(path) == ([{"question": "?", "answer": "schön"}] * 2, 1)


def test_lines_of_another_encoding_are_rejected_one_by_one_where_utf_8_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"question": "?", "answer": "caf\xe9"}\n{"question": "?", "answer": "!"}\n')
    assert read(path, "utf-8") == ([{"question": "?", "answer": "!"}], 1)


def test_a_text_that_is_not_in_the_named_encoding_either_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(table(GERMAN).encode("cp1252"))
    with pytest.raises(InputError, match="neither UTF-8 nor ascii"):
        read(path, "ascii")


def test_all_files_that_cannot_be_read_are_named_at_once_or_left_out_with_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(table(GERMAN).encode("cp1252"))
    (tmp_path / "b.bin").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (tmp_path / "c.jsonl").write_bytes(b'{"question": "?", "answer": "!"}\n')
    with pytest.raises(InputError) as caught:
        cut([tmp_path])
    assert "a.csv" in caught.value.message
    assert "b.bin" in caught.value.message
    assert "c.jsonl" not in caught.value.message
    batches = [records for shard in numbered(cut([tmp_path], unreadable="skip")) for records in read_records(shard)]
    assert sum(records.rows for records in batches) == 3
    assert [reject.code for records in batches for reject in records.rejects] == ["FIL001", "FIL001"]


def test_bytes_that_are_text_in_no_encoding_are_not_guessed() -> None:
    assert likely(b"") == []


def test_chinese_is_not_taken_for_japanese_of_half_width() -> None:
    assert likely("几点开门呢,九点开门".encode("gb18030"))[0] == "gb18030"
    assert likely("ｶﾀｶﾅ ﾃｽﾄ 半角".encode("cp932"))  # which is one, too


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_without_a_mark_is_known_by_its_line_ends(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes("question\tanswer\n何時ですか\t九時です\n".encode(encoding))
    assert read(path) == ([{"question": "何時ですか", "answer": "九時です"}], 0)
    path.write_bytes("問題\t答え\n何時ですか\t九時です\n".encode(encoding))
    assert read(path) == ([{"問題": "何時ですか", "答え": "九時です"}], 0)
