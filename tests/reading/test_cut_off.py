"""A row whose own log says that the answer lacks its end is told apart, whatever API wrote it."""

from typing import Any

import pytest

from tuneset.params import IngestParams
from tuneset.reading.cut_off import cut_off
from tuneset.reading.records import Records
from tuneset.stages.ingest import ingest

ANSWER = {"role": "assistant", "content": "It is"}
ASK = {"role": "user", "content": "Is it open?"}


@pytest.mark.parametrize(
    "record",
    [
        {"messages": [ASK, ANSWER]},
        {"messages": [ASK, {**ANSWER, "finish_reason": "stop"}]},
        {"messages": [{**ANSWER, "finish_reason": "length"}, ASK, ANSWER]},
        {"question": "?", "answer": "length"},
        {"finish_reason": "tool_calls"},
        {"finish_reason": None},
        {"finish_reason": []},
        {"request": {"max_tokens": 5, "stop_reason": "length"}, "response": {"choices": [{"message": ANSWER}]}},
        {"response": {"choices": [{"finish_reason": "stop"}, {"finish_reason": "length"}]}},
        {"response": {"status": "completed", "incomplete_details": None}},
        {"length": "max_tokens"},
        {"prompt": "Write the field of a cut answer", "completion": '{"finish_reason": "length"}'},
        {"instruction": "As JSON", "output": '{"id": 7, "stop_reason": "error"}'},
    ],
)
def test_what_ended_by_itself_is_not_cut_off(record: dict[str, Any]) -> None:
    assert cut_off(record) is None


@pytest.mark.parametrize(
    "record",
    [
        {"question": "?", "answer": "It is", "finish_reason": "length"},
        {"messages": [ASK, {**ANSWER, "finish_reason": "length"}]},
        {"messages": [ASK], "choices": [{"message": ANSWER, "finish_reason": "content_filter"}]},
        {"request": {"messages": [ASK]}, "response": {"body": {"choices": [{"finish_reason": "length"}]}}},
        {"request": {"messages": [ASK]}, "response": '{"choices": [{"finish_reason": "length"}]}'},
        {"question": "?", "response": '{"text": "It is", "finish_reason": "length"}'},
        {"question": "?", "answer": "It is", "response_metadata": '{"finish_reason": "length"}'},
        {"input": [ASK], "output": {"content": [], "stop_reason": "max_tokens"}},
        {"contents": [], "candidates": [{"content": {}, "finishReason": "MAX_TOKENS"}]},
        {"response": {"candidates": [{"content": {}, "finishReason": "SAFETY"}]}},
        {"output": {"message": ANSWER}, "stopReason": "max_tokens"},
        {"response": {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}},
        {"outputs": {"generations": [[{"text": "It is", "generation_info": {"finish_reason": "length"}}]]}},
        {"attributes": {"gen_ai.response.finish_reasons": ["length"]}},
        {
            "attributes": [
                {
                    "key": "gen_ai.response.finish_reasons",
                    "value": {"arrayValue": {"values": [{"stringValue": "length"}]}},
                }
            ]
        },
        {"prompt": "?", "response": "It is", "done_reason": "length"},
    ],
)
def test_an_answer_without_its_end_is_told(record: dict[str, Any]) -> None:
    assert cut_off(record) is not None


def test_a_reason_is_looked_for_eight_levels_deep_and_no_deeper() -> None:
    record: dict[str, Any] = {"finish_reason": "length"}
    for level in range(1, 2000):
        record = {"response": record}
        if level <= 10:
            assert (cut_off(record) is not None) == (level <= 8)
    assert cut_off(record) is None


@pytest.mark.parametrize(("labelled_bad", "kept"), [("drop", 1), ("keep", 2)])
def test_it_goes_as_an_answer_that_is_labelled_bad(labelled_bad: str, kept: int) -> None:
    rows = [{"messages": [ASK, {**ANSWER, "finish_reason": reason}]} for reason in ("stop", "length")]
    params = IngestParams.model_validate({"labelled_bad": labelled_bad})
    result = ingest(Records([1, 2], [0, 0], rows), "a.jsonl", params, "sft")
    assert result.tables.examples.height == kept
    assert result.rejects["code"].to_list() == ["LBL001"] * (2 - kept)
