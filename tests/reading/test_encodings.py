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


SAID = {
    "German": ["Der Fahrplan ändert sich übermorgen.", "Schließen Sie bitte die Tür.", "Möchten Sie Öl dazu?"],
    "French": ["Le théâtre est fermé à midi.", "Où êtes-vous né ?", "Ça coûte très peu, même l'été."],
    "Spanish": ["¿Cuándo abren mañana?", "El pingüino está aquí.", "Mañana será otro día."],
    "Portuguese": ["Não há pão amanhã.", "A estação é ali à direita.", "Vocês têm informações?"],
    "Polish": ["Gdzie są klucze?", "Proszę zamknąć drzwi, jest późno.", "Dziś świeci słońce."],
    "Czech": ["Kdy přijede další vlak?", "Zítra bude pršet.", "Můžete mi říct, kolik je hodin?"],
    "Turkish": ["Bugün hava çok güzel.", "İstanbul'a nasıl giderim?", "Işıkları söndürür müsünüz?"],  # noqa: RUF001  its letters
    "Russian": ["Сколько стоит билет?", "Поезд приходит вечером.", "Где ближайшая аптека?"],
    "Greek": ["Πόσο κάνει το εισιτήριο;", "Το τρένο φτάνει το βράδυ.", "Πού είναι το φαρμακείο;"],  # noqa: RUF001  its letters
    "Hebrew": ["כמה עולה הכרטיס?", "הרכבת מגיעה בערב.", "איפה בית המרקחת?"],
    "Arabic": ["كم ثمن التذكرة؟", "يصل القطار في المساء.", "أين الصيدلية؟"],
    "Japanese": ["切符はいくらですか。", "電車は夕方に着きます。", "薬局はどこにありますか。"],
    "Chinese": ["车票多少钱?", "火车晚上到。", "药店在哪里?"],
}
WRITTEN = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "iso8859_2", "iso8859_15", "koi8_r"),
    *("mac_roman", "cp437", "cp850", "cp852", "cp857", "cp866", "cp737", "cp862"),
    "utf_7",
)
OF_EAST_ASIA = ("cp932", "euc_jp", "iso2022_jp", "gb18030")


@pytest.mark.parametrize("language", SAID)
def test_auto_never_gives_wrong_letters_and_mostly_the_right_ones(tmp_path: Path, language: str) -> None:
    outcomes = []
    for encoding in (*WRITTEN, *OF_EAST_ASIA[: 4 if language in ("Japanese", "Chinese") else 0]):
        for texts in (SAID[language], *([text] for text in SAID[language])):
            rows = [{"question": text, "answer": text} for text in texts]
            try:
                data = "".join(f'"{text}","{text}"\n' for text in ("question", *texts)).encode(encoding)
            except UnicodeEncodeError:
                continue
            path = tmp_path / "a.csv"
            path.write_bytes(data.replace(b'"question","question"', b"question,answer"))
            try:
                found, rejected = read(path, "auto")
            except InputError:
                outcomes.append((encoding, len(texts) > 1, False))
                continue
            assert (found, rejected) == (rows, 0), encoding
            outcomes.append((encoding, len(texts) > 1, True))
    assert all(is_read for _, is_long, is_read in outcomes if is_long), [one for one in outcomes if not one[2]]
    assert sum(is_read for _, _, is_read in outcomes) > len(outcomes) / 2


@pytest.mark.parametrize("text", ["1 + 1 = 2, C++", "+49 30 1234567, +493012345678", "a+-b and +-", "key +AbC+dEf/ghi"])
def test_plus_signs_alone_make_no_utf_7(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(table(text, plain_rows=2))
    assert read(path)[0][-1]["answer"] == text


def test_utf_7_is_named_and_read_where_it_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(table(GERMAN).encode("utf-7"))
    with pytest.raises(InputError, match="the text is UTF-7") as caught:
        read(path)
    assert "ingest.encoding to utf_7" in caught.value.hint
    for wanted in ("utf-7", "utf_7", "auto"):
        assert read(path, wanted)[0][0]["answer"] == GERMAN
    assert read(path, "utf-8")[0][0]["answer"] != GERMAN


def test_a_mark_of_utf_8_before_a_text_that_is_not_proves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + table(GERMAN).encode("cp1252"))
    with pytest.raises(InputError, match="is not UTF-8; it may be cp1252"):
        read(path)
    for encoding in ("cp1252", "auto"):
        assert read(path, encoding) == ([{"question": "What is it?", "answer": GERMAN}], 0)
