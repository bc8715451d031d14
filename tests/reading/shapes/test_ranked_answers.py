"""Two answers and a word for the better one are a pair; a tie and what may mean either are told."""

from __future__ import annotations

from typing import Any

import pytest

from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.choose import chooser, shapes_of

ROW: dict[str, Any] = {"prompt": "Open?", "response_0": "Who cares.", "response_1": "At nine."}
TALKS = [[{"role": "user", "content": "Open?"}, {"role": "assistant", "content": text}] for text in ("At nine.", "No.")]


def shaped(record: dict[str, Any]) -> tuple[str, Any, Any]:
    shape = chooser(shapes_of("dpo"))(record)
    assert shape is not None
    return shape.name, *shape.read(record)


@pytest.mark.parametrize("said", ["tie", "tie (bothbad)", "neither", None, True, 2, "model_a_or_b", ""])
def test_a_tie_and_other_words_are_no_pair(said: object) -> None:
    with pytest.raises(ShapeError, match="which answer is better"):
        shaped({**ROW, "better_response_id": said})


@pytest.mark.parametrize("said", [1, "1", "response_1", "Response 1", "model_b"])
def test_the_better_answer_is_the_preferred_one(said: object) -> None:
    name, example, rest = shaped({**ROW, "better_response_id": said, "id": 7})
    assert name == "ranked_answers"
    assert example["preferred_output"] == [{"role": "assistant", "content": "At nine."}]
    assert example["non_preferred_output"] == [{"role": "assistant", "content": "Who cares."}]
    assert rest == {"id": 7}


def test_conversations_of_an_arena_are_a_pair() -> None:
    row = {"conversation_a": TALKS[0], "conversation_b": TALKS[1], "winner": "model_a", "model_a": "x", "model_b": "y"}
    _, example, rest = shaped(row)
    assert example["input"]["messages"] == [{"role": "user", "content": "Open?"}]
    assert example["preferred_output"][0]["content"] == "At nine."
    assert rest == {"model_a": "x", "model_b": "y"}
