"""Alpaca rows: `instruction`, `input`, `output`, and in LLaMA-Factory's form `system` and `history` as well."""

from __future__ import annotations

from functools import partial

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import (
    ASK,
    REPLY,
    Record,
    Shape,
    Shaped,
    ShapeError,
    conversation,
    json_of,
    kind,
    optional_text,
    others,
    text_of,
)
from tuneset.reading.shapes.prompt_completion import answer_of


def read_alpaca(record: Record, answered: str = "output") -> Shaped:
    """The instruction with its input, if any, is asked; earlier turns in `history` come first."""
    turns = [turn for pair in _history(record.get("history")) for turn in zip(("user", "assistant"), pair, strict=True)]
    asked = instruction_of(record)
    messages = [*conversation("", [*turns, ("user", asked)]), *answer_of(record, answered)]
    return {"messages": messages}, others(record, ("instruction", "input", answered, "history"))


def instruction_of(record: Record) -> str:
    """The instruction, and below it the input where there is one."""
    instruction, added = text_of(record, "instruction"), optional_text(record, "input")
    return f"{instruction}\n\n{added}" if instruction and added else instruction or added


def _history(value: JsonValue) -> list[list[str]]:
    found = json_of(value) if value else []
    if type(found) is not list:
        raise ShapeError(f"history is {kind(found)}; a list of pairs is needed")
    for pair in found:
        if type(pair) is not list or len(pair) != 2 or any(type(text) is not str for text in pair):
            raise ShapeError("history holds an entry that is no pair of question and answer")
    return found


def _shape(answered: str) -> Shape:
    return Shape(
        "alpaca",
        "sft",
        frozenset(("instruction", answered)),
        partial(read_alpaca, answered=answered),
        raw={"instruction": ASK["content"], "input": "", answered: REPLY["content"]},
        example={"messages": [ASK, REPLY]},
        asks=True,
    )


ALPACA = (_shape("output"), _shape("response"))
