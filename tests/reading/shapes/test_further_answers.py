"""Of several answers to one request the first by its number is read, and that there are others is told."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.reading.shapes.reading import read
from tuneset.reading.unfinished import unfinished

ASK = {"role": "user", "content": "Is it open?"}


def choice(index: int, reason: str = "stop") -> dict[str, Any]:
    return {"index": index, "message": {"role": "assistant", "content": f"answer {index}"}, "finish_reason": reason}


@given(st.permutations([0, 1, 2]), st.sampled_from(["length", "stop"]))
def test_the_choice_with_the_lowest_number_is_read_and_judged(order: list[int], reason: str) -> None:
    choices = [choice(index, reason if index == 0 else "stop") for index in order]
    row = {"request": {"messages": [ASK]}, "response": {"choices": choices}}
    example, told = read(row)
    assert example["messages"][-1]["content"] == "answer 0"
    assert told == ["response (further answers)"]
    assert (unfinished(row) is not None) == (reason == "length")


def test_choices_beside_messages_and_candidates_are_counted() -> None:
    assert read({"messages": [ASK], "choices": [choice(0), choice(1)]})[1] == ["choices (further answers)"]
    candidate = {"content": {"role": "model", "parts": [{"text": "Yes."}]}, "finishReason": "STOP"}
    contents = [{"role": "user", "parts": [{"text": "Is it open?"}]}]
    row = {"request": {"contents": contents}, "response": {"body": {"candidates": [candidate, candidate]}}}
    assert read(row)[1] == ["response (further answers)"]


def test_a_single_answer_and_messages_of_a_run_are_no_further_ones() -> None:
    said = [ASK, {"role": "assistant", "content": "Yes."}]
    for response in (
        {"choices": [choice(0)]},
        said,
        {"messages": said},
        {"content": [{"type": "text", "text": "Yes."}]},
    ):
        assert read({"request": {"messages": [ASK]}, "response": response})[1] == []
