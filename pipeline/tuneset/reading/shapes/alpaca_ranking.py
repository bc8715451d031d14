"""Alpaca rows with two outputs, the better one first, as LLaMA-Factory had them for reward models and DPO.

Source: LLaMA-Factory, data/README.md of March 2024 ("output": ["chosen answer", "rejected answer"]).
"""

from __future__ import annotations

from tuneset.reading.shapes.answer_pairs import read_answers
from tuneset.reading.shapes.base import ASK, REPLY, WORSE, Record, Shape, Shaped, json_of

_KEYS = frozenset(("instruction", "output"))


def read_ranking(record: Record) -> Shaped:
    """The instruction with its input, and the two outputs."""
    better, worse = json_of(record["output"])
    rest = {name: value for name, value in record.items() if name != "output"}
    return read_answers({**rest, "chosen": better, "rejected": worse}, "chosen", "rejected")


def _fits(record: Record) -> bool:
    found = json_of(record["output"])
    return type(found) is list and len(found) == 2 and all(type(text) is str for text in found)


ALPACA_RANKING = Shape(
    "alpaca_ranking",
    "dpo",
    _KEYS,
    read_ranking,
    raw={"instruction": ASK["content"], "input": "", "output": [REPLY["content"], WORSE["content"]]},
    example={"input": {"messages": [ASK]}, "preferred_output": [REPLY], "non_preferred_output": [WORSE]},
    fits=_fits,
)
