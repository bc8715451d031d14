"""What a row says of its own answer: a label, a thumb, a tag of a preference set, that it is good or bad.

Read from the columns that are not part of the example: what a person said of the answer, and what came of tests or of
the task. Only what is certain is a verdict: true and false, words such as `thumbs_down`, and 0 or 1 where a column
holds no other number, for else the numbers are classes or a scale of ratings. Where a row keeps such columns,
`verdict_places` knows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tuneset.reading.failed_calls import FAILED, STATES, stopped_early
from tuneset.reading.verdict_places import REVIEW, judging, may_hold, plain_name

_SAYS_GOOD = frozenset(
    {
        "label", "kto_tag", "kto_label", "is_good", "good", "desirable", "is_desirable", "liked", "is_liked",
        "thumbs_up", "thumb_up", "upvoted", "accepted", "is_accepted", "approved", "is_approved", "preferred",
        "is_preferred", "correct", "is_correct", "helpful", "is_helpful", "useful", "is_useful", "acceptable",
        "is_acceptable", "valid", "is_valid", "passed", "has_passed", "tests_passed", "all_tests_passed", "resolved",
        "is_resolved", "solved", "is_solved", "success", "is_success", "successful", "is_successful", "succeeded",
        "has_succeeded", "task_success", "correctness", "correctness_math_verify", "correctness_llama", "is_safe",
        "is_response_safe", "keep", "include", "include_in_training", "use_for_training", "usable", "is_usable", "like",
        "upvote", "accept", "approve",
    }
)  # fmt: skip
"""Columns that are true for a good answer."""
_SAYS_BAD = frozenset(
    {
        "is_bad", "bad", "bad_answer", "bad_response", "undesirable", "thumbs_down", "thumb_down", "disliked",
        "downvoted", "rejected", "is_rejected", "incorrect", "is_incorrect", "wrong", "is_wrong", "flagged",
        "is_flagged", "hallucination", "is_hallucination", "hallucinated", "unhelpful", "is_invalid", "failed",
        "has_failed", "is_failed", "is_unsafe", "truncated", "is_truncated", "is_incomplete",
        "stopped_limit", "cut_off", "is_cut_off", "discard", "exclude", "excluded", "is_excluded", "skip", "ignore",
        "omit", "do_not_use", "do_not_train", "invalid", "is_hallucinated", "dislike", "downvote", "reject",
        "low_quality", "is_low_quality", "needs_fix",
    }
)  # fmt: skip
"""Columns that are true for a bad one."""
_SAYS_HOW = frozenset(
    {
        "rating", "thumbs", "thumb", "feedback", "vote", "reaction", "user_feedback", "human_feedback", "user_rating",
        "feedback_type", "feedback_rating", "quality", "answer_quality", "response_quality", "verdict", "judgement",
        "judgment", "review_status", "approval", "outcome", "satisfaction_rating", "satisfaction", "csat",
        "conversation_rating", "customer_satisfaction", "user_score", "user_vote", "human_rating", "flag",
        "review_result", "review_decision", "judge", "judge_verdict", "judge_result", "pass", REVIEW,
    }
)  # fmt: skip
"""Columns that hold a word for it; their numbers are a scale that is not known here, but for -1."""
_DISCARDED, _EXIT = "discarded", "exit_status"
_HOLDS_STATE = frozenset({"status", "state", "run_status", "response_status", "request_status", "task_status"})
"""Columns of what became of a record: a word says that it failed, or that a reviewer took it out."""
_TAKEN_OUT = frozenset(
    {
        "was_cancelled", "deleted", "is_deleted", "discarded", "is_discarded", "superseded", "is_superseded",
        "is_error", "has_error", "errored", "aborted", "is_aborted", "interrupted", "is_interrupted", "timed_out",
        "unfinished", "is_unfinished", "incomplete", "is_partial", "retracted",
    }
)  # fmt: skip
"""Columns that are true for a record that is not to be used, or has no end."""
DELETED_AT = frozenset({"deleted_at", "deleted_on", "date_deleted", "removed_at"})
"""Columns of the moment at which a record was taken out; it stays in its table until somebody cleans up."""
_MOMENT = re.compile(r"[1-9]\d{3}")
_ENDED = frozenset(
    {"completed", "is_completed", "complete", "is_complete", "finished", "is_finished", "done", "task_completed"}
)
"""Columns that are false for one without an end; true says nothing of how good it is."""
_SAYS_STATE = _HOLDS_STATE | _TAKEN_OUT | DELETED_AT | _ENDED | {_EXIT}
VERDICT_COLUMNS = (_SAYS_GOOD | _SAYS_BAD | _SAYS_HOW | _SAYS_STATE) - {REVIEW}
SAYS_BAD = frozenset(_SAYS_BAD | _TAKEN_OUT)
SAYS_GOOD = _SAYS_GOOD
"""What a key around rows may say of them, as a column of theirs may."""
_MAY_BE_SOLUTIONS = _HOLDS_STATE | {
    *("label", "correct", "is_correct", "correctness", "valid", "is_valid", "is_safe", "invalid", "pass"),
}
"""What in exercises of telling true from false is the solution, and no word on the answer."""
_ARE_YES_OR_NO = (_SAYS_GOOD | _SAYS_BAD) - {
    *("label", "correct", "correctness", "valid", "good", "preferred"),
    *("bad", "bad_answer", "bad_response", "wrong", "incorrect", "invalid"),
}
"""Columns that ask for yes or no, and do not hold a short solution instead."""
_MAY_COUNT = frozenset({"like", "dislike", "upvote", "downvote", "skip"})
"""Columns whose numbers may be how many."""
_NO_NUMBERS = _SAYS_HOW | _MAY_COUNT
_SCORES = frozenset(
    {
        "rating", "score", "stars", "reward", "quality", "quality_score", "user_rating", "answer_score",
        "response_score", "overall_score", "user_score", "human_rating", "feedback_rating", "feedback_score", "csat",
        "satisfaction", "satisfaction_rating", "customer_satisfaction", "conversation_rating",
    }
)  # fmt: skip
"""Columns whose numbers say how good an answer is."""
_HOLD_SCORES = frozenset({"scores", "feedback_stats", "feedback_scores"})
"""Columns with several scores, by names of the user's own."""
_WITHIN = ("rating", "value", "thumb", "thumbs", "type", "label", "score", "choices", "choice")
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
_REVIEWS = {
    **dict.fromkeys(("positive", "satisfied", "accept", "approve"), True),
    **dict.fromkeys(("negative", "unsatisfied", "dissatisfied", "very_dissatisfied"), False),
    **dict.fromkeys(("reject", "disapproved", "discard", "discarded", "ignore", "remove", "exclude", "drop"), False),
    **dict.fromkeys(("keep", "include"), True),
}
"""Words that are a verdict in a column of feedback alone: elsewhere they are classes of texts."""
_YES_OR_NO = {
    **dict.fromkeys(("x", "✓", "✔", "✅", "☑"), True),
    **dict.fromkeys(("✗", "✘", "❌"), False),
    **dict.fromkeys(("t", "yes", "y", "ja", "j", "oui", "o", "sí", "si", "sim", "да", "是"), True),
    **dict.fromkeys(("f", "no", "n", "nein", "non", "nee", "não", "nao", "нет", "否"), False),
}
"""What tables say for true and false, in columns that are nothing else; PostgreSQL writes `t`, people a tick."""
_CROSSES = frozenset({"✗", "✘", "❌"})
"""In a column such as `rejected`, a no, or what marks the row as such: nobody can say."""
_TICK_OR_CROSS = frozenset({"x"})
"""In a column such as `correct`, what marks the row, or the opposite of `o`, as in Japan and Korea."""
_CLASSES = _GOOD | _BAD | {*_REVIEWS, *_YES_OR_NO, "safe", "unsafe", "valid", "invalid"}


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
    for name, plain, value in judging(columns, VERDICT_COLUMNS):
        if solves and plain in _MAY_BE_SOLUTIONS:
            continue
        good = _is_good(plain, value, numbers=name not in classes)
        if good is not None and (found is None or (good, name) < (found[1], found[0])):
            found = (name, good)
    return found


