"""What a row says of its own answer: a label, a thumb, a tag of a preference set, that it is good or bad.

Read from the columns that are not part of the example: what a person said of the answer, and what came of tests or of
the task. Only what is certain is a verdict: true and false, words such as `thumbs_down`, and 0 or 1 where a column
holds no other number, for else the numbers are classes or a scale of ratings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tuneset.reading.shapes.base import json_of

_SAYS_GOOD = frozenset(
    {
        "label", "kto_tag", "kto_label", "is_good", "good", "desirable", "is_desirable", "liked", "is_liked",
        "thumbs_up", "thumb_up", "upvoted", "accepted", "is_accepted", "approved", "is_approved", "preferred",
        "is_preferred", "correct", "is_correct", "helpful", "is_helpful", "useful", "is_useful", "acceptable",
        "is_acceptable", "valid", "is_valid", "passed", "has_passed", "tests_passed", "all_tests_passed", "resolved",
        "is_resolved", "solved", "is_solved", "success", "is_success", "successful", "is_successful", "succeeded",
        "has_succeeded", "task_success", "correctness", "correctness_math_verify", "correctness_llama", "is_safe",
        "is_response_safe",
    }
)  # fmt: skip
"""Columns that are true for a good answer."""
_SAYS_BAD = frozenset(
    {
        "is_bad", "bad", "bad_answer", "bad_response", "undesirable", "thumbs_down", "thumb_down", "disliked",
        "downvoted", "rejected", "is_rejected", "incorrect", "is_incorrect", "wrong", "is_wrong", "flagged",
        "is_flagged", "hallucination", "is_hallucination", "hallucinated", "unhelpful", "is_invalid", "failed",
        "has_failed", "is_failed", "is_unsafe", "truncated", "is_truncated", "is_incomplete",
    }
)  # fmt: skip
"""Columns that are true for a bad one."""
_SAYS_HOW = frozenset(
    {
        "rating", "thumbs", "thumb", "feedback", "vote", "reaction", "user_feedback", "human_feedback", "user_rating",
        "feedback_type", "feedback_rating", "quality", "answer_quality", "response_quality", "verdict", "judgement",
        "judgment", "review_status", "approval", "outcome",
    }
)  # fmt: skip
"""Columns that hold a word for it; their numbers are a scale that is not known here, but for -1."""
VERDICT_COLUMNS = _SAYS_GOOD | _SAYS_BAD | _SAYS_HOW
_MAY_BE_SOLUTIONS = frozenset({"label", "correct", "is_correct", "correctness", "valid", "is_valid", "is_safe"})
"""What in exercises of telling true from false is the solution, and no word on the answer."""
_SCORES = frozenset(
    ("rating", "score", "stars", "reward", "quality", "quality_score", "user_rating", "answer_score", "response_score")
)
"""Columns whose numbers say how good an answer is."""
_HOLDERS = frozenset(
    {"meta", "metadata", "annotation", "annotations", "extra", "info", "attributes", "eval", "evaluation", "result"}
)
"""Objects in which exports keep such columns."""
_WITHIN = ("rating", "value", "thumb", "thumbs", "type", "label")
"""Where an object in such a column holds it."""
_GOOD = frozenset(
    {
        "true", "good", "up", "thumbs_up", "thumbsup", "like", "liked", "desirable", "chosen", "accepted", "approved",
        "correct", "right", "helpful", "upvote", "👍", ":+1:", ":thumbsup:", "success", "successful", "succeeded",
        "passed", "pass", "resolved", "solved",
    }
)  # fmt: skip
_BAD = frozenset(
    {
        "false", "bad", "down", "thumbs_down", "thumbsdown", "dislike", "disliked", "undesirable", "rejected",
        "incorrect", "wrong", "unhelpful", "downvote", "👎", ":-1:", ":thumbsdown:", "failure", "failed", "fail",
        "unsuccessful", "unresolved", "unsolved",
    }
)  # fmt: skip
_FEELINGS = {"positive": True, "negative": False}
"""Words that are a verdict in a column of feedback alone: elsewhere they are classes of texts."""
_CLASSES = _GOOD | _BAD | {*_FEELINGS, "yes", "no", "safe", "unsafe", "valid", "invalid"}


def verdict(columns: Mapping[str, Any], answer: str = "", classes: Iterable[str] = ()) -> tuple[str, bool] | None:
    """The column that says whether an answer is good, and what it says: bad, if one of them does. None where none does.

    Where the `answer` itself is such a word, the row may be an exercise in telling true from false, and its label the
    solution. `classes` are columns whose numbers are no verdicts (see `class_columns`).

    >>> verdict({"id": 7, "label": False}), verdict({"rating": "Thumbs up"}), verdict({"rating": 4, "label": "neutral"})
    (('label', False), ('rating', True), None)
    >>> verdict({"label": 0}), verdict({"label": 0}, classes={"label"})
    (('label', False), None)
    """
    solves = _word(answer) in _CLASSES
    found: tuple[str, bool] | None = None
    for name, plain, value in _judging(columns):
        if solves and plain in _MAY_BE_SOLUTIONS:
            continue
        good = _is_good(plain, value, numbers=name not in classes)
        if good is not None and (found is None or (good, name) < (found[1], found[0])):
            found = (name, good)
    return found


def may_judge(names: Iterable[str]) -> bool:
    """Whether some of these columns may hold a verdict, whatever their case, or an object that does.

    >>> may_judge(["id", "Label"]), may_judge(["id", "metadata"]), may_judge(["id", "source"])
    (True, True, False)
    """
    return any(name.casefold() in VERDICT_COLUMNS or name.casefold() in _HOLDERS for name in names)


def _judging(columns: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """The columns that may hold a verdict: as they are named, that name in small letters, and what they hold.

    >>> [name for name, _, _ in _judging({"id": 1, "Label": 0, "meta": {"feedback": "up", "n": 2}})]
    ['Label', 'meta.feedback']
    """
    for name, value in columns.items():
        plain = name.casefold()
        if plain in VERDICT_COLUMNS:
            yield name, plain, value
        elif plain in _HOLDERS and isinstance(held := json_of(value), dict):
            for inner, inner_value in held.items():
                if inner.casefold() in VERDICT_COLUMNS:
                    yield f"{name}.{inner}", inner.casefold(), inner_value


def score_columns(row: Mapping[str, Any]) -> list[str]:
    """The columns of a row that hold a score of its answer: a number on a scale that only the user knows.

    >>> score_columns({"rating": 2, "id": 7}), score_columns({"Stars": "4.5"}), score_columns({"rating": "good"})
    (['rating'], ['Stars'], [])
    """
    return [name for name, value in row.items() if name.casefold() in _SCORES and _number(value) is not None]


def class_columns(rows: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The columns in which some row has a number other than 0, 1 and -1: those of classes, or a scale.

    >>> sorted(class_columns([{"label": 0, "good": 1}, {"label": 2}]))
    ['label']
    """
    found = set()
    for row in rows:
        for name, _, value in _judging(row):
            number = _number(value)
            if number is not None and number not in (0, 1, -1):
                found.add(name)
    return frozenset(found)


