"""Conversations as Gradio's chat bot kept them: pairs of a question and its answer, `[["?", "!"], ["?", "!"]]`.

Read only where the column is what the row says: beside a question such a list is what came before it. Words alone, and
what is said twice, may be the names of who speaks: such pairs are not read. The last question may have no answer yet,
and is left out then. Source: Gradio 4, `Chatbot` with `type="tuples"` (as of 2026-11).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, REPLY, Record, Shape, Shaped, conversation, json_of, others
from tuneset.reading.shapes.dialects import is_alone
from tuneset.roles import speaker_role

_HEADS = frozenset(
    {"question", "answer", "prompt", "completion", "response", "input", "output", "user", "assistant", "human", "bot"}
)
_COLUMNS = ("history", "chat_history", "chatbot")


def read_pairs(record: Record, column: str) -> Shaped:
    """The exchanges one after the other."""
    answered = [pair for pair in _pairs(record[column]) if pair[1] is not None]
    said = [turn for asked, reply in answered for turn in (("user", asked), ("assistant", reply))]
    return {"messages": conversation("", said)}, others(record, (column,))


def _pairs(value: Any) -> list[Any]:  # noqa: ANN401  any JSON value
    """The pairs that a value holds; nothing where it holds something else."""
    found = json_of(value)
    if type(found) is not list or not found:
        return []
    for pair in found:
        if type(pair) is not list or len(pair) != 2 or type(pair[0]) is not str or speaker_role(pair[0]) is not None:
            return []
        if type(pair[1]) is not str and (pair[1] is not None or pair is not found[-1]):
            return []
    asked = [pair[0] for pair in found]
    are_names = len(set(asked)) < len(asked) or not any(" " in text.strip() for text in asked)
    return found if found[0][1] is not None and not are_names else []


def are_pairs(value: JsonValue) -> bool:
    """Whether a list alone is one of pairs, and no table whose first line names its columns.

    >>> are_pairs([["Is it open?", "Yes."]]), are_pairs([["Question", "Answer"], ["Is it open?", "Yes."]])
    (True, False)
    """
    return type(value) is list and bool(_pairs(value)) and not _HEADS.issuperset(map(str.casefold, value[0]))


def _fits(record: Record, column: str) -> bool:
    folded = {name.strip().casefold(): value for name, value in record.items()}
    return bool(_pairs(record[column])) and is_alone(folded, (column,))


def _shape(column: str) -> Shape:
    return Shape(
        "chatbot_pairs",
        "sft",
        frozenset((column,)),
        partial(read_pairs, column=column),
        raw={column: [[ASK["content"], REPLY["content"]]]},
        example={"messages": [ASK, REPLY]},
        fits=partial(_fits, column=column),
    )


CHATBOT_PAIRS = tuple(_shape(column) for column in _COLUMNS)
