"""What the shapes share: their interface, the error for a row that is not as its shape has it, and small readers.

A shape turns a raw record into a canonical example (see `example_tables`) and the columns that do not belong to it.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from tuneset.example_tables import Example
from tuneset.json_text import JsonValue
from tuneset.model import Format

_PYTHON_START = re.compile(r"\s*(?:\[\s*)?\{\s*'")
_BETWEEN_DICTS = re.compile(r"\}\s+\{")
Record = dict[str, Any]
Message = dict[str, Any]
Shaped = tuple[Example, Mapping[str, Any] | None]
"""The canonical example, and the other columns of the row: kept with it, never written."""

ASK: Message = {"role": "user", "content": "Is it open?"}
REPLY: Message = {"role": "assistant", "content": "Yes."}
WORSE: Message = {"role": "assistant", "content": "No idea."}
"""What the examples of the shapes say."""


class Shape(NamedTuple):
    """A way in which a raw row says what an example says.

    Args:
        name: how metrics and pages call it.
        line_format: the format of the examples that it gives.
        keys: the columns that a row must have to be of this shape.
        read: makes the example. Raises ShapeError on a row that is not as it should be.
        raw: a row of the shape.
        example: what that row becomes.
        fits: whether a row that has the keys is of this shape, where the keys alone do not tell.
        asks: whether it is a question and its answer, to which a context or choices beside them belong.
    """

    name: str
    line_format: Format
    keys: frozenset[str]
    read: Callable[[Record], Shaped]
    raw: Record
    example: Example
    fits: Callable[[Record], bool] | None = None
    asks: bool = False


class ShapeError(ValueError):
    """A row of a known shape that is not as its shape has it. Its text is one sentence without values.

    Args:
        text: the sentence.
        code: the rule that is broken; by default a part has the wrong type.
    """

    def __init__(self, text: str, code: str = "SHP004") -> None:
        super().__init__(text)
        self.code = code


def others(record: Record, used: Collection[str]) -> Record | None:
    """The columns of a record that its shape does not use, or None where there are none.

    >>> others({"question": "?", "answer": "!", "id": 7}, ("question", "answer"))
    {'id': 7}
    """
    return {key: value for key, value in record.items() if key not in used} or None


def messages_of(value: JsonValue, where: str) -> list[Message]:
    """A list of messages, also where a table holds it as JSON text."""
    found = value if type(value) is list else json_of(value)
    if type(found) is not list:
        raise ShapeError(f"{where} is {kind(value)}; a list of messages is needed")
    for message in found:
        if type(message) is not dict:
            number = next(number for number, each in enumerate(found, 1) if type(each) is not dict)
            raise ShapeError(f"{where}: message {number} is {kind(message)}; an object is needed")
    return found


def json_of(value: JsonValue) -> JsonValue:
    """What JSON text holds if it is a list or an object; any other value as it is.

    >>> json_of('[{"role": "user"}]'), json_of("plain text")
    ([{'role': 'user'}], 'plain text')
    """
    if type(value) is not str or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        found = _python_value(value)
        return value if found is None else found


def _python_value(text: str) -> JsonValue:
    """What a cell holds that Python wrote, as data frames do: quotes are single, NumPy leaves the commas out.

    >>> _python_value("[{'role': 'user'} {'role': 'assistant'}]"), _python_value("[see above]")
    ([{'role': 'user'}, {'role': 'assistant'}], None)
    """
    if not _PYTHON_START.match(text):
        return None
    for candidate in (text, _BETWEEN_DICTS.sub("}, {", text)):
        with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            found = ast.literal_eval(candidate.strip())
            orjson.dumps(found)  # nothing that JSON cannot have
            return found
    return None


def text_of(record: Record, column: str) -> str:
    """The text of a column that must have one."""
    value = record[column]
    if type(value) is not str:
        raise ShapeError(f"{column} is {kind(value)}; text is needed")
    return value


def optional_text(record: Record, column: str) -> str:
    """The text of a column that may be absent, null or empty."""
    return "" if record.get(column) is None else text_of(record, column)


def conversation(system: str, turns: Sequence[tuple[str, str]]) -> list[Message]:
    """Messages from a system text, which may be empty, and pairs of role and text.

    >>> conversation("", [("user", "Hello")])
    [{'role': 'user', 'content': 'Hello'}]
    """
    pairs = [("system", system), *turns] if system else turns
    return [{"role": role, "content": content} for role, content in pairs]


def by_index(answers: Sequence[Any]) -> Sequence[Any]:
    """Answers to choose from in the order of the index that each has, as APIs number them; else as they stand.

    >>> by_index([{"index": 1, "text": "b"}, {"index": 0, "text": "a"}])[0]["text"], by_index(["b", "a"])[0]
    ('a', 'b')
    """
    if len(answers) > 1 and all(type(each) is dict and type(each.get("index")) is int for each in answers):
        return sorted(answers, key=lambda each: int(each["index"]))
    return answers


def kind(value: JsonValue) -> str:
    """What a value is, in words that do not give it away.

    >>> kind([1]), kind(None), kind(3.5)
    ('a list', 'null', 'a number')
    """
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
