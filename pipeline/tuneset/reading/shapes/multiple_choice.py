"""Questions with choices of which a number or a mark names the right one: MMLU, ARC, CommonsenseQA, HellaSwag.

The choices are listed with letters or their own marks below the question, and the answer is the mark of the right one.
A number counts from 0, as labels of the Hugging Face hub do, unless it is the mark of a choice itself. An answer that
is a letter or a text beside choices in plain lists needs none of this, and is read by other shapes.
"""

from __future__ import annotations

import string
from functools import partial
from typing import NamedTuple

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import Record, Shape, Shaped, ShapeError, conversation, json_of, others

_ASKED = ("question", "query", "prompt", "input", "problem", "ctx")
_CHOICES = ("choices", "options", "endings", "answer_choices")
_ANSWERS = (
    *("answer", "answerKey", "answer_key", "label", "answer_index", "answer_idx", "answer_id", "correct", "gold"),
    *("correct_answer", "correct_index", "correct_option", "correct_choice", "target"),
)
_ABOVE = ("article",)
"""What RACE has the question asked of; `context` and its like go above every question anyway."""


class _Choice(NamedTuple):
    mark: str
    text: str


def read_choice(record: Record, asked: str, offered: str) -> Shaped:
    """The question with its choices, and the mark of the right one."""
    answered = _answered(record) or ""
    question, choices = _question(record, asked, offered)
    right = _right(record[answered], choices)
    if right is None:
        raise ShapeError(f"{answered} names none of the {len(choices)} choices; a number counts from 0", "SHP009")
    above = [record[name] for name in _ABOVE if type(record.get(name)) is str]
    text = "\n\n".join([*above, question, "\n".join(f"{choice.mark}. {choice.text}" for choice in choices)])
    example = {"messages": conversation("", [("user", text), ("assistant", right)])}
    return example, others(record, (asked, offered, answered, *_ABOVE))


def _question(record: Record, asked: str, offered: str) -> tuple[str, list[_Choice]]:
    """The question and its choices, which the first releases of ARC and CommonsenseQA have within the question."""
    found = json_of(record[asked])
    if type(found) is dict and type(found.get("stem")) is str:
        return found["stem"], _choices(found.get("choices"))
    return (found if type(found) is str else ""), _choices(record.get(offered))


def _choices(value: JsonValue) -> list[_Choice]:
    """The choices, with the marks that they have or letters; none where a value holds no choices.

    >>> [choice.mark for choice in _choices({"text": ["red", "blue"], "label": [1, 2]})], _choices(["red"])
    (['1', '2'], [])
    """
    found = json_of(value)
    if type(found) is dict and type(found.get("text")) is list and type(found.get("label")) is list:
        marks, texts = found["label"], found["text"]
    elif type(found) is list and all(type(each) is dict and {"label", "text"} <= each.keys() for each in found):
        marks, texts = [each["label"] for each in found], [each["text"] for each in found]
    elif type(found) is list:
        marks, texts = list(string.ascii_uppercase[: len(found)]), found
    else:
        return []
    is_plain = all(type(each) in (str, int) for each in marks) and all(
        type(each) in (str, int, float) for each in texts
    )
    if len(marks) != len(texts) or len(texts) < 2 or not is_plain:
        return []
    return [_Choice(str(mark), str(text)) for mark, text in zip(marks, texts, strict=True)]


def _right(value: JsonValue, choices: list[_Choice]) -> str | None:
    """The mark of the choice that an answer names.

    >>> choices = _choices(["red", "blue"])
    >>> _right(1, choices), _right("0", choices), _right("b", choices), _right(2, choices), _right("blue", choices)
    ('B', 'A', 'B', None, 'B')
    """
    said = str(value).strip() if type(value) in (str, int) else ""
    marks = [choice.mark for choice in choices]
    by_mark = next((mark for mark in marks if mark.casefold() == said.casefold()), None)
    by_text = next((choice.mark for choice in choices if choice.text == said), None) if type(value) is str else None
    if by_mark is None and by_text is None and said.isdecimal():
        return marks[int(said)] if int(said) < len(marks) else None
    return by_mark or by_text


def _answered(record: Record) -> str | None:
    """The column that names the right choice."""
    return next((name for name in _ANSWERS if type(record.get(name)) in (str, int) and record[name] != ""), None)


def _fits(record: Record, asked: str, offered: str) -> bool:
    """Whether choices have marks of their own, or the answer is a number, of which other shapes make nothing."""
    question, choices = _question(record, asked, offered)
    answered = _answered(record)
    if not question or not choices or answered is None:
        return False
    answer = record[answered]
    is_number = type(answer) is int or (type(answer) is str and answer.strip().isdecimal())
    is_own = type(json_of(record.get(offered))) is not list or type(json_of(record[offered])[0]) is dict
    is_read_elsewhere = asked != "ctx" and answered in ("answer", "target") and record.keys().isdisjoint(_ABOVE)
    return is_number or (_right(answer, choices) is not None and (is_own or not is_read_elsewhere))


def _shape(asked: str, offered: str, *, is_within: bool = False) -> Shape:
    listed = [{"label": "A", "text": "Mars"}, {"label": "B", "text": "Venus"}]
    within: Record = {asked: {"stem": "Which is red?", "choices": listed}, "answerKey": "A"}
    messages = conversation("", [("user", "Which is red?\n\nA. Mars\nB. Venus"), ("assistant", "A")])
    return Shape(
        "multiple_choice",
        "sft",
        frozenset((asked, "answerKey") if is_within else (asked, offered)),
        partial(read_choice, asked=asked, offered=offered),
        raw=within if is_within else {asked: "Which is red?", offered: ["Mars", "Venus"], "answer": 0},
        example={"messages": messages},
        fits=partial(_fits, asked=asked, offered=offered),
        asks=True,
    )


MULTIPLE_CHOICE = (
    *(_shape(asked, offered) for asked in _ASKED for offered in _CHOICES),
    _shape("question", "choices", is_within=True),
)
