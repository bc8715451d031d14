"""A row's own word that its answer is bad is read where it is certain, and classes and scales are none."""

from collections.abc import Callable
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.cleaning.filtering.score import scores
from tuneset.reading.shapes.choose import chooser, shapes_of
from tuneset.reading.verdicts import VERDICT_COLUMNS, class_columns, may_judge, score_columns, verdict


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
        {"source.label": False},
        {"metadata": {"topic": False}},
        {"metadata": "label: false"},
        {"correctness_math_verify": [True, False]},
        {"correctness_math_verify": []},
        {"tests_passed": [[False]]},
        {"outcome": "The parcel was lost."},
        {"result": "failed"},
        {"answer": "reject"},
        {"status": "rejected"},
        {"level": "error"},
        {"status": "cancelled"},
        {"state": "Ohio"},
        {"done": 0},
        {"completed": True},
        {"exit_status": "submitted"},
        {"exit_status": 1},
        {"exit_status": None},
        {"correct": "No."},
        {"like": 0},
        {"correct": "X"},
        {"is_correct": "x"},  # as of `o` and `x`
        {"rejected": "\u2717"},
        {"wrong": "\u274c"},
        {"pass": 0},
        {"skip": 0},
        {"done": "0"},
        {"keep": "left"},
        {"invalid": "No."},
        {"wrong": "Yes."},
        {"responses": [{"label": False}, {"label": True}]},
        {"annotations": [{"result": [{"from_name": "topic", "value": {"choices": ["Bad"]}}]}]},
        {"annotations": [{"was_cancelled": True, "quality": "bad"}, {"was_cancelled": False}]},
        {"scores": [{"name": "tone", "value": 0}]},
        {"scores": {"tone": 0}},
        {"conversation_rating": {"rating": 1}},
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
        {"keep": "no"},
        {"include_in_training": 0},
        {"exclude": "x"},
        {"discard": True},
        {"do not train": "\u2705"},
        {"is_hallucinated": 1},
        {"review_decision": "reject"},
        {"flag": "remove"},
        {"pass": "FAIL"},
        {"dislike": True},
        {"is_complete": "no"},
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
        {"answer": "reject", "_task_hash": 7},
        {"answer": "ignore", "_input_hash": 7},
        {"status": "discarded"},
        {"approved": "No"},
        {"Freigabe": "ja", "approved": "nein"},
        {"rejected": "yes"},
        {"satisfaction_rating": {"score": "bad"}},
        {"quality.responses": ["bad"]},
        {"responses": {"quality": [{"value": "bad", "user_id": "u"}]}},
        {"annotations": [{"was_cancelled": True, "result": []}]},
        {"annotations": [{"result": [{"from_name": "quality", "value": {"choices": ["Bad"]}}]}]},
        {"scores": [{"name": "correctness", "value": 0, "stringValue": "False"}]},
        {"feedback": [{"key": "is_correct", "score": 0}]},
        {"assessments": [{"assessment_name": "correct", "feedback": {"value": False}}]},
        {"data": {"rating": -1}},
        {"flag": "Dislike"},
        {"Deleted": "TRUE"},
        {"is_deleted": 1},
        {"status": "Failed"},
        {"metadata": {"status": "timed out"}},
        {"superseded": True},
        {"is_error": "true"},
        {"finished": False},
        {"exit_status": "submitted (exit_context)"},
        {"exit_status": "LimitsExceeded"},
        {"info": {"exit_status": "exit_cost"}},
        {"metadata.feedback": "thumbs_down"},
        {"trace.scores.isCorrect": "no"},
        {"Rating (thumb)": "down"},
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


def test_states_are_classes_where_a_column_holds_other_words() -> None:
    rows: list[dict[str, Any]] = [{"status": "failed"}, {"status": "completed"}, {"status": "shipped"}]
    assert verdict(rows[0], "An answer.", class_columns(rows)) is None
    assert verdict(rows[0], "An answer.", class_columns(rows[:2])) == ("status", False)
    assert verdict({"status": "discarded"}, "An answer.", {"status"}) == ("status", False)
    assert verdict(rows[0], "Failed") is None  # an exercise in telling so


def test_one_zero_and_minus_one_are_thumbs_and_no_classes() -> None:
    rows: list[dict[str, Any]] = [{"label": 0}, {"label": 1}, {"label": -1}, {"rating": "-1"}]
    assert class_columns(rows) == frozenset()
    assert class_columns([*rows, {"label": -2}, {"meta": {"rating": "0.5"}}]) == {"label", "meta.rating"}


SPELLINGS = (
    str.upper,
    str.title,
    lambda name: name.replace("_", "-"),
    lambda name: f"{name.replace('_', ' ').capitalize()}?",
    lambda name: name.split("_")[0] + "".join(word.capitalize() for word in name.split("_")[1:]),
)
VALUES = st.sampled_from([True, False, "up", "rejected", -1, {"value": False}, ["bad"], "discarded", "3"])


@given(st.sampled_from(sorted(VERDICT_COLUMNS)), st.sampled_from(SPELLINGS), VALUES)
def test_a_column_says_the_same_however_its_name_is_written(
    name: str, spelt: Callable[[str], str], value: object
) -> None:
    plain, other = verdict({name: value}, "An answer."), verdict({spelt(name): value}, "An answer.")
    assert (plain and plain[1]) == (other and other[1])


