"""A prompt with several answers that are ranked, as an object each: `{"prompt": "...", "answers": [{"rank": 1, ...}]}`.

The best answer and the worst one become a pair, the one that is surest to differ; answers of one rank make none.
berkeley-nest/Nectar, UltraFeedback's `completions` with `overall_score`, HuggingFaceH4/stack-exchange-preferences with
`pm_score`; seen 2026-11.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.answer_pairs import read_answers
from tuneset.reading.shapes.base import ASK, REPLY, WORSE, Record, Shape, Shaped, ShapeError, json_of

_ASKED = ("prompt", "question", "instruction", "query")
_LISTS = ("answers", "completions", "responses")
_TEXTS = ("answer", "response", "text", "completion", "content")
_RANKS = ("rank",)
_SCORES = ("overall_score", "score", "rating", "fine-grained_score", "pm_score")


def _listed(value: JsonValue) -> list[tuple[float, str]] | None:
    """The answers with how good each is, a higher number for a better one; None where a value is no such list.

    >>> _listed([{"answer": "!", "rank": 1.0}, {"answer": "-", "rank": 2.0}])
    [(-1.0, '!'), (-2.0, '-')]
    >>> _listed([{"answer": "!"}, {"answer": "-"}]), _listed([{"answer": "!", "rank": 1}])
    (None, None)
    """
    found = json_of(value)
    if type(found) is not list or len(found) < 2 or any(type(one) is not dict for one in found):
        return None
    text = next((key for key in _TEXTS if all(type(one.get(key)) is str for one in found)), None)
    measure = next((key for key in (*_RANKS, *_SCORES) if all(_is_number(one.get(key)) for one in found)), None)
    if text is None or measure is None:
        return None
    sign = -1 if measure in _RANKS else 1
    return [(sign * float(one[measure]), one[text]) for one in found]


def _is_number(value: JsonValue) -> bool:
    return type(value) in (int, float)


def read_listed(record: Record, asked: str, column: str) -> Shaped:
    """The best and the worst answer as a pair."""
    listed = sorted(_listed(record[column]) or (), key=lambda one: -one[0])
    ranks = [rank for rank, _ in listed]
    if ranks[0] == ranks[-1]:
        raise ShapeError(f"{column}: all answers have one rank", "SHP009")
    rest: dict[str, Any] = {name: value for name, value in record.items() if name not in (asked, column)}
    row = {**rest, "prompt": record[asked], "chosen": listed[0][1], "rejected": listed[-1][1]}
    return read_answers(row, "chosen", "rejected")


def _fits(record: Record, asked: str, column: str) -> bool:
    return type(record[asked]) is str and _listed(record[column]) is not None


def _shape(asked: str, column: str) -> Shape:
    return Shape(
        "listed_answers",
        "dpo",
        frozenset((asked, column)),
        partial(read_listed, asked=asked, column=column),
        raw={
            asked: ASK["content"],
            column: [{"answer": WORSE["content"], "rank": 2.0}, {"answer": REPLY["content"], "rank": 1.0}],
        },
        example={"input": {"messages": [ASK]}, "preferred_output": [REPLY], "non_preferred_output": [WORSE]},
        fits=partial(_fits, asked=asked, column=column),
        asks=True,
    )


LISTED_ANSWERS = tuple(_shape(asked, column) for asked in _ASKED for column in _LISTS)
