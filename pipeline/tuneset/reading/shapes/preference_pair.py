"""Preference pairs: OpenAI's own lines, and the rows with `chosen` and `rejected` that most published sets have."""

from __future__ import annotations

from functools import partial

from tuneset.reading.shapes.base import (
    ASK,
    REPLY,
    WORSE,
    Message,
    Record,
    Shape,
    Shaped,
    ShapeError,
    json_of,
    messages_of,
    others,
)
from tuneset.reading.shapes.prompt_completion import answer_of, prompt_of

_BRANCHES = ("preferred_output", "non_preferred_output")


def read_openai_pair(record: Record, ending: str = "output") -> Shaped:
    """`{"input": {"messages": [...]}, "preferred_output": [...], "non_preferred_output": [...]}`.

    `ending` is `completion` for the names that OpenAI's schema of 2025-05-20 has and no endpoint takes.
    """
    columns = ("input", f"preferred_{ending}", f"non_preferred_{ending}")
    given = json_of(record["input"])
    if type(given) is not dict or "messages" not in given:
        raise ShapeError("input is no object with `messages`")
    outputs = {name: _output(record, column) for name, column in zip(_BRANCHES, columns[1:], strict=True)}
    example = {"input": {**given, "messages": messages_of(given["messages"], "input.messages")}, **outputs}
    return example, others(record, columns)


def _output(record: Record, column: str) -> list[Message]:
    """The messages of an answer; JSON text is one only if it holds messages, for an answer may itself be JSON."""
    value = record[column]
    if type(value) is dict:
        return [value]
    found = json_of(value)
    if type(found) is list and found and all(type(message) is dict and "role" in message for message in found):
        return found
    return answer_of(record, column)


def read_chosen_pair(record: Record, asked: str | None) -> Shaped:
    """A row with `chosen` and `rejected`, each a text, a message, or a conversation that ends in the answer.

    `asked` names the column of the prompt; without one, both conversations begin with it.
    """
    chosen, rejected = (_output(record, column) for column in ("chosen", "rejected"))
    if chosen[:-1] != rejected[:-1]:
        raise ShapeError("chosen and rejected do not share one prompt", "SHP009")
    begun = chosen[:-1]
    if asked is None and not begun:
        raise ShapeError("there is no prompt, neither as a column nor in chosen and rejected", "SHP003")
    prompt = begun if asked is None else _joined(prompt_of(record, asked), begun)
    example = {
        "input": {"messages": prompt},
        "preferred_output": chosen[-1:],
        "non_preferred_output": rejected[-1:],
    }
    used = ("chosen", "rejected", *([asked] if asked else []))
    return example, others(record, used)


def _joined(prompt: list[Message], begun: list[Message]) -> list[Message]:
    """The prompt of a row whose answers may repeat it, whole or without its system message.

    >>> ask = {"role": "user", "content": "?"}
    >>> _joined([ask], [ask]) == _joined([ask], []) == [ask]
    True
    """
    for start in range(len(prompt) + 1):
        rest = prompt[start:]
        if begun[: len(rest)] == rest:
            return prompt[:start] + begun
    return prompt + begun


_EXAMPLE = {"input": {"messages": [ASK]}, "preferred_output": [REPLY], "non_preferred_output": [WORSE]}


def _openai_pair(ending: str) -> Shape:
    columns = ("input", f"preferred_{ending}", f"non_preferred_{ending}")
    return Shape(
        "preference",
        "dpo",
        frozenset(columns),
        partial(read_openai_pair, ending=ending),
        raw=dict(zip(columns, _EXAMPLE.values(), strict=True)),
        example=_EXAMPLE,
    )


def _chosen_pair(asked: str | None) -> Shape:
    texts = {"chosen": REPLY["content"], "rejected": WORSE["content"]}
    whole = {"chosen": [ASK, REPLY], "rejected": [ASK, WORSE]}
    return Shape(
        "chosen_rejected",
        "dpo",
        frozenset(("chosen", "rejected", *([asked] if asked else []))),
        partial(read_chosen_pair, asked=asked),
        raw={asked: ASK["content"], **texts} if asked else whole,
        example=_EXAMPLE,
        asks=asked is not None,
    )


PREFERENCE = (_openai_pair("output"), _openai_pair("completion"))
CHOSEN_REJECTED = (_chosen_pair("prompt"), _chosen_pair("question"), _chosen_pair(None))
