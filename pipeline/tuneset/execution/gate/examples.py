"""The texts of written examples, read in one go for all that the gate measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from tuneset.errors import InputError
from tuneset.execution.gate.exchanges import answers
from tuneset.execution.gate.texts import said
from tuneset.roles import SYSTEM_ROLES
from tuneset.stages.gate import asked_text


class Texts(NamedTuple):
    """The texts of some examples.

    Args:
        sides: the question and the answer of each in turn; of one without an answer the question stands for it.
        beside: for each side the number of what is no text in it; None where all have none.
        unanswered: which examples have no answer.
        others: which examples ask or answer something else than their sides, or with characters beyond ASCII.
        asked: what each of these asks.
        answers: what assistants say in them, and in the other examples but at the end.
        owners: the example of each of these.
    """

    sides: list[str]
    beside: list[int] | None
    unanswered: list[int]
    others: list[int]
    asked: list[str]
    answers: list[str]
    owners: list[int]


def examples_of(lines: Iterable[bytes], file: object) -> list[dict[str, Any]]:
    """The examples of written lines. Raises InputError where one is none: a file may have been changed since."""
    found = []
    for line in lines:
        try:
            example = orjson.loads(line)
        except orjson.JSONDecodeError:
            example = None
        if type(example) is not dict or not _has_messages(example):
            raise InputError(
                f"{file}: a line is no example: the file is not as it was written",
                hint=f"`tuneset check {file}` names the line; `tuneset prepare` writes the file again",
            )
        found.append(example)
    return found


def _has_messages(example: Mapping[str, Any]) -> bool:
    """Whether there are messages where the line formats have them.

    >>> [_has_messages(one) for one in ({"messages": [{}]}, {"messages": "Hi"}, {"input": {"messages": []}})]
    [True, False, False]
    """
    held = example
    if "preferred_output" in example:
        pair = (example["preferred_output"], example.get("non_preferred_output"), example.get("input"))
        if not (_are_messages(pair[0]) and _are_messages(pair[1]) and type(pair[2]) is dict):
            return False
        held = pair[2]
    return _are_messages(held.get("messages"))


def _are_messages(value: object) -> bool:
    return type(value) is list and all(type(one) is dict for one in value)


def texts_of(examples: Sequence[Mapping[str, Any]]) -> Texts:
    r"""The texts of examples; most are messages of text of which the last answers the one before it.

    >>> q, a = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}
    >>> texts_of([{"messages": [{"role": "system", "content": "s"}, q, a]}, {"messages": [a, q]}])[:5]
    (['q', 'a', 'a\nq', 'a\nq'], None, [1], [1], ['a\nq'])
    """
    found = Texts([], None, [], [], [], [], [])
    beside: dict[int, int] = {}
    for place, example in enumerate(examples):
        plain = _plain(example)
        if plain is not None:
            contents, replies = plain
            answer = contents.pop()
            question = "\n".join(contents)
            found.sides.append(question)
            found.sides.append(answer)
            if question.isascii() and answer.isascii():
                replies.pop()
            else:
                found.others.append(place)
                found.asked.append(question)
        else:
            one, replies = said(example), answers(example)
            if one.answer is None:
                found.unanswered.append(place)
            found.sides.extend((one.question, one.question if one.answer is None else one.answer))
            beside |= {2 * place + side: number for side, number in enumerate(one.beside) if number}
            found.others.append(place)
            found.asked.append(asked_text(example))
        if replies:
            found.answers.extend(replies)
            found.owners.extend([place] * len(replies))
    if not beside:
        return found
    return found._replace(beside=[beside.get(place, 0) for place in range(len(found.sides))])


def _plain(example: Mapping[str, Any]) -> tuple[list[str], list[str]] | None:
    """What all but the system say, and of it what assistants do, where it is text alone and ends with an answer."""
    if "preferred_output" in example or "tools" in example:
        return None
    contents, replies = list[str](), list[str]()
    before = last = None
    for message in example["messages"]:
        content, before, last = message.get("content"), last, message.get("role")
        if type(content) is not str or "tool_calls" in message:
            return None
        if last == "assistant":
            replies.append(content)
        elif last in SYSTEM_ROLES:
            continue
        contents.append(content)
    return (contents, replies) if last == "assistant" and len(contents) > 1 and before not in SYSTEM_ROLES else None