def truth(value: Any) -> bool | None:  # noqa: ANN401  any JSON value
    """What a value of a column for true and false says, also as tables write it; None where it says neither.

    >>> truth("TRUE"), truth("nein"), truth(0), truth("maybe")
    (True, False, False, None)
    """
    number = _number(value)
    return number == 1 if number in (0, 1) else _said(value, _YES_OR_NO) if isinstance(value, str | bool) else None


def may_judge(names: Iterable[str]) -> bool:
    """Whether some of these columns may hold a verdict, whatever their case, or an object that does.

    >>> may_judge(["id", "Label"]), may_judge(["id", "metadata"]), may_judge(["id", "source"])
    (True, True, False)
    """
    return may_hold(list(names), VERDICT_COLUMNS)


def score_columns(row: Mapping[str, Any]) -> list[str]:
    """The columns of a row that hold a score of its answer: a number on a scale that only the user knows.

    Of one that holds an object, or a list of them, the path to its first number is given, as `clean.filters.score`
    reads it.

    >>> score_columns({"rating": 2, "id": 7}), score_columns({"Stars": "4.5"}), score_columns({"rating": "good"})
    (['rating'], ['Stars'], [])
    >>> score_columns({"scores": [{"name": "tone", "value": 3}], "csat": {"score": 1, "at": 17}, "Scores": {"tone": 2}})
    ['scores.0.value', 'csat.score', 'Scores.tone']
    """
    found = []
    for name, value in row.items():
        plain = plain_name(name)
        if plain in _SAYS_HOW - _SCORES:
            if _number(value) not in (None, 1, -1):  # a thumb, of which the lower one is read
                found.append(name)
        elif (plain in _SCORES or plain in _HOLD_SCORES) and (
            path := _first_number(name, value, holds_any=plain in _HOLD_SCORES)
        ):
            found.append(path)
    return found


