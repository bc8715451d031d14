"""Answers that are marked in a context: the first is taken, none is told, and nested questions have their context."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.reading.shapes.reading import read, said, shape_name
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.reading.shapes.base import ShapeError

CONTEXT, ASKED = "Rome lies on the Tiber.", "Where does Rome lie?"
TWO = {"text": ["on the Tiber", "the Tiber"], "answer_start": [10, 13]}
TURNS = [("user", f"{CONTEXT}\n\n{ASKED}"), ("assistant", "on the Tiber")]


@pytest.mark.parametrize("answers", ["Rome", ["Rome"], {"text": "Rome"}, {"a": "Rome"}, [{"text": "Rome"}], 3])
def test_other_answers_are_not_taken(answers: Any) -> None:  # noqa: ANN401  any JSON value
    assert shape_name({"question": ASKED, "answers": answers}) != "marked_answers"


@pytest.mark.parametrize("answers", [TWO, json.dumps(TWO), [{"text": "on the Tiber", "answer_start": 10}]])
def test_the_first_answer_is_taken_and_the_context_stands_above(answers: Any) -> None:  # noqa: ANN401  any JSON value
    assert said({"id": "1", "context": CONTEXT, "question": ASKED, "answers": answers}) == TURNS


@pytest.mark.parametrize("answers", [{"text": [], "answer_start": []}, []])
def test_a_question_without_an_answer_is_told(answers: Any) -> None:  # noqa: ANN401  any JSON value
    with pytest.raises(ShapeError, match="no answer in its context"):
        read({"context": CONTEXT, "question": ASKED, "answers": answers})


@pytest.mark.parametrize("indent", [None, 2])
def test_nested_questions_are_rows_with_the_context_of_their_paragraph(tmp_path: Path, indent: int | None) -> None:
    asked = [
        {"id": str(n), "question": ASKED, "answers": [{"text": "on the Tiber", "answer_start": 10}]} for n in (1, 2)
    ]
    data = [
        {"title": "Rome", "paragraphs": [{"context": CONTEXT, "qas": asked}, {"context": "Oslo.", "qas": asked[:1]}]}
    ]
    path = tmp_path / "raw.json"
    path.write_text(json.dumps({"version": "2.0", "data": data}, indent=indent))
    every = [records for shard in plan([path]) for records in read_records(shard)]
    values = [value for records in every for value in records.values]
    assert [said(value)[0][1] for value in values] == [TURNS[0][1], TURNS[0][1], f"Oslo.\n\n{ASKED}"]
    places = [place for records in every for place in zip(records.lines, records.items, strict=True)]
    assert len(set(places)) == sum(records.rows for records in every) == 3
