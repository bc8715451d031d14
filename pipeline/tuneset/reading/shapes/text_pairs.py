"""One text in, one text out, under other names than `prompt_completion` has: query and response, input and output.

Either may also be a list of messages or a single message, as logs of calls have it. Earlier turns in `history`, a
context and a system text beside them go where `companions` puts them.
"""

from __future__ import annotations

from functools import partial

from tuneset.json_text import JsonValue
from tuneset.reading.containers.envelopes import is_conversation, is_message
from tuneset.reading.shapes.alpaca import ALPACA
from tuneset.reading.shapes.base import ASK, REPLY, Record, Shape, Shaped, json_of, others
from tuneset.reading.shapes.prompt_completion import PAIRS, answer_of, prompt_of

_ASKED = (
    "query",
    "question",
    "prompt",
    "input",
    "instruction",
    "user",
    "human",
    "q",
    "problem",
    "user_message",
    "inputs",
)
_ANSWERED = (
    "response", "answer", "completion", "output", "assistant", "a", "solution", "ideal", "bot", "gpt", "ai", "model",
    "reply", "target", "assistant_message", "targets", "outputs",
)  # fmt: skip
_TAKEN = frozenset(shape.keys for shape in (*ALPACA, *PAIRS))
"""What the shapes before these read."""


def read_texts(record: Record, asked: str, answered: str) -> Shaped:
    """The messages of both columns."""
    parts = {name: _as_list(record[name]) for name in (asked, answered)}
    messages = [*prompt_of(parts, asked), *answer_of(parts, answered)]
    return {"messages": messages}, others(record, (asked, answered))


def _as_list(value: JsonValue) -> JsonValue:
    """Messages as a list, also where they are JSON text or there is only one; a text as it is."""
    found = json_of(value)
    if is_message(found):
        return [found]
    return found if is_conversation(found) else value


def _fits(record: Record, asked: str, answered: str) -> bool:
    return all(_is_said(record[name]) for name in (asked, answered))


def _is_said(value: JsonValue) -> bool:
    return type(value) not in (dict, list) or is_message(value) or is_conversation(value)


def _is_pair(asked: str, answered: str) -> bool:
    """Whether two names go together: `user` and `model`, which in logs hold names, only with their like."""
    if answered == "model":
        return asked in ("user", "human")
    return asked != "user" or answered in ("assistant", "bot", "ai", "gpt")


def _shape(asked: str, answered: str) -> Shape:
    return Shape(
        f"{asked}_{answered}",
        "sft",
        frozenset((asked, answered)),
        partial(read_texts, asked=asked, answered=answered),
        raw={asked: ASK["content"], answered: REPLY["content"]},
        example={"messages": [ASK, REPLY]},
        fits=partial(_fits, asked=asked, answered=answered),
        asks=True,
    )


TEXT_PAIRS = tuple(
    _shape(asked, answered)
    for asked in _ASKED
    for answered in _ANSWERED
    if _is_pair(asked, answered) and frozenset((asked, answered)) not in _TAKEN
)
