"""A header that stands once more among the rows of its table is no row, whatever the table is written in."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tuneset.drop_reasons import REPEATED_HEADER
from tuneset.reading.containers.repeated_headers import is_header
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records

ROW = {"question": "Is it open?", "answer": "Yes."}


def outcomes(path: Path) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    """The rows of a file, and line and code of each that is none."""
    batches = [batch for shard in plan([path]) for batch in read_records(shard)]
    values = [value for batch in batches for value in batch.values]
    return values, [(reject.line, reject.code) for batch in batches for reject in batch.rejects]


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=8), min_size=1))
def test_only_a_row_whose_every_column_holds_its_name_is_one(row: dict[str, str]) -> None:
    assert is_header({name: name for name in row}) == (len(row) > 1)
    other = {**row, "answer": "No."}
    assert not is_header(other)


def test_a_table_that_was_put_together_of_two_has_one_header(tmp_path: Path) -> None:
    table = "question,answer\nIs it open?,Yes.\n"
    path = tmp_path / "both.csv"
    path.write_text(table + table)
    assert outcomes(path) == ([ROW, ROW], [(3, REPEATED_HEADER)])


def test_a_header_below_a_title_and_a_column_that_stands_twice_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "pages.csv"
    path.write_text("Export\n\nquestion;answer;note;note\nOpen?;Yes.;;\nQuestion;Answer;Note;Note\nFar?;No.;;\n")
    values, rejects = outcomes(path)
    assert [value["question"] for value in values] == ["Open?", "Far?"]
    assert rejects == [(5, REPEATED_HEADER)]


def test_lines_that_were_made_of_such_a_table_are_told_too(tmp_path: Path) -> None:
    path = tmp_path / "made.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (ROW, {"question": "question", "answer": "answer"})))
    assert outcomes(path) == ([ROW], [(2, REPEATED_HEADER)])


def test_a_header_within_a_conversation_of_rows_parts_it_from_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("role,content\nuser,Open?\nassistant,Yes.\nrole,content\nuser,Far?\nassistant,No.\n")
    values, rejects = outcomes(path)
    assert [[message["content"] for message in value["messages"]] for value in values] == [
        ["Open?", "Yes.", "Far?", "No."]
    ]
    assert (4, REPEATED_HEADER) in rejects


def test_words_and_their_meaning_may_be_the_same(tmp_path: Path) -> None:
    """A single column, and a row that only begins as its header does, are what they say."""
    path = tmp_path / "words.csv"
    path.write_text("question,answer\nquestion,Frage\nanswer,answer\n")
    assert outcomes(path) == (
        [{"question": "question", "answer": "Frage"}, {"question": "answer", "answer": "answer"}],
        [],
    )