def _is_good(name: str, value: Any, *, numbers: bool) -> bool | None:  # noqa: ANN401  any JSON value
    if isinstance(value, dict):
        value = next((value[key] for key in _WITHIN if key in value), None)
    said = _said(value)
    if said is None and name in _SAYS_HOW and isinstance(value, str):
        said = _FEELINGS.get(_word(value))
    if said is None and numbers:
        number = _number(value)
        if number == -1:
            said = False
        elif number in (0, 1) and name not in _SAYS_HOW:
            said = number == 1
    return not said if said is not None and name in _SAYS_BAD else said


def _said(value: Any) -> bool | None:  # noqa: ANN401
    if isinstance(value, bool):
        return value
    if isinstance(value, list):  # one an answer that was tried
        each = {_said(one) for one in value if not isinstance(one, list)}
        return each.pop() if len(each) == 1 else None
    if not isinstance(value, str):
        return None
    word = _word(value)
    return True if word in _GOOD else False if word in _BAD else None


def _word(text: str) -> str:
    return text.strip(" \t\r\n.").casefold().replace(" ", "_").replace("-", "_")


def _number(value: Any) -> float | None:  # noqa: ANN401
    """A number, also as text, as CSV has it.

    >>> _number("0"), _number(True), _number("x")
    (0.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
