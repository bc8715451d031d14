"""Tables of text are read row by row, with the line on which each row starts."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.errors import InputError
from tuneset.reading.containers import delimited
from tuneset.reading.containers.delimited import read_rows
from tuneset.reading.containers.table_dialect import dialect
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.reading.records import RawReject


def read(text: str | bytes, cut: int = 1000) -> list[tuple[int, int, dict[str, Any]] | RawReject]:
    """The rows without their lengths."""
    data = text.encode() if isinstance(text, str) else text
    rows = read_rows((data[at : at + cut] for at in range(0, len(data), cut)), "raw.csv")
    return [row if isinstance(row, RawReject) else row[:3] for row in rows]


def test_a_row_with_a_wrong_number_of_cells_is_rejected() -> None:
    assert read("q,a\n1\n2,3,4\n\n5,6\n") == [
        RawReject(2, 0, "CSV001", "the number of cells is 1; the header has 2"),
        RawReject(3, 0, "CSV001", "the number of cells is 3; the header has 2"),
        (5, 0, {"q": "5", "a": "6"}),
    ]


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    assert read('q,a\n"open,1\n2,3\n"4",5\n') == [
        RawReject(2, 0, "CSV001", "a quote is opened and never closed"),
        (3, 0, {"q": "2", "a": "3"}),
        (4, 0, {"q": "4", "a": "5"}),
    ]


def test_a_quote_that_is_closed_too_early_rejects_its_row() -> None:
    assert read('q,a\n"say "hi"",1\nsay "hi",2\n') == [
        RawReject(2, 0, "CSV001", "a quote or a carriage return stands where none may"),
        (3, 0, {"q": 'say "hi"', "a": "2"}),
    ]


def test_a_row_without_end_costs_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_ROW_CHARACTERS", 50)
    rows = read('q,a\n"open,1\n' + "2,3\n" * 100)
    assert rows[0] == RawReject(2, 0, "CSV001", "a quote is opened and never closed")
    assert rows[1:] == [(line, 0, {"q": "2", "a": "3"}) for line in range(3, 103)]


def test_a_long_cell_is_read_and_pythons_own_limit_stays_as_it_was() -> None:
    limit, seen = csv.field_size_limit(), set()
    long = "x" * (limit + 1)
    for row in read_rows([f"q,a\n{long},2\n3,4\n".encode()], "raw.csv"):
        seen.add(csv.field_size_limit())
        if not isinstance(row, RawReject) and row[0] == 2:
            assert row[2] == {"q": long, "a": "2"}
    assert seen == {limit}


def test_a_carriage_return_in_a_bare_cell_rejects_its_row() -> None:
    assert read("q,a\n1\r2,3\n4,5\r\n") == [
        RawReject(2, 0, "CSV001", "a quote or a carriage return stands where none may"),
        (3, 0, {"q": "4", "a": "5"}),
    ]


def test_bytes_that_are_no_text_reject_their_row() -> None:
    assert read(b"q,a\n\xff,1\nz\xc3\xbc,2\n") == [
        RawReject(2, 0, "FIL002", "the row holds bytes that are not UTF-8"),
        (3, 0, {"q": "zü", "a": "2"}),
    ]


@pytest.mark.parametrize("text", ["one\n1\n", "a,a\n1,2\n"])
def test_a_header_is_needed(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    expected = "raw.csv: has no line that can be a header\n  allowed: a first line with the names of the columns"
    assert str(caught.value) == expected


def test_quoted_cells_span_lines_and_the_row_stands_where_it_starts() -> None:
    rows = read('\n q , a \r\n"one\n\ntwo","say ""hi"""\r\n3,4')
    assert rows == [(3, 0, {"q": "one\n\ntwo", "a": 'say "hi"'}), (6, 0, {"q": "3", "a": "4"})]


QA = [("a?", "b"), ("c?", "d")]


