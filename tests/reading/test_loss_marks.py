"""Marks of trainers become weights; whatever else a message holds under such a name stays."""

from __future__ import annotations

from typing import Any

import pytest

from tuneset.reading.loss_marks import with_weights

ASK = {"role": "user", "content": "?"}
REPLY = {"role": "assistant", "content": "!"}


@pytest.mark.parametrize(
    "message",
    [
        REPLY,
        {**REPLY, "weight": 0},
        {**REPLY, "loss": 0.37},  # a measure, and no mark
        {**REPLY, "train": "Oslo to Bergen"},
    ],
)
def test_what_is_no_mark_stays_as_it_is(message: dict[str, Any]) -> None:
    example = {"messages": [ASK, message]}
    assert with_weights(example) == {"messages": [ASK, message]}


@pytest.mark.parametrize(
    ("marks", "weight"),
    [
        ({"loss": False}, 0),
        ({"loss": True}, 1),
        ({"train": 0}, 0),
        ({"trainable": True}, 1),
        ({"training": False}, 0),
        ({"loss": True, "train": False}, 0),
        ({"loss": True, "weight": 0}, 0),  # the weight that is there holds
    ],
)
def test_a_mark_on_an_answer_is_its_weight(marks: dict[str, Any], weight: int) -> None:
    assert with_weights({"messages": [ASK, {**REPLY, **marks}]}) == {"messages": [ASK, {**REPLY, "weight": weight}]}


def test_other_messages_lose_their_marks_and_get_no_weight() -> None:
    assert with_weights({"messages": [{**ASK, "loss": False}, {**REPLY, "loss": None}]}) == {"messages": [ASK, REPLY]}
    pair = {"input": {"messages": [ASK]}, "preferred_output": [REPLY], "non_preferred_output": [REPLY]}
    assert with_weights(pair) is pair
