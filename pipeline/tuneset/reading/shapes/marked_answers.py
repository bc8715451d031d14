"""Questions whose answers are marked in a context: SQuAD and what follows it, `answers` with `text` and `answer_start`.

Several answers are ways to mark the same one: the first is taken. A question without one can not be answered from its
context, and what is to be said then only the user knows.
Source: SQuAD 1.1 and 2.0 and the Hugging Face copy of them (rajpurkar/squad_v2), as of 2026-11.
"""

from __future__ import annotations

from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, REPLY, Record, Shape, Shaped, ShapeError, conversation, json_of, others

_MARKS = ("answer_start", "answer_end", "answer_id", "text", "answer_category")
_USED = ("question", "answers", "is_impossible", "plausible_answers")


def read_marked(record: Record) -> Shaped:
    """The question with its first answer; the context beside it goes where every context goes."""
    texts = _texts(json_of(record["answers"]))
    asked = record["question"]
    if not texts:
        raise ShapeError("answers is empty: the question has no answer in its context", "CNV005")
    return {"messages": conversation("", [("user", asked), ("assistant", texts[0])])}, others(record, _USED)


def _texts(value: JsonValue) -> list[str] | None:
    """The texts of answers; None where a value holds none of SQuAD's.

    >>> _texts({"text": ["Rome"], "answer_start": [3]}), _texts([{"text": "Rome", "answer_start": 3}]), _texts(["Rome"])
    (['Rome'], ['Rome'], None)
    """
    if type(value) is dict:
        texts = value.get("text")
        is_marked = isinstance(texts, list) and value.keys() <= {*_MARKS} and len(value) > 1
        return texts if is_marked and all(type(text) is str for text in texts or ()) else None
    if type(value) is not list or not all(_is_marked(each) for each in value):
        return None
    return [each["text"] for each in value]


def _is_marked(value: Any) -> bool:  # noqa: ANN401  any JSON value
    return type(value) is dict and type(value.get("text")) is str and "answer_start" in value


def _fits(record: Record) -> bool:
    return type(record["question"]) is str and _texts(json_of(record["answers"])) is not None


MARKED_ANSWERS = Shape(
    "marked_answers",
    "sft",
    frozenset(("question", "answers")),
    read_marked,
    raw={"question": ASK["content"], "answers": {"text": [REPLY["content"]], "answer_start": [0]}},
    example={"messages": [ASK, REPLY]},
    fits=_fits,
    asks=True,
)