def _first_number(path: str, value: Any, *, holds_any: bool) -> str | None:  # noqa: ANN401  any JSON value
    """The path to the first number in a value, by the keys that hold one or, where an object `holds_any`, by all."""
    if _number(value) is not None:
        return path
    inner: dict[str, Any] = {}
    if isinstance(value, dict):
        inner = {key: value[key] for key in (*_WITHIN, "avg") if key in value} or (value if holds_any else {})
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        inner = {"0": value[0]}
    found = (_first_number(f"{path}.{key}", held, holds_any=holds_any) for key, held in inner.items())
    return next((place for place in found if place), None)


def class_columns(rows: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The columns in which some row has a number other than 0, 1 and -1, or a state that no call or run is in.

    These hold classes, or a scale.

    >>> sorted(class_columns([{"label": 0, "good": 1, "status": "failed"}, {"label": 2, "status": "shipped"}]))
    ['label', 'status']
    """
    found = set()
    for row in rows:
        for name, plain, value in judging(row, VERDICT_COLUMNS):
            number = _number(value)
            of_classes = number is not None and number not in (0, 1, -1)
            if of_classes or (plain in _HOLDS_STATE and type(value) is str and _word(value) not in STATES):
                found.add(name)
    return frozenset(found)


def number_columns(rows: Iterable[Mapping[str, Any]], classes: Collection[str]) -> Counter[str]:
    """In how many rows a column that may judge holds a number that may be a verdict; those of `classes` are left out.

    >>> number_columns([{"label": 0}, {"label": "1", "good": 1}, {"label": True, "good": 3}], {"good"})
    Counter({'label': 2})
    """
    return Counter(
        name
        for row in rows
        for name, _, value in judging(row, VERDICT_COLUMNS)
        if name not in classes and _number(value) in (0, 1, -1)
    )


def _is_good(name: str, value: Any, *, numbers: bool) -> bool | None:  # noqa: ANN401  any JSON value
    if isinstance(value, dict):
        value = _within(value)
    if name in _SAYS_STATE:
        return False if _took_out(name, value, classes=not numbers) else None
    if type(value) is str and _word(value) in (_TICK_OR_CROSS if name in _SAYS_GOOD else _CROSSES):
        return None
    said = _said(value, _REVIEWS if name in _SAYS_HOW else _YES_OR_NO if name in _ARE_YES_OR_NO else {})
    if said is None and numbers:
        number = _number(value)
        if number == -1:
            said = False
        elif number in (0, 1) and name not in _NO_NUMBERS:
            said = number == 1
    return not said if said is not None and name in _SAYS_BAD else said


def _took_out(name: str, value: Any, *, classes: bool) -> bool:  # noqa: ANN401  any JSON value
    """Whether a column of what became of a record says that it failed, was stopped, or was taken out."""
    if name == _EXIT:
        return stopped_early(value)
    if name in _HOLDS_STATE:
        word = _word(value) if isinstance(value, str) else ""
        return word == _DISCARDED or (word in FAILED and not classes)
    if name in _ENDED:  # a number may be how many are
        return truth(value) is False and _number(value) is None
    if name in DELETED_AT:
        return is_moment(value)
    return truth(value) is True


def is_moment(value: Any) -> bool:  # noqa: ANN401  any JSON value
    """Whether a column of a moment holds one: a year stands in it, where tables write nothing as `NULL` or zeros.

    >>> [is_moment(each) for each in ("2026-01-01 10:00", 1767225600, "", None, "NULL", "0000-00-00 00:00:00", 0)]
    [True, True, False, False, False, False, False]
    """
    return not isinstance(value, bool) and isinstance(value, str | int | float) and bool(_MOMENT.search(str(value)))


def _said(value: Any, words: Mapping[str, bool]) -> bool | None:  # noqa: ANN401  any JSON
    """What a value says by itself, or by one of the `words` that count in its column beside those that always do."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list):  # one an answer that was tried, or one a reviewer
        inner = [_within(one) if isinstance(one, dict) else one for one in value if not isinstance(one, list)]
        each = {_said(one, words) for one in inner if not isinstance(one, list)}
        return each.pop() if len(each) == 1 else None
    if not isinstance(value, str):
        return None
    word = _word(value)
    return True if word in _GOOD else False if word in _BAD else words.get(word)


def _within(value: Mapping[str, Any]) -> Any:  # noqa: ANN401  any JSON
    return next((value[key] for key in _WITHIN if key in value), None)


def _word(text: str) -> str:
    return text.strip(" \t\r\n.").casefold().replace(" ", "_").replace("-", "_")


def _number(value: Any) -> float | None:  # noqa: ANN401  any JSON
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