@given(st.sampled_from(sorted(VERDICT_COLUMNS)), st.sampled_from(SPELLINGS), st.sampled_from([True, False, "rejected"]))
def test_a_named_entry_says_what_a_column_of_that_name_says(
    name: str, spelt: Callable[[str], str], value: object
) -> None:
    plain = verdict({name: value}, "An answer.")
    listed = verdict({"scores": [{"name": "tone", "value": 4}, {"name": spelt(name), "value": value}]}, "An answer.")
    assert (plain and plain[1]) == (listed and listed[1])
    assert listed is None or listed[0] == f"scores.{name}"  # a known word, never the row's own


@pytest.mark.parametrize(
    "row",
    [
        {"csat": 2},
        {"user-feedback": 2},
        {"conversation_rating": {"remark": "Fine.", "rating": 2}},
        {"scores": {"Factuality": 2}},
        {"scores": [{"id": "7", "name": "tone", "value": 2}]},
        {"feedback_stats": {"user_score": {"n": 1, "avg": 2}}},
    ],
)
def test_a_score_that_is_told_is_one_that_the_filter_reads(row: dict[str, Any]) -> None:
    (path,) = score_columns(row)
    assert scores(pl.Series([orjson.dumps(row).decode()]), path).to_list() == [2.0]


@pytest.mark.parametrize(
    "row",
    [{"vote": 1}, {"thumbs": -1}, {"scores": [0.1, 0.2]}, {"scores": {}}, {"rating": {"note": "2"}}, {"scores": []}],
)
def test_what_is_no_score_of_the_answer_is_not_told(row: dict[str, Any]) -> None:
    assert score_columns(row) == []


def test_what_a_reviewer_decided_is_no_answer() -> None:
    shape_of = chooser(shapes_of("sft"))
    assert shape_of({"question": "?", "answer": "accept", "_task_hash": 1}) is None
    found = shape_of({"question": "?", "response": "!", "answer": "accept", "_task_hash": 1})
    assert found is not None
    example, _ = found.read({"question": "?", "response": "!", "answer": "accept", "_task_hash": 1})
    assert example["messages"][-1]["content"] == "!"


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ({"match": {"value": "P"}}, None),
        ({"match": {"value": 0.4}, "tone": "I"}, None),
        ({"match": {"value": "C", "answer": "x"}}, ("scores.value", True)),
        ({"match": {"value": "I", "explanation": "no"}}, ("scores.value", False)),
        ({"match": {"value": "C"}, "includes": {"value": "I"}}, ("scores.value", False)),
        ({"graded": {"value": "N"}}, ("scores.value", False)),
    ],
)
def test_letters_of_scorers_of_inspect_are_verdicts(scores: dict[str, Any], found: tuple[str, bool] | None) -> None:
    assert verdict({"scores": scores}, "An answer.") == found
    assert verdict({"scores": scores}, "Yes.") == found  # the letter is no solution of an exercise


SAMPLE = {"sample_id": "a", "epoch": 1, "target": "9 to 5"}


@pytest.mark.parametrize(
    "columns",
    [
        {"score_grade": "I"},
        {"score_match": "I", "epoch": 1},
        {**SAMPLE, "score_match": "P"},
        {**SAMPLE, "score_match": 0, "score_harm": 0},
        {"score_match": 0},
        {"scores": {"match": {"value": 0}}},
        {**SAMPLE, "scores": {"match": {"value": 0}, "harm": {"value": 0}}},
        {**SAMPLE, "scores": {"match": {"value": {"f1": 0, "em": [0]}}}},
        {**SAMPLE, "score_match": ["I"]},
        {**SAMPLE, "scores_match": "I"},
    ],
)
def test_a_score_that_is_not_of_the_answer_in_a_row_of_inspect_is_no_verdict(columns: dict[str, Any]) -> None:
    assert verdict(columns, "Nowhere.") is None


@pytest.mark.parametrize(("value", "good"), [("C", True), ("I", False), ("N", False)])
def test_a_scorers_column_of_inspect_judges_the_answer_beside_its_target(value: str, good: bool) -> None:
    assert verdict({**SAMPLE, "score_match": value}, "Nowhere.") == ("score_match", good)
    assert may_judge(["score_match"])


@given(st.lists(st.sampled_from((0, 0.0, False, 1, 1.0, True, "0", "1.0")), min_size=1, max_size=6), st.booleans())
def test_a_sample_that_its_only_scorer_of_inspect_failed_is_bad_however_it_writes_so(
    values: list[bool | float | str], flat: bool
) -> None:
    rows = [{**SAMPLE, **({"score_x": one} if flat else {"scores": {"x": {"value": one}}})} for one in values]
    classes = class_columns(rows)
    found = [verdict(row, "Nowhere.", classes) for row in rows]
    assert [said is not None and said[1] for said in found] == [one in (1, "1.0") for one in values]


def test_a_share_that_a_scorer_of_inspect_gives_shows_that_its_numbers_are_no_verdicts() -> None:
    rows = [{**SAMPLE, "scores": {"x": {"value": one}}} for one in (0, 1, 0.4)]
    assert {verdict(row, "Nowhere.", class_columns(rows)) for row in rows} == {None}


def test_scores_of_people_in_a_list_of_opik_are_told() -> None:
    assert score_columns({"feedback_scores": [{"name": "user_feedback", "value": 0.0}]}) == ["feedback_scores.0.value"]
    assert verdict({"feedback_scores": [{"name": "is_correct", "value": 0.0}]}) == ("feedback_scores.is_correct", False)
