"""Of choices the right one is told by its mark; a number counts from 0, and one that names no choice is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reading.shapes.reading import read, said, shape_name
from tuneset.reading.shapes.base import ShapeError

LISTED = [{"label": "A", "text": "Stone"}, {"label": "B", "text": "Water"}]
ASKED = "What boils?"


@pytest.mark.parametrize(
    "more",
    [
        {"choices": ["Stone", "Water"]},
        {"choices": ["Stone"], "answer": 0},
        {"choices": ["Stone", ["Water"]], "answer": 0},
        {"choices": "Stone or water", "answer": 0},
        {"choices": [], "answer": 0},
        {"choices": ["Stone", "Water"], "answer": [1]},
    ],
)
def test_what_offers_no_choices_or_names_none_is_not_taken(more: dict[str, Any]) -> None:
    assert shape_name({"question": ASKED, **more}) != "multiple_choice"


@pytest.mark.parametrize(
    "row",
    [
        {"question": ASKED, "choices": ["Stone", "Water"], "answer": 1},
        {"question": ASKED, "choices": ["Stone", "Water"], "answer": "1"},
        {"question": ASKED, "options": ["Stone", "Water"], "answer_idx": "B"},
        {"question": ASKED, "options": ["Stone", "Water"], "label": 1},
        {"question": ASKED, "choices": {"text": ["Stone", "Water"], "label": ["A", "B"]}, "answerKey": "B"},
        {"question": ASKED, "choices": LISTED, "answer": "b"},
        {"question": ASKED, "choices": LISTED, "answer": "Water"},
        {"question": {"stem": ASKED, "choices": LISTED}, "answerKey": "B"},
        {"ctx": ASKED, "endings": ["Stone", "Water"], "label": "1"},
    ],
    ids="-".join,
)
def test_the_answer_is_the_mark_of_the_choice_that_is_meant(row: dict[str, Any]) -> None:
    assert said(row) == [("user", f"{ASKED}\n\nA. Stone\nB. Water"), ("assistant", "B")]
    assert read(row)[1] == []


def test_marks_of_the_choices_own_go_before_places() -> None:
    row = {"question": ASKED, "choices": {"text": ["Stone", "Water"], "label": ["1", "2"]}, "answerKey": "1"}
    assert said(row) == [("user", f"{ASKED}\n\n1. Stone\n2. Water"), ("assistant", "1")]


def test_a_number_beyond_the_choices_is_told() -> None:
    with pytest.raises(ShapeError, match="names none of the 2 choices; a number counts from 0"):
        read({"question": ASKED, "choices": ["Stone", "Water"], "answer": 2})


@pytest.mark.parametrize("answer", ["B", 1])
def test_what_is_to_be_read_goes_above_the_question(answer: Any) -> None:  # noqa: ANN401  any JSON value
    row = {"article": "Water boils.", "question": ASKED, "options": ["Stone", "Water"], "answer": answer}
    assert said(row)[0] == ("user", f"Water boils.\n\n{ASKED}\n\nA. Stone\nB. Water")