@pytest.mark.parametrize(
    ("text", "line", "rows"),
    [
        ("sep=;\nquestion;answer\na?;b\nc?;d\n", 3, QA),
        ("Support export 2026\n\nquestion,answer\na?,b\nc?,d\n", 4, QA),
        ("Support export, all\nquestion,answer,id\na?,b,1\nc?,d,2\n", 3, QA),
        ("question, answer\na?, b\nc?, d\n", 2, QA),
        ('question, answer\n"a, b?", "c, d"\n', 2, [("a, b?", "c, d")]),
        ("question,answer\ra?,b\rc?,d\r", 2, QA),
        ("question,answer,notes,notes\na?,b,x,y\nc?,d,x,y\n", 2, QA),
        ("question,answer,\na?,b,\nc?,d,\n", 2, QA),
        (f'question,answer,"{"how well " * 20}"\na?,b,1\nc?,d,2\n', 2, QA),
        ('question,answer\n"say \\"a\\"?",b\n', 2, [('say "a"?', "b")]),
        ("question,answer\n\na?,b\n\nc?,d\n", 3, QA),
    ],
)
def test_a_table_is_read_as_people_export_it(tmp_path: Path, text: str, line: int, rows: list[tuple[str, str]]) -> None:
    (tmp_path / "a").write_bytes(text.encode())
    (shard,) = plan([tmp_path / "a"])
    (records,) = read_records(shard)
    assert shard.container == "csv"
    assert [(row["question"], row["answer"]) for row in records.values] == rows
    assert records.lines[0] == line
    assert records.rejects == []


def test_a_column_that_stands_twice_is_kept_twice() -> None:
    rows = read("prompt,completion,notes,notes\na?,b,x,y\n")
    assert rows == [(2, 0, {"prompt": "a?", "completion": "b", "notes": "x", "notes_2": "y"})]


def test_one_column_alone_is_a_table_where_its_name_is_known() -> None:
    assert read('messages\n"[1, 2]"\n') == [(2, 0, {"messages": "[1, 2]"})]
    assert dialect(["text", "hello world"]) is not None
    assert dialect(["hello", "world"]) is None
    assert dialect(["text", '{"a": 1}']) is None


def test_without_a_header_the_first_row_is_a_row_and_no_name() -> None:
    assert read("Who is it?,It is Bob.\nWhere is it?,It is here.\n") == [
        (1, 0, {"column_1": "Who is it?", "column_2": "It is Bob."}),
        (2, 0, {"column_1": "Where is it?", "column_2": "It is here."}),
    ]


def test_questions_above_times_are_the_header_of_a_form() -> None:
    asked, told = "What do you ask?", "What is the answer?"
    assert read(f'Timestamp,{asked},{told}\n2026/01/02 10:00:07 AM,"Open, now?",Yes.\n') == [
        (2, 0, {"Timestamp": "2026/01/02 10:00:07 AM", asked: "Open, now?", told: "Yes."})
    ]


def test_a_row_whose_cells_are_known_names_does_not_hide_the_rows_above() -> None:
    rows = read("frage,antwort\na?,b\ntext,answer\n")
    assert [row[0] for row in rows] == [2, 3]


@pytest.mark.parametrize("lines", [["Dear user, hello", "how are you"], ["context, see below", "there", "it is"], [""]])
def test_prose_is_no_table(lines: list[str]) -> None:
    assert dialect(lines) is None


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


@given(
    rows=st.lists(st.tuples(CELL, CELL), max_size=6),
    mark=st.sampled_from(",\t;|"),
    cut=st.integers(1, 30),
)
def test_what_a_csv_writer_wrote_is_read_back(rows: list[tuple[str, str]], mark: str, cut: int) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=mark, quoting=csv.QUOTE_ALL).writerows([("question", "answer"), *rows])
    assert [row[2] for row in read(written.getvalue(), cut)] == [{"question": q, "answer": a} for q, a in rows]


@given(text=st.text(st.sampled_from('",\n\r\tab\0') | st.characters(), max_size=40), cut=st.integers(1, 9))
def test_whatever_the_text_each_line_is_told_once_and_however_it_is_cut(text: str, cut: int) -> None:
    data = b"q,a\n" + text.encode("utf-8", "replace")
    rows = read(data)
    assert len({row[0] for row in rows}) == len(rows)
    assert read(data, cut) == rows
