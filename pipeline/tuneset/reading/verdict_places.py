"""Where a row keeps what is said of its answer: columns of its own, objects beside them, lists of named entries.

Labelling tools and tracing services write a judgement as an entry with a name and a value, several to a row. What the
names and the values mean, `verdicts` knows.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tuneset.reading.shapes.base import json_of

_HOLDERS = frozenset(
    {
        "meta", "metadata", "annotation", "annotations", "extra", "info", "attributes", "eval", "evaluation", "result",
        "evaluations", "scores", "feedback", "feedbacks", "feedback_scores", "assessments", "responses",
        "reviews", "data",
    }
)  # fmt: skip
"""Columns, and keys in them, in which exports keep judgements."""
_OF_ANSWERS = frozenset({"responses", "data"})
"""Of these a list is one of answers or messages: what its entries say is said of each alone."""
_NAMES = ("name", "assessment_name", "from_name", "key", "metric", "question_name")
_VALUES = ("string_value", "value", "feedback", "score", "rating", "label")
_CANCELLED = "was_cancelled"
"""What Label Studio keeps of an annotation that somebody skipped: nothing in it counts."""
REVIEWED_BY = frozenset({"_task_hash", "_input_hash"})
"""Columns of Prodigy, in whose rows `answer` is what a reviewer decided."""
REVIEW = "answer"
SCORED = "passed"
_SCORED_AS = {"C": True, "I": False, "N": False}
"""What scorers of Inspect give for correct, incorrect and no answer; `P`, in part, is no verdict."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_OF_A_SAMPLE = frozenset({"sample_id", "eval_id", "epoch"})
_SCORE_OF = "score_"
"""How columns of a data frame of Inspect's samples begin, each with the name of a scorer."""
_LEVELS = 4


def judging(columns: Mapping[str, Any], known: Collection[str]) -> Iterator[tuple[str, str, Any]]:
    """The places of a row with one of the names that are known: as a message shows them, that name, what they hold.

    A place shows the names of columns and those that are known, never a value.

    >>> list(judging({"id": 1, "isGood": 0, "meta": {"good": "up", "n": 2}}, {"good", "is_good"}))
    [('isGood', 'is_good', 0), ('meta.good', 'good', 'up')]
    >>> list(judging({"scores": [{"name": "Is good", "value": 0}, {"name": "tone", "value": 1}]}, {"is_good"}))
    [('scores.is_good', 'is_good', 0)]
    """
    for name, value in columns.items():
        plain = plain_name(name)
        if plain in known:
            yield name, plain, value
        elif plain == REVIEW and not REVIEWED_BY.isdisjoint(columns):
            yield name, REVIEW, value
        elif plain.startswith(_SCORE_OF) and _is_sample(columns):
            sole = sum(plain_name(each).startswith(_SCORE_OF) for each in columns) == 1
            if (said := _scored(value, sole=sole)) is not None:
                yield name, SCORED, said
        elif "." in name and (inner := _of_holder(name)) in known:
            yield name, inner, value  # a table of objects, whose columns are their paths
        if plain in _HOLDERS:
            yield from _held(name, plain, json_of(value), known, _LEVELS, of_sample=_is_sample(columns))


def _scored(value: Any, *, sole: bool) -> Any:  # noqa: ANN401  any JSON value
    """What a score of Inspect is as a verdict: a letter whoever gave it, a truth or a number of the `sole` scorer.

    Of several scorers one may count what is better when it is 0, so that their numbers are scores and no verdicts.

    >>> _scored("I", sole=False), _scored(0, sole=True), _scored(0, sole=False), _scored({"f1": 0}, sole=True)
    (False, 0, None, None)
    """
    if type(value) is str and value in _SCORED_AS:
        return _SCORED_AS[value]
    is_number = _NUMBER.fullmatch(value) is not None if type(value) is str else type(value) in (bool, int, float)
    return value if sole and is_number else None


def _is_sample(columns: Mapping[str, Any]) -> bool:
    """Whether the columns that an example leaves over are those of a sample of Inspect, whose target is not the answer.

    >>> _is_sample({"epoch": 1, "target": "9", "score_match": "I"}), _is_sample({"epoch": 1, "score_match": "I"})
    (True, False)
    """
    return "target" in columns and not _OF_A_SAMPLE.isdisjoint(columns)


def may_hold(names: Collection[str], known: Collection[str]) -> bool:
    """Whether a row with such columns may have one of those places."""
    return any(
        (plain := plain_name(name)) in known
        or plain in _HOLDERS
        or plain.startswith(_SCORE_OF)
        or name in REVIEWED_BY
        or _of_holder(name) in known
        for name in names
    )


@functools.lru_cache(maxsize=4096)
def _of_holder(path: str) -> str:
    """The last step of a path, where the one before it holds judgements; else nothing.

    >>> _of_holder("record.metadata.isGood"), _of_holder("source.label"), _of_holder("label")
    ('is_good', '', '')
    """
    holder, _, last = path.rpartition(".")
    return plain_name(last) if holder and plain_name(holder.rpartition(".")[2]) in _HOLDERS else ""


@functools.lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """A name in small letters with underscores, however an export, a form or a program writes it.

    >>> plain_name("thumbsUp"), plain_name("Is correct?"), plain_name("Rating (1-5)"), plain_name("quality.responses")
    ('thumbs_up', 'is_correct', 'rating', 'quality')
    """
    bare = re.sub(r"\s*\([^()]*\)\s*$", "", name).strip(" \t?:").removesuffix(".responses")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", bare)
    return re.sub(r"[\s-]+", "_", words.casefold())


def _held(
    place: str,
    holder: str,
    value: Any,  # noqa: ANN401  any JSON value
    known: Collection[str],
    levels: int,
    *,
    of_sample: bool = False,
) -> Iterator[tuple[str, str, Any]]:
    """The same within what a column holds; `of_sample` where it is a column of a sample of Inspect."""
    if not levels:
        return
    if type(value) is list and holder not in _OF_ANSWERS:
        entries = [entry for entry in value if type(entry) is dict]
        counted = [entry for entry in entries if entry.get(_CANCELLED) is not True]
        if entries and not counted:
            yield f"{place}.{_CANCELLED}", _CANCELLED, True
        for entry in counted:
            yield from _held(place, holder, entry, known, levels - 1)
    if type(value) is not dict:
        return
    if holder == "scores" and SCORED in known:
        for held in value.values():
            if (
                type(held) is dict
                and (said := _scored(held.get("value"), sole=of_sample and len(value) == 1)) is not None
            ):
                yield f"{place}.value", SCORED, said
    called = next((value[key] for key in _NAMES if type(value.get(key)) is str), None)
    if called is not None and (plain := plain_name(called)) in known:
        by_name = {plain_name(key): held for key, held in value.items()}
        yield f"{place}.{plain}", plain, next((by_name[key] for key in _VALUES if by_name.get(key) is not None), None)
        return
    for inner, held in value.items():
        plain = plain_name(inner)
        if plain in known:
            yield f"{place}.{inner}", plain, held
        elif plain in _HOLDERS:
            yield from _held(f"{place}.{inner}", plain, json_of(held), known, levels - 1, of_sample=of_sample)
