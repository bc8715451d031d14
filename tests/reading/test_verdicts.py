"""A row's own word that its answer is bad is read where it is certain, and classes and scales are none."""

from typing import Any

import pytest

from tuneset.reading.verdicts import class_columns, verdict


@pytest.mark.parametrize(
    "columns",
    [
        {"label": "neutral"},
        {"label": "negative"},
        {"label": 2},
        {"label": None},
        {"rating": 1},
        {"rating": 0},
        {"score": 0},
        {"feedback": "It was far too long."},
        {"feedback": {"comment": "bad"}},
        {"sentiment": "negative"},
        {"topic": False},
        {"quality": "low"},
        {"source": {"label": False}},
        {"metadata": {"topic": False}},
        {"metadata": "label: false"},
        {"correctness_math_verify": [True, False]},
        {"correctness_math_verify": []},
        {"tests_passed": [[False]]},
        {"outcome": "The parcel was lost."},
        {"result": "failed"},
    ],
)
def test_what_may_be_a_class_or_a_scale_is_no_verdict(columns: dict[str, Any]) -> None:
    assert verdict(columns) is None


@pytest.mark.parametrize("answer", ["False", "no.", "Negative", "true", "failed", "Safe"])
def test_a_label_that_is_the_solution_is_no_verdict(answer: str) -> None:
    assert verdict({"label": False}, answer) is None


@pytest.mark.parametrize("columns", [{"thumbs_up": False}, {"feedback": "bad"}, {"kto_tag": False}])
def test_what_is_said_of_an_answer_holds_for_a_short_one_too(columns: dict[str, Any]) -> None:
    found = verdict(columns, "Yes.")
    assert found is not None
    assert found[1] is False


@pytest.mark.parametrize(
    "columns",
    [
        {"label": False},
        {"label": "false"},
        {"label": 0},
        {"label": "0"},
        {"kto_tag": False},
        {"is_good": False},
        {"rating": "thumbs_down"},
        {"rating": "Thumbs down"},
        {"rating": -1},
        {"feedback": {"rating": "bad"}},
        {"feedback": "negative"},
        {"thumbs_down": True},
        {"is_bad": 1},
        {"vote": "\U0001f44e"},
        {"label": True, "rating": "thumbs_down"},
        {"quality": "bad"},
        {"thumbs_up": False},
        {"is_correct": False},
        {"verdict": "incorrect"},
        {"hallucination": True},
        {"flagged": "true"},
        {"metadata": {"feedback": "thumbs_down"}},
        {"Meta": '{"label": false}'},
        {"resolved": False},
        {"solved": 0},
        {"success": "false"},
        {"outcome": "failure"},
        {"correctness_math_verify": [False, False]},
        {"is_safe": False},
        {"failed": True},
        {"evaluation": {"resolved": False}},
    ],
)
def test_a_bad_label_is_read(columns: dict[str, Any]) -> None:
    found = verdict(columns, "An answer.")
    assert found is not None
    assert found[1] is False


@pytest.mark.parametrize("columns", [{"label": True}, {"is_good": 1}, {"rating": "up"}, {"thumbs_down": False}])
def test_a_good_label_is_read(columns: dict[str, Any]) -> None:
    found = verdict(columns)
    assert found is not None
    assert found[1] is True


def test_numbers_are_classes_where_a_column_holds_others() -> None:
    rows = [{"label": 0}, {"label": 1}, {"label": 2}]
    assert verdict(rows[0], "An answer.", class_columns(rows)) is None
    assert verdict(rows[0], "An answer.", class_columns(rows[:2])) == ("label", False)


def test_one_zero_and_minus_one_are_thumbs_and_no_classes() -> None:
    rows = [{"label": 0}, {"label": 1}, {"label": -1}, {"rating": "-1"}]
    assert class_columns(rows) == frozenset()
    assert class_columns([*rows, {"label": -2}, {"meta": {"rating": "0.5"}}]) == {"label", "meta.rating"}
