"""One text in, one text out: prompt and completion, question and answer.

A prompt or completion may also be a list of messages, as TRL has it. Texts are taken as they are: the separators and
leading blanks that completion models wanted stay in.
"""

from __future__ import annotations

from functools import partial

from tuneset.reading.shapes.base import (
    ASK,
    REPLY,
    Message,
    Record,
    Shape,
    Shaped,
    conversation,
    messages_of,
    optional_text,
    others,
    text_of,
)


def read_pair(record: Record, asked: str, answered: str) -> Shaped:
    """A row of two columns, `asked` and `answered`."""
    used = (asked, answered)
    messages = [*prompt_of(record, asked), *answer_of(record, answered)]
    return {"messages": messages}, others(record, used)


def prompt_of(record: Record, column: str) -> list[Message]:
    """The prompt: a text, or messages, or one message."""
    return _said(record, column, "user")


def answer_of(record: Record, column: str) -> list[Message]:
    """The assistant's messages in a column of text or messages, or one message."""
    return _said(record, column, "assistant")


def _said(record: Record, column: str, role: str) -> list[Message]:
    """What a column says. A number is taken as it is: that it is no text is repaired or told later."""
    value = record[column]
    if type(value) is list:
        return messages_of(value, column)
    if type(value) is dict and type(value.get("role")) is str and "content" in value:
        return [value]
    return [{"role": role, "content": value if type(value) in (int, float) else text_of(record, column)}]


def _pair(asked: str, answered: str) -> Shape:
    return Shape(
        f"{asked}_{answered}",
        "sft",
        frozenset((asked, answered)),
        partial(read_pair, asked=asked, answered=answered),
        raw={asked: ASK["content"], answered: REPLY["content"]},
        example={"messages": [ASK, REPLY]},
        asks=True,
    )


def _task(asked: str) -> Shape:
    def read(record: Record) -> Shaped:
        system = conversation(optional_text(record, "system"), [])
        rest = others(record, (asked, "system")) or {}
        return {**rest, "messages": [*system, *prompt_of(record, asked)]}, None

    return Shape(
        f"{asked}_task",
        "rft",
        frozenset((asked,)),
        read,
        raw={asked: ASK["content"], "reference": "yes"},
        example={"messages": [ASK], "reference": "yes"},
    )


PAIRS = (
    _pair("prompt", "completion"),
    _pair("prompt", "response"),
    _pair("question", "answer"),
)
TASKS = (_task("prompt"), _task("question"))
